"""Chosen: which donations play, what takes the place of what, and with which look, as open pages are told."""

from __future__ import annotations

import time

from donations.events import writing
from donations.models import Event
from tests.widgets.test_cues import become, play_through, roubles
from widgets.models import Cue, Variation
from widgets.screen import play_test


def set_options(widget, **options):
    widget.options = {**widget.options, **options}
    widget.save()


def takes_of(page):
    """The takes that this page was told to show up to now."""
    return [frame["play"] for frame in page.frames if frame["type"] == "play"]


def test_a_larger_one_interrupts_a_smaller_one_which_plays_again(open_page, long_alerts, give, skip):
    set_options(long_alerts, interrupt_from_minor=1000_00)
    page, mirror = open_page(long_alerts), open_page(long_alerts)
    give(100)
    small = page.plays()
    give(500, 1000)
    large = page.plays()
    assert roubles(large) == 1000
    assert page.sees_leave(small) == mirror.sees_leave(small) == "interrupted"
    assert become(long_alerts, "waiting", "waiting", "playing") is True
    skip(large)
    assert page.plays()["id"] == small["id"]
    assert [(play["cue"]["id"], play["take"]) for play in takes_of(page)] == [
        (small["id"], 1), (large["id"], 1), (small["id"], 2),
    ]  # fmt: skip
    assert become(long_alerts, "playing", "waiting", "skipped") is True


def test_what_is_below_the_minimum_plays_no_alert_and_is_news_all_the_same(open_page, alert_box, give):
    set_options(alert_box, minimum_minor=100_00)
    page = open_page(alert_box)
    give(99, 100)
    assert play_through(page, 1) == [100]
    page.hears_donations(99, 100)
    assert Cue.objects.count() == 1


def test_nothing_is_on_the_screen_for_the_gap_between_two(open_page, alert_box, give):
    set_options(alert_box, gap_ms=700)
    page = open_page(alert_box)
    give(1, 2)
    page.sees_leave(page.plays())
    left = time.monotonic()
    page.plays()
    assert time.monotonic() - left >= 0.6


def test_a_variations_look_is_kept_on_the_next_take_and_on_replay(open_page, long_alerts, give, skip):
    for accent in ("#ff0000", "#00ff00"):
        Variation.objects.create(
            widget=long_alerts, title=accent, amount="exact", minor=777_00, sound="chime", volume=40, accent=accent,
            headline="{name}!", effect="coins",
        )  # fmt: skip
    first, second = open_page(long_alerts), open_page(long_alerts)
    donation = give(777)
    cue = first.plays()
    look = takes_of(first)[0]["look"]
    assert look["accent"] in ("#ff0000", "#00ff00")
    assert {**look, "accent": ""} == {
        "sound": "chime", "volume": 0.4, "headline": "{name}!", "accent": "", "effect": "coins",
    }  # fmt: skip
    first.close()
    second.plays()
    second.plays()
    skip(cue)
    for _ in range(4):
        with writing(donation.streamer_id) as log:
            log.add(Event.Kind.REPLAY, donation=donation, widget=long_alerts.public_id)
        skip(second.plays())
    plays = takes_of(second)
    assert [play["take"] for play in plays] == [1, 2, 1, 1, 1, 1]
    assert len({play["cue"]["id"] for play in plays}) == 5
    assert [play["look"] for play in plays] == [look] * 6


def test_a_test_of_a_variation_has_its_look(open_page, alert_box):
    named = Variation.objects.create(widget=alert_box, title="rare", amount="exact", minor=1_00, accent="#00ff00")
    Variation.objects.create(widget=alert_box, title="any", amount="any", accent="#ff0000")
    page = open_page(alert_box)
    play_test(alert_box, variation=named)
    assert roubles(page.plays()) == 1
    assert takes_of(page)[0]["look"]["accent"] == "#00ff00"
