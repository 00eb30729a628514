"""No error, value or log line tells a token or a phone."""

from __future__ import annotations

import json
import logging
import socket
import threading
import traceback
from collections.abc import Callable

import pytest

from donations.money import Money
from donations.providers import http
from donations.providers.base import Access, Credential, Profile, ProviderError, Span, WrongSecret
from donations.providers.qiwi import Qiwi

from .test_qiwi_answers import BALANCE, FORBIDDEN, P2P_KEY, PROFILE
from .wallet_service import STREAMER, TOKEN, VIEWER, Canned, Service, page, row

SECRETS = (TOKEN, STREAMER, VIEWER, P2P_KEY, "комп")

LEAKY = {"errorCode": f"{TOKEN}", "userMessage": f"wallet {STREAMER}", "description": TOKEN}

ANSWERS = [
    Canned(b"", 401),
    Canned(LEAKY, 400),
    Canned(LEAKY, 401),
    Canned(LEAKY, 403),
    Canned(LEAKY, 404),
    Canned(LEAKY, 423),
    Canned(LEAKY, 429),
    Canned(LEAKY, 500),
    Canned(LEAKY),
    Canned(f"<h1>{STREAMER} {TOKEN}</h1>".encode()),
    Canned(f'{{"{STREAMER}": "{TOKEN}'.encode()),
    Canned(f'{{"{STREAMER}": "{TOKEN}'.encode(), headers={"Content-Length": "5000", "Connection": "close"}),
    Canned(f"{TOKEN}".encode(), headers={"Content-Encoding": "gzip"}),
    Canned({"data": [], "nextTxnId": STREAMER, "nextTxnDate": TOKEN}),
    Canned({"authInfo": {"personId": TOKEN}}),
    Canned({"accounts": [{"alias": "qw_wallet_rub", "balance": STREAMER}]}),
    Canned(b"", 302, {"Location": f"https://x.example/{STREAMER}?{TOKEN}"}),
    Canned(speak=lambda out: out.write(f"{TOKEN} {STREAMER}\r\n\r\n".encode())),
    Canned(speak=lambda out: out.write(f"HTTP/1.1 200 OK\r\nContent-Length: 1,{STREAMER}\r\n\r\n{{".encode())),
    Canned(speak=lambda out: None),
]


def calls(qiwi: Qiwi, access: Access, span: Span) -> tuple[Callable[[], object], ...]:
    return (
        lambda: qiwi.verify(access.credential, access.account),
        lambda: qiwi.read(access, span),
        lambda: qiwi.read_one(access, "5:IN"),
        lambda: qiwi.balances(access),
        lambda: qiwi.totals(access, span),
    )


def told(error: BaseException) -> str:
    """Everything that a log, an error page or a crash report could print of an error."""
    return "\n".join(
        [
            *traceback.format_exception(error),
            repr(error),
            str(error),
            repr(vars(error)),
            repr(error.__cause__),
            repr(error.__context__),
        ]
    )


def told_with_variables(error: BaseException) -> str:
    """A traceback as crash reporters print it; our frames only, since a test's own hold what it sent."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = [frame for frame in report.stack if "/donations/" in frame.filename]
    return "\n".join(f"{frame.name} {frame.locals}" for frame in ours)


def assert_silent(text: str, secrets: tuple[str, ...] = SECRETS) -> None:
    assert [secret for secret in secrets if secret in text] == []


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: f"{answer.status} {len(answer.raw)}")
def test_no_error_tells_a_secret(
    qiwi: Qiwi, service: Service, anya: Access, september: Span, answer: Canned, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    errors = []
    for call in calls(qiwi, anya, september):
        service.says(answer)
        try:
            call()
        except ProviderError as error:
            errors.append(error)
    assert errors
    for error in errors:
        assert_silent(told(error))
        assert f"Bearer {TOKEN}" not in told_with_variables(error)
    assert_silent(caplog.text)


def test_no_error_of_a_lost_connection_tells_a_secret(
    anya: Access, september: Span, service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(http, "READ_SECONDS", 0.1)
    over = threading.Event()
    silence = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    service.says(Canned(speak=lambda out: out.write(silence) and over.wait(20) and None))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
        for url in (nobody, service.url, service.url.replace("http:", "https:"), "http://[::1", "http://no.invalid"):
            for call in calls(Qiwi("qiwi", "QIWI", url), anya, september):
                with pytest.raises(ProviderError) as failed:
                    call()
                assert_silent(told(failed.value))
                assert_silent(told_with_variables(failed.value), (TOKEN,))
    over.set()
    assert_silent(caplog.text)


@pytest.mark.parametrize("pasted", [P2P_KEY, f"{TOKEN} {STREAMER} комп", f"Bearer {P2P_KEY}", f"{TOKEN}<>"])
def test_no_refusal_at_the_door_tells_what_was_pasted(qiwi: Qiwi, pasted: str) -> None:
    with pytest.raises(ProviderError) as refused:
        qiwi.verify(Credential(pasted))
    assert_silent(told(refused.value))
    assert_silent(told_with_variables(refused.value))
    assert not isinstance(refused.value, WrongSecret) or refused.value.kind == "qiwi-p2p"


def test_no_value_tells_a_secret(qiwi: Qiwi, service: Service, anya: Access, september: Span) -> None:
    service.says(PROFILE, FORBIDDEN, page(), BALANCE)
    profile = qiwi.verify(anya.credential)
    service.says(page(row(), row(txnId=5, status=VIEWER), {VIEWER: TOKEN}, VIEWER))
    batch = qiwi.read(anya, september)
    service.says(BALANCE)
    values = (
        anya,
        anya.credential,
        profile,
        batch,
        *batch.payments,
        *batch.bad_rows,
        qiwi,
        qiwi.balances(anya),
        qiwi.make_link(STREAMER, Money(100, "RUB"), "комп"),
    )
    assert len(batch.bad_rows) == 3
    for value in values:
        assert_silent(repr(value))
        assert_silent(str(value))


def test_a_wallets_title_never_shows_its_number(qiwi: Qiwi, service: Service, anya: Access) -> None:
    for nickname in (STREAMER, f"+{STREAMER}", None, "", 5):
        told_profile = json.loads(PROFILE.raw)
        told_profile["contractInfo"]["nickname"]["nickname"] = nickname
        service.says(Canned(told_profile), FORBIDDEN, page(), BALANCE)
        profile: Profile = qiwi.verify(anya.credential)
        assert profile.accounts[0].title == "QIWI ··01"
