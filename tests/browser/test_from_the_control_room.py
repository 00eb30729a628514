"""What is pressed in the control room happens on every page at once: real mouse, real web process, real overlays."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.overlay import Overlay, is_heard, played
from tests.widgets.test_cues import become
from tests.widgets.web import Web
from widgets.helpers import make_helper
from widgets.models import Variation
from widgets.screen import make_widget

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("from-the-control-room")]

WHOLE_BROWSER = True
AT_ONCE_MS = 2_000
"""Enough for a machine that is busy with other tests; on a calm one it is under 200."""


class Room:
    """A helper's control room in a narrow dock. `delays`: how long what was pressed took to happen on a page, in ms."""

    def __init__(self, overlay: Overlay) -> None:
        self.overlay = overlay
        self.page = overlay.page
        self.delays: list[float] = []

    def press(self, name: str) -> None:
        self.button(name).click()

    def button(self, name: str) -> Locator:
        """In what is always in sight, or else of the newest donation. Skip: what plays, once the room heard of it."""
        if name == "Skip":
            return self.page.locator("[data-skip]")
        return self.page.get_by_role("button", name=name, exact=True).first

    def happens(self, pages: list[Overlay], when: Callable[[Overlay], float | None]) -> None:
        """Waits until it happened on all of them, and looks how long that took. `when`: at which moment, if it did."""
        pressed = self.overlay.kept("pressed")[-1]["at"]
        for page in pages:
            page.until(when)
            self.delays.append(float(when(page) or 0) - pressed)
        assert max(self.delays) <= AT_ONCE_MS, self.delays


@pytest.fixture
def room(web: Web, wallet, chromium: Browser) -> Iterator[Room]:
    key = make_helper(wallet.streamer, "Вика", "moderator")
    context = chromium.new_context(viewport={"width": 340, "height": 900}, locale="en-GB")
    room = Room(Overlay.open(context.new_page(), f"http://127.0.0.1:{web.port}/control/#{key.reveal()}"))
    expect(room.page.locator("[data-streamer]")).to_have_text("Аня")
    yield room
    context.close()


@pytest.fixture
def widget(box):
    return box(60_000)


@pytest.fixture
def pages(widget, open_overlay) -> list[Overlay]:
    """The same alert box in two scenes."""
    return [open_overlay(widget) for _ in range(2)]


def on_screen(amount: str, times: int = 1) -> Callable[[Overlay], float | None]:
    """When this came on the screen of a page for the nth time; "": when it was empty again."""

    def when(page: Overlay) -> float | None:
        moments = [change["at"] for change in page.kept("seen") if change["amount"] == amount]
        return moments[times - 1] if len(moments) >= times else None

    return when


def has_mood(mood: str, on: bool = True) -> Callable[[Overlay], float | None]:
    """When a page last became so, or ceased to be."""

    def when(page: Overlay) -> float | None:
        last = (page.kept("moods") or [None])[-1]
        return last["at"] if last and (mood in last["mood"].split()) is on else None

    return when


def told(controls: dict[str, object]) -> Callable[[Overlay], float | None]:
    """When a page last heard what holds for all widgets, if it is this."""

    def when(page: Overlay) -> float | None:
        heard = [(frame["at"], event) for frame in page.heard("events") for event in frame["frame"]["events"]]
        last = [(at, event["controls"]) for at, event in heard if event["kind"] == "controls"][-1:]
        return next((at for at, said in last if controls.items() <= said.items()), None)

    return when


def test_a_double_click_skips_one_alert_on_both_pages(room, pages, widget, give):
    give(1, 2, 3)
    for page in pages:
        page.until(on_screen("1"))
    room.button("Skip").dblclick()
    room.happens(pages, on_screen(""))
    for page in pages:
        page.until(on_screen("2"))
    assert become(widget, "skipped", "playing", "waiting") is True
    assert [page.shown for page in pages] == [["1", "2"], ["1", "2"]]


def test_while_it_is_paused_nothing_new_comes_on_any_page(room, pages, widget, give):
    room.press("Pause the alerts")
    room.happens(pages, told({"paused": True}))
    give(1, 2)
    assert become(widget, "waiting", "waiting") is True
    expect(room.page.locator("[data-waiting-words]")).to_have_text("2 alerts wait")
    assert [page.seen for page in pages] == [[], []]
    room.press("Pause the alerts")
    room.happens(pages, on_screen("1"))
    is_heard(*pages)
    assert played(*pages) == 1


def test_a_replay_is_seen_on_both_pages_heard_once_and_counted_never(room, open_overlay, box, give, wallet):
    widget = box(300)
    pages = [open_overlay(widget) for _ in range(2)]
    total = open_overlay(make_widget(wallet.streamer, "total", "Total", options={"scope": "all"}))
    give(70)
    for page in pages:
        page.until(on_screen(""))
    room.button("Replay").dblclick()
    room.happens(pages, on_screen("70", 2))
    for page in pages:
        page.until(on_screen("", 2))
    assert become(widget, "shown", "shown") is True
    assert played(*pages) == 2
    expect(total.page.locator("[data-amount]")).to_have_text("70\xa0₽")


def test_the_sound_is_muted_at_once_and_until_it_is_wanted_again(room, pages, give):
    give(1, 2, 3)
    speaker = is_heard(*pages)
    room.press("Mute the sound of alerts")
    room.happens([speaker], lambda page: next((each["at"] for each in page.kept("hushed")), None))
    room.happens(pages, told({"mutes": ["sound"]}))
    room.press("Skip")
    room.happens(pages, on_screen("2"))
    room.press("Mute the sound of alerts")
    room.happens(pages, told({"mutes": []}))
    room.press("Skip")
    room.happens(pages, on_screen("3"))
    speaker.until(lambda page: page.played == 2)
    assert played(*pages) == 2


def test_effects_and_speech_are_switched_off_on_both_pages(room, pages, widget, give):
    Variation.objects.create(widget=widget, title="Rain", effect="coins")
    give(1, 2)
    for page in pages:
        expect(page.page.locator(".rain i").first).to_be_attached()
    room.press("Switch the effects off")
    room.happens(pages, has_mood("is-without-effects"))
    for page in pages:
        expect(page.page.locator(".rain")).to_be_hidden()
    room.press("Skip")
    room.happens(pages, on_screen("2"))
    for page in pages:
        expect(page.page.locator(".rain i")).to_have_count(0)
    # Nothing is spoken yet; the pages know that nothing is to be.
    room.press("Mute the speech")
    room.happens(pages, told({"mutes": ["speech", "effects"]}))


def test_panic_takes_everything_off_every_page_until_it_is_let_go(room, pages, open_overlay, widget, give, wallet):
    pages = [*pages, open_overlay(make_widget(wallet.streamer, "total", "Total", options={"scope": "all"}))]
    give(1, 2)
    speaker = is_heard(*pages)
    room.page.locator("[data-panic]").dblclick()
    room.happens(pages, has_mood("is-panic"))
    room.happens([speaker], lambda page: next((each["at"] for each in page.kept("hushed")), None))
    for page in pages:
        expect(page.page.locator("[data-amount]")).to_be_hidden()
    assert become(widget, "skipped", "waiting") is True
    give(4)
    assert become(widget, "skipped", "waiting", "waiting") is True
    room.press("Let go now")
    room.happens(pages, has_mood("is-panic", on=False))
    room.happens(pages[:2], on_screen("2"))
    expect(pages[2].page.locator("[data-amount]")).to_have_text("7\xa0₽")
    speaker.until(lambda page: page.played == 2)
    assert played(*pages) == 2
    assert [page.shown for page in pages] == [["1", "2"], ["1", "2"], []]
