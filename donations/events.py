"""The log: everything that changes what pages show is written here, in the transaction that changes it.

A change and its event stand or fall together, and the numbers of a streamer's log have no gaps.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from donations.models import Donation, Event, FeedCounter, Goal
from donations.seal import new_public_id

KEEP = timedelta(days=30)
MOST_PRUNED = 2000


class Log:
    """Collects the events of one transaction. `now` is the one time of that transaction."""

    def __init__(self, streamer_id: int, seq: int, now: datetime) -> None:
        self.streamer_id = streamer_id
        self.now = now
        self._seq = seq
        self._events: list[Event] = []

    def add(
        self,
        kind: Event.Kind,
        donation: Donation | None = None,
        goal: Goal | None = None,
        widget: str = "",
        **figures: Any,
    ) -> int:
        """Append an event and answer its number. `figures` are JSON values, absolute, never a donor's words or name."""
        self._seq += 1
        self._events.append(
            Event(
                streamer_id=self.streamer_id,
                seq=self._seq,
                kind=kind,
                at=self.now,
                donation=donation,
                goal=goal,
                widget=widget,
                figures=figures,
            )
        )
        return self._seq

    def close(self) -> None:
        """Write the events and the counter. Called by `writing` alone."""
        if self._events:
            Event.objects.bulk_create(self._events)
            FeedCounter.objects.filter(pk=self.streamer_id).update(seq=self._seq)


@contextmanager
def writing(streamer_id: int) -> Iterator[Log]:
    """One short transaction on one streamer's log. Nothing slow may happen inside.

    Its first statement takes the streamer's counter row, which makes it the streamer's mutex: two writers of one
    streamer follow one another, and their numbers too.
    """
    with transaction.atomic():
        log = Log(streamer_id, _take_counter(streamer_id), timezone.now())
        yield log
        log.close()


def _take_counter(streamer_id: int) -> int:
    # The update that changes nothing is the lock: on PostgreSQL of this row, on SQLite BEGIN IMMEDIATE has it already.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO donations_feedcounter (streamer_id, seq, epoch) VALUES (%s, 0, %s)"
            " ON CONFLICT (streamer_id) DO UPDATE SET seq = donations_feedcounter.seq RETURNING seq",
            [streamer_id, new_public_id()],
        )
        return int(cursor.fetchone()[0])


def prune(now: datetime) -> int:
    """Delete events older than 30 days; answers how many. Pages that come back with an older cursor start anew.

    At most `MOST_PRUNED`, oldest first, so that payments do not wait: it is called every minute.
    """
    oldest = Event.objects.filter(at__lt=now - KEEP).order_by("at").values_list("pk", flat=True)[:MOST_PRUNED]
    Event.objects.filter(pk__in=(old := list(oldest))).delete()
    return len(old)
