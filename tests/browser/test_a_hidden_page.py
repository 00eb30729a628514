"""A page that OBS does not show: Chromium slows its timers down in earnest, and OBS may tell of it late.

It is hidden for a few seconds here, which is enough to slow it; for two minutes, as in a pause of a stream, with
`HIDDEN_SECONDS=120`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.overlay import IN_OBS, OBS, Overlay
from tests.chromium import ARGUMENTS, find_chromium
from tests.conftest import free_port
from tests.widgets.test_cues import become
from tests.widgets.test_missed import become_away
from widgets.screen import make_widget

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("hidden")]

HIDDEN_SECONDS = float(os.environ.get("HIDDEN_SECONDS", 5))
TICKS_A_SECOND = 20
TICKER = f"window.ticks = 0; setInterval(() => (ticks += 1), {1000 / TICKS_A_SECOND});"
# Playwright switches off what slows hidden pages down.
UNSLOWED = [
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
]
AT_ONCE = "--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/1"


@dataclass
class Desk:
    """A browser in which one page is seen and all others are hidden; `most_ticks` of a timer come in a hidden one."""

    context: BrowserContext
    most_ticks: float

    def open(self, link: str) -> Overlay:
        return Overlay.open(self.context.new_page(), link, OBS + TICKER)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(([], HIDDEN_SECONDS + 2), id="timers-once-a-second"),
        pytest.param(([AT_ONCE], HIDDEN_SECONDS / 60 + 3), id="timers-once-a-minute"),
    ],
)
def desk(chromium: Browser, request) -> Iterator[Desk]:
    words, most_ticks = request.param
    port = free_port()
    browser = chromium.browser_type.launch(
        executable_path=find_chromium(),
        args=[*ARGUMENTS, f"--user-agent={IN_OBS}", f"--remote-debugging-port={port}", *words],
        ignore_default_args=UNSLOWED,
    )
    # To a page that it opens itself Playwright says that it has the focus, and then it is never hidden.
    seen = chromium.browser_type.connect_over_cdp(f"http://127.0.0.1:{port}", no_defaults=True)
    yield Desk(seen.contexts[0], most_ticks)
    browser.close()


def ticks(overlay: Overlay) -> int:
    return int(overlay.page.evaluate("ticks"))


@pytest.mark.parametrize("is_told", [True, False], ids=["told-in-time", "told-late"])
def test_a_page_that_was_hidden_and_slow(desk, link_of, box, give, wallet, is_told):
    widget = box(300)
    total = desk.open(link_of(make_widget(wallet.streamer, "total", "Total", options={"scope": "all"})))
    alerts = desk.open(link_of(widget))
    alerts.page.evaluate("obs.show(true)")
    give(1)
    alerts.until(lambda page: page.seen == ["1", ""])

    total.page.bring_to_front()
    alerts.until(lambda page: page.page.evaluate("document.hidden"))
    if is_told:
        alerts.page.evaluate("obs.show(false)")
        assert become_away(widget)
    before = ticks(alerts)
    for bunch in ([2, 3], [4]):
        give(*bunch)
        alerts.page.wait_for_timeout(HIDDEN_SECONDS * 1000 / 2)
    assert ticks(alerts) - before <= desk.most_ticks < HIDDEN_SECONDS * TICKS_A_SECOND / 2  # it is slow in earnest
    expect(total.page.locator("[data-amount]")).to_contain_text("10")
    # While OBS has said nothing it is on programme for all we know, and plays on by the server's word.
    states = ["waiting"] * 3 if is_told else ["shown"] * 3
    assert become(widget, "shown", *states) is True
    assert alerts.shown == (["1"] if is_told else list("1234"))

    give(5)
    alerts.page.bring_to_front()
    alerts.page.evaluate("void (obs.show(false), obs.show(true), obs.bunch([false, true]))")
    alerts.until(lambda page: page.shown == list("12345") and page.seen[-1] == "", 20)
    assert alerts.played == 5
    assert become(widget, *["shown"] * 5) is True
    expect(alerts.page.locator("[data-alert]")).to_be_hidden()
