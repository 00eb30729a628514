"""From another computer anyone can pay, and nobody can read a token, switch a fault or ask the API."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.test import RequestFactory

from donations.sandbox.guard import is_outside

from .visitor import Visitor
from .wallet import SandboxWallet

CLOSED = (
    ("GET", "/sandbox/health"),
    ("GET", "/sandbox/wallets"),
    ("POST", "/sandbox/wallets"),
    ("POST", "/sandbox/wallets/{id}/pay"),
    ("GET", "/sandbox/wallets/{id}/books"),
    ("PUT", "/sandbox/wallets/{id}/faults"),
    ("DELETE", "/sandbox/wallets/{id}/faults"),
    ("POST", "/sandbox/wallets/{id}/tokens"),
    ("DELETE", "/sandbox/tokens/{token}"),
    ("GET", "/wallets/{id}/"),
    ("POST", "/wallets/"),
    ("POST", "/wallets/{id}/pay"),
    ("POST", "/wallets/{id}/faults"),
    ("POST", "/wallets/{id}/tokens"),
    ("POST", "/wallets/{id}/tokens/1/retire"),
    ("GET", "/person-profile/v1/profile/current"),
    ("GET", "/funding-sources/v2/persons/{number}/accounts"),
    ("GET", "/payment-history/v2/persons/{number}/payments?rows=5"),
    ("GET", "/payment-history/v1/persons/{number}/payments/total"),
    ("GET", "/payment-history/v2/transactions/5"),
    ("GET", "/qw-nicknames/v1/persons/{number}/nickname"),
    ("GET", "/payment-notifier/v1/hooks/active"),
    ("POST", "/sinap/api/v2/terms/99/payments"),
)


@pytest.fixture(params=["X-Forwarded-For", "Forwarded"])
def guest(wallet: SandboxWallet, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """Somebody elsewhere, for whom a proxy on this computer asks."""
    guest = Visitor(wallet.url, **{request.param: "192.0.2.7"})
    yield guest
    guest.browser.close()


@pytest.mark.parametrize(("method", "path"), CLOSED, ids=[f"{method} {path}" for method, path in CLOSED])
def test_switches_tokens_and_the_api_are_closed_to_guests(
    guest: Visitor, wallet: SandboxWallet, method: str, path: str
) -> None:
    before = wallet.books()["rows"], wallet.ask("/person-profile/v1/profile/current").json()
    told = wallet.url + path.format(id=wallet.id, token=wallet.token, number=wallet.number)
    bearer = {"Authorization": f"Bearer {wallet.token}"}
    refused = guest.browser.request(method, told, headers=bearer, data=json.dumps({"amount": 5}), timeout=20)
    assert refused.status_code == 403
    assert "Only on its own computer" in refused.text
    for secret in (wallet.token, wallet.number, wallet.nickname):
        assert secret not in refused.text
    assert (wallet.books()["rows"], wallet.ask("/person-profile/v1/profile/current").json()) == before


def test_guests_pay(guest: Visitor, wallet: SandboxWallet) -> None:
    page = guest.see("/payment/form/99999", {"extra['account']": wallet.nickname})
    thanks = guest.send(page, page.forms[0], amount="5")
    assert "Thank you" in thanks.words
    assert wallet.books()["balances"] == {"RUB": 5_00}
    assert guest.see("/static/sandbox.css").answer.ok


def test_guests_see_whom_to_pay_and_nothing_to_switch(guest: Visitor, wallet: SandboxWallet) -> None:
    wallet.pay(1234_56)
    page = guest.see("/")
    assert wallet.nickname in page.words
    assert f"/payment/form/99999?extra%5B%27account%27%5D={wallet.nickname}" in page.answer.text
    assert page.forms == []
    for hidden in (wallet.token, wallet.number, "••", "1,234.56", f"/wallets/{wallet.id}/"):
        assert hidden not in page.answer.text


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.8.7", "::1", "::ffff:127.0.0.1"])
def test_this_computer_is_inside(address: str) -> None:
    assert not is_outside(RequestFactory().get("/", REMOTE_ADDR=address))


@pytest.mark.parametrize(
    "address", ["192.168.0.5", "10.0.0.1", "8.8.8.8", "0.0.0.0", "fe80::1%eth0", "2001:db8::1", "::ffff:192.168.0.5"]
)
def test_every_other_computer_is_outside(address: str) -> None:
    assert is_outside(RequestFactory().get("/", REMOTE_ADDR=address))


def test_who_names_another_client_is_outside() -> None:
    for header in ("Forwarded", "X-Forwarded-For"):
        assert is_outside(RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", headers={header: "127.0.0.1"}))
