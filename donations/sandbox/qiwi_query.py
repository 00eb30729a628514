"""The parameters of QIWI's history: which are allowed together, and what they select."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Self

from django.db.models import Q
from django.http import QueryDict

from donations.sandbox import qiwi_time
from donations.sandbox.models import RowQuerySet
from donations.sandbox.money import CURRENCIES

OPERATIONS = ("ALL", "IN", "OUT", "QIWI_CARD")
# Cards and the mobile operator's account are sources too, but nothing is paid from them here.
SOURCES = {**{currency.source: currency.code for currency in CURRENCIES.values()}, "CARD": None, "MK": None}
SOURCE_KEY = re.compile(r"sources\[\d+\]")
LONGEST = timedelta(days=90)


class WrongQuery(ValueError):
    """The message says which rule is broken."""


@dataclass(frozen=True)
class Window:
    """Both ends are whole seconds and belong to it."""

    start: int
    end: int
    zone: tzinfo | None

    @classmethod
    def from_query(cls, query: QueryDict) -> Self | None:
        """None without dates; they come together, in one zone, at most 90 days apart."""
        start, end = moment(query, "startDate"), moment(query, "endDate")
        if start is None and end is None:
            return None
        if start is None or end is None:
            raise WrongQuery("startDate and endDate are used only together")
        if start.utcoffset() != end.utcoffset():
            raise WrongQuery("startDate and endDate must have the same time zone")
        if not timedelta(0) <= end - start <= LONGEST:
            raise WrongQuery("the period must be positive and not longer than 90 days")
        return cls(int(start.timestamp()), int(end.timestamp()), start.tzinfo)


@dataclass(frozen=True)
class Filter:
    """What history and totals select by: the operation, the accounts (None: all), the dates (None: ever)."""

    operation: str
    currencies: frozenset[str] | None
    window: Window | None

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """WrongQuery for an unknown operation or source."""
        operation = query.get("operation") or "ALL"
        if operation not in OPERATIONS:
            raise WrongQuery("unknown operation")
        # Clients write this list in other ways too (source[1], sources[]); the service did not know those.
        names = [name for key in query if SOURCE_KEY.fullmatch(key) and (name := query.get(key))]
        if unknown := [name for name in names if name not in SOURCES]:
            raise WrongQuery(f"unknown source at {len(unknown)} place(s)")
        currencies = frozenset(code for name in names if (code := SOURCES[name])) if names else None
        return cls(operation, currencies, Window.from_query(query))

    def select(self, rows: RowQuerySet) -> RowQuerySet:
        """The rows that pass. Without dates all of them: clients page a whole history so, whatever the manual says."""
        if self.operation != "ALL":
            rows = rows.filter(type=self.operation)
        if self.currencies is not None:
            rows = rows.filter(currency__in=self.currencies)
        if self.window:
            rows = rows.filter(second__gte=self.window.start, second__lte=self.window.end)
        return rows


@dataclass(frozen=True)
class Page:
    """One page: at most `rows` rows, from the row (second, txn_id) `first` on, which belongs to it."""

    rows: int
    first: tuple[int, int] | None

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """rows is required, 1 to 50; nextTxnId and nextTxnDate come together."""
        rows = whole(query, "rows")
        if rows is None or not 1 <= rows <= 50:
            raise WrongQuery("rows is required, from 1 to 50")
        txn_id, date = whole(query, "nextTxnId"), moment(query, "nextTxnDate")
        if (txn_id is None) != (date is None):
            raise WrongQuery("nextTxnId and nextTxnDate are used only together")
        return cls(rows, None if txn_id is None or date is None else (int(date.timestamp()), txn_id))

    def cut(self, rows: RowQuerySet) -> tuple[list, tuple[int, int] | None]:
        """This page, newest first, and where the next one starts (None at the end)."""
        if self.first:
            second, txn_id = self.first
            rows = rows.filter(Q(second__lt=second) | Q(second=second, txn_id__lte=txn_id))
        found = list(rows.order_by("-second", "-txn_id", "type")[: self.rows + 2])
        end = self.rows
        if len(found) > end and found[end].txn_id == found[end - 1].txn_id:
            # Both rows of a conversion have one id, so a page that ends between them could not be followed by
            # the rest: the pair goes to the next page, and a page of one row takes both.
            end = end - 1 or 2
        following = found[end : end + 1]
        return found[:end], (following[0].second, following[0].txn_id) if following else None


def moment(query: QueryDict, name: str) -> datetime | None:
    """A date of the query; empty is absent, as the manual's own sample sends it."""
    text = query.get(name)
    if not text:
        return None
    try:
        return qiwi_time.parse(text)
    except ValueError:
        raise WrongQuery(f"{name} is not a date with a time zone") from None


def whole(query: QueryDict, name: str) -> int | None:
    """A number of the query; empty is absent."""
    text = query.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise WrongQuery(f"{name} is not a number")
    return int(text)


def flag(query: QueryDict, name: str) -> bool:
    """A switch that is on by default; clients send true and True alike."""
    text = (query.get(name) or "true").lower()
    if text not in ("true", "false"):
        raise WrongQuery(f"{name} is true or false")
    return text == "true"
