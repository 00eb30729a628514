"""The overlays in a real browser, told by a script what happens."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.prompter import (
    BY_THE_PROTOCOL,
    Frame,
    Line,
    Prompter,
    ask,
    controls,
    donation,
    events,
    goal,
    hello,
    leave,
    milestone,
    money,
    play,
    said,
    widget,
)

pytestmark = pytest.mark.browser

WATCHER = (Path(__file__).parent / "watcher.js").read_text()
NARROW, STUCK = "\u202f", "\u00a0"
LEAVING_MS = 400
IS_STILL = "document.getAnimations().length === 0 && watched.timers.size === 0"

Opened = tuple[Page, Line]
Open = Callable[..., Opened]


@pytest.fixture
def prompter() -> Iterator[Prompter]:
    running = Prompter()
    yield running
    running.stop()


@pytest.fixture
def blank(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Makes a page that has opened nothing yet. In the end no page may have broken on anything.

    In a `frozen` one time passes only by `page.clock`: nothing is over before the test has looked at it.
    """
    contexts: list[BrowserContext] = []
    pages: list[Page] = []

    def make(width: int = 800, height: int = 600, *, frozen: bool = False, **options: object) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        if frozen:
            page.clock.install(time=0)
            page.clock.pause_at(1_000)
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        pages.append(page)
        page.add_init_script(WATCHER + BY_THE_PROTOCOL)
        return page

    yield make
    for context in contexts:
        context.close()
    assert [page.complaints for page in pages if page.complaints] == []


@pytest.fixture
def open_overlay(blank, prompter: Prompter) -> Open:
    """Opens an overlay and answers its hello, with the given options and snapshot."""

    def open_page(
        kind: str, snapshot: Frame | None = None, *, on: Page | None = None, language: str = "ru", **options: object
    ) -> Opened:
        page = on or blank()
        page.goto(f"{prompter.url}/o/{kind}/#key-of-{kind}")
        line = prompter.line()
        line.say(hello(widget(kind, language=language, **options), snapshot))
        return page, line

    return open_page


def rub(figure: str) -> str:
    """`1 500,50` as an overlay writes it."""
    return figure.replace(" ", NARROW) + STUCK + "₽"


def wait_until(page: Page, condition: str) -> None:
    """Looks from outside, since the page's policy lets nobody evaluate a text inside, and its clock may stand still."""
    patience = time.monotonic() + 30
    while not page.evaluate(condition):
        assert time.monotonic() < patience, condition
        page.wait_for_timeout(10)


def settle(page: Page, line: Line | None = None) -> None:
    """Wait until everything has come to rest, with `line` only after the page has taken in all it was told."""
    if line:
        line.until_taken_in()
    wait_until(page, IS_STILL)


def pauses(page: Page, count: int) -> list[float]:
    """How long the page wants to wait before each of its first tries to come back, in ms."""
    tries = "watched.waits.filter((wait) => wait % 1 !== 0)"
    wait_until(page, f"{tries}.length >= {count}")
    return page.evaluate(tries)


def skip_motion(page: Page) -> None:
    page.evaluate("document.getAnimations().forEach((motion) => motion.finish())")


# --- alerts -----------------------------------------------------------------------------------------------------------


def test_an_alert_enters_and_leaves_by_the_servers_word(open_overlay, blank):
    page, line = open_overlay("alert", on=blank(frozen=True))
    for number, name in enumerate(["Оля", "Boris", "Їжак"], start=1):
        line.say(play(f"c{number}", donation(f"d{number}", number * 100_00, name, f"слова {number}")))
        assert line.hear() == said(f"c{number}", "started")
        expect(page.locator("[data-amount]")).to_have_text(rub(f"{number}00"))
        expect(page.locator("[data-name]")).to_have_text(name)
        expect(page.locator("[data-words]")).to_have_text(f"слова {number}")
        page.clock.run_for(60_000)  # the page's own clock takes nothing away while the line stands
        expect(page.locator("[data-alert]")).to_be_visible()
        line.say(ask(f"c{number}"), leave(f"c{number}"))
        assert line.hear() == said(f"c{number}", "progress")
        assert line.until_taken_in() == []
        page.clock.run_for(LEAVING_MS)
        expect(page.locator("[data-alert]")).to_be_hidden()


def test_a_page_that_does_not_speak_shows_it_and_says_nothing(open_overlay):
    page, line = open_overlay("alert")
    line.say(play("c1", donation("d1"), speaks=False, sound="coin"), ask("c1"))
    expect(page.locator("[data-name]")).to_be_visible()
    assert line.until_taken_in() == []
    page.wait_for_timeout(700)
    assert page.evaluate("watched.played") == []
    # The one that spoke is gone: from the beginning, and heard.
    line.say(play("c1", donation("d1"), take=2, sound="coin"))
    assert line.hear() == said("c1", "started", take=2)
    wait_until(page, "watched.played.length === 1")


def test_the_same_take_told_again_goes_on(open_overlay):
    page, line = open_overlay("alert")
    line.say(play("c1", donation("d1"), sound="coin"))
    assert line.hear() == said("c1", "started")
    wait_until(page, "watched.played.length === 1")
    page.locator("[data-alert]").evaluate("(box) => box.querySelector('[data-name]').dataset.kept = ''")
    line.say(play("c1", donation("d1"), began=3, sound="coin"))
    assert said("c1", "started") in line.until_taken_in()
    page.wait_for_timeout(700)
    assert page.evaluate("watched.played.length") == 1


def test_who_opens_in_the_middle_of_an_alert_sees_it_without_its_entrance(open_overlay, blank):
    on = play("c1", donation("d1", name="Оля"), began=3, sound="coin")["play"]
    page, line = open_overlay("alert", {"play": on})
    expect(page.locator("[data-name]")).to_have_text("Оля")
    assert page.evaluate("document.getAnimations().length") == 0
    line.say(leave("c1"))
    expect(page.locator("[data-alert]")).to_be_hidden()
    assert page.evaluate("watched.played") == []


@pytest.mark.parametrize("reason", ["skipped", "panic", "taken_back"])
def test_what_is_not_to_be_seen_any_more_is_gone_at_once(open_overlay, blank, reason):
    page, line = open_overlay("alert", on=blank(frozen=True))
    line.say(play("c1", donation("d1")), leave("another", reason))
    expect(page.locator("[data-alert]")).to_be_visible()
    line.say(leave("c1", reason))
    line.until_taken_in()
    expect(page.locator("[data-alert]")).to_be_hidden()
    assert "Привет" not in page.content()


def test_a_test_alert_says_so_in_the_streamers_language(open_overlay):
    page, line = open_overlay("alert", language="uk")
    line.say(play("c1", donation("d1"), kind="test"))
    expect(page.locator("[data-test]")).to_be_visible()
    expect(page.locator("[data-test]")).to_have_text("перевірка")


@pytest.mark.parametrize(
    ("language", "count", "words"),
    [
        ("ru", 1, "1 донат, пока вас не было"),
        ("ru", 22, "22 доната, пока вас не было"),
        ("ru", 12, "12 донатов, пока вас не было"),
        ("uk", 3, "3 донати, поки вас не було"),
        ("en", 1, "1 donation while you were away"),
    ],
)
def test_what_was_missed_is_summed_up_in_words(open_overlay, language, count, words):
    page, line = open_overlay("alert", language=language)
    sums = [money(5_400_00), money(20_00, "USD")]
    line.say(play("c1", None, "digest", digest={"count": count, "sums": sums, "since": ""}))
    expect(page.locator("[data-headline]")).to_have_text(words)
    expect(page.locator("[data-amount]")).to_contain_text("400")
    expect(page.locator("[data-words]")).to_contain_text("20")
    expect(page.locator("[data-who]")).to_be_hidden()


def test_the_owners_headline_and_colour_are_drawn_and_stay_text(open_overlay):
    page, line = open_overlay("alert")
    words = "Ура, {name}! <b>{amount}</b>"
    line.say(play("c1", donation("d1", 500_00, "<i>Оля</i>"), headline=words, accent="#00ff00", effect="coins"))
    expect(page.locator("[data-headline]")).to_have_text(f"Ура, <i>Оля</i>! <b>{rub('500')}</b>")
    assert page.locator("[data-headline] i").count() == 0
    expect(page.locator("[data-amount]")).to_have_css("color", "rgb(0, 255, 0)")
    assert page.locator("[data-rain] i").count() > 5
    line.say(leave("c1"), play("c2", donation("d2")))
    expect(page.locator("[data-headline]")).to_be_hidden()
    assert page.locator("[data-rain] i").count() == 0
    expect(page.locator("[data-amount]")).not_to_have_css("color", "rgb(0, 255, 0)")


def test_hidden_words_leave_the_screen_while_they_play(open_overlay):
    page, line = open_overlay("alert")
    line.say(play("c1", donation("d1", 500_00, "Злой", "гадость")))
    expect(page.locator("[data-words]")).to_be_visible()
    others = donation("d2", name="Другой", words="")
    line.say(events("6", {"kind": "donation_changed", "donation": others, "gone": True}))
    line.say(events("7", {"kind": "donation_changed", "donation": donation("d1", 500_00, "", "", True), "gone": False}))
    expect(page.locator("[data-words]")).to_be_hidden()
    expect(page.locator("[data-name]")).to_have_text("Кто-то")
    expect(page.locator("[data-amount]")).to_have_text(rub("500"))
    assert "гадость" not in page.content()
    assert "Злой" not in page.content()


def test_a_donation_that_was_taken_back_leaves_the_screen(open_overlay):
    page, line = open_overlay("alert")
    line.say(play("c1", donation("d1")))
    changed = {"kind": "donation_changed", "donation": donation("d1", name="", words=""), "gone": True}
    line.say(events("6", changed), events("7", changed), leave("c1", "taken_back"))
    expect(page.locator("[data-alert]")).to_be_hidden()
    settle(page, line)


def test_a_link_that_opens_no_widget_shows_nothing(blank, prompter):
    page = blank()
    page.goto(f"{prompter.url}/o/alert/#key")
    line = prompter.line()
    line.say(hello(None), play("c1", donation("d1")), events("6"))
    assert line.until_taken_in() == []
    assert picture(page).getextrema() == (0, 0)
    line.say(hello(widget("alert")), play("c1", donation("d1")))
    assert line.hear() == said("c1", "started")


def test_the_sound_is_what_the_server_says(open_overlay):
    page, line = open_overlay("alert")
    for number, sound in enumerate(["none", "coin", "pile", "chime"]):
        line.say(play(f"c{number}", donation(f"d{number}"), sound=sound, volume=0.3))
        wait_until(page, f"watched.played.length === {number}")
    assert line.until_taken_in().count({"type": "about", "about": {"sound": "heard"}}) == 1
    played = page.evaluate("watched.played")
    assert [sound["source"].rpartition("/")[2] for sound in played] == ["coin.mp3", "coin-pile.mp3", "chime.mp3"]
    assert {sound["volume"] for sound in played} == {0.3}


def test_the_sounds_are_there_before_the_first_alert(blank, prompter):
    page = blank()
    asked = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.goto(f"{prompter.url}/o/alert/#key")
    line = prompter.line()
    line.say(hello(widget("alert")))
    settle(page, line)
    page.wait_for_timeout(300)
    assert {"coin.mp3", "coin-pile.mp3", "chime.mp3"} <= set(asked)
    assert page.evaluate("watched.played") == []


def test_an_alert_that_is_told_late_is_heard_without_its_entrance(open_overlay, blank):
    page, line = open_overlay("alert", on=blank(frozen=True))
    line.say(play("c1", donation("d1"), take=2, began=3, sound="coin"))
    assert line.hear() == said("c1", "started", take=2)
    assert page.evaluate("watched.played.length") == 1
    assert page.evaluate("document.getAnimations().length") == 0


def test_a_hidden_page_waits_for_no_coin(open_overlay, blank):
    page = blank(frozen=True)
    page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => true })")
    page, line = open_overlay("alert", on=page)
    line.say(play("c1", donation("d1"), sound="coin"))
    assert line.hear() == said("c1", "started")
    assert page.evaluate("watched.played.length") == 1


def test_a_browser_that_forbids_sound_is_told_of(open_overlay):
    page, line = open_overlay("alert")
    refuse = "() => Promise.reject(new DOMException('', 'NotAllowedError'))"
    page.evaluate(f"void (HTMLMediaElement.prototype.play = {refuse})")
    line.say(play("c1", donation("d1"), sound="coin"))
    assert line.hear()["state"] == "started"
    assert line.hear() == {"type": "about", "about": {"sound": "blocked"}}


def test_mutes_hold_at_once_and_for_what_comes(open_overlay):
    page, line = open_overlay("alert")
    page.evaluate("void (watched.paused = 0, HTMLMediaElement.prototype.pause = () => { watched.paused += 1; })")
    line.say(play("c1", donation("d1"), sound="coin"))
    wait_until(page, "watched.played.length === 1")
    line.say(events("6", controls("sound", "effects")))
    wait_until(page, "watched.paused >= 1")
    line.say(play("c2", donation("d2"), sound="coin", effect="coins"))
    page.wait_for_timeout(700)
    assert page.evaluate("watched.played.length") == 1
    assert page.locator("[data-rain] i").count() == 0


def test_panic_empties_every_overlay_until_it_lets_go(open_overlay):
    opened = [
        open_overlay("alert"),
        open_overlay("goal", {"goal": goal(1)}),
        open_overlay("latest", {"latest": [donation("d1")]}),
        open_overlay("total", {"totals": {"all": money(1), "stream": None}}),
    ]
    opened[0][1].say(play("c1", donation("d1")))
    expect(opened[0][0].locator("[data-name]")).to_be_visible()
    for page, line in opened:
        line.say(events("6", controls(panic_until="2026-11-22T06:01:00.000Z")))
        line.until_taken_in()
        assert picture(page).getextrema() == (0, 0)
    for page, line in opened[1:]:
        line.say(events("7", controls()))
        line.until_taken_in()
        assert picture(page).getextrema()[1] > 0


# --- words and room ---------------------------------------------------------------------------------------------------

HOSTILE = "<img src=x onerror=\"document.title='broken in'\"><script>document.title = 'broken in'</script>"


def test_hostile_text_stays_text(open_overlay):
    page, line = open_overlay("alert")
    line.say(play("c1", donation("d1", name="<b>me</b>", words=HOSTILE)))
    expect(page.locator("[data-words]")).to_have_text(HOSTILE)
    expect(page.locator("[data-name]")).to_have_text("<b>me</b>")
    goals, _ = open_overlay("goal", {"goal": goal(1, title=HOSTILE[:50])})
    expect(goals.locator("[data-title]")).to_have_text(HOSTILE[:50])
    total, _ = open_overlay("total", {"totals": {"all": money(1), "stream": None}}, title=HOSTILE)
    expect(total.locator("[data-title]")).to_have_text(HOSTILE)
    latest, _ = open_overlay("latest", {"latest": [donation("d1", name=HOSTILE[:20])]})
    expect(latest.locator("[data-who]")).to_have_text(HOSTILE[:20])
    for each in (page, goals, total, latest):
        assert each.locator("main img, main script, main b b").count() == 0
        assert "broken" not in each.title()


ZALGO = "Z̷̛͓̺͈̆̈́͊̃̕͝ă̵̧̛̮̠͖̙͂̓͐̊͘l̶̡̙̰̏̐̃̾g̵̢̛̱̘͚̼̒̍̊o̴̧̤͖͐̃̈́̚ " * 8
WORDS = {
    "long": ("Пользователь с очень длинным именем, которое никак не кончается", "Очень длинное послание. " * 20),
    "unbroken": ("W" * 60, "Щ" * 300),
    "arabic": ("محمد بن عبد الله الطويل الاسم جدا", "مرحبا بالجميع، شكرا جزيلا على البث الرائع! " * 8),
    "zalgo": (ZALGO, ZALGO * 3),
    "emoji": ("👨‍👩‍👧‍👦" * 20, "🎉🐷💸" * 60),
}
PILED_UP_MARKS = r"[\u0300-\u036f]{5}"
SIZES = [(800, 600), (1920, 1080)]
OUTSIDE = """() => [...document.querySelectorAll("main *")].filter((element) => {
  if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) return false;
  let { left, top, right, bottom, width } = element.getBoundingClientRect();
  if (!width) return false;
  for (let box = element.parentElement; box !== document.body; box = box.parentElement) {
    if (getComputedStyle(box).overflowX === "visible") continue;
    const edge = box.getBoundingClientRect();
    left = Math.max(left, edge.left);
    right = Math.min(right, edge.right);
  }
  return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
}).map((element) => element.outerHTML)"""


def picture(page: Page) -> Image.Image:
    """How transparent each pixel is: 0 is air."""
    return Image.open(BytesIO(page.screenshot(omit_background=True))).convert("RGBA").getchannel("A")


def assert_all_is_inside(page: Page) -> None:
    """No words stand outside the source, and nothing touches its edge, where it would be cut."""
    wait_until(page, "document.fonts.status === 'loaded'")
    skip_motion(page)
    assert page.evaluate(OUTSIDE) == []
    alpha = picture(page)
    left, top, right, bottom = alpha.getbbox()
    assert 0 < left < right < alpha.width
    assert 0 < top < bottom < alpha.height


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_words_of_any_kind_stay_inside_an_alert(open_overlay, blank, size):
    page, line = open_overlay("alert", on=blank(*size))
    for kind, (name, words) in WORDS.items():
        changed = donation("d1", 1_500_000_50, name, words)
        if kind == "long":
            line.say(play("c1", changed))
        else:
            line.say(events(kind, {"kind": "donation_changed", "donation": changed, "gone": False}))
        line.until_taken_in()
        assert_all_is_inside(page)
        two_lines = page.locator("[data-words]").evaluate("(p) => parseFloat(getComputedStyle(p).lineHeight) * 2 + 1")
        assert page.locator("[data-words]").bounding_box()["height"] <= two_lines
        assert not re.search(PILED_UP_MARKS, page.locator("main").inner_text())
        # What does not fit fades out, also when it came in by a change.
        assert "is-long" in page.locator("[data-words]").get_attribute("class")


def test_a_long_headline_ends_with_a_whole_line(open_overlay):
    page, line = open_overlay("alert")
    words = "{name} закинул в копилку целых {amount} и просит передать привет всем-всем, кто смотрит"
    line.say(play("c1", donation("d1", 1_500_000_50, *WORDS["long"]), headline=words))
    line.until_taken_in()
    assert_all_is_inside(page)
    headline = page.locator("[data-headline]")
    two_lines = headline.evaluate("(p) => parseFloat(getComputedStyle(p).lineHeight) * 2")
    assert headline.bounding_box()["height"] == pytest.approx(two_lines, abs=0.5)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_words_of_any_kind_stay_inside_the_other_overlays(open_overlay, blank, size):
    rows = [donation(kind, 1_500_000_50, name, words) for kind, (name, words) in WORDS.items()]
    latest, _ = open_overlay("latest", {"latest": rows}, on=blank(*size))
    expect(latest.locator("li")).to_have_count(5)
    assert_all_is_inside(latest)
    goals, line = open_overlay("goal", {"goal": goal(1_500_000_50, 2_000_000_00)}, on=blank(*size))
    expect(goals.locator("[data-raised]")).to_have_text(rub("1 500 000,50"))
    for name, words in WORDS.values():
        line.say(events("6", goal_event(1_500_000_50, target=2_000_000_00, title=name + words)))
        line.until_taken_in()
        assert_all_is_inside(goals)


@pytest.mark.parametrize("size", [*SIZES, (400, 300)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_longest_sum_stays_inside(open_overlay, blank, size):
    totals, _ = open_overlay("total", {"totals": {"all": money(999_999_999_99), "stream": None}}, on=blank(*size))
    expect(totals.locator("[data-amount]")).to_have_text(rub("999 999 999,99"))
    assert_all_is_inside(totals)
    alerts, line = open_overlay("alert", on=blank(*size))
    line.say(play("c1", donation("d1", 999_999_999_99, words="")))
    line.until_taken_in()
    assert_all_is_inside(alerts)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_all_but_the_alert_is_transparent(open_overlay, blank, size):
    page, line = open_overlay("alert", on=blank(*size))
    assert picture(page).getextrema() == (0, 0)
    line.say(play("c1", donation("d1")))
    assert line.hear() == said("c1", "started")
    skip_motion(page)
    alpha = picture(page)
    assert alpha.getextrema()[1] == 255
    # Where nothing stands there is nothing, not even a shade: left and right of the bank, above and below it all.
    parts = page.evaluate(
        """[...document.querySelectorAll("main > :not([hidden])")]
          .map((part) => part.getBoundingClientRect().toJSON())"""
    )
    shadow = size[1] // 12
    for part in parts:
        box = (part["left"] - shadow, part["top"] - shadow, part["right"] + shadow, part["bottom"] + shadow)
        alpha.paste(0, tuple(round(edge) for edge in box))
    assert alpha.getextrema() == (0, 0)


# --- figures ----------------------------------------------------------------------------------------------------------

KEEP_FIGURES = """(selector) => {
  const figures = (window.figures = []);
  const element = document.querySelector(selector);
  new MutationObserver(() => figures.push(element.textContent)).observe(element, { childList: true });
}"""


def kopecks(figure: str) -> int:
    whole, _, rest = figure.removesuffix(STUCK + "₽").replace(NARROW, "").partition(",")
    return int(whole) * 100 + int(rest or 0)


def goal_event(raised: int, **facts: object) -> Frame:
    return {"kind": "goal", "goal": goal(raised, **facts)}


def test_a_figure_counts_up_and_lands_exactly(open_overlay):
    page, line = open_overlay("goal", {"goal": goal(1000_00)})
    raised = page.locator("[data-raised]")
    expect(raised).to_have_text(rub("1 000"))
    page.evaluate(KEEP_FIGURES, "[data-raised]")
    line.say(events("6", goal_event(2500_50)))
    expect(raised).to_have_text(rub("2 500,50"))
    figures = [kopecks(figure) for figure in page.evaluate("figures")]
    assert len(figures) > 2
    assert figures == sorted(figures)
    assert 1000_00 <= figures[0] <= figures[-1] == 2500_50
    expect(page.locator("[data-left]")).to_have_text(f"осталось {rub('7 499,50')}")
    expect(page.locator("[data-percent]")).to_have_text(f"25{NARROW}%")


def test_changes_that_come_quickly_land_on_the_last_one(open_overlay):
    page, line = open_overlay("goal", {"goal": goal(1000_00)})
    expect(page.locator("[data-raised]")).to_have_text(rub("1 000"))
    page.evaluate(KEEP_FIGURES, "[data-raised]")
    line.say(events("6", goal_event(2000_00)))
    wait_until(page, "figures.length > 1")
    line.say(events("7", goal_event(3000_00)))
    wait_until(page, "figures.length > 4")
    # A line that comes back says hello in the middle of it, options change, and the next gift is already there.
    line.say(hello(widget("goal"), {"goal": goal(4000_00)}))
    line.say(events("8", {"kind": "widget", "widget": widget("goal")}, goal_event(4000_00)))
    line.say(events("9", goal_event(5000_00)))
    settle(page, line)
    expect(page.locator("[data-raised]")).to_have_text(rub("5 000"))
    figures = [kopecks(figure) for figure in page.evaluate("figures")]
    assert figures == sorted(figures)


def test_a_fall_and_another_goal_stand_at_once(open_overlay):
    page, line = open_overlay("goal", {"goal": goal(5000_00)})
    expect(page.locator("[data-raised]")).to_have_text(rub("5 000"))
    page.evaluate(KEEP_FIGURES, "[data-raised]")
    line.say(events("6", goal_event(4000_00)))
    expect(page.locator("[data-raised]")).to_have_text(rub("4 000"))
    line.say(
        events("7", {"kind": "widget", "widget": widget("goal", goal="g2")}, goal_event(7000_00, id="g2", title="Кот"))
    )
    expect(page.locator("[data-title]")).to_have_text("Кот")
    line.say(events("8", goal_event(9000_00, id="g1")))
    line.until_taken_in()
    expect(page.locator("[data-title]")).to_have_text("Кот")
    assert page.evaluate("figures") == [rub("4 000"), rub("7 000")]
    assert page.locator(".chip").count() == 0


def test_the_total_follows_its_scope(open_overlay):
    def totals(stream: int | None) -> Frame:
        return {"all": money(9000_00), "stream": None if stream is None else money(stream)}

    page, line = open_overlay("total", {"totals": totals(700_00)}, scope="stream")
    expect(page.locator("[data-amount]")).to_have_text(rub("700"))
    line.say(events("6", {"kind": "totals", "totals": totals(800_00)}))
    expect(page.locator("[data-amount]")).to_have_text(rub("800"))
    page.evaluate(KEEP_FIGURES, "[data-amount]")
    line.say(events("7", {"kind": "widget", "widget": widget("total", scope="all")}))
    expect(page.locator("[data-amount]")).to_have_text(rub("9 000"))
    assert page.evaluate("figures") == [rub("9 000")]
    line.say(events("8", {"kind": "widget", "widget": widget("total", scope="stream", language="uk")}))
    line.say(events("9", {"kind": "totals", "totals": totals(None)}))
    expect(page.locator("[data-amount]")).to_have_text(rub("0"))
    expect(page.locator("[data-title]")).to_have_text("Зібрано за стрім")


def test_an_overfilled_goal_tells_the_truth(open_overlay):
    page, line = open_overlay("goal", {"goal": goal(9_999_99)})
    expect(page.locator("[data-percent]")).to_have_text(f"99{NARROW}%")
    line.say(events("6", goal_event(10_000_00)))
    expect(page.locator("[data-left]")).to_have_text("цель собрана")
    line.say(events("7", goal_event(15_000_00)))
    settle(page, line)
    expect(page.locator("[data-percent]")).to_have_text(f"150{NARROW}%")
    expect(page.locator("[data-raised]")).to_have_text(rub("15 000"))
    expect(page.locator("[data-left]")).to_have_text(f"+{rub('5 000')} сверх цели")
    bar, over, fill = (page.locator(f".goal .{name}").bounding_box() for name in ("bar", "over", "fill"))
    # The mark stands where the target was, two thirds along, and the whole bar is full.
    assert over["x"] - fill["x"] == pytest.approx(fill["width"] * 2 / 3, abs=2)
    assert bar["x"] < over["x"] < bar["x"] + bar["width"]
    assert fill["x"] == pytest.approx(bar["x"], abs=8)
    line.say(events("8", goal_event(1_000_000_00)))
    settle(page, line)
    over = page.locator(".goal .over").bounding_box()
    assert bar["x"] < over["x"] < bar["x"] + bar["width"] / 10


MARKS = [(2_000_00, "Песня"), (5_000_00, "Наушники"), (12_000_00, "Ночной стрим")]


def marked(raised: int, marks: list[tuple[int, str]] = MARKS, **facts: object) -> Frame:
    return goal_event(raised, milestones=[milestone(minor, title, minor <= raised) for minor, title in marks], **facts)


TICKS = """[...document.querySelectorAll(".goal .ticks i")].map((tick) => [
  Math.round(100 * (tick.getBoundingClientRect().x - bar().x) / bar().width), tick.className
]); function bar() { return document.querySelector(".goal .ticks").getBoundingClientRect(); }"""


def test_milestones_are_ticks_that_are_told_apart_without_colour(open_overlay):
    page, line = open_overlay("goal", {"goal": marked(3_000_00)["goal"]})
    expect(page.locator("[data-next]")).to_have_text(f"{rub('5 000')} Наушники")
    assert page.evaluate(TICKS) == [[20, "is-reached"], [50, ""]]
    drawn = "(tick) => getComputedStyle(tick, '::after').content"
    assert [tick.evaluate(drawn) for tick in page.locator(".ticks i").all()] == ['""', "none"]
    line.say(events("6", marked(5_000_00)))
    expect(page.locator("[data-next]")).to_have_text(f"{rub('12 000')} Ночной стрим")
    line.say(events("7", marked(20_000_00)))
    settle(page, line)
    # Beyond the target the bar is as long as what was raised: the last one is on it too.
    assert page.evaluate(TICKS) == [[10, "is-reached"], [25, "is-reached"], [60, "is-reached"]]
    expect(page.locator("[data-next]")).to_have_text(f"✓ {rub('12 000')} Ночной стрим")
    expect(page.locator("[data-percent]")).to_have_text(f"200{NARROW}%")
    line.say(events("8", goal_event(20_000_00)))
    settle(page, line)
    assert page.locator(".ticks i").count() == 0
    expect(page.locator("[data-next]")).to_be_empty()


@pytest.mark.parametrize("size", [*SIZES, (800, 200)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_milestones_of_any_kind_stay_inside(open_overlay, blank, size):
    page, line = open_overlay("goal", {"goal": goal(1)}, on=blank(*size))
    for cursor, (_name, title) in WORDS.items():
        marks = [(1, "x"), (9_999_00, title[:80]), (9_999_99, title[:80]), (10_000_00, title[:80])]
        line.say(events(cursor, marked(2, marks)))
        line.until_taken_in()
        assert_all_is_inside(page)
        next_one, left = (page.locator(f"[data-{part}]").bounding_box() for part in ("next", "left"))
        assert next_one["x"] + next_one["width"] <= left["x"]
        assert next_one["height"] < 2.5 * left["height"]


def test_a_new_period_begins_at_once_and_flies_nothing_in(open_overlay):
    page, line = open_overlay("goal", {"goal": goal(100_00)})
    expect(page.locator("[data-raised]")).to_have_text(rub("100"))
    page.evaluate(KEEP_FIGURES, "[data-raised]")
    tomorrow = {"kind": "day", "start": "2026-11-23T00:00:00.000Z", "end": "2026-11-24T00:00:00.000Z"}
    line.say(events("6", goal_event(300_00, period=tomorrow)))
    expect(page.locator("[data-raised]")).to_have_text(rub("300"))
    # Nor does an edit of what was there before, which no donor gave.
    line.say(events("7", goal_event(900_00, period=tomorrow, count=300_00)))
    settle(page, line)
    assert page.evaluate("figures")[0] == rub("300")
    assert page.locator(".chip").count() == 0
    line.say(events("8", goal_event(950_00, period=tomorrow)))
    expect(page.locator(".chip")).to_have_text(f"+{rub('50')}")


def test_the_newest_donation_enters_at_the_top(open_overlay):
    rows = [donation(f"d{number}", name=f"n{number}") for number in range(9)]
    page, line = open_overlay("latest", {"latest": rows[3:]}, count=3)
    expect(page.locator("[data-who]")).to_have_text(["n3", "n4", "n5"])
    page.locator("li").first.evaluate("(row) => (row.id = 'kept')")
    line.say(events("6", {"kind": "latest", "latest": rows[2:]}))
    expect(page.locator("[data-who]")).to_have_text(["n2", "n3", "n4"])
    assert page.locator("li").nth(1).get_attribute("id") == "kept"
    hidden = donation("d2", name="", words="", hidden=True)
    line.say(events("7", {"kind": "latest", "latest": [hidden, *rows[3:]]}))
    expect(page.locator("[data-who]")).to_have_text(["Кто-то", "n3", "n4"])
    settle(page)


def test_an_empty_list_says_so_until_the_first_donation(open_overlay):
    page, line = open_overlay("latest", {"latest": []})
    expect(page.locator("[data-none]")).to_have_text("Донатов пока нет")
    line.say(events("6", {"kind": "latest", "latest": [donation("d1", name="n1")]}))
    expect(page.locator("[data-none]")).to_be_hidden()
    settle(page)


# --- the line ---------------------------------------------------------------------------------------------------------


def test_a_page_says_where_it_was_when_it_comes_back(open_overlay, prompter):
    page, line = open_overlay("alert")
    about = {"obs": "", "visible": True, "active": None, "streaming": None, "sound": "unknown"}
    first = line.hello
    assert first == {
        "type": "hello", "v": 1, "key": "key-of-alert", "epoch": None, "cursor": None, "page": first["page"],
        "version": "1", "about": about, "playing": None, "take": 0, "speaks": False, "finished": [],
    }  # fmt: skip
    line.say(events("6", {"kind": "widget", "widget": widget("alert")}), events("7"))
    line.say(play("c2", donation("d2", name="still on"), take=3))
    assert line.hear() == said("c2", "started", take=3)
    line.cut()
    line = prompter.line()
    assert (line.hello["epoch"], line.hello["cursor"], line.hello["page"]) == ("e1", "7", first["page"])
    assert [line.hello[name] for name in ("playing", "take", "speaks", "finished")] == ["c2", 3, True, []]
    # Its place was too old: from now on the one that this hello names counts.
    line.say(hello(widget("alert"), {"play": None}, cursor="99"))
    line.say(play("c2", donation("d2", name="still on"), take=3, began=2))
    assert line.hear() == said("c2", "started", take=3)
    expect(page.locator("[data-name]")).to_have_text("still on")
    line.close(4008)
    assert prompter.line().hello["cursor"] == "99"
    assert page.evaluate("watched.sockets") == 3


def test_what_it_spoke_and_nobody_confirms_leaves_the_screen(open_overlay, blank, prompter):
    page, line = open_overlay("alert")
    line.say(play("c1", donation("d1")))
    assert line.hear() == said("c1", "started")
    line.cut()
    prompter.line().say(hello(widget("alert"), {"play": None}))
    expect(page.locator("[data-alert]")).to_be_hidden()


def test_what_is_over_by_its_time_does_not_come_back(open_overlay, blank, prompter):
    over = play("c1", donation("d1"), began=6, seconds=-1)["play"]
    page, line = open_overlay("alert", {"play": over})
    line.until_taken_in()
    expect(page.locator("[data-alert]")).to_be_hidden()


def test_another_epoch_shows_what_is_now_and_nothing_of_before(open_overlay, prompter):
    page, line = open_overlay("alert")
    line.say(play("c1", donation("d1")))
    assert line.hear() == said("c1", "started")
    line.close(4002)
    line = prompter.line()
    line.say(hello(widget("alert"), {"play": None}, epoch="e2", cursor="1"))
    line.until_taken_in()
    expect(page.locator("[data-alert]")).to_be_hidden()
    assert "Привет" not in page.content()


def test_without_a_line_an_alert_leaves_by_itself_and_is_told_of(open_overlay, blank, prompter):
    page, line = open_overlay("alert", on=blank(frozen=True))
    line.say(play("c1", donation("d1"), seconds=5))
    assert line.hear() == said("c1", "started")
    prompter.is_down = True
    line.cut()
    pauses(page, 1)
    page.clock.run_for(4_500)
    expect(page.locator("[data-alert]")).to_be_visible()
    page.clock.run_for(2_000)
    page.clock.run_for(LEAVING_MS)
    expect(page.locator("[data-alert]")).to_be_hidden()
    pauses(page, 2)
    prompter.is_down = False
    page.clock.run_for(7_000)
    line = prompter.line()
    assert (line.hello["playing"], line.hello["finished"]) == (None, ["c1"])
    line.say(hello(widget("alert"), {"play": None}))
    line.until_taken_in()
    line.cut()
    pauses(page, 3)
    page.clock.run_for(7_000)
    assert prompter.line().hello["finished"] == []


def test_a_line_that_breaks_late_takes_the_alert_with_it(open_overlay, blank, prompter):
    page, line = open_overlay("alert", on=blank(frozen=True))
    line.say(play("c1", donation("d1"), seconds=5))
    assert line.hear() == said("c1", "started")
    page.clock.run_for(20_000)
    expect(page.locator("[data-alert]")).to_be_visible()
    prompter.is_down = True
    line.cut()
    pauses(page, 1)
    page.clock.run_for(LEAVING_MS)
    expect(page.locator("[data-alert]")).to_be_hidden()


def test_what_was_heard_to_its_end_does_not_play_on_when_the_line_is_back(open_overlay, blank, prompter):
    page, line = open_overlay("alert", on=blank(frozen=True))
    line.say(play("c1", donation("d1"), seconds=5))
    assert line.hear() == said("c1", "started")
    page.clock.run_for(4_900)
    line.cut()
    pauses(page, 1)
    page.clock.run_for(600)
    hello = prompter.line().hello
    assert (hello["playing"], hello["finished"]) == (None, ["c1"])


def test_what_was_seen_and_not_heard_is_not_told_as_finished(open_overlay, blank, prompter):
    page, line = open_overlay("alert", on=blank(frozen=True))
    line.say(play("c1", donation("d1", name="Оля"), seconds=5, speaks=False))
    expect(page.locator("[data-name]")).to_have_text("Оля")
    page.clock.run_for(4_900)
    line.cut()
    pauses(page, 1)
    page.clock.run_for(600)
    hello = prompter.line().hello
    assert (hello["playing"], hello["finished"]) == (None, [])


def test_another_alert_that_plays_meanwhile_is_shown_at_once(open_overlay, blank, prompter):
    page, line = open_overlay("alert", on=blank(frozen=True))
    line.say(play("c1", donation("d1", name="Оля"), seconds=60))
    assert line.hear() == said("c1", "started")
    line.cut()
    pauses(page, 1)
    page.clock.run_for(600)
    other = play("c2", donation("d2", name="Boris"), began=3)["play"]
    prompter.line().say(hello(widget("alert"), {"play": other}))
    expect(page.locator("[data-name]")).to_have_text("Boris")


def test_the_last_picture_stays_while_the_line_is_down(open_overlay, blank, prompter):
    page, line = open_overlay("goal", {"goal": goal(1000_00)}, on=blank(frozen=True))
    expect(page.locator("[data-raised]")).to_have_text(rub("1 000"))
    prompter.is_down = True
    line.cut()
    pauses(page, 1)
    page.clock.run_for(600)
    pauses(page, 2)
    expect(page.locator("[data-raised]")).to_be_visible()
    prompter.is_down = False
    page.clock.run_for(2_000)
    prompter.line().say(hello(widget("goal"), {"goal": goal(1250_00)}))
    expect(page.locator(".chip")).to_have_text(f"+{rub('250')}")
    page.clock.run_for(2_000)
    expect(page.locator("[data-raised]")).to_have_text(rub("1 250"))
    settle(page)


def test_it_comes_back_for_ever_and_waits_longer_each_time(open_overlay, blank, prompter):
    page, line = open_overlay("goal", {"goal": goal(1)}, on=blank(frozen=True))
    expect(page.locator("[data-goal]")).to_be_visible()
    prompter.is_down = True
    line.cut()
    for count in range(1, 13):
        page.clock.fast_forward(int(pauses(page, count)[-1]) + 1)
    waits = pauses(page, 12)
    shares = [wait / min(5_000, 400 * 2**count) for count, wait in enumerate(waits)]
    assert all(0.75 <= share <= 1.25 for share in shares)
    assert len({round(share, 3) for share in shares}) > 6
    prompter.is_down = False
    page.clock.fast_forward(7_000)
    assert prompter.line().hello["cursor"] == "5"


def test_it_comes_back_at_once_when_the_network_does(open_overlay, blank, prompter):
    page, line = open_overlay("goal", {"goal": goal(1)}, on=blank(frozen=True))
    line.cut()
    pauses(page, 1)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    prompter.line().say(hello(widget("goal"), {"goal": goal(1, title="Back")}))
    expect(page.locator("[data-title]")).to_have_text("Back")
    page.clock.run_for(60_000)
    assert page.evaluate("watched.sockets") == 2


def test_a_line_that_is_let_in_and_thrown_out_does_not_hammer(open_overlay, blank, prompter):
    page, line = open_overlay("goal", {"goal": goal(1)}, on=blank(frozen=True))
    for count in range(1, 4):
        line.close(1011)
        page.clock.fast_forward(int(pauses(page, count)[-1]) + 1)
        line = prompter.line()
        line.say(hello(widget("goal"), {"goal": goal(1)}))
    waits = pauses(page, 3)
    assert waits[1] >= 600
    assert waits[2] >= 1200


def test_a_try_that_is_never_answered_is_given_up(open_overlay, blank, prompter):
    page = blank(frozen=True)
    page.goto(f"{prompter.url}/o/goal/#key")
    prompter.line()
    page.clock.fast_forward(11_000)
    pauses(page, 1)
    page.clock.fast_forward(1_000)
    prompter.line().say(hello(widget("goal"), {"goal": goal(1)}))
    expect(page.locator("[data-goal]")).to_be_visible()


def test_a_refused_key_shows_nothing_and_does_not_hammer(blank, prompter):
    page = blank(frozen=True)
    page.goto(f"{prompter.url}/o/goal/#nothing")
    line = prompter.line()
    line.say({"type": "refused", "reason": "this link opens nothing"})
    line.close(4403)
    assert 45_000 <= pauses(page, 1)[0] <= 75_000
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.clock.fast_forward(44_000)
    assert page.evaluate("watched.sockets") == 1
    assert picture(page).getextrema() == (0, 0)
    page.clock.fast_forward(31_000)
    assert prompter.line().hello["key"] == "nothing"


def test_the_link_of_one_widget_on_the_page_of_another_goes_where_it_belongs(blank, prompter):
    page = blank()
    page.goto(f"{prompter.url}/o/total/#key-of-alert")
    prompter.line().say(hello(widget("alert")))
    page.wait_for_url("**/o/alert/#key-of-alert")
    prompter.line().say(hello(widget("alert")))
    expect(page.locator("[data-alert]")).to_be_hidden()


def test_a_page_without_a_key_opens_no_line(blank, prompter):
    page = blank()
    page.goto(f"{prompter.url}/o/alert/")
    assert page.evaluate("watched.sockets") == 0
    # Another link pasted into the open page is another widget.
    page.evaluate("location.hash = 'first'")
    assert prompter.line().hello["key"] == "first"
    page.evaluate("location.hash = 'second'")
    second = prompter.line()
    assert (second.hello["key"], second.hello["cursor"]) == ("second", None)


def test_an_event_that_makes_no_sense_does_not_stop_the_page(open_overlay):
    page, line = open_overlay("goal", {"goal": goal(1)})
    line.connection.send(json.dumps(events("6", {"kind": "goal", "goal": None})))
    line.say(events("7", goal_event(2)))
    expect(page.locator("[data-raised]")).to_have_text(rub("0,02"))
    assert len(page.complaints) == 1
    page.complaints.clear()


# --- a new build ------------------------------------------------------------------------------------------------------


def test_a_page_of_an_older_build_reloads_itself_once(open_overlay, prompter):
    page, line = open_overlay("goal", {"goal": goal(1)})
    prompter.version = "2"
    line.close(1012)
    prompter.line().say(hello(widget("goal"), {"goal": goal(1)}, version="2"))
    line = prompter.line()
    assert line.hello["cursor"] is None
    line.say(hello(widget("goal"), {"goal": goal(1)}, version="2"))
    expect(page.locator("[data-goal]")).to_be_visible()
    settle(page)
    # The next build is announced, but an old copy of the page is given: it does not turn in a circle.
    line.close(1012)
    prompter.line().say(hello(widget("goal"), {"goal": goal(1)}, version="3"))
    line = prompter.line()
    assert line.hello["cursor"] is None
    line.say(hello(widget("goal"), {"goal": goal(2)}, version="3"))
    expect(page.locator("[data-raised]")).to_have_text(rub("0,02"))
    settle(page)
    assert not prompter.has_line()


def test_a_new_build_waits_until_the_alert_is_over(open_overlay, blank, prompter):
    page, line = open_overlay("alert", on=blank(frozen=True))
    line.say(play("c1", donation("d1")))
    assert line.hear() == said("c1", "started")
    on = play("c1", donation("d1"), began=2)["play"]
    line.say(hello(widget("alert"), {"play": on}, version="2"))
    line.until_taken_in()
    page.clock.run_for(4_000)
    assert page.evaluate("watched.sockets") == 1
    expect(page.locator("[data-alert]")).to_be_visible()
    line.say(leave("c1"))
    line.until_taken_in()
    page.clock.run_for(2_000)
    assert prompter.line().hello["playing"] is None


# --- at rest ----------------------------------------------------------------------------------------------------------


def test_nothing_runs_when_nothing_happens(open_overlay):
    pages = [
        open_overlay("goal", {"goal": goal(1)}),
        open_overlay("total", {"totals": {"all": money(1), "stream": None}}),
        open_overlay("latest", {"latest": [donation("d1")]}),
    ]
    changes = [
        goal_event(2),
        {"kind": "totals", "totals": {"all": money(2), "stream": None}},
        {"kind": "latest", "latest": [donation("d2"), donation("d1")]},
    ]
    for (_, line), change in zip(pages, changes, strict=True):
        line.say(events("6", change))
    alert, line = open_overlay("alert")
    line.say(play("c1", donation("d1"), sound="coin", effect="coins"), leave("c1"))
    settle(alert, line)
    for page, line in pages:
        settle(page, line)
    for page in [alert, *(page for page, _ in pages)]:
        assert page.evaluate("watched.sockets") == 1


def test_who_wants_less_motion_gets_a_fade(open_overlay, blank):
    page, line = open_overlay("alert", on=blank(reduced_motion="reduce"))
    line.say(play("c1", donation("d1")))
    assert line.hear() == said("c1", "started")
    moving = """document.getAnimations().flatMap((motion) => motion.effect.getKeyframes())
      .flatMap((frame) => Object.keys(frame)).filter((name) => name === "transform")"""
    assert page.evaluate(moving) == []
    goals, line = open_overlay("goal", {"goal": goal(100_00)}, on=blank(reduced_motion="reduce"))
    expect(goals.locator("[data-raised]")).to_have_text(rub("100"))
    goals.evaluate(KEEP_FIGURES, "[data-raised]")
    line.say(events("6", goal_event(900_00)))
    expect(goals.locator("[data-raised]")).to_have_text(rub("900"))
    assert goals.evaluate("figures") == [rub("900")]
    assert goals.evaluate("document.getAnimations().length") == 0
    latest, line = open_overlay("latest", {"latest": [donation("d1")]}, on=blank(reduced_motion="reduce"))
    expect(latest.locator("li")).to_have_count(1)
    line.say(events("6", {"kind": "latest", "latest": [donation("d2"), donation("d1")]}))
    expect(latest.locator("li")).to_have_count(2)
    assert latest.evaluate("document.getAnimations().length") == 0


# --- in OBS -----------------------------------------------------------------------------------------------------------


def test_obs_may_add_its_style_but_nobody_a_script(open_overlay):
    page, line = open_overlay("alert")
    refusals = []
    page.on("console", lambda message: refusals.append(message.text))
    # The way OBS adds its Custom CSS, and the way an attacker would add more.
    page.evaluate(
        """() => {
          const style = document.createElement("style");
          style.append("body { background-color: rgba(0, 0, 0, 0); margin: 0px auto; overflow: hidden; }");
          style.append("[data-amount] { color: rgb(1, 2, 3) !important; }");
          document.head.append(style);
          const script = document.createElement("script");
          script.append("document.title = 'broken in'");
          document.head.append(script);
        }"""
    )
    line.say(play("c1", donation("d1")))
    assert line.hear() == said("c1", "started")
    expect(page.locator("[data-amount]")).to_have_css("color", "rgb(1, 2, 3)")
    assert "broken" not in page.title()
    assert any("Content Security Policy" in refusal and "script" in refusal for refusal in refusals)


OBS = (Path(__file__).parent / "obs_studio.js").read_text()
IN_OBS = {"obs": "32.2.2", "visible": True, "active": None, "streaming": None, "sound": "unknown"}


@pytest.fixture
def in_obs(blank) -> Callable[..., Page]:
    """A page as a browser source opens it; `before` runs after OBS's own object is there."""

    def make(before: str = "", **options: object) -> Page:
        page = blank(user_agent="Mozilla/5.0 Chrome/127.0.6533.120 Safari/537.36 OBS/32.2.2", **options)
        page.add_init_script(OBS + before)
        return page

    return make


def test_an_overlay_says_what_obs_tells_it(open_overlay, in_obs):
    page, line = open_overlay("alert", on=in_obs("obs.permit(false);"))
    assert line.hello["about"] == IN_OBS
    page.evaluate("obs.show(true)")
    assert line.hear()["about"] == {"active": True}
    page.evaluate("obs.show(false)")
    # Of one moment, in one frame.
    assert line.hear()["about"] == {"visible": False, "active": False}
    page.evaluate("obs.bunch([true, false, true])")
    assert line.hear()["about"] == {"active": True}
    page.evaluate("obs.stream(true)")
    assert line.hear()["about"] == {"streaming": True}
    page.evaluate("obs.stream(true)")
    page.evaluate("obs.stream(false)")
    assert line.hear()["about"] == {"streaming": False}


def test_a_change_that_came_late_and_back_counts_as_a_new_one(open_overlay, in_obs):
    page, line = open_overlay("alert", on=in_obs("obs.permit(false);"))
    page.evaluate("obs.show(true)")
    assert line.hear()["about"] == {"active": True}
    page.evaluate("obs.bunch([false, true])")
    assert line.hear()["about"] == {"active": True}


def test_obs_that_streams_already_is_asked(open_overlay, in_obs):
    _, line = open_overlay("goal", {"goal": goal(1)}, on=in_obs("obs.stream(true);"))
    # The answer may come before the line stands.
    assert line.hello["about"]["streaming"] or line.hear() == {"type": "about", "about": {"streaming": True}}


def test_what_obs_told_meanwhile_is_in_the_next_hello(open_overlay, in_obs, prompter):
    page, line = open_overlay("alert", on=in_obs("obs.permit(false);", frozen=True))
    line.cut()
    pauses(page, 1)
    page.evaluate("obs.show(false)")
    page.clock.run_for(600)
    back = prompter.line()
    assert back.hello["about"] == {**IN_OBS, "visible": False, "active": False}
    back.say(hello(widget("alert")))
    assert back.until_taken_in() == []


def test_a_rehearsal_says_so_to_everyone(blank, prompter):
    page = blank()
    page.goto(f"{prompter.url}/o/goal/?rehearsal#key")
    line = prompter.line()
    assert line.hello["rehearsal"] is True
    line.say(hello(widget("goal", language="en"), {"goal": goal(1)}))
    line.until_taken_in()
    assert page.evaluate("getComputedStyle(document.body, '::after').content") == '"rehearsal"'


def crowded(height: int) -> dict[str, tuple[Frame | None, list[Frame]]]:
    """Each overlay as full as it can be in a source so high: its snapshot, and what it is told then."""
    long_name, long_words = WORDS["long"]
    rows = [donation(kind, 1_500_000_50, name, words) for kind, (name, words) in WORDS.items()]
    marks = [milestone(9_000_00, long_words, False)]
    full = play("c1", donation("d1", 1_500_000_50, long_name, long_words), headline=long_words)
    return {
        "alert": (None, [full if height > 200 else play("c1", donation("d1"))]),
        "goal": ({"goal": goal(1_500_000_50, title=long_words, milestones=marks)}, []),
        "total": ({"totals": {"all": money(1_500_000_50), "stream": None}}, []),
        "latest": ({"latest": rows}, []),
    }


@pytest.mark.parametrize("size", [*SIZES, (400, 300), (600, 200), (300, 120)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("kind", ["alert", "goal", "total", "latest"])
def test_the_mark_of_a_rehearsal_covers_nothing(blank, prompter, kind, size):
    page = blank(*size)
    snapshot, frames = crowded(size[1])[kind]
    options = {"title": WORDS["long"][1]} if kind == "total" else {}
    page.goto(f"{prompter.url}/o/{kind}/?rehearsal#key")
    line = prompter.line()
    line.say(hello(widget(kind, **options), snapshot), *frames)
    line.until_taken_in()
    wait_until(page, "document.fonts.status === 'loaded'")
    skip_motion(page)
    page.evaluate("document.querySelector('main').style.visibility = 'hidden'")
    mark = picture(page).getbbox()
    page.evaluate("document.querySelector('main').style.visibility = ''")
    page.evaluate("document.body.removeAttribute('data-rehearsal')")
    on_air = picture(page)
    assert on_air.getextrema()[1] == 255
    assert on_air.crop(mark).getextrema() == (0, 0)


def test_a_key_that_works_again_shows_again_and_repeats_nothing(open_overlay, blank, prompter):
    page, line = open_overlay("alert", on=blank(frozen=True))
    page.evaluate("void (watched.paused = 0, HTMLMediaElement.prototype.pause = () => { watched.paused += 1; })")
    line.say(play("c1", donation("d1"), take=2, began=3, sound="coin"))
    assert line.hear() == said("c1", "started", take=2)
    line.say({"type": "refused", "reason": "this link opens nothing"})
    line.close(4403)
    pauses(page, 1)
    assert page.evaluate("watched.paused") == 1
    assert picture(page).getextrema() == (0, 0)
    assert "Привет" not in page.content()
    page.clock.fast_forward(76_000)
    line = prompter.line()
    assert (line.hello["playing"], line.hello["finished"]) == (None, [])
    line.say(hello(widget("alert")), play("c3", donation("d3", name="Boris")))
    assert line.hear() == said("c3", "started")
    skip_motion(page)
    assert picture(page).getextrema()[1] == 255
