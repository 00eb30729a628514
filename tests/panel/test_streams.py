"""The page of one stream: its title and its times."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from donations.moments import day_and_time
from donations.obs_streams import hear
from donations.streams import move_stream, start_stream
from tests.panel.test_pages import words

HOUR = timedelta(hours=1)


@pytest.fixture
def now(anya):
    return timezone.localtime(timezone=anya.zone).replace(second=0, microsecond=0)


@pytest.fixture
def past(anya, now):
    """A stream of two hours that ended three hours ago."""
    session = start_stream(anya, "Утро")
    move_stream(session, now - 5 * HOUR, now - 3 * HOUR)
    return session


def typed(moment) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M") if moment else ""


def test_a_renamed_stream_keeps_its_times_to_the_second(masha_client, anya):
    session = start_stream(anya, "Вечер")
    began = session.started_at
    fields = {"title": "Ночь", "started_at": typed(began.astimezone(anya.zone)), "ended_at": ""}
    masha_client.post(f"/panel/streams/{session.pk}/", fields)
    session.refresh_from_db()
    assert (session.title, session.started_at, session.ended_at) == ("Ночь", began, None)


def test_times_are_corrected_and_donations_follow(masha_client, anya, past, gift, now):
    gift.occurred_at = now - 6 * HOUR
    gift.save()
    fields = {"title": "Утро", "started_at": typed(now - 7 * HOUR), "ended_at": typed(now - 4 * HOUR)}
    answer = masha_client.post(f"/panel/streams/{past.pk}/", fields, follow=True)
    assert "150.50 ₽" in words(answer).replace("\u00a0", " ")
    past.refresh_from_db()
    assert (past.started_at, past.ended_at) == (now - 7 * HOUR, now - 4 * HOUR)


def test_a_stream_that_was_forgotten_is_ended_when_it_was_over(masha_client, anya, stream, now):
    fields = {"title": "", "started_at": typed(now - 5 * HOUR), "ended_at": typed(now - HOUR)}
    masha_client.post(f"/panel/streams/{stream.pk}/", fields)
    stream.refresh_from_db()
    assert stream.ended_at == now - HOUR


@pytest.mark.parametrize(
    ("began", "ended", "said"),
    [
        (-2, -4, "later than it began"),
        (-2, 1, "still to come"),
        (1, None, "still to come"),
        (-4, None, "“Утро” was on then"),
        (-6, -2, "“Утро” was on then"),
        ("yesterday", None, "valid date"),
    ],
)
def test_times_that_make_no_sense_are_refused_in_words(masha_client, past, stream, now, began, ended, said):
    moments = [
        value if isinstance(value, str) else typed(value is not None and now + value * HOUR) for value in (began, ended)
    ]
    before = (stream.title, stream.started_at, stream.ended_at)
    page = masha_client.post(
        f"/panel/streams/{stream.pk}/", {"title": "Иначе", "started_at": moments[0], "ended_at": moments[1]}
    )
    assert said in words(page)
    assert ".." not in words(page)
    assert "On air since" in words(page)
    assert 'value="Иначе"' in page.content.decode()
    stream.refresh_from_db()
    assert (stream.title, stream.started_at, stream.ended_at) == before


def test_a_stream_without_a_title_is_called_by_its_beginning(masha_client, anya, past, gift):
    with timezone.override(anya.zone):
        began = day_and_time(timezone.localtime(past.started_at))
    gift.session = past
    gift.save()
    past.title = ""
    past.save()
    assert began in words(masha_client.get(f"/panel/streams/{past.pk}/")).partition("Brought")[0]
    assert f"Stream {began}" in words(masha_client.get(f"/panel/donations/{gift.public_id}/"))


def test_a_stream_of_somebody_else_is_not_there(boris_client, past):
    assert boris_client.get(f"/panel/streams/{past.pk}/").status_code == 404


def test_a_stream_that_began_with_obs_says_so_and_when_it_ends(masha_client, anya):
    hear({anya.pk: True}, timezone.now())
    for address in ("/panel/", "/panel/streams/"):
        page = words(masha_client.get(address))
        assert "began with OBS" in page
        assert "OBS is gone" not in page
    hear({anya.pk: False}, timezone.now())
    page = words(masha_client.get("/panel/"))
    assert "OBS is gone. The stream ends by itself in 9 min." in page
    assert "unless OBS comes back" in page
    assert "Keep it on until I stop it" in page
    page = words(masha_client.post("/panel/streams/start/", follow=True))
    assert "began with OBS" not in page
    assert "OBS is gone" not in page
    assert anya.sessions.get().ended_at is None
