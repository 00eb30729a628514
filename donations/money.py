"""Money as integer minor units with a currency, and how a person reads it.

Two currencies never add. Provider amounts come as `Decimal` (never `float`) and become minor units here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow, Underflow

from django.utils import formats, translation

EXPONENTS = {
    "RUB": 2,
    "UAH": 2,
    "KZT": 2,
    "USD": 2,
    "EUR": 2,
    "BYN": 2,
    "GBP": 2,
    "PLN": 2,
    "SAT": 0,
    "TON": 9,
    "USDT": 6,
}
"""How many decimal digits a currency has. ISO 4217 codes, and the coins that wallets here hold."""

SIGNS = {"RUB": "₽", "UAH": "₴", "KZT": "₸", "USD": "$", "EUR": "€", "BYN": "Br", "GBP": "£", "PLN": "zł"}

MAX_MINOR = 2**63 - 1
MOST_MINOR = 10**15
"""Of one donation. Thousands of these add up within 63 bits: one absurd amount must not break every sum."""

EXACTLY = Context(prec=60, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow, Underflow])
"""Raises `ArithmeticError` where it would have to round."""
THIN_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were to be added or compared."""


class UnknownCurrency(ValueError):
    """A currency code that is not in `EXPONENTS`."""


class InexactAmount(ValueError):
    """An amount that is not a whole number of minor units, or too large to store."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`minor` units (kopecks, cents) of `currency`. `Money(150, "RUB")` is 1.50 roubles."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in EXPONENTS:
            raise UnknownCurrency(self.currency)

    @classmethod
    def from_decimal(cls, amount: Decimal, currency: str) -> Money:
        """The exact amount in minor units; `InexactAmount` when it has too many digits or does not fit."""
        if currency not in EXPONENTS:
            raise UnknownCurrency(currency)
        if not amount.is_finite() or amount.adjusted() > 18:
            raise InexactAmount(f"not an amount that fits: {currency}")
        try:
            scaled = amount.scaleb(EXPONENTS[currency], EXACTLY)
        except ArithmeticError:
            raise InexactAmount(f"more digits than {currency} has") from None
        minor = int(scaled)
        if minor != scaled or abs(minor) > MAX_MINOR:
            raise InexactAmount(f"more digits than {currency} has")
        return cls(minor, currency)

    def to_decimal(self) -> Decimal:
        """The amount in major units: `Money(150, "RUB").to_decimal() == Decimal("1.50")`."""
        return Decimal(self.minor).scaleb(-EXPONENTS[self.currency])

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add")
        return Money(self.minor + other.minor, self.currency)


def minor_units(currency: str) -> int:
    """How many minor units one major unit has: 100 for RUB, 1 for SAT."""
    return int(10 ** EXPONENTS[currency])


def format_money(minor: int, currency: str, language: str | None = None) -> str:
    """The amount as people write it: `1 500 ₽`, `12,50 ₴`, `$1,500`; no decimals when it is whole.

    Groups are held together by thin or non-breaking spaces, so that an amount never wraps.
    """
    amount = Money(minor, currency).to_decimal()
    digits = 0 if amount == amount.to_integral_value() else EXPONENTS[currency]
    with translation.override(language or translation.get_language()):
        number = formats.number_format(amount, decimal_pos=digits, use_l10n=True, force_grouping=True)
    number = number.replace(NO_BREAK_SPACE, THIN_SPACE).replace("\u2009", THIN_SPACE)
    sign = SIGNS.get(currency, currency)
    if (language or translation.get_language() or "").startswith("en") and currency in ("USD", "EUR", "GBP"):
        return f"{sign}{number}"
    return f"{number}{NO_BREAK_SPACE}{sign}"


def percent_of(minor: int, target: int) -> int:
    """Whole percent, rounded down: 100 only when the target is reached, above 100 told truly."""
    return minor * 100 // target if target > 0 else 100
