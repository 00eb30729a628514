"""Values of donations that are recorded already: given when a rate comes at last, made anew in another currency."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import F
from django.utils import timezone

from donations.events import Log, writing
from donations.models import Donation, Streamer
from donations.rates import freeze, set_values
from donations.tallies import Change, Standing, apply, recount_goals

PATIENCE = timedelta(days=45)
"""A donation that has no value waits for so long for a rate of its day."""

BATCH = 500
"""Donations held in memory at once, and changed in one short transaction where there are several."""


def value_waiting(until: datetime) -> bool:
    """Give a value to those that wait for one and now have a rate. False when the time ran out: call again."""
    since = timezone.now() - PATIENCE
    waiting = Donation.objects.filter(base_minor=None, occurred_at__gte=since)
    for streamer_id in waiting.order_by("streamer_id").values_list("streamer_id", flat=True).distinct():
        last: int | None = 0
        while last is not None:
            if timezone.now() > until:
                return False
            last = _value_some(streamer_id, since, last)
    return True


def _value_some(streamer_id: int, since: datetime, after: int) -> int | None:
    """The next batch; answers which was the last of it, None when there was none left."""
    with writing(streamer_id) as log:
        waiting = Donation.objects.filter(
            streamer_id=streamer_id, base_minor=None, occurred_at__gte=since, pk__gt=after
        )
        rows = list(waiting.select_related("session").order_by("pk")[:BATCH])
        before = [Standing.of(row) for row in rows]
        freeze(log, rows)
        Donation.objects.bulk_update([row for row in rows if row.base_minor is not None], ["base_minor"])
        apply(log, [Change(was, Standing.of(row)) for row, was in zip(rows, before, strict=True)])
    return rows[-1].pk if rows else None


def revalue(log: Log) -> None:
    """Make all values of the streamer anew, at the rates of their days, and recount the goals: its currency is another
    one now. Inside the transaction that changes it; holds one batch in memory, however many donations there are.
    """
    streamer = Streamer.objects.get(pk=log.streamer_id)
    ledger = Donation.objects.filter(streamer=streamer)
    ledger.filter(currency=streamer.currency).update(base_minor=F("minor"))
    others = ledger.exclude(currency=streamer.currency).only("minor", "currency", "occurred_at")
    for rows in _batches(others.iterator(BATCH)):
        set_values(streamer, rows)
        Donation.objects.bulk_update(rows, ["base_minor"])
    recount_goals(log)


def _batches(rows: Iterator[Donation]) -> Iterator[list[Donation]]:
    while batch := list(islice(rows, BATCH)):
        yield batch
