"""A page that does not keep up: what it may owe, and that nobody waits for it."""

from __future__ import annotations

import asyncio
import json

import pytest

from widgets import debt, writer
from widgets.debt import MOST_BYTES
from widgets.encoded import Encoded
from widgets.news import Place, Room, encode
from widgets.protocol import ACK_EVENTS, CLOSE_TOO_SLOW
from widgets.socket import Socket


class Line:
    """A server's end of a line. While `is_stuck`, its `send` waits, as uvicorn's does for a client that never reads."""

    def __init__(self, is_stuck: bool = False) -> None:
        self.sent: list[dict[str, object]] = []
        self.may_send = asyncio.Event()
        if not is_stuck:
            self.may_send.set()
        self.socket = Socket(self.send, 1, Room("overlay"), Place("epoch", 1))

    async def send(self, message: dict[str, object]) -> None:
        await self.may_send.wait()
        self.sent.append(message)

    def heard(self) -> list[str]:
        return [str(message["text"]) for message in self.sent if "text" in message]

    @property
    def closed_with(self) -> object:
        return next((message["code"] for message in self.sent if message["type"] == "websocket.close"), None)

    async def hears(self, count: int, cursor: str = "", text: str = "frame") -> None:
        for _ in range(count):
            self.socket.write(Encoded(text), cursor)


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is put on by so many seconds."""

    class Clock:
        now = 1000.0

        def monotonic(self) -> float:
            return self.now

    clock = Clock()
    monkeypatch.setattr("widgets.socket.time", clock)
    return clock


async def a_moment() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_frame_goes_out_at_once_and_costs_no_task():
    async def scene():
        line = Line()
        await line.hears(3)
        assert line.heard() == ["frame"] * 3
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scene())


def test_frames_for_a_client_that_does_not_read_wait_in_their_order():
    async def scene():
        line = Line(is_stuck=True)
        for number in range(5):
            line.socket.write(Encoded(str(number)))
        await a_moment()
        assert line.heard() == []
        line.may_send.set()
        await a_moment()
        assert line.heard() == list("01234")
        line.socket.write(Encoded("5"))
        assert line.heard() == list("012345")
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scene())


@pytest.mark.parametrize("cursor", ["7", ""])
@pytest.mark.parametrize("is_stuck", [False, True])
def test_a_page_that_reads_nothing_is_closed_after_256_kb_of_any_frames(cursor, is_stuck):
    async def scene():
        line = Line(is_stuck)
        await line.hears(1000, cursor, "ы" * 500)
        line.may_send.set()
        await a_moment()
        assert line.closed_with == CLOSE_TOO_SLOW
        assert not line.socket.is_open
        # What it was sent is there, or was thrown away; nothing comes after the close.
        heard = MOST_BYTES // 1000 + 2  # the oldest may be of any length
        assert len(line.heard()) == (0 if is_stuck else heard)
        assert line.sent[-1]["type"] == "websocket.close"

    asyncio.run(scene())


def test_one_frame_may_be_longer_than_the_bound():
    async def scene():
        line = Line()
        line.socket.greet("hello" * MOST_BYTES)
        await line.hears(1, "7", "x" * 2 * MOST_BYTES)
        assert len(line.heard()) == 2
        line.socket.acknowledge("7")
        await line.hears(1, "8")
        assert line.socket.is_open

    asyncio.run(scene())


def test_a_line_that_takes_not_even_the_close_is_waited_for_only_a_while(monkeypatch):
    monkeypatch.setattr(writer, "CLOSE_WITHIN_SECONDS", 0.01)

    async def scene():
        line = Line(is_stuck=True)
        await line.hears(3)
        line.socket.close(CLOSE_TOO_SLOW)
        await asyncio.sleep(0.05)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert line.sent == []

    asyncio.run(scene())


@pytest.mark.parametrize("is_stuck", [False, True])
def test_a_line_that_breaks_is_no_more_written_to(is_stuck):
    async def scene():
        line = Line(is_stuck)

        async def broken(message):
            await line.may_send.wait()
            raise ConnectionError

        page = Socket(broken, 1, Room("overlay"), Place("epoch", 1))
        page.write(Encoded("1"))
        line.may_send.set()
        await a_moment()
        page.write(Encoded("2"))
        assert not page.is_open

    asyncio.run(scene())


def test_a_page_that_owes_an_acknowledgement_for_ten_seconds_is_closed(clock):
    async def scene():
        line = Line()
        await line.hears(ACK_EVENTS - 1, "7")
        clock.now += 3600
        await line.hears(1, "8")
        clock.now += debt.LONGEST_OWED_SECONDS
        await line.hears(1, "9")
        assert line.socket.is_open
        clock.now += 0.1
        await line.hears(1, "10")
        await a_moment()
        assert line.closed_with == CLOSE_TOO_SLOW

    asyncio.run(scene())


def test_an_acknowledgement_of_a_part_leaves_the_time_of_the_rest(clock):
    async def scene():
        line = Line()
        await line.hears(1, "7")
        clock.now += 5
        await line.hears(ACK_EVENTS, "8")
        clock.now += 6
        line.socket.acknowledge("7")
        await line.hears(1)
        assert line.socket.is_open
        clock.now += 5
        await line.hears(1)
        assert not line.socket.is_open

    asyncio.run(scene())


class QuietPage(Line):
    """Takes in everything and acknowledges as rarely as the protocol lets it."""

    def __init__(self) -> None:
        self.cursor, self.count = "start", 0
        super().__init__()

    async def send(self, message: dict[str, object]) -> None:
        await super().send(message)
        if "text" in message:
            frame = json.loads(str(message["text"]))
            self.cursor = frame.get("cursor", self.cursor)
            self.count += max(len(frame.get("events", [])), 1)
            if self.count >= ACK_EVENTS:
                self.count = 0
                asyncio.get_running_loop().call_soon(self.socket.acknowledge, self.cursor)


@pytest.mark.parametrize("plays", [0, 7, 1000])
def test_a_page_that_hears_little_is_never_closed(plays, clock):
    """Three events an hour for days, and so many plays between them."""

    async def scene():
        page = QuietPage()
        for hour in range(50 if plays == 1000 else 2000):
            clock.now += 3600
            events = [{"kind": "totals"}] * 3
            frame = {"type": "events", "cursor": str(hour), "events": events, "filling": "x" * 2000}
            page.socket.write(encode(frame), str(hour), len(events))
            await asyncio.sleep(0)
            for _ in range(plays):
                clock.now += 1
                page.socket.write(encode({"type": "play", "filling": "x" * 1000}))
                await asyncio.sleep(0)
            assert page.socket.is_open

    asyncio.run(scene())
