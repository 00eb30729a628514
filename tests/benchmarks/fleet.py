"""Thousands of open pages in one process: epoll and bare sockets, since the clients must cost less than the server.

    python -m tests.benchmarks.fleet PORT HELLO

Reads a command a line, answers each with a line of JSON:

    connect COUNT          opens so many pages, each says HELLO (a frame, "" for none) and waits for one frame in answer
    hear COUNT SECONDS     waits until every page has heard so many new donations
    close                  closes all pages
    cpu                    the seconds of processor time that it used up to now

A page acknowledges as the protocol says. Arrival is when a page's bytes were read; they count from the frame's `now`,
and from each donation's `recorded_at`.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from widgets.protocol import ACK_EVENTS

AT_ONCE = 100
UPGRADE = (
    "GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A


class Heard:
    """A frame that came, parsed once however many pages heard it; times are of the machine's clock, in seconds."""

    def __init__(self, payload: bytes) -> None:
        frame = json.loads(payload)
        self.now = seconds(frame["now"])
        donations = [event["donation"] for event in frame.get("events", []) if event["kind"] == "donation"]
        self.ids = [donation["id"] for donation in donations]
        self.recorded = [seconds(donation["recorded_at"]) for donation in donations]
        self.events = max(len(frame.get("events", [])), 1)
        self.ack = masked(TEXT, json.dumps({"type": "ack", "cursor": frame["cursor"]}).encode())


def seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def masked(opcode: int, payload: bytes) -> bytes:
    """A short frame of a client. The mask is zero, which the protocol allows."""
    length = len(payload)
    head = bytes([opcode, 0x80 | length]) if length < 126 else bytes([opcode, 0xFE]) + length.to_bytes(2, "big")
    return head + bytes(4) + payload


@dataclass(slots=True)
class Page:
    """`is_in`: its hello was answered. `left`: bytes of a frame that is not whole yet. `unpaid`: events to ack."""

    socket: socket.socket
    is_upgraded: bool = False
    is_in: bool = False
    left: bytes = b""
    unpaid: int = 0
    donations: int = 0
    frames: list[int] = field(default_factory=list)


class Fleet:
    """All pages, on one server."""

    def __init__(self, port: int, hello: str) -> None:
        self.port = port
        self.hello = masked(TEXT, hello.encode())
        self.poll = select.epoll()
        self.pages: dict[int, Page] = {}
        self.frames: list[Heard] = []
        self.numbers: dict[bytes, int] = {}
        self.arrived, self.which = array("d"), array("L")
        self.waited_for = 0
        self.behind = 0
        self.lost = 0

    def connect(self, count: int) -> dict[str, Any]:
        """Never more than `AT_ONCE` are on their way in."""
        start, wanted = time.perf_counter(), len(self.pages) + count
        self.behind = count
        opened = len(self.pages)
        while self.behind:
            while opened < wanted and opened - (wanted - self.behind) < AT_ONCE:
                self._open()
                opened += 1
            self._turn(5)
        return {"seconds": time.perf_counter() - start}

    def _open(self) -> None:
        line = socket.socket()
        line.setblocking(False)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.connect_ex(("127.0.0.1", self.port))
        self.pages[line.fileno()] = Page(line)
        self.poll.register(line.fileno(), select.EPOLLOUT)

    def hear(self, count: int, patience: float) -> dict[str, Any]:
        """Latencies are in ms; `in_order`: every page heard the same donations, each of them once."""
        self.arrived, self.which = array("d"), array("L")
        for page in self.pages.values():
            page.donations, page.frames = 0, []
        self.waited_for, self.behind = count, len(self.pages)
        deadline = time.monotonic() + patience
        print("{}", flush=True)  # everybody listens
        while self.behind and time.monotonic() < deadline:
            self._turn(0.2)
        sequences = {tuple(page.frames) for page in self.pages.values()}
        heard = {tuple(name for number in frames for name in self.frames[number].ids) for frames in sequences}
        since_sent = [1000 * (at - self.frames[n].now) for at, n in zip(self.arrived, self.which, strict=True)]
        since_recorded = Counter(
            round(1000 * (at - recorded))
            for at, n in zip(self.arrived, self.which, strict=True)
            for recorded in self.frames[n].recorded
        )
        return {
            "behind": self.behind,
            "lost": self.lost,
            "frames": len(self.arrived),
            "in_order": len(heard) == 1 and len(set(*heard)) == count,
            "donations": next(iter(heard)) if len(heard) == 1 else [],
            "sent": figures(Counter(round(latency, 1) for latency in since_sent)),
            "recorded": figures(since_recorded),
        }

    def close(self) -> dict[str, Any]:
        for page in self.pages.values():
            page.socket.close()
        self.pages = {}
        return {}

    def _turn(self, patience: float) -> None:
        for number, what in self.poll.poll(patience):
            page = self.pages.get(number)
            if page is None:
                continue
            if what & select.EPOLLOUT:
                page.socket.sendall(UPGRADE.format(port=self.port).encode())
                self.poll.modify(number, select.EPOLLIN)
                continue
            self._read(page)

    def _read(self, page: Page) -> None:
        try:
            data = page.socket.recv(65536)
        except ConnectionError:
            data = b""
        now = time.time()
        if not data:
            self.lost += 1
            self.poll.unregister(page.socket.fileno())
            return
        if page.left:
            data = page.left + data
        if not page.is_upgraded:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                page.left = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            page.is_upgraded = True
            page.socket.sendall(self.hello)
        page.left = self._take(page, data, now)

    def _take(self, page: Page, data: bytes, now: float) -> bytes:
        """Handle all whole frames; answers what is left of the last one."""
        while len(data) >= 2:
            length, start = data[1], 2
            if length == 126:
                length, start = int.from_bytes(data[2:4], "big"), 4
            elif length == 127:
                length, start = int.from_bytes(data[2:10], "big"), 10
            end = start + length
            if len(data) < end:
                break
            if data[0] == TEXT:
                self._hear(page, data[start:end], now)
            elif data[0] == PING:
                page.socket.sendall(masked(PONG, data[start:end]))
            data = data[end:]
        return data

    def _hear(self, page: Page, payload: bytes, now: float) -> None:
        if not page.is_in:
            page.is_in = True
            self.behind -= 1
            return
        number = self.numbers.get(payload)
        if number is None:
            number = self.numbers[payload] = len(self.frames)
            self.frames.append(Heard(payload))
        frame = self.frames[number]
        self.arrived.append(now)
        self.which.append(number)
        page.frames.append(number)
        page.unpaid += frame.events
        if page.unpaid >= ACK_EVENTS:
            page.unpaid = 0
            page.socket.sendall(frame.ack)
        was_behind = page.donations < self.waited_for
        page.donations += len(frame.ids)
        if was_behind and page.donations >= self.waited_for:
            self.behind -= 1


def figures(latencies: Counter[Any]) -> dict[str, float]:
    """p50, p99 and the longest; each latency with how often it was."""
    total, seen, found = latencies.total(), 0, {}
    for latency in sorted(latencies):
        seen += latencies[latency]
        for name, share in (("min", 0.0), ("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
            if name not in found and seen >= share * total:
                found[name] = float(latency)
    return found


def main() -> None:
    fleet = Fleet(int(sys.argv[1]), sys.argv[2])
    acts: dict[str, Callable[..., dict[str, Any]]] = {
        "connect": lambda count: fleet.connect(int(count)),
        "hear": lambda count, patience: fleet.hear(int(count), float(patience)),
        "close": fleet.close,
        "cpu": lambda: {"seconds": time.process_time()},
    }
    for line in sys.stdin:
        name, *arguments = line.split()
        print(json.dumps(acts[name](*arguments)), flush=True)


if __name__ == "__main__":
    main()
