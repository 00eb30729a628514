"""A central bank's file of rates: bytes in, `Quote` values out, and `BadFile` for whatever cannot be trusted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from donations.money import EXPONENTS

LARGEST_FILE = 256 * 1024
"""Bytes. The banks' own have about 15,000."""

LEAST, MOST = Decimal("0.0001"), Decimal(1_000_000)
"""Between which every rate of a currency that we know lies, and far from both."""


class BadFile(Exception):
    """The file is not what the bank publishes. The words say what is wrong, without anything that stands in it."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What one whole unit of `currency` is in the bank's own currency, from `day` on."""

    currency: str
    day: date
    rate: Decimal


def is_known(currency: object) -> bool:
    """Whether it is a currency of ours. All others are passed over, whatever is said of them."""
    return isinstance(currency, str) and currency in EXPONENTS


def checked(quotes: Iterable[Quote]) -> list[Quote]:
    """All of them. One that cannot be, or is given twice, makes the whole file a `BadFile`; so does none at all."""
    known = list(quotes)
    if not known:
        raise BadFile("no rate of any currency that is known here")
    if not all(quote.rate.is_finite() and LEAST <= quote.rate <= MOST for quote in known):
        raise BadFile("a rate that cannot be")
    if len({(quote.currency, quote.day) for quote in known}) != len(known):
        raise BadFile("a currency is given twice")
    return known


def small(raw: bytes) -> bytes:
    """The same bytes, or `BadFile` when there are too many to be looked at."""
    if len(raw) > LARGEST_FILE:
        raise BadFile("too big")
    return raw


def day_of(text: object) -> date:
    """`25.11.2026`."""
    try:
        return datetime.strptime(str(text), "%d.%m.%Y").date()
    except ValueError:
        raise BadFile("no day") from None
