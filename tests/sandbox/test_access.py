"""Who may ask what: tokens, their scopes, and the wallet they belong to."""

from __future__ import annotations

import pytest
import requests

from .shape import differences, sample
from .wallet import SandboxWallet

PATHS = {
    "profile": "/person-profile/v1/profile/current",
    "nickname": "/qw-nicknames/v1/persons/{w}/nickname",
    "balance": "/funding-sources/v2/persons/{w}/accounts",
    "history": "/payment-history/v2/persons/{w}/payments?rows=5",
    "totals": "/payment-history/v2/persons/{w}/payments/total"
    "?startDate=2026-01-01T00:00:00Z&endDate=2026-01-02T00:00:00Z",
    "transaction": "/payment-history/v2/transactions/5",
    "hooks": "/payment-notifier/v1/hooks/active",
}
SCOPES = {
    "profile": ("profile", "nickname"),
    "balance": ("balance",),
    "history": ("history", "totals", "transaction"),
    "payments": ("hooks",),
}
OF_A_WALLET = ("nickname", "balance", "history", "totals")


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("scheme", ["Bearer unknown", "Bearer ", "Basic {token}", "Token {token}", "{token}"])
def test_a_wrong_token_is_refused_without_a_word(wallet: SandboxWallet, path: str, scheme: str) -> None:
    headers = {"Authorization": scheme.format(token=wallet.token).strip()}
    empty(wallet.http.get(wallet.url + path.format(w=wallet.number), headers=headers, timeout=20))


def test_no_token_at_all_is_refused_without_a_word(wallet: SandboxWallet) -> None:
    empty(wallet.http.get(wallet.url + PATHS["profile"], timeout=20))


def test_a_retired_token_is_refused_without_a_word(wallet: SandboxWallet) -> None:
    fresh = wallet.another_token("profile")
    wallet.http.delete(f"{wallet.url}/sandbox/tokens/{wallet.token}", timeout=20).raise_for_status()
    for path in PATHS.values():
        empty(wallet.ask(path))
    assert wallet.ask(PATHS["profile"], token=fresh).ok, "the wallet's other token lives on"


def empty(refused: requests.Response) -> None:
    assert (refused.status_code, refused.content) == (401, b"")
    assert "Content-Type" not in refused.headers


@pytest.mark.parametrize("scope", SCOPES)
def test_a_token_opens_what_its_scope_names_and_nothing_else(wallet: SandboxWallet, scope: str) -> None:
    wallet.pay()
    token = wallet.another_token(scope)
    opened = {name for name, path in PATHS.items() if wallet.ask(path, token=token).status_code != 403}
    assert opened == set(SCOPES[scope])


def test_a_missing_scope_is_told_as_recorded(wallet: SandboxWallet) -> None:
    refused = wallet.ask(PATHS["history"], token=wallet.another_token("profile"))
    recorded = sample("rec_error_403_auth_forbidden_2018")
    assert refused.status_code == 403
    assert differences(recorded, refused.json()) == []
    for name in ("serviceName", "errorCode", "userMessage"):
        assert refused.json()[name] == recorded[name]


@pytest.mark.parametrize("name", OF_A_WALLET)
def test_another_wallet_stays_closed(wallet: SandboxWallet, donor: SandboxWallet, name: str) -> None:
    donor.pay()
    refused = wallet.ask(PATHS[name].format(w=donor.number))
    assert (refused.status_code, refused.json()["errorCode"]) == (403, "auth.forbidden")


@pytest.mark.parametrize("number", ["+79990000001", "12345", "nonsense", "7999000000100000", "７９９９００００００１"])
@pytest.mark.parametrize("name", OF_A_WALLET)
def test_a_number_of_a_wrong_form_is_a_wrong_request(wallet: SandboxWallet, name: str, number: str) -> None:
    refused = wallet.ask(PATHS[name].format(w=number))
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "validation.error")


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_what_is_read_cannot_be_written(wallet: SandboxWallet, path: str) -> None:
    bearer = {"Authorization": f"Bearer {wallet.token}"}
    assert wallet.http.post(wallet.url + path.format(w=wallet.number), headers=bearer, timeout=20).status_code == 405


def test_clients_may_keep_the_name_of_the_real_service(wallet: SandboxWallet) -> None:
    headers = {"Authorization": f"Bearer {wallet.token}", "Host": "edge.qiwi.com"}
    assert wallet.http.get(wallet.url + PATHS["profile"], headers=headers, timeout=20).ok
