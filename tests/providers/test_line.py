"""One call over HTTP: what comes back, how it is bounded, what it never tells."""

from __future__ import annotations

import gzip
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from donations.providers import http
from donations.providers.base import NonsenseAnswer, PassingFault, TargetMissing, TokenRefused
from donations.providers.http import Answer, Content, Headers, Line

from .wallet_service import Canned, Service


@pytest.fixture
def line() -> Line:
    return Line()


def test_fractions_stay_exact_and_whole_numbers_whole(line: Line, service: Service) -> None:
    service.says(Canned(b'{"sum": 268.88, "tiny": 0.1, "whole": 5000, "id": 26000000002, "big": 1e3}'))
    body = line.ask(service.url).body
    assert body == {
        "sum": Decimal("268.88"),
        "tiny": Decimal("0.1"),
        "whole": 5000,
        "id": 26000000002,
        "big": Decimal(1000),
    }
    assert type(body["whole"]) is int
    assert type(body["sum"]) is Decimal


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><title>Technical works</title>",
        b'{"data": [{"txnId": 1',
        b'{"amount": NaN}',
        b'{"amount": -Infinity}',
        b'{"amount": 1, "amount": 1000}',
        b"[" * 200_000 + b"]" * 200_000,
        b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
        b'{"id": ' + b"9" * 100_000 + b"}",
        b'{"amount": 1e99999999999999999999}',
        b'"\xff\xfe\xfa"',
        b"plain words",
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)
def test_what_is_not_plain_json_is_a_nonsense_answer(line: Line, service: Service, body: bytes) -> None:
    service.says(Canned(body))
    with pytest.raises(NonsenseAnswer):
        line.ask(service.url)


def test_an_empty_answer_has_no_body(line: Line, service: Service) -> None:
    service.says(Canned(b"", status=401))
    answer = line.ask(service.url)
    assert (answer.status, answer.content, answer.body, answer.good) == (401, Content.NOTHING, None, False)


def test_a_bad_status_with_a_page_is_still_an_answer(line: Line, service: Service) -> None:
    service.says(Canned(b"<h1>Bad gateway</h1>", status=502))
    answer = line.ask(service.url)
    assert (answer.status, answer.content, answer.body) == (502, Content.OTHER, None)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'"' + b"x" * (http.LARGEST_ANSWER + 10) + b'"', {}),
        (gzip.compress(b'"' + b"x" * (64 * http.LARGEST_ANSWER) + b'"'), {"Content-Encoding": "gzip"}),
    ],
    ids=["long", "unpacks to more"],
)
def test_an_answer_beyond_the_limit_is_refused(
    line: Line, service: Service, body: bytes, headers: dict[str, str]
) -> None:
    service.says(Canned(body, headers=headers))
    with pytest.raises(NonsenseAnswer, match="too big"):
        line.ask(service.url)


def test_a_packed_answer_is_unpacked(line: Line, service: Service) -> None:
    service.says(Canned(gzip.compress(b'{"ok": true}'), headers={"Content-Encoding": "gzip"}))
    assert line.ask(service.url).body == {"ok": True}


@pytest.mark.parametrize("headers", [{"Content-Encoding": "gzip"}, {"Content-Length": "900"}], ids=str)
def test_an_answer_that_is_not_what_it_says_makes_no_sense(
    line: Line, service: Service, headers: dict[str, str]
) -> None:
    body = b'{"ok": true}'
    service.says(
        Canned(
            speak=lambda out: out.write(
                b"HTTP/1.1 200 OK\r\n"
                + "".join(
                    f"{name}: {value}\r\n" for name, value in ({"Content-Length": "12"} | headers).items()
                ).encode()
                + b"\r\n"
                + body
            )
        )
    )
    with pytest.raises(NonsenseAnswer):
        line.ask(service.url)


def drip(head: bytes, tail: bytes) -> Callable[[Any], None]:
    def speak(out: Any) -> None:
        out.write(head)
        for sign in tail:
            out.write(bytes([sign]))
            out.flush()
            time.sleep(0.05)

    return speak


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n", b'"' + b"x" * 198 + b'"'),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x" * 200),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"c8\r\n" + b"x" * 200),
    ],
    ids=["body", "header", "chunk"],
)
def test_a_service_that_drips_is_left_at_the_deadline(
    line: Line, service: Service, monkeypatch: pytest.MonkeyPatch, head: bytes, tail: bytes
) -> None:
    monkeypatch.setattr(http, "DEADLINE_SECONDS", 0.4)
    service.says(Canned(speak=drip(head, tail)))
    began = time.monotonic()
    with pytest.raises(PassingFault, match="in time"):
        line.ask(service.url)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(("read", "deadline"), [(0.2, 20), (20, 0.4)], ids=["read", "deadline"])
def test_a_silent_service_is_a_passing_fault(
    line: Line, service: Service, monkeypatch: pytest.MonkeyPatch, read: float, deadline: float
) -> None:
    over = threading.Event()
    monkeypatch.setattr(http, "READ_SECONDS", read)
    monkeypatch.setattr(http, "DEADLINE_SECONDS", deadline)
    service.says(Canned(speak=lambda out: out.write(b"HTTP/1.1 200 OK\r\n") and over.wait(20) and None))
    began = time.monotonic()
    with pytest.raises(PassingFault, match="in time"):
        line.ask(service.url)
    assert time.monotonic() - began < 3
    over.set()


def test_nobody_there_is_a_passing_fault(line: Line) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(PassingFault, match="no connection"):
            line.ask(f"http://127.0.0.1:{taken.getsockname()[1]}/persons/79990000001")


def test_tls_that_does_not_work_is_a_passing_fault(line: Line, service: Service) -> None:
    with pytest.raises(PassingFault):
        line.ask(service.url.replace("http:", "https:"))


@pytest.mark.parametrize("url", ["", "nowhere", "ftp://127.0.0.1/", "http://", "http://[::1", "http://1:x/"])
def test_an_address_that_cannot_be_called_is_a_missing_target(line: Line, url: str) -> None:
    with pytest.raises(TargetMissing):
        line.ask(url)


def test_nothing_is_tried_again(line: Line, service: Service) -> None:
    service.says(Canned(b"", status=503, headers={"Retry-After": "1"}))
    assert line.ask(service.url).status == 503
    assert len(service.asked) == 1


def test_a_redirect_is_not_followed_nor_read_to_its_end(line: Line, service: Service) -> None:
    endless = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nTransfer-Encoding: chunked\r\n\r\n"
    written: list[int] = []

    def speak(out: Any) -> None:
        out.write(endless)
        for _ in range(64):
            out.write(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
            written.append(1)

    service.says(Canned(speak=speak))
    assert line.ask(service.url).status == 302
    assert len(service.asked) == 1
    assert len(written) < 60


def test_connections_are_kept(line: Line, service: Service) -> None:
    for _ in range(5):
        line.ask(service.url)
    assert len({asked.connection for asked in service.asked}) == 1


def test_a_cookie_of_one_wallet_is_not_sent_for_another(line: Line, service: Service) -> None:
    service.says(Canned({}, headers={"Set-Cookie": "session=anya; Path=/"}))
    line.ask(service.url)
    line.ask(service.url)
    assert "Cookie" not in service.asked[1].headers


def test_the_environment_changes_nothing(
    line: Line, service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    line.ask(service.url, Headers({"Authorization": "Bearer abc"}))
    assert service.asked[0].headers["Authorization"] == "Bearer abc"


def test_a_body_is_posted_as_json(line: Line, service: Service) -> None:
    line.ask(service.url + "/bills", body={"amount": 1})
    assert service.asked[0].body == b'{"amount": 1}'


def test_forty_threads_do_not_mix_their_answers(line: Line, service: Service) -> None:
    class Echo(Service):
        def answer(self, handler: Any) -> None:
            canned = Canned({"path": handler.path})
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(canned.raw)))
            handler.end_headers()
            handler.wfile.write(canned.raw)

    echo = Echo()
    paths = [f"/{number}" for number in range(400)]
    with ThreadPoolExecutor(40) as threads:
        bodies = list(threads.map(lambda path: line.ask(echo.url + path).body["path"], paths))
    echo.close()
    assert bodies == paths


def test_a_forked_worker_does_not_share_its_parents_connection(line: Line, service: Service) -> None:
    line.ask(service.url)
    child = os.fork()
    if child == 0:
        try:
            line.ask(service.url)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    line.ask(service.url)
    first, forked, second = (asked.connection for asked in service.asked)
    assert first == second != forked


def test_the_services_clock_comes_with_the_answer(line: Line, service: Service) -> None:
    assert line.ask(service.url).clock == datetime(2023, 9, 1, 17, 15, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ({"Retry-After": "90"}, timedelta(seconds=90)),
        # The service's clock is years behind ours: only the difference of its two times means something.
        ({"Retry-After": "Fri, 01 Sep 2023 17:17:31 GMT"}, timedelta(minutes=2)),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Fri, 99 Sep 2023 17:17:31 GMT"}, None),
        ({}, None),
    ],
)
def test_the_wait_that_is_asked_for(
    line: Line, service: Service, headers: dict[str, str], asked: timedelta | None
) -> None:
    service.says(Canned(b"", status=429, headers=headers))
    assert line.ask(service.url).retry_after == asked


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Fri, 31 Dec 9999 23:59:59 -1200", "Fri, 32 Sep 2023 17:17:31 -9999"]
)
def test_a_clock_that_makes_no_sense_is_left_out(line: Line, service: Service, date: str) -> None:
    service.says(
        Canned(
            speak=lambda out: out.write(f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        )
    )
    assert line.ask(service.url) == Answer(200, Content.JSON, {})


@pytest.mark.parametrize("secret", ["a\r\nX-Evil: 1", "токен", "a\0b", "", " a"])
def test_a_secret_that_no_header_can_carry_is_refused(secret: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        Headers({"Authorization": secret})
    assert "Evil" not in str(refused.value)


def test_headers_hide_their_values() -> None:
    assert repr(Headers({"Authorization": "Bearer abc", "X-Key": "def"})) == "Headers(Authorization, X-Key)"


def test_no_library_logs_an_address(line: Line, service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    line.ask(f"{service.url}/persons/79990000001/payments", Headers({"Authorization": "Bearer abc"}))
    assert "7999" not in caplog.text
