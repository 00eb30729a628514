"""Periods: with what a goal's figures begin anew, in the streamer's own zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from donations.models import Goal

DAY = timedelta(days=1)


class Period(NamedTuple):
    """From when to when the figures of a goal are counted together.

    `start` None: no stream has begun yet; `end` None: no end is known.
    """

    start: datetime | None
    end: datetime | None


def _first_of_week(day: date) -> date:
    """Weeks begin on Monday."""
    return day - timedelta(days=day.weekday())


FIRST_DAYS: dict[str, Callable[[date], date]] = {
    Goal.Period.DAY: lambda day: day,
    Goal.Period.WEEK: _first_of_week,
    Goal.Period.MONTH: lambda day: day.replace(day=1),
}
"""The first day of the period that a day lies in."""

NEXT_DAYS: dict[str, Callable[[date], date]] = {
    Goal.Period.DAY: lambda day: day + DAY,
    Goal.Period.WEEK: lambda day: day + 7 * DAY,
    Goal.Period.MONTH: lambda day: (day.replace(day=1) + 32 * DAY).replace(day=1),
}
"""The first day of the period that follows the one that begins on a day."""


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins, in UTC. Where the clocks go forward at midnight, at the first moment that there is.

    In UTC because a local midnight that is skipped or comes twice equals no other datetime, not even itself in UTC.
    """
    return datetime.combine(day, time(), zone).astimezone(UTC)


def calendar_start(period: str, moment: datetime, zone: ZoneInfo) -> datetime:
    """When the day, week or month that `moment` lies in began."""
    return midnight(FIRST_DAYS[period](moment.astimezone(zone).date()), zone)


def calendar_end(period: str, start: datetime, zone: ZoneInfo) -> datetime:
    """When the day, week or month that began at `start` ends and the next begins."""
    return midnight(NEXT_DAYS[period](start.astimezone(zone).date()), zone)


def is_calendar(period: str) -> bool:
    """Whether it begins anew by the clock."""
    return period in FIRST_DAYS
