"""Money of the sandbox: integer minor units and an ISO 4217 code. All its currencies have two decimals."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

# A JSON number is read as a double by most clients: fifteen significant digits are exact in one.
MAX_MINOR = 10**13


@dataclass(frozen=True)
class Currency:
    """A currency with its ISO number and what QIWI calls its account and its payment source."""

    code: str
    number: int
    alias: str
    source: str
    sign: str
    roubles: Decimal


CURRENCIES = {
    currency.code: currency
    for currency in (
        Currency("RUB", 643, "qw_wallet_rub", "QW_RUB", "₽", Decimal(1)),
        Currency("UAH", 980, "qw_wallet_uah", "QW_UAH", "₴", Decimal("1.95")),  # QIWI had none: for rehearsals
        Currency("KZT", 398, "qw_wallet_kzt", "QW_KZT", "₸", Decimal("0.17")),
        Currency("USD", 840, "qw_wallet_usd", "QW_USD", "$", Decimal("72.4231")),
        Currency("EUR", 978, "qw_wallet_eur", "QW_EUR", "€", Decimal("85.2")),
    )
}


class WrongAmount(ValueError):
    """The text or number is no amount that a wallet can take."""


def to_json(minor: int) -> int | float:
    """Minor units as QIWI prints them: an integer when whole, else decimals (exact up to MAX_MINOR)."""
    return minor // 100 if minor % 100 == 0 else minor / 100


def to_minor(amount: object) -> int:
    """A Decimal, an int or a text such as "1 500,50" as minor units; WrongAmount if it is none or not positive."""
    text = str(amount).replace(",", ".")
    try:
        minor = Decimal("".join(text.split())) * 100
    except InvalidOperation:
        raise WrongAmount("not a number") from None
    if not minor.is_finite() or minor != minor.to_integral_value() or not 0 < minor <= MAX_MINOR:
        raise WrongAmount("not an amount")
    return int(minor)
