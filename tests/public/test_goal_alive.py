"""The goal page in a real browser, told by a script what happens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.prompter import BY_THE_PROTOCOL, Frame, events, hello, milestone
from tests.browser.prompter import goal as goal_value

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("goal-page"), pytest.mark.django_db(transaction=True)]

Say = Callable[..., None]


@pytest.fixture
def open_page(live_server, chromium, settings, goal) -> Iterator[Callable[[str], tuple[Page, Say]]]:
    """Opens the page of Anya's goal in a language, and answers its hello; `say` tells it of the goal."""
    settings.PUBLIC_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    context = chromium.new_context(base_url=live_server.url, timezone_id="America/New_York")
    context.add_init_script(BY_THE_PROTOCOL)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))

    def open_in(language: str) -> tuple[Page, Say]:
        page = context.new_page()
        lines = []
        page.route_web_socket("**/ws/", lambda line: lines.append(line))
        page.goto(f"/@anya/mic/?lang={language}")

        def say(raised: int, **facts: object) -> None:
            value = {**goal_value(raised), "id": goal.public_id, **facts}
            lines[-1].send(json.dumps(events("6", {"kind": "goal", "goal": value})))

        page.wait_for_function("() => document.fonts.status === 'loaded'")
        while not lines:
            page.wait_for_timeout(10)
        build = page.get_attribute("meta[name=kopilka-version]", "content")
        snapshot = {"goal": {**goal_value(0), "id": goal.public_id}, "latest": []}
        lines[-1].send(json.dumps(hello(None, snapshot, audience="public", version=build)))
        return page, say

    yield open_in
    context.close()
    assert complaints == []


def period(kind: str, start: str | None = None, end: str | None = None) -> Frame:
    return {"period": {"kind": kind, "start": start, "end": end}}


def test_milestones_come_and_are_reached_while_the_page_is_open(open_page):
    page, say = open_page("en")
    marks = [(2_000_00, "<b>Song</b>"), (5_000_00, ""), (12_000_00, "Night")]
    say(3_000_00, milestones=[milestone(minor, title, minor <= 3_000_00) for minor, title in marks])
    expect(page.locator("[data-milestones] li")).to_have_text(
        ["2,000 ₽ <b>Song</b> reached", "5,000 ₽", "12,000 ₽ Night"]
    )
    ticks = page.locator("[data-ticks] rect")
    assert [(tick.get_attribute("x"), tick.get_attribute("class")) for tick in ticks.all()] == [
        ("20.00%", "bar-tick is-reached"),
        ("50.00%", "bar-tick"),
    ]
    say(15_000_00, milestones=[milestone(minor, title, True) for minor, title in marks])
    expect(ticks).to_have_count(3)
    expect(page.locator("[data-percent]")).to_have_text("150")
    say(15_000_00)
    expect(page.locator("[data-milestones]")).to_be_hidden()


def test_the_period_is_told_in_the_pages_language_and_the_streamers_zone(open_page):
    page, say = open_page("uk")
    shown = page.locator("[data-period]")
    year = datetime.now(UTC).year
    # 21:00 in UTC is midnight in Moscow, and the day before in the visitor's New York.
    say(0, **period("all", f"{year}-03-04T21:00:00.000Z"))
    expect(shown).to_contain_text("5 березня")
    say(0, **period("dates", f"{year}-03-04T21:00:00.000Z", f"{year}-03-12T21:00:00.000Z"))
    expect(shown).to_have_text("5–12 березня")
    say(0, **period("dates", "2021-03-04T21:00:00.000Z", "2021-03-12T21:00:00.000Z"))
    expect(shown).to_have_text("5–12 березня 2021 р.")


def test_a_turn_of_the_period_and_a_deadline_are_told(open_page):
    page, say = open_page("en")
    shown, deadline = page.locator("[data-period]"), page.locator("[data-deadline]")
    expect(deadline).to_be_hidden()
    for words, facts in [
        ("today", period("day", "2026-11-24T21:00:00.000Z")),
        ("this week", period("week", "2026-11-22T21:00:00.000Z")),
        ("from the next stream on", period("stream")),
        ("this stream", period("stream", "2026-11-25T12:00:00.000Z")),
        ("the last stream", period("stream", "2026-11-25T12:00:00.000Z", "2026-11-25T13:00:00.000Z")),
    ]:
        say(0, **facts)
        expect(shown).to_have_text(words)
    soon = datetime.now(UTC) + timedelta(days=1)
    say(0, deadline=soon.isoformat())
    expect(deadline).to_contain_text("until ")
    page.clock.install(time=soon + timedelta(seconds=1))
    say(0, deadline=soon.isoformat())
    expect(deadline).to_contain_text("ended ")
