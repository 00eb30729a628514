"""Shadows: streamers made to rehearse off air. Nothing is real of what they receive, so it may be thrown away."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from donations.events import Log, writing
from donations.models import DonorMark, DonorTally, Event, GoalTally, Raised, Streamer, StreamSession, Wallet
from donations.tallies import say_goals

UNUSED_FOR = timedelta(hours=1)


def empty(log: Log) -> None:
    """Throw away a shadow's wallets, and with them what came in, its streams and its sums. What it is made of stays:
    open pages show the same things without a donation.

    Raises `ValueError` where the streamer is real.
    """
    if Streamer.objects.real().filter(pk=log.streamer_id).exists():
        raise ValueError("a real streamer is not thrown away")
    Wallet.objects.filter(streamer=log.streamer_id).delete()
    StreamSession.objects.filter(streamer=log.streamer_id).delete()
    GoalTally.objects.filter(goal__streamer=log.streamer_id).delete()
    for rows in (Raised.objects, DonorTally.objects, DonorMark.objects):
        rows.filter(streamer=log.streamer_id).delete()
    log.add(Event.Kind.HISTORY, count=0)
    say_goals(log)


def end_unused(now: datetime) -> None:
    """End the rehearsals in which nothing has happened for an hour: their wallets are read no more."""
    lately = Event.objects.filter(streamer=OuterRef("pk"), at__gt=now - UNUSED_FOR)
    on = Wallet.objects.filter(streamer=OuterRef("pk"))
    unused = Streamer.objects.filter(Exists(on), ~Exists(lately), rehearses__isnull=False)
    for pk in list(unused.values_list("pk", flat=True)):
        with writing(pk) as log:
            empty(log)
