"""What QIWI's answers mean: rows of a history, amounts, moments, numbers of wallets.

QIWI's words are the tables below. An unknown word is never guessed: an unknown status, currency or type makes a
`BadRow`, which is read again with every overlap; an unknown sender makes `Kind.OTHER`, which counts nowhere.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from donations.money import InexactAmount, Money
from donations.providers.base import BadRow, Kind, Payment, Status, TargetMissing

STATUSES = {"WAITING": Status.PENDING, "SUCCESS": Status.SETTLED, "ERROR": Status.FAILED}

CURRENCIES = {"643": "RUB", "980": "UAH", "398": "KZT", "840": "USD", "978": "EUR"}
CURRENCIES |= {name: name for name in CURRENCIES.values()}
"""A number, the same as text, or the name: QIWI has written all three. Hryvnias only the sandbox has."""

OUTGOING = ("OUT", "QIWI_CARD")

ANYTHING = re.compile(r".*", re.DOTALL)
PHONE = re.compile(r"\+[0-9]{8,15}|[0-9]{11,15}")
KINDS: tuple[tuple[int, int, re.Pattern[str], re.Pattern[str], Kind], ...] = (
    # provider, source, account, comment. A person may write anything, so the comment of a transfer decides nothing.
    (7, 99, PHONE, ANYTHING, Kind.GIFT),
    (7, 99, re.compile("QIWI Bank"), ANYTHING, Kind.REFUND),
    (7, 99, ANYTHING, re.compile(r"Пополнение или возврат платежа по QV.*", re.DOTALL), Kind.REFUND),
    (7, 99, re.compile(""), ANYTHING, Kind.OTHER),  # an agent's payout
    (7, 1099, ANYTHING, ANYTHING, Kind.OWN),  # a conversion between the owner's currencies
    (4, 99, ANYTHING, ANYTHING, Kind.OTHER),  # cash at a terminal: the account is the terminal
    (1057, 99, ANYTHING, ANYTHING, Kind.OTHER),  # a payout through a provider's account
    (26444, 99, ANYTHING, ANYTHING, Kind.OTHER),  # a payment system
)


def payment_of(row: object, wallet: str) -> Payment | BadRow | None:
    """A row of `wallet`'s history in our words; None for money that went out. Never raises."""
    if not isinstance(row, dict):
        return BadRow((), "not a row")
    if row.get("type") in OUTGOING:
        return None
    try:
        return _payment(row, wallet)
    except _Unclear as unclear:
        return BadRow(tuple(name for name in row if re.fullmatch(r"[A-Za-z]{1,30}", name))[:40], str(unclear))


def wallet_number(text: str) -> str:
    """A wallet's digits as QIWI's paths want them, from what a person typed. Raises `TargetMissing`.

    >>> wallet_number("8 (999) 000-00-01")
    '79990000001'
    """
    number = re.sub(r"[\s().\-\u2010-\u2015]", "", text)
    number = re.sub(r"^8(?=[0-9]{10}$)|^(?=[79][0-9]{9}$)", "7", number).removeprefix("+")
    if not re.fullmatch(r"[1-9][0-9]{9,14}", number):
        raise TargetMissing("not a wallet number")
    return number


class _Unclear(ValueError):
    """A field that could not be understood, by its name alone."""


def _payment(row: dict[str, Any], wallet: str) -> Payment:
    account, words = _text(row, "account"), _text(row, "comment")
    kind = Kind.OWN if account.lstrip("+") == wallet else _kind(row, account, words)
    if row.get("type") != "IN":
        raise _Unclear("type")
    if not is_id(row.get("txnId")):
        raise _Unclear("txnId")
    if not isinstance(word := row.get("status"), str) or not (status := STATUSES.get(word)):
        raise _Unclear("status")
    if not (money := money_of(row.get("sum"))) or money.minor <= 0:
        raise _Unclear("sum")
    if not (occurred_at := moment_of(row.get("date"))):
        raise _Unclear("date")
    return Payment(
        txn_id=f"{int(row['txnId'])}:IN",
        status=status,
        kind=kind,
        money=money,
        occurred_at=occurred_at,
        payer=f"+{account.lstrip('+')}" if kind is Kind.GIFT else "",
        words=words,
    )


def _kind(row: dict[str, Any], account: str, words: str) -> Kind:
    ids = dig(row, "provider", "id"), dig(row, "source", "id")
    return next(
        (
            kind
            for provider, source, accounts, comments, kind in KINDS
            if ids == (provider, source) and accounts.fullmatch(account) and comments.fullmatch(words)
        ),
        Kind.OTHER,
    )


def _text(row: dict[str, Any], name: str) -> str:
    text = row.get(name)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise _Unclear(name)
    return clean(text)


def clean(text: str) -> str:
    """Without what no database holds: NUL, and half an emoji that someone's cut left behind."""
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def money_of(amount: object) -> Money | None:
    """QIWI's `{"amount": number, "currency": code}`."""
    number, code = dig(amount, "amount"), dig(amount, "currency")
    currency = CURRENCIES.get(str(code)) if isinstance(code, str | int) else None
    if isinstance(number, bool) or not isinstance(number, int | Decimal) or not currency:
        return None
    try:
        return Money.from_decimal(Decimal(number), currency)
    except InexactAmount:
        return None


def moment_of(text: object) -> datetime | None:
    """An ISO time with its zone, as UTC."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def is_id(number: object) -> bool:
    """A 64-bit number; QIWI's hooks and forms write the same ids as text."""
    return isinstance(number, str | int) and bool(re.fullmatch(r"[1-9][0-9]{0,18}", str(number)))


def dig(value: object, *names: str) -> Any:
    """The value under nested names, None where there is no such thing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
