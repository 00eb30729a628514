"""Streams that begin and end with OBS, and people who decide otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from donations.events import writing
from donations.ingest import ingest
from donations.models import Event
from donations.models.stream_session import OBS_PATIENCE
from donations.money import Money
from donations.obs_streams import end_left, hear
from donations.providers.base import Kind, Payment, Status
from donations.streams import StreamAlreadyOn, move_stream, start_stream, stop_stream

MINUTE = timedelta(minutes=1)


class Evening:
    """A clock that is ours, and what OBS and its streamer do as it goes on."""

    def __init__(self, streamer) -> None:
        self.streamer = streamer
        self.now = self.began = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)

    def after(self, minutes: float = 0, seconds: float = 0) -> None:
        self.now += timedelta(minutes=minutes, seconds=seconds)

    def obs_says(self, streams: bool | None) -> None:
        hear({self.streamer.pk: streams}, self.now)

    def streams_for(self, minutes: int) -> None:
        """OBS streams, and its page is looked at every minute."""
        for _ in range(minutes):
            self.obs_says(True)
            self.after(1)
        self.obs_says(True)

    def tick(self) -> None:
        end_left(self.now)

    def sessions(self) -> list[tuple[float, float | None]]:
        """When they began and ended, in minutes of this evening."""
        rows = self.streamer.sessions.order_by("started_at").values_list("started_at", "ended_at")
        return [(self._minutes(began), self._minutes(ended) if ended else None) for began, ended in rows]

    def _minutes(self, moment: datetime) -> float:
        return (moment - self.began) / MINUTE


@pytest.fixture
def evening(anya, monkeypatch):
    evening = Evening(anya)
    monkeypatch.setattr(timezone, "now", lambda: evening.now)
    return evening


def test_a_stream_begins_with_obs_and_ends_ten_minutes_after_it_however_late_anybody_looks(evening, anya):
    evening.obs_says(False)
    assert evening.sessions() == []
    evening.after(5)
    evening.obs_says(True)
    evening.obs_says(True)
    assert evening.sessions() == [(5, None)]
    evening.after(seconds=90)
    evening.obs_says(True)
    evening.after(seconds=30)
    evening.obs_says(False)
    session = anya.sessions.get()
    assert (session.by_obs, session.ends_at) == (True, evening.now + 10 * MINUTE)
    evening.after(9.9)
    evening.tick()
    assert evening.sessions() == [(5, None)]
    evening.after(200)
    evening.tick()
    assert evening.sessions() == [(5, 17)]


def test_who_comes_back_within_ten_minutes_is_on_the_same_stream(evening, anya):
    evening.obs_says(True)
    evening.obs_says(None)
    evening.after(9)
    evening.tick()
    evening.obs_says(True)
    evening.after(20)
    evening.obs_says(True)
    assert evening.sessions() == [(0, 19), (29, None)]


def test_pages_hear_that_it_began_left_came_back_and_is_over_and_nothing_else(evening, anya):
    for minutes, streams in ((0, True), (1, True), (1, True), (1, None), (3, True), (1, False), (11, False)):
        evening.after(minutes)
        evening.obs_says(streams)
    told = Event.objects.filter(kind="stream").order_by("seq")
    assert [event.figures["on"] for event in told] == [True, True, True, True, False]


def test_when_the_machine_died_it_ends_by_when_it_was_last_seen(evening):
    for _ in range(3):
        evening.obs_says(True)
        evening.after(1)
    evening.after(minutes=60)
    evening.tick()
    assert evening.sessions() == [(0, 12)]
    evening.obs_says(True)
    assert evening.sessions() == [(0, 12), (63, None)]


def test_a_donation_that_came_after_it_was_over_leaves_the_sum_when_a_late_look_ends_it(evening, anya, wallet):
    evening.obs_says(True)
    evening.obs_says(False)
    for minutes in (4, 12):
        moment = evening.began + minutes * MINUTE
        payment = Payment(f"{minutes}:IN", Status.SETTLED, Kind.GIFT, Money(100, "RUB"), moment)
        with writing(anya.pk) as log:
            ingest(log, wallet, [payment], None)
    assert anya.donations.exclude(session=None).count() == 2
    evening.after(30)
    evening.tick()
    assert list(anya.donations.filter(session=anya.sessions.get()).values_list("txn_id", flat=True)) == ["4:IN"]


def test_what_a_person_started_obs_does_not_end(evening, anya):
    start_stream(anya, "By hand")
    evening.obs_says(True)
    evening.obs_says(False)
    evening.after(60)
    evening.obs_says(None)
    evening.tick()
    assert evening.sessions() == [(0, None)]


def test_who_starts_by_hand_takes_over_what_obs_began(evening, anya):
    evening.obs_says(True)
    taken = start_stream(anya, "Mine now")
    assert (taken.by_obs, taken.title) == (False, "Mine now")
    with pytest.raises(StreamAlreadyOn):
        start_stream(anya)
    evening.obs_says(False)
    evening.after(60)
    evening.tick()
    assert evening.sessions() == [(0, None)]


@pytest.mark.parametrize("begun_by_hand", [False, True])
def test_what_a_person_stopped_does_not_begin_again_until_obs_has_stopped_too(evening, anya, begun_by_hand):
    if begun_by_hand:
        start_stream(anya)
    evening.streams_for(30)
    stop_stream(anya)
    # A page that is loaded anew, a server that starts anew, a second page: they only repeat it.
    for streams, minutes in ((True, 1), (None, 3), (True, 5), (True, 0), (None, 9)):
        evening.obs_says(streams)
        evening.after(minutes)
    evening.obs_says(True)
    assert evening.sessions() == [(0, 30)]
    evening.obs_says(False)
    evening.after(1)
    evening.obs_says(True)
    assert evening.sessions() == [(0, 30), (49, None)]


def test_what_a_person_corrected_stays(evening, anya):
    evening.obs_says(True)
    session = anya.sessions.get()
    move_stream(session, evening.began - 15 * MINUTE)
    evening.after(5)
    evening.obs_says(True)
    move_stream(session, evening.began - 15 * MINUTE, evening.began + 2 * MINUTE)
    evening.obs_says(True)
    evening.after(1)
    evening.obs_says(True)
    assert evening.sessions() == [(-15, 2)], "it was ended by hand, and OBS only goes on"


def test_one_streamers_obs_is_nothing_to_another(evening, anya, boris):
    evening.obs_says(True)
    hear({boris.pk: None}, evening.now)
    assert not boris.sessions.exists()
    assert anya.sessions.open().exists()


happenings = st.lists(
    st.tuples(
        st.sampled_from(["streams", "streams not", "gone", "died", "start", "stop"]),
        st.integers(0, 13),
        st.integers(1, 12),
    ),
    max_size=8,
)


@given(happenings)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_by_hand_wins_and_no_stream_outlives_its_obs(evening, anya, happenings):
    """Minute by minute, with an open page that says what OBS does, or none; the minute task comes when it comes."""
    evening.now = evening.began
    says, by_hand, seen_at, is_barred = None, False, None, False
    with transaction.atomic():
        for what, minutes, every in happenings:
            if what == "start":
                by_hand = by_hand or bool(start_stream(anya))
            elif what == "stop":
                is_on = anya.sessions.open().exists()
                stop_stream(anya)
                by_hand, is_barred = False, is_barred or (is_on and seen_at is not None)
            else:
                says = {"streams": True, "streams not": False}.get(what)
                if what == "gone":
                    evening.obs_says(None)
            for minute in range(minutes + 1):
                if says is not None:
                    evening.obs_says(says)
                if minute % every == 0:
                    evening.tick()
                if says is False:
                    is_barred = False
                if says and not (is_barred and seen_at and evening.now - seen_at < OBS_PATIENCE):
                    is_barred = False
                seen_at = evening.now if says else seen_at
                on = anya.sessions.open().first()
                if by_hand:
                    assert on is not None and not on.by_obs
                elif says:
                    assert (on is None) == is_barred
                elif on is not None:
                    assert on.by_obs
                    assert evening.now - seen_at <= OBS_PATIENCE or (says is None and minute % every)
                evening.after(1)
        ends = list(anya.sessions.order_by("started_at").values_list("started_at", "ended_at"))
        assert all(ended and began < ended <= nexts[0] for (began, ended), nexts in pairwise(ends))
        transaction.set_rollback(True)
