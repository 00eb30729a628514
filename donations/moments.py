"""Moments in words, in the active language and time zone."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language


def clock(moment: datetime) -> str:
    """A time of day, with its day when that is not today: `14:05`, `24 ноября, 14:05`. It may stand within a sentence,
    so there are no dots in it.
    """
    local = timezone.localtime(moment)
    return f"{local:%H:%M}" if local.date() == timezone.localdate() else f"{day_of_year(local)}, {local:%H:%M}"


def day_and_time(local: datetime) -> str:
    """`17 ноября, 19:00`, `November 17, 7 p.m.`; with the year when it is another one."""
    return f"{day_of_year(local)}, {date_format(local, 'TIME_FORMAT')}"


def day_of_year(day: date) -> str:
    """`17 ноября`, `November 17`; with the year when it is another one."""
    # Django's own MONTH_DAY_FORMAT has the month's bare name in Russian and Ukrainian.
    this_year = "F j" if (get_language() or "").startswith("en") else "j E"
    return date_format(day, this_year if day.year == timezone.localdate().year else "DATE_FORMAT")
