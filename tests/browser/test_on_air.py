"""Alerts in a real browser, told by the real web process: heard once, seen by all, whatever happens between them."""

from __future__ import annotations

import sqlite3
import statistics
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from donations.events import writing
from donations.models import AccessKey, Event, Streamer
from tests.browser.overlay import OBS, is_heard, out_of_step, played
from tests.databases import IS_POSTGRES
from tests.panel.conftest import signed_in
from tests.processes.observed import eventually
from tests.widgets.test_cues import become
from tests.widgets.test_missed import an_hour_passes, become_away
from widgets.cues import move, put_back
from widgets.models import Controls, Cue
from widgets.screen import make_widget

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("on-air")]

WHOLE_BROWSER = True
IN_STEP_MS = 150
CLOCK = """{
  const Real = Date;
  window.Date = class extends Real {
    constructor(...words) { words.length ? super(...words) : super(Real.now() + OFF_MS); }
    static now() { return Real.now() + OFF_MS; }
  };
}"""


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
    widget = box(6_000)
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
    page.until(lambda page: page.shown == left and (not left or page.seen[-1] == ""))
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
    page.until(lambda page: page.seen == ["100", ""])
    assert eventually(lambda: Cue.objects.get().state == "shown")
    give(200)
    page.until(lambda page: page.shown == ["100", "200"])
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


def test_a_renewed_link_goes_on_working_and_then_shows_and_says_nothing(open_overlay, box, give, anya_owner):
    widget = box(60_000)
    old = open_overlay(widget)
    signed_in(anya_owner).post(f"/panel/widgets/{widget.public_id}/renew/", {"grace": "1"})
    give(1, 2)
    is_heard(old)
    new = open_overlay(widget)
    assert AccessKey.objects.count() == 2
    skip_playing()
    for page in (old, new):
        page.until(lambda page: page.shown[-1:] == ["2"])
    old.until(lambda old: old.played == 2)
    assert new.played == 0
    # The hour is over, in the middle of an alert: the new link's page plays it from the beginning.
    AccessKey.objects.exclude(valid_until=None).update(valid_until=timezone.now())
    old.until(lambda old: old.has_heard("refused") and old.seen[-1] == "")
    expect(old.page.locator("body.is-refused")).to_be_attached()
    is_heard(new)
    give(3)
    skip_playing()
    new.until(lambda new: new.shown[-1] == "3" and new.played == 2)
    assert (old.shown, old.played) == (["1", "2"], 2)
    old.page.reload()
    old.until(lambda old: old.has_heard("refused"))
    assert (old.seen, old.played) == ([], 0)
    assert become(widget, "skipped", "skipped", "playing") is True
