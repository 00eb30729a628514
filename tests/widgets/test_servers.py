"""The same application under daphne and under uvicorn, and clients that never read under both."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.crew import daphne
from tests.widgets.conftest import key_of
from tests.widgets.page import Page
from tests.widgets.web import Web, uvicorn
from widgets.protocol import CLOSE_TOO_SLOW

pytestmark = pytest.mark.django_db(transaction=True)

DEAF, GIFTS, TIMES, MANY = 10, 150, 8, 1200
TOO_SLOW = b"\x88\x02" + CLOSE_TOO_SLOW.to_bytes(2, "big")
MOST_GROWTH = 15 * 2**20  # unbounded, daphne grew by 40 MB, and 25 more lay in the buffers of the system


@pytest.fixture(scope="module", params=[daphne, uvicorn], ids=lambda server: server.__name__)
def server(request, data_folder) -> Iterator[Web]:
    web = Web(data_folder, request.param)
    yield web
    web.stop()


class Deaf:
    """Says hello, hears the answer and never reads again; its own buffer is as small as it can be."""

    def __init__(self, port: int, key: str) -> None:
        self.line = socket.socket()
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.line.settimeout(10)
        self.line.connect(("127.0.0.1", port))
        self.line.sendall(
            f"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        self._hears(b"\r\n\r\n")
        hello = json.dumps({"type": "hello", "v": 1, "key": key, "epoch": None, "cursor": None}).encode()
        assert len(hello) < 126
        self.line.sendall(bytes([0x81, 0x80 | len(hello), 0, 0, 0, 0]) + hello)
        self._hears(b'"hello"')

    def _hears(self, words: bytes) -> None:
        heard = b""
        while words not in heard:
            heard += (part := self.line.recv(1024))
            assert part, heard

    def reads(self, amount: int) -> list[dict]:
        """The frames that came since, once one tells of a gift of so many roubles."""
        heard, told = b"", f'"minor":{amount}00'.encode()
        while told not in heard or not heard.endswith(b"}"):
            heard += (part := self.line.recv(2**20))
            assert part
        frames = []
        while heard:
            assert heard[0] == 0x81
            size, start = {126: (2, 4), 127: (8, 10)}.get(heard[1], (0, 2))
            end = start + (int.from_bytes(heard[2 : 2 + size], "big") if size else heard[1])
            frames.append(json.loads(heard[start:end]))
            heard = heard[end:]
        return frames

    def is_cut_off(self) -> bool:
        """Whether its line is over, with the right code or without a word, once all that is left on it was read."""
        last = b""
        try:
            while part := self.line.recv(2**20):
                last = (last + part)[-len(TOO_SLOW) :]
                if last == TOO_SLOW:
                    return True
        except TimeoutError:
            return False
        except ConnectionError:
            pass
        return True


def memory(web: Web) -> int:
    """Resident bytes of the web process."""
    pages = int(Path(f"/proc/{web.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_who_never_reads_delays_nobody_and_fills_no_memory(server, total, give):
    page = Page(server.url, key=key_of(total))
    deaf = [Deaf(server.port, key_of(total)) for _ in range(DEAF)]
    give(*[1] * GIFTS, words="ы" * 2000)
    page.hears_event("totals")
    before = memory(server)
    for _ in range(TIMES):
        give(*[1] * GIFTS, words="ы" * 2000)
        given_at = time.monotonic()
        page.hears_event("totals")
        assert time.monotonic() - given_at < 1.5
    assert memory(server) - before < MOST_GROWTH
    assert all(line.is_cut_off() for line in deaf)
    page.close()


def test_who_reads_late_hears_all_of_it_in_order(server, total, give):
    """More than the system takes at once: the rest is written later, and what comes then must wait behind it."""
    late = Deaf(server.port, key_of(total))
    for amounts in ([1] * MANY, [2], [3]):
        give(*amounts, words="ы" * 2000)
        time.sleep(0.3)  # nothing tells when the server has looked; the next one is to come in a frame of its own
    events = [event for frame in late.reads(3) for event in frame["events"]]
    donations = [event["donation"]["money"]["minor"] for event in events if event["kind"] == "donation"]
    assert donations == [1_00] * MANY + [2_00, 3_00]


def two_workers(port: int, interface: str) -> list[str]:
    return uvicorn(port, interface, "--workers", "2")


def test_two_processes_of_uvicorn_serve_everybody_and_complain_of_nothing(data_folder, total, give, tmp_path):
    with (tmp_path / "said").open("w+") as said:
        web = Web(data_folder, two_workers, stdout=said, stderr=subprocess.STDOUT)
        pages = [Page(web.url, key=key_of(total)) for _ in range(8)]
        give(1)
        for page in pages:
            page.hears_event("totals")
            page.close()
        web.stop()
        said.seek(0)
        assert said.read() == ""
