"""The audit: everything that is kept beside the ledger, counted anew from the ledger itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Max, Min, Q, Sum

from donations.events import writing
from donations.models import BalanceCheck, Donation, Event, FeedCounter, Goal, Streamer, StreamSession
from donations.money import format_money
from donations.tallies import counted_anew, donors_anew, raised_anew

Figure = tuple[int, int]
"""Minor units and how many donations."""

Figures = tuple[Any, Figure]
"""What they are of, by a key that sorts."""

NOTHING = (0, 0)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is kept, beside what the ledger says of it, in words."""

    what: str
    kept: str
    true: str

    def __str__(self) -> str:
        return f"{self.what}: kept {self.kept}, true {self.true}"


Check = Callable[[Streamer], Iterator[Difference]]


def audit(streamer: Streamer) -> Iterator[Difference]:
    """Every difference between what is kept for the streamer and the ledger.

    Each check reads under the streamer's mutex, so it is exact while payments come in, and lets them pass before the
    next. Donations are summed by the database: what is held here does not grow with their number.
    """
    for check in CHECKS:
        with writing(streamer.pk):
            yield from check(streamer)


def _raised(streamer: Streamer) -> Iterator[Difference]:
    kept = streamer.raised.order_by("currency").values_list("currency", "minor", "count")
    for currency, ours, theirs in _differing(_figures(kept), _figures(raised_anew(streamer))):
        yield _sums(f"raised in {currency}", currency, ours, theirs)


def _donors(streamer: Streamer) -> Iterator[Difference]:
    # A key is 64 hex digits: the database sorts it as Python does.
    tallies = streamer.donor_tallies.order_by("donor_key", "currency")
    kept = tallies.values_list("donor_key", "currency", "minor", "count").iterator()
    for (donor, currency), ours, theirs in _differing(_figures(kept), _figures(donors_anew(streamer))):
        yield _sums(f"given by donor {donor[:8]}… in {currency}", currency, ours, theirs)


def _goals(streamer: Streamer) -> Iterator[Difference]:
    for goal in Goal.objects.active().filter(streamer=streamer).select_related("streamer").order_by("pk"):
        kept = goal.tallies.order_by("period_start").values_list("period_start", "minor", "count")
        true = ((row.period_start, row.minor, row.count) for row in counted_anew(goal))
        for start, ours, theirs in _differing(_figures(kept), _figures(true)):
            what = f"goal {goal.slug} in the period from {start.astimezone(goal.streamer.zone):%Y-%m-%d %H:%M}"
            yield _sums(what, goal.currency, ours, theirs)


def _values(streamer: Streamer) -> Iterator[Difference]:
    """Which donations in the streamer's own currency are not worth what they are. Of others the rate may have changed
    since their value was frozen.
    """
    own = Donation.objects.filter(streamer=streamer, currency=streamer.currency)
    for donation in own.exclude(base_minor=F("minor")).iterator():
        kept = "none" if donation.base_minor is None else format_money(donation.base_minor, streamer.currency, "en")
        yield Difference(f"value of {_named(donation)}", kept, format_money(donation.minor, streamer.currency, "en"))


def _balances(streamer: Streamer) -> Iterator[Difference]:
    checks = BalanceCheck.objects.filter(wallet__streamer=streamer).order_by("wallet_id", "currency")
    settled = Donation.objects.filter(wallet__streamer=streamer, status=Donation.Status.SETTLED)
    true = settled.order_by("wallet_id", "currency").values_list("wallet_id", "currency").annotate(Sum("minor"))
    kept = checks.values_list("wallet_id", "currency", "ledger_minor")
    titles = dict(streamer.wallets.values_list("pk", "title"))
    sides = [_figures((*row, 0) for row in rows.iterator()) for rows in (kept, true)]
    for (wallet, currency), ours, theirs in _differing(*sides):
        what = f"all that settled in the wallet {titles[wallet]} in {currency}"
        yield Difference(what, *(format_money(minor, currency, "en") for minor, _count in (ours, theirs)))


def _streams(streamer: Streamer) -> Iterator[Difference]:
    """Which donations stand in a stream whose times they do not lie in, or in none though they do."""
    donations = Donation.objects.filter(streamer=streamer)
    for session in StreamSession.objects.filter(streamer=streamer).order_by("started_at", "pk").iterator():
        is_within = Q(occurred_at__gte=session.started_at)
        if session.ended_at is not None:
            is_within &= Q(occurred_at__lt=session.ended_at)
        for donation in donations.filter(is_within).exclude(session=session).iterator():
            yield Difference(_named(donation), _stream(donation.session_id), _stream(session.pk))
        for donation in donations.filter(session=session).exclude(is_within).iterator():
            yield Difference(_named(donation), _stream(session.pk), "another stream or none")


def _numbers(streamer: Streamer) -> Iterator[Difference]:
    """Whether the numbers of the log have a gap, in what is not pruned yet."""
    counter = FeedCounter.objects.get(pk=streamer.pk).seq
    log = Event.objects.filter(streamer=streamer).aggregate(first=Min("seq"), last=Max("seq"), count=Count("pk"))
    if log["count"] and log["last"] != counter:
        yield Difference("the last number of the log", str(counter), str(log["last"]))
    if log["count"] and log["count"] != log["last"] - log["first"] + 1:
        what = f"events numbered {log['first']} to {log['last']}"
        yield Difference(what, str(log["count"]), str(log["last"] - log["first"] + 1))


CHECKS: tuple[Check, ...] = (_raised, _donors, _goals, _values, _balances, _streams, _numbers)


def _figures(rows: Iterable[tuple[Any, ...]]) -> Iterator[Figures]:
    """Rows that end with minor units and a number of donations, in the order of what stands before these."""
    for *key, minor, count in rows:
        yield (key[0] if len(key) == 1 else tuple(key)), (minor, count)


def _differing(kept: Iterator[Figures], true: Iterator[Figures]) -> Iterator[tuple[Any, Figure, Figure]]:
    """Keys of two sorted sides whose figures differ, with both; a side that lacks a key has nothing there."""
    ours, theirs = next(kept, None), next(true, None)
    while ours or theirs:
        key = min(figures[0] for figures in (ours, theirs) if figures)
        here, there = NOTHING, NOTHING
        if ours and ours[0] == key:
            here, ours = ours[1], next(kept, None)
        if theirs and theirs[0] == key:
            there, theirs = theirs[1], next(true, None)
        if here != there:
            yield key, here, there


def _sums(what: str, currency: str, kept: Figure, true: Figure) -> Difference:
    ours, theirs = (f"{format_money(minor, currency, 'en')} in {count}" for minor, count in (kept, true))
    return Difference(what, ours, theirs)


def _named(donation: Donation) -> str:
    return f"donation {donation.public_id} of {donation.occurred_at:%Y-%m-%d %H:%M:%S} UTC"


def _stream(pk: int | None) -> str:
    return f"stream {pk}" if pk else "no stream"
