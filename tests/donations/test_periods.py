"""When days, weeks and months begin where a streamer lives."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from donations.periods import FIRST_DAYS, calendar_end, calendar_start, midnight

KYIV = ZoneInfo("Europe/Kyiv")
ZONES = ["Europe/Kyiv", "Africa/Cairo", "America/Havana", "Asia/Beirut", "America/Nuuk", "Australia/Lord_Howe", "UTC"]


@pytest.mark.parametrize(
    ("period", "moment", "start", "end"),
    [
        ("day", "2026-11-25 00:00", "2026-11-25", "2026-11-26"),
        ("day", "2026-11-25 23:59", "2026-11-25", "2026-11-26"),
        ("week", "2026-11-23 00:00", "2026-11-23", "2026-11-30"),  # a Monday
        ("week", "2026-11-29 23:59", "2026-11-23", "2026-11-30"),  # a Sunday
        ("week", "2027-01-01 12:00", "2026-12-28", "2027-01-04"),
        ("month", "2028-02-29 23:59", "2028-02-01", "2028-03-01"),
        ("month", "2026-12-31 23:59", "2026-12-01", "2027-01-01"),
        ("month", "2026-01-31 00:00", "2026-01-01", "2026-02-01"),
    ],
)
def test_a_period_goes_from_one_midnight_to_another(period, moment, start, end):
    found = calendar_start(period, datetime.fromisoformat(moment).replace(tzinfo=KYIV), KYIV)
    assert found == midnight(date.fromisoformat(start), KYIV)
    assert calendar_end(period, found, KYIV) == midnight(date.fromisoformat(end), KYIV)


@pytest.mark.parametrize(
    ("zone", "day", "begins", "hours"),
    [
        ("Europe/Kyiv", "2026-03-29", "2026-03-28T22:00", 23),
        ("Europe/Kyiv", "2026-10-25", "2026-10-24T21:00", 25),
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00", 23),  # it begins at 1:00
        ("Asia/Beirut", "2026-10-24", "2026-10-23T21:00", 25),  # 23:00 comes twice
        ("America/Havana", "2026-11-01", "2026-11-01T04:00", 25),  # midnight comes twice
    ],
)
def test_days_of_summer_time_begin_at_their_first_moment_and_last_as_long_as_they_do(zone, day, begins, hours):
    there = ZoneInfo(zone)
    start = midnight(date.fromisoformat(day), there)
    assert start == datetime.fromisoformat(begins).replace(tzinfo=UTC)
    assert calendar_end("day", start, there) - start == timedelta(hours=hours)


@given(
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(ZONES),
    period=st.sampled_from(list(FIRST_DAYS)),
)
def test_every_moment_lies_in_its_period_and_the_next_begins_where_it_ends(moment, zone, period):
    there = ZoneInfo(zone)
    start = calendar_start(period, moment, there)
    end = calendar_end(period, start, there)
    assert start <= moment < end
    assert calendar_start(period, start, there) == start
    assert calendar_start(period, end, there) == end
    assert calendar_start(period, end - timedelta(microseconds=1), there) == start
