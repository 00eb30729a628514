"""Alerts in a real browser, told by the real web process: heard once, seen by all, whatever happens between them."""

from __future__ import annotations

import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from donations.events import writing
from donations.models import AccessKey, Event, Streamer
from tests.conftest import ROOT
from tests.databases import IS_POSTGRES
from tests.processes.observed import eventually, surroundings
from tests.widgets.conftest import key_of
from tests.widgets.test_cues import become
from tests.widgets.test_missed import an_hour_passes, become_away
from tests.widgets.web import Web
from widgets.cues import move, put_back
from widgets.models import Controls, Cue, Widget
from widgets.screen import make_widget

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("on-air")]

HERE = Path(__file__).parent
RECORDER, ON_AIR, OBS = ((HERE / name).read_text() for name in ("recorder.js", "on_air.js", "obs_studio.js"))
IN_OBS = "Mozilla/5.0 Chrome/127.0.6533.120 Safari/537.36 OBS/32.2.2"
IN_STEP_MS = 150
CLOCK = """{
  const Real = Date;
  window.Date = class extends Real {
    constructor(...words) { words.length ? super(...words) : super(Real.now() + OFF_MS); }
    static now() { return Real.now() + OFF_MS; }
  };
}"""


class Overlay:
    """An open page of a widget, and what came on its screen up to now."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def played(self) -> int:
        """How many sounds began."""
        return int(self.page.evaluate("onAir.played.length"))

    @property
    def seen(self) -> list[str]:
        """The amounts that came on the screen, in order; "" when there was nothing any more."""
        return [change["amount"] for change in self._changes()]

    @property
    def shown(self) -> list[str]:
        """The same without the pauses between them."""
        return [amount for amount in self.seen if amount]

    def at(self, number: int) -> float:
        """When the screen changed for the nth time, in ms by the machine's clock."""
        return float(self._changes()[number]["at"])

    def _changes(self) -> list[dict[str, Any]]:
        return list(self.page.evaluate("onAir.seen"))

    def has_heard(self, type: str, times: int = 1) -> bool:
        count = "(type) => recordedFrames.filter(({ way, frame }) => way === 'in' && frame.type === type).length"
        return int(self.page.evaluate(count, type)) >= times

    def until(self, holds: Callable[[Overlay], object], seconds: float = 10) -> None:
        """Looks from outside, since the page's policy lets nobody evaluate a text inside."""
        deadline = time.monotonic() + seconds
        while not holds(self):
            assert time.monotonic() < deadline, self.seen
            self.page.wait_for_timeout(20)

    def until_seen(self, *amounts: str) -> None:
        self.until(lambda overlay: len(overlay.seen) >= len(amounts))
        assert self.seen == list(amounts)


Open = Callable[..., Overlay]


@pytest.fixture(scope="module")
def web_of_the_module(data_folder: Path) -> Iterator[Web]:
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
    subprocess.run(collect, cwd=ROOT, env=surroundings(KOPILKA_DATA=str(data_folder)), check=True)
    web = Web(data_folder)
    yield web
    web.stop()


@pytest.fixture
def web(web_of_the_module: Web, transactional_db: None) -> Web:
    return web_of_the_module


@pytest.fixture
def open_overlay(web: Web, chromium: Browser) -> Iterator[Open]:
    """Opens pages of widgets, as OBS does; `before` runs in the page before its own scripts."""
    contexts = []

    def open_page(widget: Widget, before: str = "") -> Overlay:
        user_agent = IN_OBS if OBS in before else None
        context = chromium.new_context(viewport={"width": 800, "height": 600}, user_agent=user_agent)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(RECORDER + ON_AIR + before)
        page.goto(f"http://127.0.0.1:{web.port}/o/{widget.kind}/#{key_of(widget)}")
        overlay = Overlay(page)
        overlay.until(lambda overlay: overlay.has_heard("hello"), 20)
        return overlay

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def box(wallet) -> Callable[..., Widget]:
    """Makes an alert box that is heard."""

    def make(milliseconds: int = 1_000, **options: object) -> Widget:
        heard = {"sound": True, "duration_ms": milliseconds, "gap_ms": 0}
        return make_widget(wallet.streamer, "alert", "Alerts", options={**heard, **options})

    return make


def played(*overlays: Overlay) -> int:
    return sum(overlay.played for overlay in overlays)


def is_heard(*overlays: Overlay) -> Overlay:
    """Waits until one of them sounds; that one."""
    overlays[0].until(lambda _overlay: played(*overlays) > 0)
    return next(overlay for overlay in overlays if overlay.played)


def out_of_step(overlays: list[Overlay], number: int) -> float:
    """By how many ms their nth changes lie apart."""
    moments = [overlay.at(number) for overlay in overlays]
    return max(moments) - min(moments)


def test_five_pages_show_it_in_step_and_one_is_heard(open_overlay, box, give):
    widget = box()
    pages = [open_overlay(widget) for _ in range(5)]
    give(100, 200, 300)
    for page in pages:
        page.until(lambda page: len(page.shown) == 3 and page.seen[-1] == "")
        assert page.shown == ["100", "200", "300"]
    assert become(widget, "shown", "shown", "shown") is True
    assert sorted(page.played for page in pages) == [0, 0, 0, 0, 3]
    # What a busy machine does to one of them is no fault of ours.
    apart = [out_of_step(pages, number) for number in range(len(pages[0].seen))]
    assert statistics.median(apart) <= IN_STEP_MS, apart


def test_when_the_page_that_speaks_is_closed_it_is_played_again_by_another(open_overlay, box, give):
    widget = box(2_000)
    pages = [open_overlay(widget) for _ in range(3)]
    give(100)
    speaker = is_heard(*pages)
    speaker.page.close()
    others = [page for page in pages if page is not speaker]
    is_heard(*others)
    assert become(widget, "shown") is True
    for page in others:
        page.until(lambda page: page.seen[-1] == "")
        assert set(page.shown) == {"100"}
    assert played(*others) == 1
    assert Cue.objects.get().take == 2


TEN = tuple(range(1, 11))


@pytest.mark.parametrize("policy", ["all", "digest", "skip"])
def test_ten_that_came_while_it_was_closed(open_overlay, box, give, policy):
    widget = box(300, missed=policy)
    open_overlay(widget).page.close()
    assert become_away(widget)
    give(*TEN)
    an_hour_passes(widget)
    page = open_overlay(widget)
    left, summed_up = {
        "all": ([str(amount) for amount in TEN], []),
        "digest": (["55"], ["shown"]),
        "skip": ([], []),
    }[policy]
    page.until(lambda page: page.shown == left and (not left or page.seen[-1] == ""), 20)
    assert become(widget, *["shown" if policy == "all" else "missed"] * 10, *summed_up) is True
    give(777)
    page.until(lambda page: page.shown == [*left, "777"] and page.played == len(left) + 1)


def test_a_server_that_is_restarted_in_the_middle_of_an_alert(open_overlay, box, give, web):
    widget = box(4_000)
    page = open_overlay(widget)
    give(100)
    is_heard(page)
    web.process.kill()
    web.process.wait()
    page.page.wait_for_timeout(300)
    expect(page.page.locator("[data-amount]")).to_be_visible()
    web.start()
    page.until(lambda page: page.seen == ["100", ""], 20)
    assert eventually(lambda: Cue.objects.get().state == "shown", 15)
    give(200)
    page.until(lambda page: page.shown == ["100", "200"], 20)
    page.until(lambda page: page.played == 2)
    assert list(Cue.objects.order_by("pk").values_list("take", flat=True)) == [1, 1]


def test_clocks_that_are_three_minutes_off(open_overlay, box, give):
    widget = box()
    pages = [open_overlay(widget, CLOCK.replace("OFF_MS", str(minutes * 60_000))) for minutes in (-3, 3)]
    give(100, 200)
    for page in pages:
        page.until(lambda page: page.shown == ["100", "200"] and page.seen[-1] == "")
        on = page.at(1) - page.at(0)
        assert 700 <= on <= 1_700
    assert played(*pages) == 2
    assert become(widget, "shown", "shown") is True


def test_what_came_while_it_was_hidden_plays_when_it_is_back(open_overlay, box, give):
    widget = box(500)
    page = open_overlay(widget, OBS)
    page.page.evaluate("obs.show(true)")
    give(1)
    page.until(lambda page: page.seen == ["1", ""])
    page.page.evaluate("obs.show(false)")
    assert become_away(widget)
    give(2, 3)
    assert become(widget, "shown", "waiting", "waiting") is True
    assert page.shown == ["1"]
    # Late, and all at once.
    page.page.evaluate("void (obs.show(false), obs.show(true), obs.bunch([false, true]))")
    page.until(lambda page: page.shown == ["1", "2", "3"] and page.seen[-1] == "")
    assert page.played == 3
    assert become(widget, "shown", "shown", "shown") is True


@pytest.mark.skipif(IS_POSTGRES, reason="the copy is a file; see test_news.py")
def test_an_older_copy_of_the_database_under_open_overlays(open_overlay, box, give, wallet, data_folder, tmp_path):
    widget = box(300)
    total = open_overlay(make_widget(wallet.streamer, "total", "Total", options={"scope": "all"})).page
    page = open_overlay(widget, OBS)
    page.page.evaluate("obs.show(false)")
    assert become_away(widget)
    give(1, 2, 3)
    assert become(widget, "waiting", "waiting", "waiting") is True
    copy_database(data_folder / "kopilka.sqlite3", tmp_path / "copy.sqlite3")
    page.page.evaluate("obs.show(true)")
    give(10)
    page.until(lambda page: page.shown == ["1", "2", "3", "10"] and page.seen[-1] == "")
    expect(total.locator("[data-amount]")).to_contain_text("16")
    epoch = Event.objects.first().streamer.feed.epoch
    copy_database(tmp_path / "copy.sqlite3", data_folder / "kopilka.sqlite3")
    page.until(lambda page: page.has_heard("hello", 2))
    expect(total.locator("[data-amount]")).to_contain_text("6")
    expect(total.locator("[data-amount]")).not_to_contain_text("16")
    assert Event.objects.first().streamer.feed.epoch != epoch
    page.page.wait_for_timeout(500)
    assert page.shown == ["1", "2", "3", "10"]
    give(9)
    page.until(lambda page: page.shown[4:] == ["9"] and page.played == 5)


def copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source, timeout=10)) as found, closing(sqlite3.connect(target, timeout=10)) as put:
        found.backup(put)


def control(streamer: Streamer, **facts: object) -> None:
    """What the control room writes."""
    with writing(streamer.pk) as log:
        Controls.objects.update_or_create(streamer=streamer, defaults=facts)
        log.add(Event.Kind.CONTROLS)


def test_controls_hold_on_all_overlays(open_overlay, box, give, wallet):
    widget = box(60_000)
    pages = [open_overlay(widget), open_overlay(widget)]
    control(wallet.streamer, paused=True)
    give(1, 2, 3)
    assert become(widget, "waiting", "waiting", "waiting") is True
    assert [page.seen for page in pages] == [[], []]
    control(wallet.streamer, paused=False)
    speaker = is_heard(*pages)
    control(wallet.streamer, mute_sound=True)
    skip_playing()
    for page in pages:
        page.until(lambda page: page.shown == ["1", "2"])
    assert played(*pages) == 1
    control(wallet.streamer, mute_sound=False, panic_until=timezone.now() + timedelta(minutes=1))
    put_back(widget.pk)
    for page in pages:
        page.until(lambda page: page.seen[-1] == "")
    control(wallet.streamer, panic_until=None)
    for page in pages:
        page.until(lambda page: page.seen[-1] != "")
    speaker.until(lambda speaker: speaker.played == 2)
    assert played(*pages) == 2


def skip_playing() -> None:
    with transaction.atomic():
        move(Cue.objects.filter(state="playing"), Cue.State.SKIPPED)


def test_a_link_that_is_not_valid_any_more_shows_and_says_nothing(open_overlay, box, give, wallet):
    widget = box(60_000)
    page = open_overlay(widget)
    give(1)
    is_heard(page)
    AccessKey.objects.filter(subject=widget.public_id).update(valid_until=timezone.now() - timedelta(seconds=1))
    page.page.reload()
    page.until(lambda page: page.has_heard("refused"))
    expect(page.page.locator("body.is-refused")).to_be_attached()
    give(2)
    page.page.wait_for_timeout(300)
    assert (page.seen, page.played) == ([], 0)
