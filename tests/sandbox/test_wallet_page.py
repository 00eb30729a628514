"""The page of one wallet, with its payments, faults and tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from .visitor import Page, Visitor
from .wallet import SandboxWallet, moscow

PROFILE = "/person-profile/v1/profile/current"


@pytest.fixture
def owner(wallet: SandboxWallet) -> Iterator[Visitor]:
    """Somebody at the computer where the sandbox runs."""
    owner = Visitor(wallet.url)
    yield owner
    owner.browser.close()


def page_of(owner: Visitor, wallet: SandboxWallet) -> Page:
    return owner.see(f"/wallets/{wallet.id}/")


def test_the_page_shows_what_came_and_what_it_holds(owner: Visitor, wallet: SandboxWallet) -> None:
    wallet.pay(1500_50, comment="<b>за игру</b>")
    wallet.pay(7_00, status="WAITING")
    wallet.pay(9_00, status="ERROR")
    wallet.pay(3_00, appears_after=600)
    page = page_of(owner, wallet)
    words = page.words.replace("\u00a0", " ")
    for shown in ("+1,500.50 ₽", "<b>за игру</b>", "… waiting", "✕ failed", "✓ done", "1 row will appear later."):
        assert shown in words
    assert "1,503.50 ₽" in words, "the balance"
    assert "<b>за игру" not in page.answer.text


def test_money_is_written_in_the_readers_way(owner: Visitor, wallet: SandboxWallet) -> None:
    wallet.pay(1500_50)
    owner.browser.headers["Accept-Language"] = "ru"
    assert "1\u202f500,50\u00a0₽" in page_of(owner, wallet).answer.text


@pytest.mark.parametrize(
    ("arrival", "state", "visible"),
    [("now", "SUCCESS", True), ("settles", "WAITING", True), ("fails", "WAITING", True), ("late", "SUCCESS", False)],
)
def test_a_payment_comes_as_it_was_chosen(
    owner: Visitor, wallet: SandboxWallet, arrival: str, state: str, visible: bool
) -> None:
    page = page_of(owner, wallet)
    back = owner.send(page, page.form("/pay"), amount="5", repeat="1", arrival=arrival, seconds="60")
    assert f"/wallets/{wallet.id}/?paid=" in back.answer.url
    (row,) = wallet.books()["rows"]
    assert (row["status"], row["visible"]) == (state, visible)


@pytest.mark.parametrize("filled", [{"amount": ""}, {"repeat": "101"}, {"repeat": "0"}, {"seconds": "0"}], ids=str)
def test_a_wrong_payment_is_said_and_not_booked(owner: Visitor, wallet: SandboxWallet, filled: dict[str, str]) -> None:
    page = page_of(owner, wallet)
    ordered = {"amount": "5", "repeat": "1", "arrival": "settles", "seconds": "60", **filled}
    again = owner.send(page, page.form("/pay"), **ordered)
    assert (again.answer.status_code, "errorlist" in again.answer.text) == (400, True)
    assert wallet.books()["rows"] == []


def test_faults_are_switched_on_and_off_on_the_page(owner: Visitor, wallet: SandboxWallet) -> None:
    page = page_of(owner, wallet)
    assert "switched on" not in page.words
    page = owner.send(page, page.form("/faults"), delay="0", status="500", only="profile", truncate="on")
    assert "switched on" in page.words
    assert wallet.ask(PROFILE).status_code == 500
    assert wallet.ask("/funding-sources/v2/persons/{w}/accounts").status_code == 200
    page = owner.send(page, page.form("/faults"), clear="1")
    assert "switched on" not in page.words
    assert wallet.ask(PROFILE).status_code == 200


def test_mending_all_on_the_page_ends_a_block_too(owner: Visitor, wallet: SandboxWallet) -> None:
    wallet.pay()
    assert {wallet.history(rows=1).status_code for _ in range(101)} == {200, 423}
    page = page_of(owner, wallet)
    owner.send(page, page.form("/faults"), clear="1")
    assert wallet.history(rows=1).ok


def test_a_fault_that_cannot_be_is_said_and_changes_nothing(owner: Visitor, wallet: SandboxWallet) -> None:
    page = page_of(owner, wallet)
    again = owner.send(page, page.form("/faults"), delay="-1", status="500")
    assert (again.answer.status_code, "errorlist" in again.answer.text) == (400, True)
    assert wallet.ask(PROFILE).ok


def test_a_token_is_issued_retired_and_brought_back_on_the_page(owner: Visitor, wallet: SandboxWallet) -> None:
    page = page_of(owner, wallet)
    assert wallet.token in page.answer.text
    page = owner.send(page, page.form("/tokens"), scopes=["profile", "payments"])
    (issued,) = set(re.findall(r"<code>([0-9a-f]{32})</code>", page.answer.text)) - {wallet.token}
    assert wallet.ask("/payment-notifier/v1/hooks/active", token=issued).status_code == 404
    switch = next(form for form in page.forms if form.action.endswith("/retire"))
    page = owner.send(page, switch)
    assert "retired, answered with 401" in page.words
    assert sorted(wallet.ask(PROFILE, token=token).status_code for token in (issued, wallet.token)) == [200, 401]
    owner.send(page, switch)
    assert {wallet.ask(PROFILE, token=token).status_code for token in (issued, wallet.token)} == {200}


def test_a_token_is_switched_on_its_own_wallets_page_only(
    owner: Visitor, wallet: SandboxWallet, donor: SandboxWallet
) -> None:
    page = page_of(owner, wallet)
    switch = next(form for form in page.forms if form.action.endswith("/retire"))
    switch.action = switch.action.replace(f"/wallets/{wallet.id}/", f"/wallets/{donor.id}/")
    assert owner.send(page, switch).answer.status_code == 404
    assert wallet.ask(PROFILE).ok


def test_the_page_leads_to_both_forms_of_its_donors(owner: Visitor, wallet: SandboxWallet) -> None:
    links = re.findall(r'href="([^"]*/payment/form/[^"]*)"', page_of(owner, wallet).answer.text)
    assert len(links) == 2
    for link in links:
        assert f"For {wallet.nickname}" in owner.see(link.replace("&amp;", "&")).words


def test_the_latest_twenty_rows_are_shown(owner: Visitor, wallet: SandboxWallet) -> None:
    wallet.pay(1_00, at=moscow(days=1), comment="the oldest")
    wallet.pay(2_00, repeat=20)
    page = page_of(owner, wallet)
    assert page.answer.text.count('<b class="amount"') == 20
    assert "the oldest" not in page.words


def test_every_page_says_that_the_money_is_imaginary(owner: Visitor, wallet: SandboxWallet) -> None:
    for path in (f"/wallets/{wallet.id}/", "/payment/form/99", "/payment/form/99999"):
        assert "imaginary money" in owner.see(path).words
