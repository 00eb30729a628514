"""A wallet service that says anything, and what QIWI's history shows."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SAMPLES = Path(__file__).parent / "samples"

TOKEN = "0123456789abcdef0123456789abcdef"
STREAMER = "79990000001"
VIEWER = "79990000042"


@dataclass
class Asked:
    """A request as the service got it."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    connection: tuple[str, int]
    body: bytes = b""


@dataclass
class Canned:
    """An answer: JSON, or bytes as they are; `speak` writes to the socket itself instead."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    speak: Callable[[Any], None] | None = None

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Service:
    """A wallet service that gives the next of its answers (the last one for ever) and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Canned] = [Canned({})]
        self.asked: list[Asked] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                service.answer(self)

            do_POST = do_GET

            def log_message(self, *args: object) -> None:
                pass

            def date_time_string(self, timestamp: float | None = None) -> str:
                return "Fri, 01 Sep 2023 17:15:31 GMT"

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *args: object) -> None:
                pass  # a client that hangs up is what some tests are about

        self._server: socketserver.BaseServer = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def says(self, *answers: Canned) -> None:
        self.answers = list(answers)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        address = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        query = dict(parse_qsl(address.query))
        self.asked.append(Asked(address.path, query, dict(handler.headers), handler.client_address, body))
        canned = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if canned.speak:
            canned.speak(handler.wfile)
            handler.close_connection = True
            return
        handler.send_response(canned.status)
        for name, value in {"Content-Length": str(len(canned.raw)), **canned.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(canned.raw)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def row(**changes: Any) -> dict[str, Any]:
    """A viewer's transfer as the history showed it, with other values where a test wants them."""
    return sample("composed_donation_wallet_to_wallet")["data"][0] | changes


def page(*rows: Any, following: tuple[int, str] | None = None) -> Canned:
    next_id, next_date = following or (None, None)
    return Canned({"data": list(rows), "nextTxnId": next_id, "nextTxnDate": next_date})
