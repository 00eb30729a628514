"""An open overlay as a test sees it: what came on its screen, and what was heard of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

HERE = Path(__file__).parent
RECORDER, ON_AIR, OBS = ((HERE / name).read_text() for name in ("recorder.js", "on_air.js", "obs_studio.js"))
IN_OBS = "Mozilla/5.0 Chrome/127.0.6533.120 Safari/537.36 OBS/32.2.2"


class Overlay:
    """An open page of a widget, and what came on its screen up to now."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    def open(cls, page: Page, link: str, before: str = "") -> Overlay:
        """Opens a link in a new page and waits for its hello; `before` runs in the page before its own scripts."""
        page.add_init_script(RECORDER + ON_AIR + before)
        page.goto(link)
        overlay = cls(page)
        overlay.until(lambda overlay: overlay.has_heard("hello"))
        return overlay

    @property
    def played(self) -> int:
        """How many sounds began."""
        return int(self.page.evaluate("onAir.played.length"))

    @property
    def seen(self) -> list[str]:
        """The amounts that came on the screen, in order; "" when there was nothing any more."""
        return [change["amount"] for change in self.kept("seen")]

    @property
    def shown(self) -> list[str]:
        """The same without the pauses between them."""
        return [amount for amount in self.seen if amount]

    def at(self, number: int) -> float:
        """When the screen changed for the nth time, in ms by the machine's clock."""
        return float(self.kept("seen")[number]["at"])

    def kept(self, what: str) -> list[dict[str, Any]]:
        """Everything of a kind that on_air.js has kept, with its time `at`."""
        return list(self.page.evaluate("(what) => onAir[what]", what))

    def heard(self, type: str) -> list[dict[str, Any]]:
        """The frames of a type that came, with their times."""
        found = "(type) => recordedFrames.filter(({ way, frame }) => way === 'in' && frame.type === type)"
        return list(self.page.evaluate(found, type))

    def has_heard(self, type: str, times: int = 1) -> bool:
        return len(self.heard(type)) >= times

    def until(self, holds: Callable[[Overlay], object], seconds: float = 30) -> None:
        """Looks from outside, since the page's policy lets nobody evaluate a text inside."""
        deadline = time.monotonic() + seconds
        while not holds(self):
            assert time.monotonic() < deadline, self.seen
            self.page.wait_for_timeout(20)


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
