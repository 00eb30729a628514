"""Streams whose times are corrected: donations, sums and goals go where they belong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from donations.events import writing
from donations.ingest import ingest
from donations.models import Donation, Event, Goal
from donations.money import Money
from donations.providers.base import Kind, Payment, Status
from donations.streams import StreamBackwards, StreamsOverlap, move_stream, start_stream, stop_stream
from donations.tallies import raised, save_goal

MINUTE = timedelta(minutes=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def give(anya, wallet, now):
    """Takes in a rouble that came so many minutes ago."""

    def take(minutes):
        payment = Payment(f"{minutes}:IN", Status.SETTLED, Kind.GIFT, Money(100, "RUB"), now - minutes * MINUTE)
        with writing(anya.pk) as log:
            ingest(log, wallet, [payment], None)

    return take


@pytest.fixture
def each_stream(anya, now):
    """A goal that begins anew with each stream."""
    goal = Goal(streamer=anya, slug="each", title="Each", target_minor=1, currency="RUB", period="stream")
    goal.since = now - timedelta(days=3)
    save_goal(goal)
    return goal


def in_streams():
    rows = Donation.objects.order_by("-occurred_at").select_related("session")
    return [row.session.title if row.session else None for row in rows]


def test_a_stream_that_began_earlier_takes_in_what_came_before_it(anya, give, each_stream, now):
    for minutes in (90, 30, 10):
        give(minutes)
    session = start_stream(anya, "Late")
    assert raised(each_stream).minor == 0
    last = Event.objects.order_by("seq").last().seq
    move_stream(session, now - 60 * MINUTE)
    assert in_streams() == ["Late", "Late", None]
    assert raised(each_stream).minor == 200
    events = Event.objects.filter(seq__gt=last).order_by("seq")
    assert [(event.kind, event.figures) for event in events] == [
        ("stream", {"session": session.pk, "on": True}),
        ("goal", {"raised": 200, "count": 2}),
    ]
    move_stream(session, now - 20 * MINUTE, now - 15 * MINUTE)
    assert in_streams() == [None, None, None]
    assert raised(each_stream).minor == 0
    assert not anya.sessions.open().exists()


def test_a_new_stream_begins_the_goals_of_streams_anew_on_open_pages(anya, give, each_stream):
    start_stream(anya)
    give(-1)
    stop_stream(anya)
    start_stream(anya)
    said = [event.figures["raised"] for event in Event.objects.filter(goal=each_stream).order_by("seq")]
    # Set, begun, given, over, begun anew: what came a minute ahead of our clock belongs to the stream that is on then.
    assert said == [0, 0, 100, 0, 100]


def test_two_streams_never_overlap_and_none_runs_backwards(anya, now):
    first = start_stream(anya, "First")
    move_stream(first, now - 60 * MINUTE, now - 30 * MINUTE)
    second = start_stream(anya, "Second")
    with pytest.raises(StreamsOverlap) as refusal:
        move_stream(second, now - 40 * MINUTE)
    assert refusal.value.other == first
    with pytest.raises(StreamsOverlap):
        move_stream(first, now - 60 * MINUTE, now + MINUTE)
    with pytest.raises(StreamBackwards):
        move_stream(first, now - 20 * MINUTE)
    move_stream(second, now - 30 * MINUTE)
    assert list(anya.sessions.order_by("started_at").values_list("started_at", "ended_at")) == [
        (now - 60 * MINUTE, now - 30 * MINUTE),
        (now - 30 * MINUTE, None),
    ]


def test_a_clock_that_was_set_back_lets_no_streams_overlap(anya, now, monkeypatch):
    start_stream(anya, "First")
    stop_stream(anya)
    monkeypatch.setattr(timezone, "now", lambda: now - MINUTE)
    start_stream(anya, "Second")
    stop_stream(anya)
    (_, ended), (began, over) = anya.sessions.order_by("pk").values_list("started_at", "ended_at")
    assert ended <= began < over
