"""A day, a week, a month begins: open pages are told without a payment, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from donations.models import Event, Goal
from donations.tallies import archive_goal, save_goal
from donations.turning import turn_over

MONDAY = datetime(2026, 11, 30, tzinfo=ZoneInfo("Europe/Kyiv")).astimezone(UTC)
"""The beginning of a Monday in Kyiv, an hour before it is Monday in Paris."""


@pytest.fixture
def goals(anya, boris):
    """One for each period of Boris, and a daily one of Anya in Paris."""
    anya.time_zone = "Europe/Paris"
    anya.save()
    kept = [(boris, period) for period in Goal.Period] + [(anya, Goal.Period.DAY)]
    for owner, period in kept:
        save_goal(Goal(streamer=owner, slug=period, title=period, target_minor=1, currency="UAH", period=period))
    Event.objects.all().delete()


def told(moment):
    """What is said at that moment: slugs and periods."""
    before = set(Event.objects.values_list("pk", flat=True))
    turn_over(moment)
    events = Event.objects.exclude(pk__in=before).select_related("goal__streamer").order_by("pk")
    return [f"{event.goal.streamer.slug} {event.goal.slug}" for event in events]


def test_what_begins_is_said_once_where_it_begins(goals):
    minute = timedelta(minutes=1)
    assert told(MONDAY - minute) == [], "nothing is known of what was before"
    assert told(MONDAY - minute / 2) == []
    assert told(MONDAY) == ["boris day", "boris week"]
    assert told(MONDAY + minute) == []
    assert told(MONDAY + timedelta(hours=1)) == ["anya day"]
    assert told(MONDAY + timedelta(days=1, minutes=1)) == ["boris day", "boris month"]


def test_hours_without_a_beat_are_made_up_for(goals):
    told(MONDAY - timedelta(days=2))
    assert sorted(told(MONDAY + timedelta(hours=5))) == ["anya day", "boris day", "boris week"]


def test_archived_goals_are_left_alone_and_the_search_is_cheap(goals, django_assert_max_num_queries):
    for goal in Goal.objects.all():
        archive_goal(goal)
    told(MONDAY - timedelta(days=2))
    assert told(MONDAY) == []
    with django_assert_max_num_queries(6):  # the two of finding out, and noting the time in two transactions
        turn_over(MONDAY + timedelta(days=40))
