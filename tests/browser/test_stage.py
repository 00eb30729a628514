"""The stage in a real browser, on a real demo: what is given there is seen, on air, and on the public page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stage")]

SEEN_WITHIN_MS = 15_000


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("stage") / "data")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def stage(demo: Demo, chromium: Browser) -> Iterator[Page]:
    """The one link that was printed, opened; `complaints` is what the browser had to say against the page."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(demo.link)
    page.wait_for_url("**/stage/")
    yield page
    context.close()


def newest(stage: Page):
    return stage.locator(".way-row").first


def test_a_gift_is_paid_seen_and_on_air(stage):
    stage.get_by_role("button", name="Give 100 ₽").click()
    expect(newest(stage)).to_contain_text(re.compile(r"100.₽.*paid \d\d:\d\d:\d\d"))
    expect(newest(stage).locator(".step-seen.is-done")).to_have_text(
        re.compile(r"seen after \d+\.\d s"), timeout=SEEN_WITHIN_MS
    )
    expect(newest(stage).locator(".step-aired.is-done")).to_have_text(re.compile(r"on air after \d+\.\d s"))
    expect(stage.frame_locator(".source-alert").locator("body")).to_contain_text("100 ₽")
    expect(stage.frame_locator(".phone iframe").locator("[data-raised]")).to_have_text(re.compile(r"31.250.₽"))
    expect(stage.locator("[data-sum]")).to_contain_text("Nothing is lost")


def test_hostile_words_stay_words_everywhere(stage):
    words = "<img src=x onerror=\"document.title='broken in'\">"
    stage.fill("#own-amount", "1 250,50")
    stage.fill("#own-words", words)
    stage.get_by_role("button", name="Give it").click()
    expect(newest(stage)).to_contain_text(re.compile(r"1.250,50.₽|1,250\.50.₽"))
    phone = stage.frame_locator(".phone iframe")
    expect(phone.locator(".gift-words").first).to_have_text(words, timeout=SEEN_WITHIN_MS)
    expect(stage.frame_locator(".source-alert").locator("body")).to_contain_text("<img src=x", timeout=SEEN_WITHIN_MS)
    assert phone.locator(".gifts img").count() == 0
    assert "broken" not in stage.title()


def test_a_worker_is_killed_and_nothing_is_lost(stage):
    stage.get_by_role("button", name="Kill a worker").click()
    expect(stage.locator("[data-said]")).to_contain_text("killed")
    stage.get_by_role("button", name="A burst of ten").click()
    expect(stage.locator("[data-said]")).to_contain_text("back after", timeout=40_000)
    expect(stage.locator("[data-sum]")).to_contain_text(
        re.compile(r"Given here: 12 · (\S+.₽)\. Recorded: 12 · \1\. Nothing is lost"), timeout=40_000
    )


def test_a_gift_from_elsewhere_goes_the_same_way(stage, demo):
    demo.pay(777_00, "from the pay page")
    expect(newest(stage)).to_contain_text(re.compile(r"777.₽.*paid"), timeout=SEEN_WITHIN_MS)
    expect(stage.locator("[data-sum]")).to_contain_text("Given here: 12")


def test_sound_and_stream_have_their_switches(stage):
    stage.get_by_role("button", name="Sound: off").click()
    expect(stage.get_by_role("button", name="Sound: on")).to_have_attribute("aria-pressed", "true")
    stage.get_by_role("button", name="Stop the stream").click()
    expect(stage.get_by_text("The stream is off")).to_be_visible()
    stage.get_by_role("button", name="Start the stream").click()
    expect(stage.get_by_text("The stream is off")).to_be_hidden()
    stage.get_by_role("button", name="Sound: on").click()


def test_the_browser_has_nothing_against_the_page(stage):
    assert stage.complaints == []
