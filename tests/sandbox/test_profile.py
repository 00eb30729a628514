"""Who the token belongs to: profile, nickname, and the hook that only a paying token may ask for."""

from __future__ import annotations

import pytest

from .shape import differences, sample
from .wallet import SandboxWallet

PROFILE = "/person-profile/v1/profile/current"


def test_the_profile_has_every_field_of_a_live_one(wallet: SandboxWallet) -> None:
    told = wallet.ask(PROFILE).json()
    assert differences(sample("composed_profile_superset"), told) == []


def test_the_number_of_the_wallet_comes_from_the_token_alone(wallet: SandboxWallet) -> None:
    told = wallet.ask(PROFILE).json()
    assert told["authInfo"]["personId"] == told["contractInfo"]["contractId"] == int(wallet.number)
    assert told["contractInfo"]["nickname"]["nickname"] == wallet.nickname


def test_the_profile_knows_the_first_payment(wallet: SandboxWallet) -> None:
    assert wallet.ask(PROFILE).json()["userInfo"]["firstTxnId"] is None
    first, _ = wallet.pay(repeat=2)
    assert wallet.ask(PROFILE).json()["userInfo"]["firstTxnId"] == first["txn_id"]


@pytest.mark.parametrize("part", ["authInfo", "contractInfo", "userInfo"])
@pytest.mark.parametrize("off", ["false", "False"])
def test_each_part_of_the_profile_can_be_left_out(wallet: SandboxWallet, part: str, off: str) -> None:
    told = wallet.ask(PROFILE, {f"{part}Enabled": off}).json()
    assert [name for name, value in told.items() if value is None] == [part]


def test_a_part_is_switched_by_true_and_false_only(wallet: SandboxWallet) -> None:
    assert wallet.ask(PROFILE, {"authInfoEnabled": "yes"}).status_code == 400
    assert wallet.ask(PROFILE, {"authInfoEnabled": "True"}).json()["authInfo"]


def test_the_nickname_can_be_asked_alone(wallet: SandboxWallet) -> None:
    told = wallet.ask("/qw-nicknames/v1/persons/{w}/nickname").json()
    assert differences(sample("doc_nickname"), told) == []
    assert told["nickname"] == wallet.nickname


def test_only_a_token_that_can_pay_learns_that_there_is_no_hook(wallet: SandboxWallet) -> None:
    refused = wallet.ask("/payment-notifier/v1/hooks/active")
    assert (refused.status_code, refused.json()["errorCode"]) == (403, "auth.forbidden")
    told = wallet.ask("/payment-notifier/v1/hooks/active", token=wallet.another_token("payments"))
    assert (told.status_code, told.json()["errorCode"]) == (404, "hook.not.found")
