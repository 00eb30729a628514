"""What a wallet holds, as the balance call tells it."""

from __future__ import annotations

from typing import Any

import pytest

from .shape import differences, sample
from .wallet import SandboxWallet

BALANCE = "/funding-sources/v2/persons/{w}/accounts"


def accounts(wallet: SandboxWallet, **query: Any) -> dict[str, dict[str, Any]]:
    return {account["alias"]: account for account in wallet.ask(BALANCE, query).json()["accounts"]}


def test_each_account_has_every_field_of_a_live_one(wallet: SandboxWallet) -> None:
    for minor, currency in ((100_00, "RUB"), (2_98, "EUR"), (50_00, "KZT"), (7_07, "USD")):
        wallet.pay(minor, currency=currency)
    told = wallet.ask(BALANCE).json()
    assert differences(sample("rec_accounts_v2_2018"), told) == []
    held = {account["alias"]: account["balance"] for account in told["accounts"]}
    assert held == {
        "mc_beeline_rub": None,
        "qw_wallet_rub": {"amount": 100, "currency": 643},
        "qw_wallet_eur": {"amount": 2.98, "currency": 978},
        "qw_wallet_kzt": {"amount": 50, "currency": 398},
        "qw_wallet_usd": {"amount": 7.07, "currency": 840},
    }


def test_the_mobile_account_comes_first_and_never_has_a_balance(wallet: SandboxWallet) -> None:
    first, second = wallet.ask(BALANCE).json()["accounts"]
    assert (first["alias"], first["hasBalance"], first["balance"]) == ("mc_beeline_rub", False, None)
    assert (second["alias"], second["hasBalance"], second["defaultAccount"]) == ("qw_wallet_rub", True, True)


def test_a_new_wallet_holds_nothing(wallet: SandboxWallet) -> None:
    assert accounts(wallet)["qw_wallet_rub"]["balance"] == {"amount": 0, "currency": 643}


def test_only_what_has_succeeded_is_held(wallet: SandboxWallet) -> None:
    for status in ("SUCCESS", "WAITING", "ERROR"):
        wallet.pay(10_00, status=status)
    assert accounts(wallet)["qw_wallet_rub"]["balance"]["amount"] == 10


def test_a_balance_that_is_null_at_first_is_found_out_when_asked_again(wallet: SandboxWallet) -> None:
    wallet.pay(42_42)
    wallet.pay(1_00, currency="USD")
    wallet.break_by(null_balance=True)
    hidden = accounts(wallet)
    assert all(hidden[alias]["hasBalance"] for alias in ("qw_wallet_rub", "qw_wallet_usd"))
    assert {account["balance"] for account in hidden.values()} == {None}
    again = accounts(wallet, timeout=1000, alias="qw_wallet_rub")
    assert again["qw_wallet_rub"]["balance"] == {"amount": 42.42, "currency": 643}
    assert again["qw_wallet_usd"]["balance"] is None


@pytest.mark.parametrize("half", [{"timeout": 1000}, {"alias": "qw_wallet_rub"}], ids=str)
def test_only_timeout_and_alias_together_find_a_null_balance(wallet: SandboxWallet, half: dict[str, Any]) -> None:
    wallet.break_by(null_balance=True)
    assert accounts(wallet, **half)["qw_wallet_rub"]["balance"] is None
