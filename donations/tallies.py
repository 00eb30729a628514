"""What goals and streamers have raised: kept with every donation, and always equal to a query over the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Sum

from donations.events import Log, writing
from donations.models import Donation, Event, FeedCounter, Goal, GoalTally, Streamer, Wallet


@dataclass(frozen=True, slots=True)
class Change:
    """A donation raised (+) or lowered (-) what is raised, by `minor` units and `count` gifts."""

    donation: Donation
    minor: int
    count: int


def apply(log: Log, changes: Sequence[Change]) -> None:
    """Bring every tally of the streamer up to date, and say so once per goal in the log."""
    if not changes:
        return
    streamer = Streamer.objects.get(pk=log.streamer_id)
    own = [change for change in changes if change.donation.currency == streamer.currency]
    FeedCounter.objects.filter(pk=log.streamer_id).update(
        raised_minor=F("raised_minor") + sum(change.minor for change in own),
        raised_count=F("raised_count") + sum(change.count for change in own),
    )
    for goal in Goal.objects.active().filter(streamer_id=log.streamer_id).prefetch_related("wallets"):
        wallets = {wallet.pk for wallet in goal.wallets.all()}
        matching = [change for change in changes if _counts_in(goal, wallets, change.donation)]
        if matching:
            _add(goal, sum(change.minor for change in matching), sum(change.count for change in matching))
            _say(log, goal)


def _counts_in(goal: Goal, wallets: set[int], donation: Donation) -> bool:
    return (
        donation.currency == goal.currency
        and donation.occurred_at >= goal.since
        and (not wallets or donation.wallet_id in wallets)
    )


def _add(goal: Goal, minor: int, count: int) -> None:
    tally, _new = GoalTally.objects.get_or_create(goal=goal, period_start=goal.since)
    GoalTally.objects.filter(pk=tally.pk).update(minor=F("minor") + minor, count=F("count") + count)


def _say(log: Log, goal: Goal) -> None:
    tally = raised(goal)
    log.add(Event.Kind.GOAL, goal=goal, raised=tally.minor, count=tally.count)


def raised(goal: Goal) -> GoalTally:
    """The goal's current tally; an unsaved one of 0 where nothing has come in."""
    tally = GoalTally.objects.filter(goal=goal, period_start=goal.since).first()
    return tally or GoalTally(goal=goal, period_start=goal.since, minor=0, count=0)


def save_goal(goal: Goal, wallets: Iterable[Wallet] | None = None) -> None:
    """Save a new or edited goal, recount it over the ledger and say so, in one transaction.

    `wallets` None leaves its choice as it is, an empty one means all.
    """
    with writing(goal.streamer_id) as log:
        goal.save()
        if wallets is not None:
            goal.wallets.set(wallets)
        recount(goal)
        _say(log, goal)


def archive_goal(goal: Goal) -> None:
    """Take the goal off every page. Its donations stay what they are."""
    with writing(goal.streamer_id) as log:
        goal.archived_at = log.now
        goal.save(update_fields=["archived_at"])
        log.add(Event.Kind.GOAL, goal=goal, archived=True)


def recount(goal: Goal) -> None:
    """Make the tally anew from the ledger. Call it inside `writing`."""
    ledger = Donation.objects.counted().filter(
        streamer_id=goal.streamer_id, currency=goal.currency, occurred_at__gte=goal.since
    )
    wallets = list(goal.wallets.all())
    if wallets:
        ledger = ledger.filter(wallet__in=wallets)
    sums = ledger.aggregate(minor=Sum("minor"), count=Count("pk"))
    goal.tallies.all().delete()
    goal.tallies.create(period_start=goal.since, minor=sums["minor"] or 0, count=sums["count"])


def recount_all_time(streamer: Streamer) -> None:
    """Make the all-time sum anew, for example after the base currency changed."""
    with writing(streamer.pk):
        sums = (
            Donation.objects.counted()
            .filter(streamer=streamer, currency=streamer.currency)
            .aggregate(minor=Sum("minor"), count=Count("pk"))
        )
        FeedCounter.objects.filter(pk=streamer.pk).update(raised_minor=sums["minor"] or 0, raised_count=sums["count"])
