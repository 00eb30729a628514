"""Rates: what money of one day is worth in another currency, by the table that the host and the banks fill.

A donation's value is frozen when it is first recorded: a rate that changes afterwards changes nothing. Only another
amount is valued anew, at the rate of the same day. The day is that of `occurred_at` in the streamer's zone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from fractions import Fraction

from django.db import transaction
from django.db.models import Q

from donations.banks.base import Quote
from donations.events import Log
from donations.models import Donation, Rate, Streamer
from donations.models.rate import SCALE, scaled
from donations.money import MOST_MINOR, Money, minor_units

HOLDS_DAYS = 14
"""For how long a rate holds where no newer one comes: banks publish none over long holidays."""

Pairs = dict[tuple[str, str], Fraction]
"""What one whole unit of the first currency is in the second, both ways round."""


class Rates:
    """The rates into `base` that some currencies need on some days, read once: asking costs no query."""

    def __init__(self, base: str, currencies: Collection[str], days: Collection[date]) -> None:
        self.base = base
        self._pairs = _pairs_by_day({base, *currencies}, days)
        self._found: dict[tuple[str, date], Fraction | None] = {}

    def worth(self, money: Money, on: date) -> int | None:
        """Minor units of the base, rounded half to even; None where no rate is known, or it is more than there is."""
        if money.currency == self.base:
            return money.minor
        key = (money.currency, on)
        if key not in self._found:
            self._found[key] = self._rate(*key)
        rate = self._found[key]
        if rate is None:
            return None
        minor = round(money.minor * rate * minor_units(self.base) / minor_units(money.currency))
        return minor if minor <= MOST_MINOR else None

    def _rate(self, currency: str, on: date) -> Fraction | None:
        """The newest that was given for the pair, either way round; for want of one, the newest across a third."""
        newest_first = [self._pairs[day] for day in _days_back(on) if day in self._pairs]
        given = (pairs.get((currency, self.base)) for pairs in newest_first)
        across = (_across(pairs, currency, self.base) for pairs in newest_first)
        return next((rate for rates in (given, across) for rate in rates if rate is not None), None)


def freeze(log: Log, donations: Sequence[Donation]) -> None:
    """Set `base_minor` of donations that are new or have another amount. Inside `writing` alone, where the streamer's
    currency stands still. None where no rate is known. Two queries, whatever their number.
    """
    if donations:
        set_values(Streamer.objects.only("currency", "time_zone").get(pk=log.streamer_id), donations)


def set_values(streamer: Streamer, donations: Sequence[Donation]) -> None:
    """Set `base_minor` in the streamer's currency, unsaved. One query, and none when all is in that currency."""
    zone = streamer.zone
    others: list[tuple[Donation, date]] = []
    for donation in donations:
        if donation.currency == streamer.currency:
            donation.base_minor = donation.minor
        else:
            others.append((donation, donation.occurred_at.astimezone(zone).date()))
    if others:
        rates = Rates(
            streamer.currency, {donation.currency for donation, _on in others}, {on for _donation, on in others}
        )
        for donation, on in others:
            donation.base_minor = rates.worth(Money(donation.minor, donation.currency), on)


def keep(source: str, base: str, quotes: Iterable[Quote]) -> None:
    """Write what a bank published in its own currency, `base`. What the host wrote for the same day stays."""
    quotes = list(quotes)
    with transaction.atomic():
        by_host = Rate.objects.filter(source=Rate.Source.HOST, base=base, day__in={quote.day for quote in quotes})
        written = set(by_host.values_list("currency", "day"))
        Rate.objects.bulk_create(
            [
                Rate(day=quote.day, currency=quote.currency, base=base, scaled=scaled(quote.rate), source=source)
                for quote in quotes
                if (quote.currency, quote.day) not in written and quote.currency != base
            ],
            update_conflicts=True,
            unique_fields=["currency", "base", "day"],
            update_fields=["scaled", "source"],
        )


def _days_back(on: date) -> list[date]:
    """That day and those before it whose rates still hold on it, newest first."""
    return [on - timedelta(days=n) for n in range(HOLDS_DAYS + 1)]


def _pairs_by_day(currencies: Collection[str], days: Collection[date]) -> dict[date, Pairs]:
    rows = Rate.objects.filter(
        Q(currency__in=currencies) | Q(base__in=currencies), day__gte=_days_back(min(days))[-1], day__lte=max(days)
    )
    found: dict[date, Pairs] = defaultdict(dict)
    # The later entry stays: what the host wrote before what a bank says, a rate as given before one turned round.
    for by_host in (False, True):
        written = [row for row in rows if (row.source == Rate.Source.HOST) is by_host]
        for row in written:
            found[row.day][row.base, row.currency] = Fraction(SCALE, row.scaled)
        for row in written:
            found[row.day][row.currency, row.base] = Fraction(row.scaled, SCALE)
    return found


def _across(pairs: Pairs, currency: str, base: str) -> Fraction | None:
    for third in sorted({code for _first, code in pairs}):
        if (currency, third) in pairs and (third, base) in pairs:
            return pairs[currency, third] * pairs[third, base]
    return None
