"""Turning over: when a day, week or month begins where a streamer lives, open pages show it without a payment."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from donations.events import writing
from donations.models import Goal, Heartbeat
from donations.periods import FIRST_DAYS, calendar_start
from donations.tallies import say_goals

NAME = "periods"
"""The heartbeat that says until when everything was told. One that broke off half way is told once more."""


def turn_over(now: datetime) -> None:
    """Say where the calendar goals stand whose period has begun since the last call. Two queries while none has."""
    last = Heartbeat.objects.filter(name=NAME).values_list("at", flat=True).first()
    if last is not None:
        _say_what_began(last, now)
    Heartbeat.objects.update_or_create(name=NAME, defaults={"at": now})


def _say_what_began(last: datetime, now: datetime) -> None:
    goals = Goal.objects.active().filter(period__in=FIRST_DAYS)
    for name in goals.order_by().values_list("streamer__time_zone", flat=True).distinct():
        begun = [period for period in FIRST_DAYS if last < calendar_start(period, now, ZoneInfo(name))]
        theirs = goals.filter(streamer__time_zone=name, period__in=begun) if begun else goals.none()
        for streamer_id in theirs.order_by().values_list("streamer_id", flat=True).distinct():
            with writing(streamer_id) as log:
                say_goals(log, *begun)
