"""The one way in which we ask others over HTTP: a `Line` for each service, and what came back as an `Answer`.

A call is bounded in time and size, never tried again, never redirected and keeps no cookies. Its errors are the
contract's, in words that hold no address, header or payload.
"""

from __future__ import annotations

import http.client
import io
import json
import logging
import os
import re
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from donations.providers.base import NonsenseAnswer, PassingFault, ProviderError, TargetMissing, TokenRefused

logging.getLogger("urllib3").setLevel(logging.CRITICAL)
"""Its lines quote addresses, and those hold wallet numbers."""

CONNECT_SECONDS = 3.05
READ_SECONDS = 10.0
DEADLINE_SECONDS = 20.0
"""From the request being sent to the last byte of the answer; connecting comes on top."""

LARGEST_ANSWER = 4 * 1024 * 1024
"""Bytes, after unpacking."""

THREADS = 64
HOSTS = 16
Read = TypeVar("Read")
SENDABLE = re.compile(r"[!-~](?:[ -~]*[!-~])?")


class Content(StrEnum):
    """What a body turned out to be, whatever its label said."""

    NOTHING = "nothing"
    JSON = "json"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said. `body` is parsed JSON (fractions as Decimal), None unless `content` is JSON.

    `clock` is the service's own time (the Date header, UTC). `retry_after` is how long it asked us to wait.
    """

    status: int
    content: Content
    body: Any = field(default=None, repr=False)
    clock: datetime | None = None
    retry_after: timedelta | None = None

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


class Headers(dict[str, str]):
    """Headers with secrets: checked before they travel, and their repr hides the values. Raises `TokenRefused`."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(headers)
        if not all(SENDABLE.fullmatch(value) for value in self.values()):
            raise TokenRefused("the secret holds characters that no header can carry")

    def __repr__(self) -> str:
        return f"Headers({', '.join(self)})"


class Line:
    """One provider's line to its service, shared by all its wallets and threads: nothing of a wallet stays on it."""

    def __init__(self) -> None:
        self._open()
        # A worker forked after a call would share its parent's sockets and could read another wallet's answer.
        os.register_at_fork(after_in_child=self._open)

    def ask(
        self,
        url: str,
        headers: Headers | None = None,
        params: Mapping[str, str | int] | None = None,
        body: object = None,
    ) -> Answer:
        """GET `url`, or POST `body` as JSON where there is one. Any status is an Answer.

        Raises `PassingFault`, `NonsenseAnswer` (also for a good status without JSON), `TargetMissing` for an address
        that cannot be called.
        """
        return self._call(_answer, "GET" if body is None else "POST", url, headers=headers, params=params, json=body)

    def download(self, url: str) -> bytes:
        """GET a file of whatever kind. Raises as `ask` does, and `NonsenseAnswer` for a status that is not good."""
        return self._call(_file, "GET", url, headers={"Accept": "*/*"})

    def _call(self, read: Callable[[requests.Response], Read], method: str, url: str, **what: Any) -> Read:
        try:
            with self._session.request(
                method, url, timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False, stream=True, **what
            ) as response:
                return read(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            fault = _fault(error)
        # Outside the except block, so that it has no context: what the libraries raise quotes the address.
        raise fault

    def _open(self) -> None:
        session = _Session()
        session.trust_env = False  # ~/.netrc would replace our Authorization
        session.headers.update({"User-Agent": "Kopilka", "Accept": "application/json", "Accept-Encoding": "gzip"})
        session.cookies = RequestsCookieJar(DefaultCookiePolicy(allowed_domains=[]))
        adapter = _Adapter(pool_connections=HOSTS, pool_maxsize=THREADS, max_retries=urllib3.Retry(total=0, read=False))
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        self._session = session


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """No answer redirects: looking where one points would read its body whole, past the size limit."""


class _Paced(io.RawIOBase):
    """A socket read against one deadline for headers and body: a read time-out alone starts anew with every byte."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = time.monotonic() + DEADLINE_SECONDS

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(min(READ_SECONDS, left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _PacedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Paced(sock))


class _PlainConnection(HTTPConnection):
    response_class = _PacedResponse


class _SecureConnection(HTTPSConnection):
    response_class = _PacedResponse


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


FAULTS: tuple[tuple[type[Exception], type[ProviderError], str], ...] = (
    (requests.exceptions.InvalidURL, TargetMissing, "the address cannot be called"),
    (requests.exceptions.InvalidSchema, TargetMissing, "the address cannot be called"),
    (requests.exceptions.MissingSchema, TargetMissing, "the address cannot be called"),
    (requests.exceptions.InvalidHeader, NonsenseAnswer, "the headers make no sense"),
    (urllib3.exceptions.DecodeError, NonsenseAnswer, "the answer cannot be unpacked"),
    (urllib3.exceptions.ProtocolError, NonsenseAnswer, "the answer broke off"),
    (requests.exceptions.SSLError, PassingFault, "no secure connection"),
    (urllib3.exceptions.SSLError, PassingFault, "no secure connection"),
    (requests.exceptions.Timeout, PassingFault, "no answer in time"),
    (urllib3.exceptions.TimeoutError, PassingFault, "no answer in time"),
    (Exception, PassingFault, "no connection"),
)
"""What the libraries raise, the first match telling which of the contract's errors it is."""


def _fault(error: Exception) -> ProviderError:
    return next(ours(words) for theirs, ours, words in FAULTS if isinstance(error, theirs))


def _answer(response: requests.Response) -> Answer:
    raw = response.raw.read(LARGEST_ANSWER + 1, decode_content=True)
    content, body = _understood(raw)
    answer = Answer(
        status=response.status_code,
        content=content,
        body=body,
        clock=_http_time(response.headers.get("Date")),
        retry_after=_retry_after(response.headers),
    )
    if answer.good and content is Content.OTHER:
        raise NonsenseAnswer("the answer is too big" if len(raw) > LARGEST_ANSWER else "the answer is not JSON")
    return answer


def _file(response: requests.Response) -> bytes:
    raw = response.raw.read(LARGEST_ANSWER + 1, decode_content=True)
    if not 200 <= response.status_code < 300:
        raise NonsenseAnswer(f"the answer has the status {response.status_code}")
    if len(raw) > LARGEST_ANSWER:
        raise NonsenseAnswer("the answer is too big")
    return bytes(raw)


def _understood(raw: bytes) -> tuple[Content, Any]:
    if not raw.strip():
        return Content.NOTHING, None
    if len(raw) > LARGEST_ANSWER:
        return Content.OTHER, None
    try:
        return Content.JSON, parse_json(raw)
    except ValueError:
        return Content.OTHER, None


def parse_json(raw: bytes | str) -> Any:
    """JSON with fractions as Decimal. Raises ValueError, without a cause, for anything that is not plain JSON:
    NaN, Infinity, a name given twice, nesting or figures beyond reason.
    """
    try:
        return json.loads(raw, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_object)
    except (ValueError, ArithmeticError, RecursionError):
        pass
    raise ValueError("not plain JSON")


def _refuse(constant: str) -> None:
    raise ValueError("no such number in JSON")


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    named = dict(pairs)
    if len(named) != len(pairs):
        raise ValueError("a name is given twice")
    return named


def _http_time(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Seconds or a date; a date is taken by the service's own clock, so that ours may be wrong."""
    asked = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", asked):
        return timedelta(seconds=int(asked))
    until = _http_time(asked)
    return until - (_http_time(headers.get("Date")) or datetime.now(UTC)) if until else None
