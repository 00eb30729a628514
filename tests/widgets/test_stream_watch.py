"""Streams begin and end by what the open overlays of all web processes say of their OBS."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from widgets.leases import beat
from widgets.models import OpenPage
from widgets.stream_watch import watch_streams

SECOND = timedelta(seconds=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def shows(alert_box, now):
    """An overlay whose OBS streams (or not, or may not say), open in a web process that lives."""

    def show(page, streaming, process="one"):
        beat(process, now)
        facts = {"process": process, "streaming": streaming, "opened_at": now}
        OpenPage.objects.update_or_create(widget=alert_box, page=page, defaults=facts)

    return show


def open_session(streamer):
    return streamer.sessions.open().first()


def test_one_overlay_that_streams_is_enough(anya, shows, now):
    for page, streaming in (("a", False), ("b", None)):
        shows(page, streaming)
        watch_streams([anya.pk], now)
        assert open_session(anya) is None
    shows("c", True)
    watch_streams([anya.pk], now)
    assert open_session(anya).by_obs
    shows("c", False)
    watch_streams([anya.pk], now + SECOND)
    assert open_session(anya).obs_left_at == now + SECOND


def test_the_last_overlay_that_closed_is_missed_by_whoever_still_looks(anya, boris, shows, now):
    shows("a", True)
    watch_streams([anya.pk], now)
    OpenPage.objects.all().delete()
    watch_streams([boris.pk], now + SECOND)
    assert open_session(anya).obs_left_at == now + SECOND


def test_the_pages_of_a_process_that_died_say_nothing(anya, shows, now):
    shows("a", True, process="dead")
    watch_streams([anya.pk], now + 30 * SECOND)
    assert open_session(anya) is None
    beat("dead", now + 31 * SECOND)
    watch_streams([anya.pk], now + 31 * SECOND)
    assert open_session(anya) is not None


def test_an_overlay_that_says_so_begins_a_stream(anya, wallet, alert_box, open_page, control_room):
    control = open_page(control_room)
    overlay = open_page(alert_box, about={"obs": "31.0.2", "streaming": False})
    overlay.says({"type": "about", "about": {"streaming": True}})
    control.hears(lambda frame: open_session(anya) is not None)
    assert open_session(anya).by_obs


def test_a_rehearsal_begins_no_stream(anya, shows, now):
    anya.rehearses = type(anya).objects.create(slug="real", name="Real")
    anya.save()
    shows("a", True)
    watch_streams([anya.pk], now)
    assert open_session(anya) is None
