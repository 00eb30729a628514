"""The whole way in a real browser: paid in the sandbox, known to the overlay, on air, on the public page."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import Demo
from tests.conftest import LONG

pytestmark = pytest.mark.browser

RECORDER = (Path(__file__).parent / "recorder.js").read_text()
PAYMENTS = 60 if LONG else 24
EVERY = 3.0
FASTER = 2.0
SPECIAL = [
    "<script>document.title = 'broken in'</script> <b>hello</b>",
    "Удачи! 🎉🐷 مرحبا بالجميع",
    ("Очень длинное послание, которое никак не кончается. " * 6)[:300],
    "просто так",
    "five",
]


@dataclass
class Given:
    """A donation as its donor remembers it: which words, and when the sandbox took it (seconds)."""

    words: str
    amount: int
    at: float


class Donor(threading.Thread):
    """Gives one donation every few seconds, beginning now, and goes on when the sandbox does not answer."""

    def __init__(self, demo: Demo, count: int, every: float) -> None:
        super().__init__(daemon=True)
        self.demo = demo
        self.count = count
        self.every = every
        self.given: list[Given] = []
        self.calm = threading.Event()

    def run(self) -> None:
        begun = time.time()
        for number in range(self.count):
            words = SPECIAL[number] if number < len(SPECIAL) else f"gift {number}"
            amount = (100 + number) * 100
            self.calm.wait(max(0, begun + number * self.every - time.time()))
            while True:
                at = time.time()
                try:
                    self.demo.pay(amount, words)
                    break
                except OSError:
                    self.calm.wait(0.5)
            self.given.append(Given(words, amount, at))


@pytest.fixture
def demo(tmp_path):
    running = Demo(tmp_path / "data")
    yield running
    running.stop()


def overlay_links(demo: Demo, browser: Browser) -> dict[str, str]:
    """What a streamer would copy from the stage: the link of each overlay, by kind."""
    page = browser.new_page()
    page.goto(demo.link)
    page.wait_for_url("**/stage/")
    frames = page.locator("iframe[src*='/o/']")
    found = [frames.nth(n).get_attribute("src") or "" for n in range(frames.count())]
    page.context.close()
    return {kind: demo.url + path.replace(demo.url, "") for path in found for kind in re.findall(r"/o/(\w+)/", path)}


def recorded(page: Page) -> list[dict]:
    return page.evaluate("window.recordedFrames")


def words_shown(page: Page) -> set[str]:
    return set(page.evaluate("[...window.shownWords]"))


def known(frames: list[dict]) -> list[tuple[float, dict]]:
    """(when, donation) for every donation that the page was told of."""
    return [
        (frame["at"] / 1000, event["donation"])
        for frame in frames
        if frame["way"] == "in" and frame["frame"]["type"] == "events"
        for event in frame["frame"]["events"]
        if event["kind"] == "donation"
    ]


def played(frames: list[dict]) -> list[str]:
    """The words of every alert that began on this page, in order. The same take told again goes on."""
    plays = [frame["frame"]["play"] for frame in frames if frame["way"] == "in" and frame["frame"]["type"] == "play"]
    takes = {(play["cue"]["id"], play["take"]): play["cue"]["donation"]["words"] for play in plays}
    return list(takes.values())


def open_overlay(browser: Browser, link: str, size: tuple[int, int] = (800, 600)) -> Page:
    """As OBS opens it: a page of its own without any login."""
    page = browser.new_context(viewport={"width": size[0], "height": size[1]}).new_page()
    page.add_init_script(RECORDER)
    page.goto(link)
    wait_for(page, lambda frames: any(each["way"] == "in" and each["frame"]["type"] == "hello" for each in frames), 30)
    return page


def wait_for(page: Page, holds: Callable[[list[dict]], bool], seconds: float) -> None:
    """Look from outside: the page's own policy lets nobody evaluate a text inside, as `wait_for_function` would."""
    deadline = time.monotonic() + seconds
    while not holds(recorded(page)):
        assert time.monotonic() < deadline, "it did not happen in time"
        page.wait_for_timeout(100)


@pytest.mark.xdist_group("spine")
def test_payments_reach_the_stream_in_order_and_in_time(demo, chromium, tmp_path):
    links = overlay_links(demo, chromium)
    alert = open_overlay(chromium, links["alert"])
    dialogs: list[str] = []
    alert.on("dialog", lambda dialog: dialogs.append(dialog.message))
    goal = open_overlay(chromium, links["goal"], (1920, 1080))
    public = chromium.new_page()
    public.goto(f"{demo.url}/@lisa/new-mic/")
    donor = Donor(demo, PAYMENTS, EVERY)
    donor.start()

    wait_until(lambda: set(SPECIAL) <= words_shown(alert))
    assert dialogs == []
    assert alert.title() != "broken in"
    assert played(recorded(alert))[: len(SPECIAL)] == SPECIAL
    shot = tmp_path / "alert.png"
    alert.screenshot(path=shot, omit_background=True)
    assert Image.open(shot).convert("RGBA").getpixel((1, 1))[3] == 0

    donor.join(PAYMENTS * EVERY + 60)
    assert len(donor.given) == PAYMENTS
    wait_for(alert, lambda frames: len(known(frames)) >= PAYMENTS, 15)
    told = known(recorded(alert))
    assert [donation["words"] for _at, donation in told] == [given.words for given in donor.given]
    delays = [at - given.at for (at, _donation), given in zip(told, donor.given, strict=True)]
    assert max(delays) <= 7, f"seconds until the overlay knew: {sorted(delays)[-5:]}"

    raised = 31_150_00 + sum(given.amount for given in donor.given)
    percent = f"{raised * 100 // 50_000_00}"
    expect(goal.locator("body")).to_contain_text(re.compile(rf"{percent}\s*%"), timeout=10_000)
    expect(public.locator("body")).to_contain_text(re.compile(rf"{percent}\s*%"), timeout=10_000)


@pytest.mark.xdist_group("spine-killed")
def test_nothing_is_lost_or_doubled_when_everything_is_killed_in_turn(demo, chromium):
    links = overlay_links(demo, chromium)
    alert = open_overlay(chromium, links["alert"])
    goal = open_overlay(chromium, links["goal"])
    donor = Donor(demo, PAYMENTS, FASTER)
    donor.start()

    wait_until(lambda: len(donor.given) >= PAYMENTS // 8)
    web = demo.pid_of("web")
    demo.kill("web")
    wait_until(lambda: demo.pid_of("web") != web)

    wait_until(lambda: len(donor.given) >= PAYMENTS // 3)
    idle = demo.idle_workers()
    assert idle, "the cluster has no workers"
    kill_process(idle[0])
    poller = demo.pid_of("poll")
    demo.kill("poll")
    wait_until(lambda: demo.pid_of("poll") != poller)

    wait_until(lambda: len(donor.given) >= PAYMENTS // 2)
    wallet = demo.wallet_id()
    down_until = time.monotonic() + PAYMENTS / 3
    while time.monotonic() < down_until:
        sandbox = demo.pid_of("wallet")
        demo.kill("wallet")
        wait_until(lambda killed=sandbox: demo.pid_of("wallet") != killed)

    donor.join(PAYMENTS * FASTER + 60)
    wait_for(alert, lambda frames: len({gift["id"] for _at, gift in known(frames)}) >= PAYMENTS, 60)
    frames = recorded(alert)
    words = Counter(donation["words"] for _at, donation in known(frames))
    assert words == Counter(given.words for given in donor.given)
    started = played(frames)
    assert len(started) == len(set(started)), "an alert played twice"
    assert started == [given.words for given in donor.given][: len(started)]

    raised = 31_150_00 + sum(given.amount for given in donor.given)
    expect(goal.locator("body")).to_contain_text(re.compile(rf"{raised * 100 // 50_000_00}\s*%"), timeout=15_000)
    books = demo.sandbox("GET", f"/sandbox/wallets/{wallet}/books")
    assert sum(row["amount"] for row in books["rows"] if row["type"] == "IN") == raised


def kill_process(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def wait_until(condition, seconds: float = 120) -> None:
    """Look twice a second until it holds; a worker that is being replaced has no pid for a moment."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except (FileNotFoundError, ValueError):
            pass
        pause.wait(0.5)
    raise AssertionError("it did not happen in time")
