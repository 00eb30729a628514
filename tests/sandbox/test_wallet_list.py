"""The list of all wallets, as people and programs see it: in a sandbox of its own, where no other tests open any."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

import pytest

from tests.conftest import SandboxServer

from .visitor import Visitor
from .wallet import SandboxWallet

pytestmark = pytest.mark.xdist_group("the list of wallets")


@pytest.fixture(scope="module")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    """One for this file."""
    server = SandboxServer(tmp_path_factory.mktemp("list"))
    yield server
    server.stop()


@pytest.fixture
def owner(wallet: SandboxWallet) -> Iterator[Visitor]:
    """Somebody at the computer where the sandbox runs."""
    owner = Visitor(wallet.url)
    yield owner
    owner.browser.close()


def test_all_wallets_are_told_in_the_order_of_their_opening(wallet: SandboxWallet, donor: SandboxWallet) -> None:
    wallet.pay(1_00)
    wallet.history()
    wallet.break_by(delay=0.5)
    told = wallet.http.get(f"{wallet.url}/sandbox/wallets", timeout=20).json()["wallets"]
    assert [each["id"] for each in told] == sorted(each["id"] for each in told)
    mine, last = told[-2:]
    assert (mine["id"], last["id"]) == (wallet.id, donor.id)
    assert mine == {
        "id": wallet.id,
        "number": wallet.number,
        "nickname": wallet.nickname,
        "currency": "RUB",
        "balances": {"RUB": 1_00},
        "tokens": [{"token": wallet.token, "scopes": ["profile", "balance", "history"], "retired": False}],
        "faults": {**last["faults"], "delay": 0.5},
        "history_calls_last_minute": 1,
    }


def test_the_list_lets_anyone_pay_any_wallet_several_times(owner: Visitor, wallet: SandboxWallet) -> None:
    listed = owner.see("/")
    paid = owner.send(listed, listed.form(f"/wallets/{wallet.id}/pay"), amount="10", comment="ура", repeat="3")
    assert paid.answer.url.startswith(f"{wallet.url}/?paid=")
    assert f"10 ₽ went to {wallet.nickname}, 3 times." in paid.words.replace("\u00a0", " ")
    assert [(row["amount"], row["comment"]) for row in wallet.books()["rows"]] == [(10_00, "ура")] * 3


def test_the_list_masks_numbers_and_shows_no_token(owner: Visitor, wallet: SandboxWallet) -> None:
    listed = owner.see("/").answer.text
    assert wallet.nickname in listed
    assert wallet.number not in listed
    assert wallet.token not in listed


def test_a_wallet_is_opened_on_the_page(owner: Visitor) -> None:
    nickname = f"Анна.{secrets.token_hex(4)}"
    listed = owner.see("/")
    opened = owner.send(listed, listed.form("/wallets/"), nickname=nickname)
    assert re.search(r"/wallets/\d+/$", opened.answer.url)
    assert nickname in opened.words
    assert re.search(r"<code>[0-9a-f]{32}</code>", opened.answer.text)


@pytest.mark.parametrize(("nickname", "words"), [("", "Write a nickname."), ("a b/c", "A nickname is letters")])
def test_a_wrong_nickname_is_said_in_words(owner: Visitor, nickname: str, words: str) -> None:
    listed = owner.see("/")
    again = owner.send(listed, listed.form("/wallets/"), nickname=nickname)
    assert (again.answer.status_code, words in again.words) == (400, True)


@pytest.mark.parametrize(
    "query", [{"paid": "x"}, {"paid": "5", "times": "1"}, {"paid": "9" * 30, "times": "1"}, {"paid": "²", "times": "²"}]
)
def test_a_made_up_receipt_is_not_shown(owner: Visitor, query: dict[str, str]) -> None:
    page = owner.see("/", query)
    assert (page.answer.status_code, "went to" in page.words) == (200, False)


def test_the_list_says_that_the_money_is_imaginary(owner: Visitor) -> None:
    assert "imaginary money" in owner.see("/").words
