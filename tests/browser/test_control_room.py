"""The control room in a real browser, told by a script what happens."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.control_frames import CALM, control_hello, cue, cue_moved, done, gift, health, page, screen, wallet
from tests.browser.prompter import BY_THE_PROTOCOL, Frame, Line, Prompter, events, later

pytestmark = pytest.mark.browser

CURSOR = "6"
HOSTILE = "<img src=x onerror=\"document.title='broken in'\">"
HELD = {"held": True, "held_until": later(42)}

Open = Callable[..., tuple[Page, Line]]


@pytest.fixture
def prompter() -> Iterator[Prompter]:
    running = Prompter()
    yield running
    running.stop()


@pytest.fixture
def open_room(chromium: Browser, prompter: Prompter) -> Iterator[Open]:
    """Opens a control room as a dock and answers its hello. In the end no page may have broken on anything."""
    context = chromium.new_context(viewport={"width": 340, "height": 640}, locale="en-GB")
    room = context.new_page()
    room.add_init_script(BY_THE_PROTOCOL)
    complaints: list[str] = []
    room.on("pageerror", lambda error: complaints.append(str(error)))
    room.on("console", lambda message: message.type == "error" and complaints.append(message.text))

    def open_page(*gifts: Frame, **snapshot: object) -> tuple[Page, Line]:
        room.goto(f"{prompter.url}/control/#key-of-vika")
        line = prompter.line()
        assert line.hello["key"] == "key-of-vika"
        line.say(control_hello(*gifts, **snapshot))
        expect(room.locator("[data-streamer]")).to_have_text("Аня")
        return room, line

    yield open_page
    context.close()
    assert complaints == []


def row(room: Page, donation: str):
    return room.locator(f"[data-donation={donation}]")


def press(room: Page, name: str, donation: str | None = None) -> None:
    place = row(room, donation) if donation else room
    place.get_by_role("button", name=name, exact=True).click()


def order(line: Line) -> Frame:
    """What was pressed, but for its nonce; and it is answered as done."""
    frame = line.hear()
    line.say(done(frame))
    return {name: value for name, value in frame.items() if name not in ("type", "ref")}


def test_every_state_is_told_in_words(open_room):
    states = ["waiting", "playing", "shown", "skipped", "missed"]
    others = [gift("held", held=True), gift("hidden", hidden=True), gift("gone", gone=True), gift("silent")]
    room, line = open_room(*(gift(state, 100_00, "Оля", "", state) for state in states), *others)
    for state in [*states, "held", "hidden"]:
        expect(row(room, state).locator(".gift-state")).to_have_text(state)
    expect(row(room, "gone").locator(".gift-state")).to_have_text("taken back")
    expect(row(room, "silent").locator(".gift-state")).to_have_text("without an alert")
    expect(room.locator("[data-waiting-words]")).to_have_text("1 alert waits")
    line.say(cue_moved(cue("c-waiting-0", "playing", "waiting"), waiting=0))
    expect(row(room, "waiting").locator(".gift-state")).to_have_text("playing")
    expect(room.locator("[data-waiting-words]")).to_have_text("Nothing waits.")
    line.say(events(CURSOR, {"kind": "donation", "donation": gift("new", 1_500_00, "Boris", "hi", "waiting")}))
    expect(room.locator("[data-gifts] > li").first).to_contain_text("Boris")


def test_a_desktop_shows_three_columns_beside_one_another(open_room):
    room, _ = open_room(gift("held", **HELD), gift("a", 1, "A", "a", "waiting"))
    room.set_viewport_size({"width": 1280, "height": 800})
    columns = [room.locator(f".{name}").bounding_box() for name in ("deck", "feed", "health")]
    assert len({column["y"] for column in columns}) == 1
    for one, next_one in itertools.pairwise(columns):
        assert one["x"] + one["width"] <= next_one["x"]
    assert room.locator(".setup").bounding_box()["x"] < columns[1]["x"]


def test_what_is_pressed_is_sent_once_by_its_name(open_room):
    room, line = open_room(
        gift("held", **HELD), gift("a", 1, "A", "a", "waiting"), gift("b", 2, "B", "b", "shown"), gift("c", hidden=True)
    )
    room.get_by_role("button", name="Approve").dblclick()
    assert order(line) == {"action": "approve", "donation": "held"}
    for name, donation, action in [
        ("Hide", "a", "hide"),
        ("Replay", "b", "replay"),
        ("Show again", "c", "unhide"),
    ]:
        press(room, name, donation)
        assert order(line) == {"action": action, "donation": donation}
    press(room, "Skip", "a")
    assert order(line) == {"action": "skip", "cue": "c-a-0"}
    press(room, "More", "b")
    for name, action in [
        ("Show without words", "without_words"),
        ("Show as anonymous", "anonymous"),
        ("Trust this donor", "trust"),
        ("Block this donor", "block"),
    ]:
        press(room, name, "b")
        assert order(line) == {"action": action, "donation": "b"}
    press(room, "Skip all")
    assert order(line) == {"action": "skip_all", "cues": ["c-a-0"]}
    for name, wish in [
        ("Pause the alerts", {"action": "pause", "on": True}),
        ("Mute the sound of alerts", {"action": "mute", "mute": "sound", "on": True}),
        ("Mute the speech", {"action": "mute", "mute": "speech", "on": True}),
        ("Switch the effects off", {"action": "mute", "mute": "effects", "on": True}),
    ]:
        press(room, name)
        assert order(line) == wish
        expect(room.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
    press(room, "Stream")
    press(room, "Start the stream")
    assert order(line) == {"action": "stream", "on": True}
    press(room, "Play a test on air")
    assert order(line) == {"action": "test", "widget": "box"}
    room.get_by_label("Hold all").check()
    assert order(line) == {"action": "hold", "hold": {"who": "all", "seconds": 60, "then": "show"}}
    assert line.heard.empty()


def test_words_are_edited_by_the_keyboard_and_only_what_changed_is_sent(open_room):
    room, line = open_room(gift("a", 1, "Оля", "Привет, мат", "shown"))
    press(room, "More", "a")
    press(room, "Edit the words", "a")
    words = row(room, "a").get_by_label("Words")
    expect(words).to_be_focused()
    words.fill("Привет")
    line.say(events(CURSOR, {"kind": "donation", "donation": gift("b", 1, "Boris", "hi", "waiting")}))
    expect(row(room, "b")).to_be_visible()
    expect(words).to_be_focused()
    room.keyboard.press("Control+Enter")
    assert order(line) == {"action": "edit", "donation": "a", "words": "Привет"}
    expect(words).to_be_hidden()


def test_a_held_one_that_is_shown_like_this_without_a_change_is_approved(open_room):
    room, line = open_room(gift("h", **HELD))
    press(room, "More", "h")
    press(room, "Edit the words", "h")
    press(room, "Show it like this", "h")
    assert order(line) == {"action": "approve", "donation": "h"}


def test_an_order_without_an_answer_is_said_and_pressed_again_it_is_the_same(open_room):
    room, line = open_room(gift("a", 1, "Оля", "Привет", "shown"))
    room.clock.install()
    press(room, "Replay", "a")
    first = line.hear()
    expect(row(room, "a").get_by_role("button", name="Replay")).to_be_disabled()
    room.clock.run_for(3_000)
    expect(room.locator("[data-said]")).to_contain_text("has not answered")
    press(room, "Replay", "a")
    again = line.hear()
    assert again == first
    line.say(done(again, "Its widget is gone."))
    expect(room.locator("[data-said]")).to_have_text("Its widget is gone.")


def test_a_held_one_counts_down_by_the_servers_clock_and_is_told_of(open_room):
    # The server's clock is days away from the page's.
    room, line = open_room(gift("a", 1, "Оля", "Привет", "shown"))
    expect(room.locator("[data-held-part]")).to_be_hidden()
    line.say(events(CURSOR, {"kind": "donation", "donation": gift("h", 500_00, "Boris", "spam", "held", **HELD)}))
    expect(row(room, "h")).to_contain_text(re.compile(r"shown by itself in 0:4[0-2]"))
    expect(room.locator("[data-announce]")).to_have_text("A donation is held: Boris spam")
    expect(room).to_have_title(re.compile(r"^\(1\) "))
    line.say(events("7", {"kind": "donation_changed", "donation": gift("h", 500_00, "Boris", "spam", "waiting")}))
    expect(row(room, "h").locator(".gift-state")).to_have_text("waiting")
    expect(room.locator("[data-held-part]")).to_be_hidden()


def test_panic_asks_nothing_and_tells_when_it_lets_go(open_room):
    room, line = open_room()
    room.get_by_role("button", name="Panic").dblclick()
    wish = order(line)
    assert wish == {"action": "panic", "on": True, "seconds": 120}
    line.say(events(CURSOR, {"kind": "controls", "controls": {**CALM, "panic_until": later(120)}}))
    expect(room.locator("[data-alarm]")).to_contain_text(re.compile(r"lets go by itself in (2:00|1:5\d)"))
    press(room, "Let go now")
    assert order(line) == {"action": "panic", "on": False}
    line.say(events("7", {"kind": "controls", "controls": CALM}))
    expect(room.locator("[data-alarm]")).to_be_hidden()


def test_who_sees_no_amounts_misses_nothing_and_sets_no_rule(open_room):
    room, _line = open_room(gift("a", None, "Оля", "Привет", "playing"), role="without_amounts")
    expect(row(room, "a").locator(".gift-head")).to_have_text(re.compile(r"^\s*Оля"))
    expect(row(room, "a").locator(".gift-amount")).to_be_hidden()
    expect(room.locator("[data-on-air-words]")).to_have_text("Оля")
    press(room, "Stream")
    expect(room.locator("[data-hold-words]")).to_have_text("They are shown at once.")
    expect(room.locator("[data-hold-form]")).to_be_hidden()
    assert "₽" not in room.locator("body").inner_text()


def test_an_absent_overlay_is_told_with_its_cure(open_room):
    room, line = open_room()
    press(room, "Health")
    pages = [page(stale=True), page("p2", "", active=None, visible=False, speaks=False, sound="blocked")]
    goal = screen(widget="g", kind="goal", title="Mic", absent=True)
    line.say(health(wallets=[wallet(state="refused", level="danger")], screens=[screen(*pages), goal]))
    expect(room.locator(".screen.is-absent")).to_contain_text("Refresh cache of current page")
    expect(room.locator(".wallets")).to_contain_text(
        re.compile(r"no longer accepts its token.*read 1\d sec. ago", re.S)
    )
    marks = [each.strip() for each in room.locator(".page").first.locator(".badge:visible").all_inner_texts()]
    assert marks == ["speaks", "on programme", "sound tested", "old page, renews itself when idle"]
    expect(room.locator(".page").last).to_contain_text("Another browser")
    expect(room.locator("[data-trouble-count]")).to_have_text("2")


def test_hostile_words_stay_words(open_room):
    room, _line = open_room(gift("a", 1, HOSTILE, HOSTILE, "shown"), gift("h", 1, HOSTILE, HOSTILE, held=True))
    expect(row(room, "a").locator(".gift-words")).to_have_text(HOSTILE)
    expect(row(room, "h").locator(".gift-name")).to_contain_text("<img src=x")
    assert room.locator(".control-gift img").count() == 0
    assert "broken" not in room.title()


def test_a_long_night_keeps_the_newest_fifty_and_all_that_are_held(open_room):
    room, _line = open_room(*(gift(f"d{n}", n + 1, "Оля", "", "shown") for n in range(60)), gift("old", held=True))
    expect(room.locator("[data-gifts] > li")).to_have_count(50)
    expect(row(room, "d0")).to_be_visible()
    expect(row(room, "old")).to_be_visible()


def test_while_the_line_is_down_nothing_is_pressed_and_nothing_is_lost(open_room, prompter):
    room, line = open_room(gift("a", 1, "Оля", "Привет", "shown"))
    prompter.is_down = True
    line.cut()
    expect(room.locator("[data-lost]")).to_be_visible()
    expect(row(room, "a").get_by_role("button", name="Replay")).to_be_disabled()
    prompter.is_down = False
    line = prompter.line()
    line.say(control_hello(gift("b", 1, "Boris", "hi", "waiting"), gift("a", 1, "Оля", "Привет", "shown")))
    expect(room.locator("[data-lost]")).to_be_hidden()
    press(room, "Replay", "a")
    assert order(line) == {"action": "replay", "donation": "a"}


def test_a_link_that_opens_nothing_says_what_to_do(open_room, prompter):
    room, line = open_room(gift("a", 1, "Оля", "Привет", "shown"))
    line.close(4403)
    expect(room.get_by_role("heading", name="This link opens nothing")).to_be_visible()
    expect(row(room, "a")).to_be_hidden()
    room.goto(f"{prompter.url}/control/")
    room.reload()
    expect(room.get_by_role("heading", name="A link is missing")).to_be_visible()
