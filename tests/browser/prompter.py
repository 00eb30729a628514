"""Prompter: a small server on one port that gives an overlay or a control room its page and then tells it exactly
what a test wants."""

from __future__ import annotations

import json
import mimetypes
import queue
import socket
import threading
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from config.csp import OVERLAYS, PAGES, Policy, header
from tests.conftest import ROOT
from tests.widgets.frames import check, fields
from widgets.protocol import ACK_EVENTS, FROM_KOPILKA, FROM_PAGE

PATIENCE = 30.0
STATIC = ROOT / "static"
READABLE = {type: fields(frame) for type, frame in FROM_KOPILKA.items()}
GUARD = Path(__file__).with_name("by_the_protocol.js").read_text()
BY_THE_PROTOCOL = GUARD.replace("READABLE", json.dumps(READABLE))
"""A script for a page: what it reads of a frame and the protocol does not name there is an error."""

Frame = dict[str, Any]


class Line:
    """One open page as the server sees it: its `hello`, what it says next, and what it is told.

    All that is said, both ways, is checked against the protocol.
    """

    def __init__(self, connection: ServerConnection, hello: Frame) -> None:
        self.connection = connection
        self.hello = hello
        self.heard: queue.Queue[Frame] = queue.Queue()
        self.unacknowledged = 0

    def listen(self) -> None:
        try:
            for text in self.connection:
                self.heard.put(check(json.loads(text), FROM_PAGE))
        except ConnectionClosed:
            pass

    def say(self, *frames: Frame) -> None:
        for frame in frames:
            self.connection.send(json.dumps(check(frame)))
            if frame["type"] != "hello":
                self.unacknowledged = (self.unacknowledged + len(frame.get("events", "."))) % ACK_EVENTS

    def until_taken_in(self) -> list[Frame]:
        """Waits until the page has taken in all it was told; answers what it says meanwhile, but its acknowledgement.

        It is told as many questions as are missing for one, about an alert that is nowhere.
        """
        self.say(*(ask("nothing") for _ in range(ACK_EVENTS - self.unacknowledged)))
        meanwhile = []
        while (frame := self.hear())["type"] != "ack":
            meanwhile.append(frame)
        return meanwhile

    def hear(self) -> Frame:
        """The page's next frame."""
        return self.heard.get(timeout=PATIENCE)

    def close(self, code: int) -> None:
        self.connection.close(code)

    def cut(self) -> None:
        """The line breaks without a goodbye."""
        self.connection.socket.shutdown(socket.SHUT_RDWR)


class Prompter:
    """`version` is the build that is in the pages; while it `is_down`, no line can be opened. `nonsense` is what pages
    said that the protocol does not know: in the end there may be none.
    """

    def __init__(self) -> None:
        self.version = "1"
        self.is_down = False
        self.nonsense: list[AssertionError] = []
        self._lines: queue.Queue[Line] = queue.Queue()
        self._server = serve(self._open, "127.0.0.1", 0, process_request=self._answer, close_timeout=1)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def line(self) -> Line:
        """The next line that a page opened and said hello on."""
        return self._lines.get(timeout=PATIENCE)

    def has_line(self) -> bool:
        """Whether a page opened another line that was not asked for."""
        return not self._lines.empty()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        assert self.nonsense == []

    def _open(self, connection: ServerConnection) -> None:
        try:
            line = Line(connection, check(json.loads(connection.recv(timeout=PATIENCE)), FROM_PAGE))
            self._lines.put(line)
            line.listen()
        except (ConnectionClosed, TimeoutError):
            pass
        except AssertionError as fault:
            self.nonsense.append(fault)

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        match request.path.split("?")[0].strip("/").split("/"):
            case ["ws"]:
                return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "down\n") if self.is_down else None
            case ["o", kind]:
                page = render_to_string(f"overlays/{kind}.html", {"kind": kind, "version": self.version})
                return _response(page.encode(), "text/html; charset=utf-8")
            case ["control"]:
                page = render_to_string("control/room.html", {"version": self.version})
                return _response(page.encode(), "text/html; charset=utf-8", PAGES)
            case ["static", *path] if (file := STATIC.joinpath(*path)).is_file():
                return _response(file.read_bytes(), mimetypes.guess_type(file.name)[0] or "application/octet-stream")
        return connection.respond(HTTPStatus.NOT_FOUND, "nothing here\n")


def _response(body: bytes, content_type: str, policy: Policy = OVERLAYS) -> Response:
    headers = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "Content-Security-Policy": header(policy),
        "Connection": "close",
    }
    return Response(200, "OK", Headers(headers), body)


# --- what it tells: the frames of widgets/protocol.py -----------------------------------------------------------------

OPTIONS: dict[str, Frame] = {
    "alert": {},
    "goal": {"goal": "g1"},
    "total": {"scope": "all", "title": ""},
    "latest": {"count": 5},
}
NOW = "2026-11-22T06:00:00.000Z"


def money(minor: int, currency: str = "RUB") -> Frame:
    return {"minor": minor, "currency": currency, "exponent": 2}


def donation(id: str, minor: int = 100_00, name: str = "Оля", words: str = "Привет", hidden: bool = False) -> Frame:
    moments = {"occurred_at": NOW, "recorded_at": NOW}
    return {"id": id, "money": money(minor), "name": name, "words": words, "hidden": hidden, **moments}


def milestone(minor: int, title: str, reached: bool) -> Frame:
    return {"money": money(minor), "title": title, "reached": reached}


def goal(raised: int, target: int = 10_000_00, id: str = "g1", title: str = "Микрофон", **facts: object) -> Frame:
    left, percent = money(max(0, target - raised)), raised * 100 // target
    figures = {"raised": money(raised), "target": money(target), "left": left, "percent": percent, "count": raised}
    terms = {"period": {"kind": "all", "start": NOW, "end": None}, "deadline": None, "milestones": []}
    return {"id": id, "title": title, **figures, **terms, **facts}


def widget(kind: str, id: str = "w1", language: str = "ru", **options: object) -> Frame:
    return {"id": id, "kind": kind, "language": language, "options": {**OPTIONS[kind], **options}}


def hello(widget: Frame | None, snapshot: Frame | None = None, **facts: object) -> Frame:
    place = {"epoch": "e1", "cursor": "5", "now": NOW, "version": "1"}
    who = {"audience": "overlay", "widget": widget, "snapshot": snapshot or {}}
    return {"type": "hello", "v": 1, **place, **who, **facts}


def events(cursor: str, *happenings: Frame) -> Frame:
    return {"type": "events", "cursor": cursor, "now": NOW, "events": list(happenings)}


def later(seconds: float) -> str:
    """A time by the server's clock."""
    return (datetime.fromisoformat(NOW) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")[:23] + "Z"


def play(
    id: str,
    donation: Frame | None,
    kind: str = "alert",
    *,
    speaks: bool = True,
    take: int = 1,
    seconds: float = 7,
    began: float = 0,
    digest: Frame | None = None,
    **look: object,
) -> Frame:
    """On the screen from now on, or since `began` seconds, for so many seconds more."""
    cue = {
        "id": id,
        "kind": kind,
        **({"donation": donation} if donation else {}),
        **({"digest": digest} if digest else {}),
    }
    looks = {"sound": "none", "volume": 0.8, "headline": "", "accent": "", "effect": "none", **look}
    times = {"started_at": later(-began), "ends_at": later(seconds)}
    value = {"cue": cue, "take": take, "look": looks, **times, "waiting": 0}
    return {"type": "play", "play": value, "speaks": speaks, "now": NOW}


def leave(cue: str, reason: str = "over") -> Frame:
    return {"type": "leave", "cue": cue, "reason": reason, "now": NOW}


def ask(cue: str, take: int = 1) -> Frame:
    return {"type": "ask", "cue": cue, "take": take}


def said(cue: str, state: str, take: int = 1) -> Frame:
    """What the page that speaks says of a cue."""
    return {"type": "cue", "cue": cue, "take": take, "state": state}


def controls(*mutes: str, panic_until: str | None = None) -> Frame:
    return {"kind": "controls", "controls": {"paused": False, "mutes": list(mutes), "panic_until": panic_until}}
