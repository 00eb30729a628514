"""Which time a goal's figures are of, and until when, as people say it. In the active language and time zone."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from donations.models import Goal
from donations.moments import day_and_time, day_of_year
from donations.periods import Period

MOMENT = timedelta(microseconds=1)


def period_words(goal: Goal, period: Period) -> str:
    """`today`, `this stream`, `since 5 November`, `5–12 November`."""
    match goal.period:
        case Goal.Period.DAY:
            return _("today")
        case Goal.Period.WEEK:
            return _("this week")
        case Goal.Period.MONTH:
            return _("this month")
        case Goal.Period.STREAM if period.start is None:
            return _("from the next stream on")
        case Goal.Period.STREAM:
            return _("this stream") if period.end is None else _("the last stream")
    if goal.until is not None:
        return _range_words(goal.since, goal.until)
    return _("since %(day)s") % {"day": day_of_year(timezone.localtime(goal.since))}


def deadline_words(deadline: datetime) -> str:
    """`until 5 December, 18:00`, or that it is over."""
    words = _("until %(moment)s") if deadline > timezone.now() else _("ended %(moment)s")
    return words % {"moment": day_and_time(timezone.localtime(deadline))}


def _range_words(since: datetime, until: datetime) -> str:
    first, last = timezone.localtime(since), timezone.localtime(until - MOMENT)
    if first.date() == last.date():
        return day_of_year(first)
    if (first.year, first.month) != (last.year, last.month):
        return f"{day_of_year(first)} – {day_of_year(last)}"
    # The month once: `5–12 November`, `November 5–12`.
    whole = day_of_year(last)
    return whole.replace(str(last.day), f"{first.day}–{last.day}", 1)
