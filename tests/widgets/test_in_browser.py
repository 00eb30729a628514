"""What overlays and control rooms owe to the line, in a real browser that is told by a script what happens."""

from __future__ import annotations

import pytest

from tests.browser.prompter import events, hello, widget
from tests.browser.test_control_room import prompter
from widgets.protocol import ACK_EVENTS

__all__ = ["prompter"]

pytestmark = pytest.mark.browser


def test_frames_without_news_are_acknowledged_too(chromium, prompter):
    page = chromium.new_page()
    page.goto(f"{prompter.url}/o/goal/#key")
    line = prompter.line()
    line.say(hello(widget("goal")))
    line.say(*(events(str(number), *()) for number in range(6, 6 + ACK_EVENTS)))
    assert line.hear() == {"type": "ack", "cursor": str(5 + ACK_EVENTS)}
    page.close()
