"""What overlays and control rooms owe to the line, in a real browser that is told by a script what happens."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.control_frames import gift
from tests.browser.prompter import events, hello, widget
from tests.browser.test_control_room import open_room, press, prompter, row
from widgets.protocol import ACK_EVENTS

__all__ = ["open_room", "prompter"]

pytestmark = pytest.mark.browser


def test_frames_without_news_are_acknowledged_too(chromium, prompter):
    page = chromium.new_page()
    page.goto(f"{prompter.url}/o/goal/#key")
    line = prompter.line()
    line.say(hello(widget("goal")))
    line.say(*(events(str(number), *()) for number in range(6, 6 + ACK_EVENTS)))
    assert line.hear() == {"type": "ack", "cursor": str(5 + ACK_EVENTS)}
    page.close()


def test_what_was_never_answered_is_done_when_it_is_pressed_again_later(open_room):
    room, line = open_room()
    room.clock.install()
    press(room, "Panic stops it all")
    first = line.hear()
    room.clock.run_for(3_000)
    expect(room.locator("[data-said]")).to_contain_text("has not answered")
    room.clock.run_for(3_600_000)
    press(room, "Panic stops it all")
    assert line.hear()["ref"] != first["ref"]


def test_a_donor_who_is_trusted_is_so_on_all_rows(open_room):
    ours = {"donor": "one"}
    room, line = open_room(gift("a", 1, "Оля", "Раз", "shown", **ours), gift("b", 2, "Оля", "Два", "shown", **ours))
    trusted = gift("a", 1, "Оля", "Раз", "shown", **ours, standing="trusted")
    line.say(events("7", {"kind": "donation_changed", "donation": trusted, "gone": False}))
    for name in ("a", "b"):
        expect(row(room, name).locator(".gift-marks")).to_have_text("trusted donor")


def test_where_more_wait_than_the_room_knows_all_are_skipped(open_room):
    room, line = open_room(gift("a", 1, "Оля", "Раз", "waiting"), waiting=2)
    press(room, "Skip all")
    frame = line.hear()
    assert (frame["action"], "cues" in frame) == ("skip_all", False)
