"""What came in, by currency: two currencies never add."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Sum

from donations.models import Donation, Streamer, StreamSession
from donations.models.donation import DonationQuerySet
from donations.money import Money
from donations.tallies import raised_in_all_time


@dataclass(slots=True)
class Sums:
    """`main` is in the streamer's own currency, also when nothing came; `others` in the rest; `count` of all gifts."""

    main: Money
    others: list[Money] = field(default_factory=list)
    count: int = 0

    def add(self, minor: int, currency: str, count: int) -> None:
        """Put in what came in one currency; each is put in once."""
        self.count += count
        if currency == self.main.currency:
            self.main += Money(minor, currency)
        else:
            self.others.append(Money(minor, currency))


def sums_of(gifts: DonationQuerySet, currency: str) -> Sums:
    """These gifts, all of them."""
    sums = Sums(Money(0, currency))
    rows = gifts.values("currency").annotate(minor=Sum("minor"), count=Count("pk")).order_by("currency")
    for row in rows:
        sums.add(row["minor"], row["currency"], row["count"])
    return sums


def sums_in_all_time(streamer: Streamer) -> Sums:
    """What was ever raised, from the kept sums."""
    sums = Sums(Money(0, streamer.currency))
    for row in raised_in_all_time(streamer).values():
        if row.count:  # what was all taken back is nothing to tell of
            sums.add(row.minor, row.currency, row.count)
    return sums


def sums_of_streams(sessions: Iterable[StreamSession], currency: str) -> dict[int, Sums]:
    """What counts in each of these streams, by the session's pk."""
    found = {session.pk: Sums(Money(0, currency)) for session in sessions}
    rows = (
        Donation.objects.in_streams()
        .filter(session__in=found)
        .values("session", "currency")
        .annotate(minor=Sum("minor"), count=Count("pk"))
        .order_by("currency")
    )
    for row in rows:
        found[row["session"]].add(row["minor"], row["currency"], row["count"])
    return found
