"""Each way in which a wallet's API misbehaves when it is told to."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from .waiting import comes_true
from .wallet import SandboxWallet

PLACES = {
    "profile": "/person-profile/v1/profile/current",
    "balance": "/funding-sources/v2/persons/{w}/accounts",
    "history": "/payment-history/v2/persons/{w}/payments?rows=5",
}
OFF = {
    "delay": 0,
    "timeout": False,
    "status": None,
    "retry_after": None,
    "html": False,
    "truncate": False,
    "null_balance": False,
    "only": None,
    "until": None,
}


@pytest.fixture
def wallet(wallet: SandboxWallet) -> SandboxWallet:
    """With one payment, so that everything has an answer."""
    wallet.pay()
    return wallet


def statuses(wallet: SandboxWallet) -> dict[str, int]:
    return {place: wallet.ask(path).status_code for place, path in PLACES.items()}


@pytest.mark.parametrize(
    ("status", "code"), [(423, "request.blocked"), (429, "too.many.requests"), (500, "internal.error")]
)
def test_a_refusal_has_its_body(wallet: SandboxWallet, status: int, code: str) -> None:
    wallet.break_by(status=status)
    for path in PLACES.values():
        answer = wallet.ask(path)
        assert (answer.status_code, answer.json()["errorCode"]) == (status, code)


def test_a_refused_token_has_none(wallet: SandboxWallet) -> None:
    wallet.break_by(status=401)
    for path in PLACES.values():
        answer = wallet.ask(path)
        assert (answer.status_code, answer.content) == (401, b"")


@pytest.mark.parametrize(("wish", "said"), [({}, None), ({"retry_after": 600}, "600"), ({"retry_after": 0.2}, "1")])
def test_too_many_calls_may_say_when_to_come_back(
    wallet: SandboxWallet, wish: dict[str, Any], said: str | None
) -> None:
    wallet.break_by(status=429, **wish)
    assert wallet.ask(PLACES["history"]).headers.get("Retry-After") == said


def test_html_comes_instead_of_json(wallet: SandboxWallet) -> None:
    wallet.break_by(html=True)
    for path in PLACES.values():
        answer = wallet.ask(path)
        assert (answer.status_code, answer.text[:15]) == (200, "<!DOCTYPE html>")
        assert answer.headers["Content-Type"].startswith("text/html")


def test_a_refusal_may_come_as_html_too(wallet: SandboxWallet) -> None:
    wallet.break_by(html=True, status=500)
    answer = wallet.ask(PLACES["history"])
    assert (answer.status_code, answer.text[:15]) == (500, "<!DOCTYPE html>")


def test_the_json_is_cut_in_its_middle(wallet: SandboxWallet) -> None:
    whole = wallet.ask(PLACES["history"]).content
    wallet.break_by(truncate=True)
    answer = wallet.ask(PLACES["history"])
    assert (answer.status_code, answer.content) == (200, whole[: len(whole) // 2])
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with pytest.raises(ValueError, match=r"unexpected end|Unterminated|Expecting|Invalid"):
        json.loads(answer.content)


def test_an_answer_comes_late(wallet: SandboxWallet) -> None:
    wallet.break_by(delay=0.4)
    begun = time.monotonic()
    assert wallet.ask(PLACES["profile"]).ok
    assert time.monotonic() - begun >= 0.4


def test_no_answer_comes_at_all_and_nobody_else_waits(wallet: SandboxWallet, donor: SandboxWallet) -> None:
    wallet.break_by(timeout=True)
    with pytest.raises(requests.ReadTimeout):
        wallet.ask(PLACES["profile"], timeout=0.5)
    assert donor.ask(PLACES["profile"], timeout=5).ok


def test_sixty_slow_answers_do_not_queue(wallet: SandboxWallet) -> None:
    wallet.break_by(delay=2)
    url, headers = f"{wallet.url}{PLACES['profile']}", {"Authorization": f"Bearer {wallet.token}"}
    begun = time.monotonic()
    with ThreadPoolExecutor(60) as threads:
        asked = [threads.submit(requests.get, url, headers=headers, timeout=30) for _ in range(60)]
        assert {answer.result().status_code for answer in asked} == {200}
    assert time.monotonic() - begun < 20, "one after the other they would take two minutes"


@pytest.mark.parametrize("place", PLACES)
def test_a_fault_may_be_in_one_place_only(wallet: SandboxWallet, place: str) -> None:
    wallet.break_by(status=500, only=place)
    assert statuses(wallet) == {**dict.fromkeys(PLACES, 200), place: 500}


def test_a_fault_of_the_history_is_in_all_of_its_calls(wallet: SandboxWallet) -> None:
    wallet.break_by(status=500, only="history")
    assert wallet.ask("/payment-history/v2/transactions/5").status_code == 500
    period = {"startDate": "2026-01-01T00:00:00Z", "endDate": "2026-01-02T00:00:00Z"}
    assert wallet.ask("/payment-history/v2/persons/{w}/payments/total", period).status_code == 500


def test_another_wallet_has_no_part_in_a_fault(wallet: SandboxWallet, donor: SandboxWallet) -> None:
    donor.pay()
    wallet.break_by(status=500)
    assert statuses(donor) == dict.fromkeys(PLACES, 200)


def test_a_fault_mends_itself_when_its_time_is_over(wallet: SandboxWallet) -> None:
    wallet.break_by(status=500, until=1.5)
    assert wallet.ask(PLACES["profile"]).status_code == 500
    assert comes_true(lambda: wallet.ask(PLACES["profile"]).ok)


def test_faults_are_told_back_with_the_time_that_is_left(wallet: SandboxWallet) -> None:
    given = {"delay": 0.3, "status": 423, "only": "history", "until": 60.5}
    told = wallet.control("PUT", "/faults", given).json()["faults"]
    assert 50 < told["until"] <= 60.5
    assert told == {**OFF, **given, "until": told["until"]}


def test_new_faults_replace_the_old_ones(wallet: SandboxWallet) -> None:
    wallet.break_by(status=500, html=True)
    assert wallet.control("PUT", "/faults", {"truncate": True}).json()["faults"] == {**OFF, "truncate": True}
    assert wallet.control("DELETE", "/faults").json()["faults"] == OFF
    assert statuses(wallet) == dict.fromkeys(PLACES, 200)


@pytest.mark.parametrize(
    "wrong",
    [
        {"delay": -1},
        {"delay": "1"},
        {"delay": True},
        {"until": "soon"},
        {"retry_after": "soon"},
        {"status": 404},
        {"status": "401"},
        {"html": 1},
        {"only": "payments"},
        {"only": ["history"]},
        {"status": [500]},
        {"slow": True},
    ],
    ids=str,
)
def test_a_switch_that_does_not_exist_is_refused_by_name(wallet: SandboxWallet, wrong: dict[str, Any]) -> None:
    refused = wallet.control("PUT", "/faults", wrong)
    assert refused.status_code == 400
    assert next(iter(wrong)) in refused.json()["error"]
    assert wallet.ask(PLACES["profile"]).ok
