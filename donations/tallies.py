"""What goals, currencies and donors have raised: kept with every donation, and always equal to a query over the ledger.

A donation is entered by what it stood for before a change and after it (`Change`), so that a new one, a reversal, a
tick, another sum and another time are all the same thing. The cost does not depend on how many donations there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Aggregate, Count, Model, Q, QuerySet, Sum
from django.utils import timezone

from donations.events import Log, writing
from donations.models import Donation, DonorTally, Event, Goal, GoalTally, Milestone, Raised, Streamer, Wallet
from donations.models.donation import DonationQuerySet
from donations.periods import Period, calendar_end, calendar_start, is_calendar


@dataclass(frozen=True, slots=True)
class Standing:
    """What a counted donation stands for: minor units, when, from where, in which stream, from whom."""

    currency: str
    minor: int
    base_minor: int | None
    occurred_at: datetime
    wallet_id: int | None
    stream_start: datetime | None
    donor_key: str

    @classmethod
    def of(cls, donation: Donation) -> Standing | None:
        """None for one that does not count. Reads `donation.session`: select it along."""
        if not donation.is_counted:
            return None
        return cls(
            currency=donation.currency,
            minor=donation.minor,
            base_minor=donation.base_minor,
            occurred_at=donation.occurred_at,
            wallet_id=donation.wallet_id,
            stream_start=donation.session.started_at if donation.session else None,
            donor_key=donation.donor_key,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One donation before and after; None where it does not count."""

    before: Standing | None
    after: Standing | None


Sums = dict[Any, list[int]]
"""Minor units and gifts to be added, by key."""


def apply(log: Log, changes: Iterable[Change]) -> None:
    """Bring every tally of the streamer up to date, and say so once per goal in the log."""
    entries = [
        (sign, standing)
        for change in changes
        if change.before != change.after
        for sign, standing in ((-1, change.before), (1, change.after))
        if standing is not None
    ]
    if not entries:
        return
    currencies: Sums = defaultdict(lambda: [0, 0])
    donors: Sums = defaultdict(lambda: [0, 0])
    for sign, standing in entries:
        _enter(currencies[standing.currency], sign, standing.minor)
        if standing.donor_key:
            _enter(donors[standing.donor_key, standing.currency], sign, standing.minor)
    _add_to_raised(log.streamer_id, _moved(currencies))
    _add_to_donors(log.streamer_id, _moved(donors))
    _apply_to_goals(log, entries)


def _enter(sums: list[int], sign: int, minor: int) -> None:
    sums[0] += sign * minor
    sums[1] += sign


def _moved(sums: Sums) -> Sums:
    """Without those that stand as before, as after a change of value alone: nothing to write, and nothing to say."""
    return {key: change for key, change in sums.items() if any(change)}


def _add_to_raised(streamer_id: int, sums: Sums) -> None:
    if not sums:
        return
    kept = {row.currency: row for row in Raised.objects.filter(streamer_id=streamer_id)}
    rows = {code: kept.get(code) or Raised(streamer_id=streamer_id, currency=code) for code in sums}
    _add(Raised, ["streamer", "currency"], rows, sums)


def _add_to_donors(streamer_id: int, sums: Sums) -> None:
    if not sums:
        return
    known = DonorTally.objects.filter(streamer_id=streamer_id, donor_key__in={key for key, _code in sums})
    kept = {(row.donor_key, row.currency): row for row in known}
    rows = {
        (key, code): kept.get((key, code)) or DonorTally(streamer_id=streamer_id, donor_key=key, currency=code)
        for key, code in sums
    }
    _add(DonorTally, ["streamer", "donor_key", "currency"], rows, sums)


def _add(model: type[Model], names: Sequence[str], rows: Mapping[Any, Any], sums: Sums) -> None:
    """Rows read under the streamer's mutex: nobody else changes them meanwhile. `names` make one unique."""
    for key, row in rows.items():
        row.minor += sums[key][0]
        row.count += sums[key][1]
        row.pk = None
    # One statement for those that are new and those that are not: an UPDATE of many rows has a CASE for each.
    model._default_manager.bulk_create(
        rows.values(), update_conflicts=True, unique_fields=names, update_fields=["minor", "count"]
    )


def _apply_to_goals(log: Log, entries: Sequence[tuple[int, Standing]]) -> None:
    goals = list(_goals(log.streamer_id).prefetch_related("wallets"))
    sums: Sums = defaultdict(lambda: [0, 0])
    for goal in goals:
        wallets = {wallet.pk for wallet in goal.wallets.all()}
        for sign, standing in entries:
            start, minor = _place_in(goal, wallets, standing)
            if start is not None:
                _enter(sums[goal.pk, start], sign, minor)
    sums = _moved(sums)
    touched = [goal for goal in goals if any(pk == goal.pk for pk, _start in sums)]
    if not touched:
        return
    currents = {goal.pk: current_period(goal, log.now).start for goal in touched}
    starts = {start for _pk, start in sums} | {start for start in currents.values() if start}
    known = GoalTally.objects.filter(goal__in=touched, period_start__in=starts)
    kept: dict[Any, GoalTally] = {(row.goal_id, row.period_start): row for row in known}
    rows: dict[Any, GoalTally] = {key: kept.get(key) or GoalTally(goal_id=key[0], period_start=key[1]) for key in sums}
    _add(GoalTally, ["goal", "period_start"], rows, sums)
    for goal in touched:
        start = currents[goal.pk]
        key = (goal.pk, start) if start else None
        _say(log, goal, rows.get(key) or kept.get(key) or GoalTally(goal=goal))


def _place_in(goal: Goal, wallets: set[int], standing: Standing) -> tuple[datetime | None, int]:
    """The start of the period that it counts in, and its worth there; None where it does not count."""
    minor = standing.minor if standing.currency == goal.currency else None
    if _takes_others(goal):
        minor = standing.base_minor
    is_in_time = goal.since <= standing.occurred_at and (goal.until is None or standing.occurred_at < goal.until)
    # One entered by hand is in no wallet; its author's tick says that it counts.
    is_from = not wallets or standing.wallet_id is None or standing.wallet_id in wallets
    if minor is None or not is_in_time or not is_from:
        return None, 0
    if goal.period == Goal.Period.STREAM:
        return standing.stream_start, minor
    if is_calendar(goal.period):
        return calendar_start(goal.period, standing.occurred_at, goal.streamer.zone), minor
    return goal.since, minor


def _takes_others(goal: Goal) -> bool:
    """Whether it counts every currency by its frozen value, which is in the streamer's own."""
    return goal.counts_others and goal.currency == goal.streamer.currency


def current_period(goal: Goal, now: datetime) -> Period:
    """The goal's period at that time. After a stream its figures stay until the next begins."""
    if goal.period == Goal.Period.STREAM:
        newest = goal.streamer.sessions.order_by("-started_at").values_list("started_at", "ended_at").first()
        return Period(*(newest or (None, None)))
    if is_calendar(goal.period):
        start = calendar_start(goal.period, now, goal.streamer.zone)
        return Period(start, calendar_end(goal.period, start, goal.streamer.zone))
    return Period(goal.since, goal.until)


def raised(goal: Goal) -> GoalTally:
    """The tally of the goal's current period, without the offset; an unsaved one of 0 where nothing has come in."""
    start = current_period(goal, timezone.now()).start
    tally = GoalTally.objects.filter(goal=goal, period_start=start).first() if start else None
    return tally or GoalTally(goal=goal, period_start=start or goal.since)


def _say(log: Log, goal: Goal, tally: GoalTally) -> None:
    log.add(Event.Kind.GOAL, goal=goal, raised=tally.minor, count=tally.count)


def save_goal(
    goal: Goal, wallets: Iterable[Wallet] | None = None, milestones: Iterable[Milestone] | None = None
) -> None:
    """Save a new or edited goal, recount it over the ledger if other donations count in it now, and say so, in one
    transaction.

    `wallets` None leaves its choice as it is, an empty one means all; `milestones` None leaves them as they are.
    """
    with writing(goal.streamer_id) as log:
        before = _choice_of(goal)
        goal.streamer = Streamer.objects.get(pk=goal.streamer_id)  # its zone and currency as they are now
        goal.save()
        if wallets is not None:
            goal.wallets.set(wallets)
        if milestones is not None:
            goal.milestones.all().delete()
            goal.milestones.bulk_create(Milestone(goal=goal, minor=each.minor, title=each.title) for each in milestones)
        if _choice_of(goal) != before:
            recount(goal)
        _say(log, goal, raised(goal))


def _choice_of(goal: Goal) -> tuple[object, ...]:
    """What decides which donations count in it, as it is stored; nothing for a new one."""
    facts = ("currency", "since", "until", "period", "counts_others", "archived_at")
    stored = Goal.objects.filter(pk=goal.pk).values_list(*facts).first()
    return (*stored, set(goal.wallets.values_list("pk", flat=True))) if stored else ()


def archive_goal(goal: Goal) -> None:
    """Take the goal off every page. Its donations stay what they are."""
    with writing(goal.streamer_id) as log:
        goal.archived_at = log.now
        goal.save(update_fields=["archived_at"])
        log.add(Event.Kind.GOAL, goal=goal, archived=True)


def ledger_of(goal: Goal) -> DonationQuerySet:
    """Every donation that counts in this goal, in whichever period; for one of streams those of a stream."""
    return _from_its_wallets(goal, _in_its_time(goal, _of_its_kind(goal)))


def latest_of(goal: Goal, count: int) -> list[Donation]:
    """The newest of a goal that lists show, newest first.

    A few of each of its wallets and currencies, and of those entered by hand: each is the beginning of an index, so
    that one rare gift among millions of others is found at once.
    """
    ledger = _in_its_time(goal, _of_its_kind(goal)).listed().newest_first()
    wallets = list(goal.wallets.all()) or list(goal.streamer.wallets.all())
    currencies = [row.currency for row in goal.streamer.raised.all()] if _takes_others(goal) else [goal.currency]
    walks = [ledger.filter(wallet=wallet, currency=currency) for wallet in wallets for currency in currencies]
    found = [row for walk in [*walks, ledger.by_hand()] for row in walk[:count]]
    return sorted(found, key=lambda row: (row.occurred_at, row.pk), reverse=True)[:count]


def _of_its_kind(goal: Goal) -> DonationQuerySet:
    """What would count in this goal, whenever it occurred and from whichever wallet."""
    ledger = Donation.objects.counted().filter(streamer_id=goal.streamer_id)
    if goal.period == Goal.Period.STREAM:
        ledger = ledger.exclude(session=None)
    if _takes_others(goal):
        return ledger.exclude(base_minor=None)
    return ledger.filter(currency=goal.currency)


def _in_its_time(goal: Goal, ledger: DonationQuerySet) -> DonationQuerySet:
    ledger = ledger.filter(occurred_at__gte=goal.since)
    return ledger.filter(occurred_at__lt=goal.until) if goal.until is not None else ledger


def _from_its_wallets(goal: Goal, ledger: DonationQuerySet) -> DonationQuerySet:
    wallets = list(goal.wallets.all())
    return ledger.filter(Q(wallet__in=wallets) | Q(wallet=None)) if wallets else ledger


def counted_anew(goal: Goal, streams: Collection[datetime] | None = None) -> list[GoalTally]:
    """The goal's tallies as the ledger has them, unsaved, oldest first; those of nothing are left out.

    `streams` narrows one of streams to those that began then.
    """
    ledger = ledger_of(goal)
    if streams is not None:
        ledger = ledger.filter(session__started_at__in=streams)
    sums = (Sum("base_minor" if _takes_others(goal) else "minor"), Count("pk"))
    found: Iterable[tuple[datetime, int | None, int]]
    if goal.period == Goal.Period.STREAM:
        found = ledger.order_by().values_list("session__started_at").annotate(*sums)
    elif is_calendar(goal.period):
        found = ((start, *_summed(rows, sums)) for start, rows in _by_calendar(goal))
    else:
        found = [(goal.since, *_summed(ledger, sums))]
    return [
        GoalTally(goal=goal, period_start=start, minor=minor or 0, count=count)
        for start, minor, count in sorted(found)
        if count
    ]


def _by_calendar(goal: Goal) -> Iterator[tuple[datetime, DonationQuerySet]]:
    """Periods that have any donations, and these. No function of the database has to know time zones.

    From one to the next by the index of times: each search has one lower bound, as SQLite makes use of one alone.
    """
    zone, fitting = goal.streamer.zone, _from_its_wallets(goal, _of_its_kind(goal))
    times = fitting.order_by("occurred_at").values_list("occurred_at", flat=True)
    first = times.filter(occurred_at__gte=goal.since).first()
    while first is not None and (goal.until is None or first < goal.until):
        start = calendar_start(goal.period, first, zone)
        end = calendar_end(goal.period, start, zone)
        yield start, fitting.filter(occurred_at__gte=first, occurred_at__lt=min(end, goal.until or end))
        first = times.filter(occurred_at__gte=end).first()


def _summed(rows: DonationQuerySet, sums: Sequence[Aggregate]) -> tuple[int | None, int]:
    minor, count = rows.aggregate(minor=sums[0], count=sums[1]).values()
    return minor, count


def recount(goal: Goal) -> None:
    """Make the tallies anew from the ledger. Call it inside `writing`."""
    goal.tallies.all().delete()
    GoalTally.objects.bulk_create(counted_anew(goal))


def recount_goals(log: Log, *periods: str) -> None:
    """Recount all goals of the streamer, or those of some periods, and say so: its zone or its currency changed."""
    for goal in _goals(log.streamer_id, *periods):
        recount(goal)
        _say(log, goal, raised(goal))


def recount_streams(log: Log, starts: Collection[datetime]) -> None:
    """Recount the streams that begin, or began until now, at these moments in the goals of streams, and say so."""
    for goal in _goals(log.streamer_id, Goal.Period.STREAM):
        goal.tallies.filter(period_start__in=starts).delete()
        GoalTally.objects.bulk_create(counted_anew(goal, starts))
        _say(log, goal, raised(goal))


def say_goals(log: Log, *periods: str) -> None:
    """Say where the goals of these periods stand: another period has begun."""
    for goal in _goals(log.streamer_id, *periods):
        _say(log, goal, raised(goal))


def _goals(streamer_id: int, *periods: str) -> QuerySet[Goal]:
    goals = Goal.objects.active().filter(streamer_id=streamer_id).select_related("streamer").order_by("pk")
    return goals.filter(period__in=periods) if periods else goals


def raised_anew(streamer: Streamer) -> Iterator[tuple[str, int, int]]:
    """What the ledger says was ever raised: currency, minor units, gifts; by currency."""
    ledger = Donation.objects.counted().filter(streamer=streamer).order_by("currency")
    return ledger.values_list("currency").annotate(Sum("minor"), Count("pk")).iterator()


def donors_anew(streamer: Streamer) -> Iterator[tuple[str, str, int, int]]:
    """What the ledger says each donor gave: key, currency, minor units, gifts; by key and currency."""
    ledger = Donation.objects.counted().filter(streamer=streamer).exclude(donor_key="")
    keys = ledger.order_by("donor_key", "currency").values_list("donor_key", "currency")
    return keys.annotate(Sum("minor"), Count("pk")).iterator()


def recount_all_time(streamer: Streamer) -> None:
    """Make the sums of all time anew from the ledger."""
    with writing(streamer.pk):
        streamer.raised.all().delete()
        streamer.donor_tallies.all().delete()
        Raised.objects.bulk_create(
            Raised(streamer=streamer, currency=currency, minor=minor, count=count)
            for currency, minor, count in raised_anew(streamer)
        )
        donors = (
            DonorTally(streamer=streamer, donor_key=key, currency=currency, minor=minor, count=count)
            for key, currency, minor, count in donors_anew(streamer)
        )
        DonorTally.objects.bulk_create(donors, batch_size=1000)


def raised_in_all_time(streamer: Streamer) -> dict[str, Raised]:
    """What was ever raised, by currency; the streamer's own is always there."""
    sums = {row.currency: row for row in streamer.raised.order_by("currency")}
    sums.setdefault(streamer.currency, Raised(streamer=streamer, currency=streamer.currency))
    return sums
