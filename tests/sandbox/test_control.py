"""The control API: how demos and tests open wallets, pay and look into the books."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from .wallet import SandboxWallet, moscow


def open_wallet(near: SandboxWallet, **body: Any) -> requests.Response:
    """Another wallet in the sandbox of this one."""
    return near.http.post(f"{near.url}/sandbox/wallets", json=body, timeout=20)


def described(wallet: SandboxWallet) -> dict[str, Any]:
    """What the control API says of it now."""
    return open_wallet(wallet, nickname=wallet.nickname).json()


def test_it_says_that_it_is_well(wallet: SandboxWallet) -> None:
    told = wallet.http.get(f"{wallet.url}/sandbox/health", timeout=20)
    assert (told.status_code, told.json()) == (200, {"ok": True})


def test_a_new_wallet_has_a_number_and_a_token_that_reads(wallet: SandboxWallet) -> None:
    nickname = f"W-{secrets.token_hex(4)}"
    opened = open_wallet(wallet, nickname=nickname)
    told = opened.json()
    assert opened.status_code == 201
    assert (told["nickname"], told["balances"], told["currency"]) == (nickname, {"RUB": 0}, "RUB")
    assert len(told["number"]) == 11
    assert told["number"].startswith("7999")
    (token,) = told["tokens"]
    assert (token["scopes"], token["retired"]) == (["profile", "balance", "history"], False)
    assert len(bytes.fromhex(token["token"])) == 16


def test_the_same_nickname_opens_the_same_wallet(wallet: SandboxWallet) -> None:
    again = open_wallet(wallet, nickname=wallet.nickname, number="79980000000", currency="KZT")
    assert again.status_code == 200
    told = again.json()
    assert (told["id"], told["number"], told["currency"]) == (wallet.id, wallet.number, "RUB")
    assert [token["token"] for token in told["tokens"]] == [wallet.token]


def test_a_number_belongs_to_one_wallet(wallet: SandboxWallet) -> None:
    number = f"7998{secrets.randbelow(10**7):07d}"
    assert open_wallet(wallet, nickname=f"A-{number}", number=number).json()["number"] == number
    assert open_wallet(wallet, nickname=f"B-{number}", number=number).status_code == 409


def test_wallets_that_are_opened_at_once_get_numbers_of_their_own(wallet: SandboxWallet) -> None:
    names = [f"W-{secrets.token_hex(4)}" for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        opened = list(
            threads.map(
                lambda name: requests.post(f"{wallet.url}/sandbox/wallets", json={"nickname": name}, timeout=20), names
            )
        )
    assert {answer.status_code for answer in opened} == {201}
    assert len({answer.json()["number"] for answer in opened}) == 8


def test_a_wallet_may_keep_its_money_in_another_currency(wallet: SandboxWallet) -> None:
    told = open_wallet(wallet, nickname=f"W-{secrets.token_hex(4)}", currency="KZT").json()
    assert told["balances"] == {"KZT": 0}
    paid = wallet.http.post(f"{wallet.url}/sandbox/wallets/{told['id']}/pay", json={"amount": 5}, timeout=20)
    assert paid.json()["payments"][0]["currency"] == "KZT"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"nickname": ""},
        {"nickname": 5},
        {"nickname": "n" * 65},
        {"nickname": "n", "number": "12"},
        {"nickname": "n", "number": "+79990000001"},
        {"nickname": "n", "currency": "BTC"},
        {"nickname": "n", "scopes": ["everything"]},
    ],
    ids=str,
)
def test_a_wrong_wallet_is_refused_with_its_reason(wallet: SandboxWallet, body: dict[str, Any]) -> None:
    refused = open_wallet(wallet, **body)
    assert refused.status_code == 400
    assert refused.json()["error"]


def test_a_token_is_issued_and_retired(wallet: SandboxWallet) -> None:
    token = wallet.another_token("payments", "profile")
    assert described(wallet)["tokens"][1] == {"token": token, "scopes": ["profile", "payments"], "retired": False}
    wallet.http.delete(f"{wallet.url}/sandbox/tokens/{token}", timeout=20).raise_for_status()
    assert [each["retired"] for each in described(wallet)["tokens"]] == [False, True]
    assert wallet.http.delete(f"{wallet.url}/sandbox/tokens/unknown", timeout=20).status_code == 404


def test_the_books_tell_what_was_ordered(wallet: SandboxWallet) -> None:
    at = datetime.now(UTC) - timedelta(days=2)
    (paid,) = wallet.pay(150_50, at=at.isoformat(), comment="за игру", payer="+79990000042", currency="USD")
    (row,) = wallet.books()["rows"]
    assert row == paid
    assert datetime.fromisoformat(row["at"]) == at
    assert {name: row[name] for name in ("type", "kind", "status", "amount", "currency", "account", "comment")} == {
        "type": "IN",
        "kind": "transfer",
        "status": "SUCCESS",
        "amount": 150_50,
        "currency": "USD",
        "account": "+79990000042",
        "comment": "за игру",
    }


def test_a_list_is_booked_in_one_go_and_answered_in_its_order(wallet: SandboxWallet) -> None:
    wishes = [{"amount": n + 1, "at": moscow(days=(n * 7) % 11 + 1)} for n in range(11)]
    paid = wallet.control("POST", "/pay", {"payments": wishes}).json()["payments"]
    assert [row["amount"] for row in paid] == list(range(1, 12))
    by_time = sorted(paid, key=lambda row: row["at"])
    assert [row["txn_id"] for row in by_time] == sorted(row["txn_id"] for row in paid), "ids grow with time"


def test_a_list_with_one_wrong_payment_books_none(wallet: SandboxWallet) -> None:
    refused = wallet.control("POST", "/pay", {"payments": [{"amount": 5}, {"amount": 0}]})
    assert (refused.status_code, wallet.books()["rows"]) == (400, [])


def test_thousands_are_paid_at_once_with_ids_of_their_own(wallet: SandboxWallet) -> None:
    paid = wallet.pay(1, repeat=3000)
    assert len({row["txn_id"] for row in paid}) == 3000
    assert wallet.books()["balances"] == {"RUB": 3000}


def test_where_there_is_no_room_between_two_ids_higher_ones_are_given(wallet: SandboxWallet) -> None:
    at = datetime.now(UTC) - timedelta(hours=2)
    crowd = wallet.pay(repeat=100, at=at.isoformat())
    (after,) = wallet.pay(at=(at + timedelta(seconds=1)).isoformat())
    between = wallet.pay(repeat=5, at=(at + timedelta(milliseconds=500)).isoformat())
    assert max(row["txn_id"] for row in crowd) < after["txn_id"] < min(row["txn_id"] for row in between)
    assert len({row["txn_id"] for row in wallet.books()["rows"]}) == 106


def test_ids_stay_unique_when_many_pay_at_once(wallet: SandboxWallet, donor: SandboxWallet) -> None:
    def pay(n: int) -> int:
        body = {"amount": 1, "at": moscow(hours=1)} if n % 3 else {"amount": 1}
        path = f"{wallet.url}/sandbox/wallets/{(wallet, donor)[n % 2].id}/pay"
        return requests.post(path, json=body, timeout=20).json()["payments"][0]["txn_id"]

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(pay, range(36)))) == 36


@pytest.mark.parametrize(
    "facts",
    [
        {"currency": "BTC"},
        {"kind": "gift"},
        {"repeat": 0},
        {"status": "DONE"},
        {"comment": 5},
        {"payer": "me"},
        {"at": "yesterday"},
        {"at": "2026-01-01T00:00:00"},
        {"at": "2999-01-01T00:00:00Z"},
        {"settles": 5},
        {"settles": {"after": -1, "to": "SUCCESS"}},
        {"settles": {"after": 1, "to": "WAITING"}},
        {"appears_after": "later"},
        {"kind": ["transfer"]},
    ],
    ids=str,
)
def test_a_wrong_payment_is_refused_with_its_reason(wallet: SandboxWallet, facts: dict[str, Any]) -> None:
    refused = wallet.control("POST", "/pay", {"amount": 100, **facts})
    assert refused.status_code == 400
    assert refused.json()["error"]
    assert wallet.books()["rows"] == []


@pytest.mark.parametrize("body", [b"[]", b"5", b"{", b"\xff", b'{"payments": 5}', b'{"payments": [5]}'], ids=repr)
def test_a_body_that_is_no_object_is_refused(wallet: SandboxWallet, body: bytes) -> None:
    refused = wallet.http.post(f"{wallet.url}/sandbox/wallets/{wallet.id}/pay", data=body, timeout=20)
    assert (refused.status_code, bool(refused.json()["error"])) == (400, True)


@pytest.mark.parametrize("path", ["pay", "books", "faults", "tokens"])
def test_a_wallet_that_is_not_there_is_not_found(wallet: SandboxWallet, path: str) -> None:
    method = {"books": "GET", "faults": "PUT"}.get(path, "POST")
    answer = wallet.http.request(
        method, f"{wallet.url}/sandbox/wallets/987654/{path}", json={"amount": 1} if path == "pay" else {}, timeout=20
    )
    assert answer.status_code == 404
