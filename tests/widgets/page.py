"""An open page: what an overlay, a control room or a public goal page says and hears over its socket."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.widgets.frames import check

Frame = dict[str, Any]
PATIENCE = 20.0


class Page:
    """Speaks first, checks every frame that comes against the protocol, acknowledges news, and says that an alert is on
    its screen when it is the one that speaks, as a page does.

    `frames` are all that came after the hello, `hello` is its answer. The rest of `says` goes into the hello frame.
    """

    def __init__(self, url: str, acknowledges: bool = True, answers: bool = True, **says: Any) -> None:
        self._open = ExitStack()
        connecting = connect(url, max_size=None, ping_interval=None, close_timeout=1, proxy=None)
        self.line = self._open.enter_context(connecting)
        self.acknowledges = acknowledges
        self.answers = answers
        self.id = says.setdefault("page", secrets.token_hex(6)) if says.get("key") else ""
        self.takes: dict[str, int] = {}
        self.frames: list[Frame] = []
        self._played = 0
        self.says({"type": "hello", "v": 1, "epoch": None, "cursor": None, **says})
        self.hello = self._receive(PATIENCE)
        self.cursor = self.hello.get("cursor")

    def says(self, frame: object) -> None:
        self.line.send(frame if isinstance(frame, str) else json.dumps(frame))

    def _receive(self, seconds: float) -> Frame:
        frame = check(json.loads(self.line.recv(seconds)))
        if frame["type"] == "play":
            self.takes[frame["play"]["cue"]["id"]] = frame["play"]["take"]
            if frame["speaks"] and self.answers:
                self.started(frame["play"]["cue"])
        if frame["type"] == "ask" and self.answers:
            self.says({"type": "cue", "cue": frame["cue"], "take": frame["take"], "state": "progress"})
        if frame["type"] == "events":
            self.cursor = frame["cursor"]
            if self.acknowledges:
                self.says({"type": "ack", "cursor": frame["cursor"]})
        return frame

    def hears(self, what: str | Callable[[Frame], object], seconds: float = PATIENCE) -> Frame:
        """The next frame of this type, or for which this is true. What comes before it is kept in `frames`."""
        deadline = time.monotonic() + seconds
        while True:
            frame = self._receive(max(deadline - time.monotonic(), 0.001))
            self.frames.append(frame)
            if frame["type"] == what if isinstance(what, str) else what(frame):
                return frame

    def hears_donations(self, *roubles: int) -> None:
        """Waits until so many new donations came, in whatever frames, and fails unless they are exactly these."""
        while len(self.donations()) < len(roubles):
            self.hears("events")
        assert self.donations() == list(roubles), self.donations()

    def donations(self) -> list[int]:
        """The roubles of all new donations that came up to now."""
        return [event["donation"]["money"]["minor"] // 100 for event in self.events("donation")]

    def hears_event(self, kind: str) -> Frame:
        """The next event of this kind, with everything that comes before its frame."""
        frame = self.hears(lambda frame: any(event["kind"] == kind for event in frame.get("events", [])))
        return next(event for event in frame["events"] if event["kind"] == kind)

    def events(self, kind: str) -> list[Frame]:
        """All events of this kind that came up to now."""
        return [event for frame in self.frames for event in frame.get("events", []) if event["kind"] == kind]

    def plays(self, seconds: float = PATIENCE) -> Frame:
        """The next cue that this page is told to play. It may have come before news that were waited for."""
        while len(plays := [frame for frame in self.frames if frame["type"] == "play"]) <= self._played:
            self.hears("play", seconds)
        self._played += 1
        return plays[self._played - 1]["play"]["cue"]

    def told_to_play(self) -> list[str]:
        """The ids of all cues that this page was told to show up to now, one for each take."""
        return [frame["play"]["cue"]["id"] for frame in self.frames if frame["type"] == "play"]

    def spoke(self) -> list[str]:
        """The ids of all cues that this page was to sound up to now."""
        return [frame["play"]["cue"]["id"] for frame in self.frames if frame["type"] == "play" and frame["speaks"]]

    def started(self, cue: Frame) -> None:
        self.says({"type": "cue", "cue": cue["id"], "take": self.takes[cue["id"]], "state": "started"})

    def sees_leave(self, cue: Frame, seconds: float = PATIENCE) -> str:
        """Waits until this cue leaves the screen; answers why."""
        told = [frame for frame in self.frames if frame["type"] == "leave" and frame["cue"] == cue["id"]]
        if not told:
            told = [self.hears(lambda frame: frame["type"] == "leave" and frame["cue"] == cue["id"], seconds)]
        return str(told[-1]["reason"])

    def is_closed_with(self, seconds: float = PATIENCE) -> int:
        """The code of the close that comes; what comes before it is kept in `frames`."""
        try:
            self.hears(lambda _frame: False, seconds)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
        raise AssertionError("unreachable")

    def comes_back(self, url: str, playing: Frame | None = None, finished: Sequence[Frame] = (), **says: Any) -> Page:
        """The same page on a new line, with what it knows."""
        return Page(
            url,
            epoch=self.hello["epoch"],
            cursor=self.cursor,
            page=self.id,
            playing=playing["id"] if playing else None,
            take=self.takes[playing["id"]] if playing else 0,
            speaks=playing is not None,
            finished=[cue["id"] for cue in finished],
            **says,
        )

    def close(self) -> None:
        self._open.close()
