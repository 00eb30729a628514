"""One wallet of the sandbox pays another, as clients that may pay order it."""

from __future__ import annotations

from typing import Any

import pytest

from .shape import differences, sample
from .wallet import SandboxWallet

INVENTED = ("txnId", "personId", "date", "account", "view")


def order(receiver: SandboxWallet, amount: float, **facts: Any) -> dict[str, Any]:
    """The body that the documentation prints."""
    return {
        "id": "1549899529011",
        "sum": {"amount": amount, "currency": "643"},
        "paymentMethod": {"type": "Account", "accountId": "643"},
        "fields": {"account": f"+{receiver.number}"},
        **facts,
    }


def test_both_wallets_tell_one_payment_by_one_id(wallet: SandboxWallet, donor: SandboxWallet) -> None:
    donor.pay(5000_00)
    accepted = donor.send(order(wallet, 150.5, comment="на новый комп"), donor.token).json()
    out_of, into = donor.rows(operation="OUT")[0], wallet.rows()[0]
    assert str(out_of["txnId"]) == str(into["txnId"]) == accepted["transaction"]["id"]
    assert (out_of["type"], out_of["account"]) == ("OUT", f"+{wallet.number}")
    assert (into["type"], into["account"]) == ("IN", f"+{donor.number}")
    for row, parties in ((out_of, (99, 7)), (into, (7, 99))):
        assert (row["provider"]["id"], row["source"]["id"]) == parties
        assert row["sum"] == row["total"] == {"amount": 150.5, "currency": 643}
        assert (row["comment"], row["status"]) == ("на новый комп", "SUCCESS")
    assert donor.books()["balances"] == {"RUB": 4849_50}
    assert wallet.books()["balances"] == {"RUB": 150_50}


def test_what_was_paid_looks_as_a_live_row(wallet: SandboxWallet, donor: SandboxWallet) -> None:
    donor.pay(2650_00)
    donor.send(order(wallet, 2650), donor.token).raise_for_status()
    (row,) = donor.rows(operation="OUT")
    recorded = sample("rec_out_2019_wallet_transfer")
    assert differences(recorded, row) == []
    assert {name: row[name] for name in row if name not in INVENTED} == {
        name: recorded[name] for name in recorded if name not in INVENTED
    }


def test_the_answer_is_as_recorded(wallet: SandboxWallet, donor: SandboxWallet) -> None:
    donor.pay()
    told = donor.send(order(wallet, 30), donor.token).json()
    recorded = sample("rec_payment_accepted_2018")
    assert differences(recorded, told) == []
    assert told == {
        **recorded,
        "id": "1549899529011",
        "fields": {"account": f"+{wallet.number}"},
        "transaction": {"id": told["transaction"]["id"], "state": {"code": "Accepted"}},
    }


def test_the_answer_repeats_the_comment(wallet: SandboxWallet, donor: SandboxWallet) -> None:
    donor.pay()
    assert donor.send(order(wallet, 30, comment="привет"), donor.token).json()["comment"] == "привет"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"sum": {"amount": 100.01, "currency": "643"}}, 220),
        ({"sum": {"amount": 1, "currency": "840"}}, 220),
        ({"sum": {"amount": 0, "currency": "643"}}, 241),
        ({"sum": {"amount": 1.001, "currency": "643"}}, 241),
        ({"sum": {"amount": -1, "currency": "643"}}, 241),
        ({"sum": {"amount": 1, "currency": "999"}}, 1),
        ({"sum": 5}, 1),
        ({"fields": {"account": "+79995550000"}}, 5),
        ({"fields": {}}, 1),
        ({"id": "123456789012345678901"}, 1),
        ({"id": "abc"}, 1),
    ],
    ids=str,
)
def test_a_payment_that_cannot_be_made_moves_nothing(
    wallet: SandboxWallet, donor: SandboxWallet, facts: dict[str, Any], code: int
) -> None:
    donor.pay(100_00)
    refused = donor.send(order(wallet, 1, **facts), donor.token)
    assert (refused.status_code, refused.json()["code"]) == (400, f"QWPRC-{code}")
    assert differences(sample("rec_error_sinap_limit_2018"), refused.json()) == []
    assert wallet.books()["rows"] == []
    assert donor.books()["balances"] == {"RUB": 100_00}


def test_nobody_pays_himself(donor: SandboxWallet) -> None:
    donor.pay()
    assert donor.send(order(donor, 1), donor.token).json()["code"] == "QWPRC-5"


def test_all_that_is_there_can_be_paid(wallet: SandboxWallet, donor: SandboxWallet) -> None:
    donor.pay(99_99)
    donor.send(order(wallet, 99.99), donor.token).raise_for_status()
    assert donor.books()["balances"] == {"RUB": 0}


def test_a_token_that_only_reads_pays_nothing(wallet: SandboxWallet, donor: SandboxWallet) -> None:
    wallet.pay()
    refused = wallet.send(order(donor, 1), wallet.token)
    assert (refused.status_code, refused.json()["errorCode"]) == (403, "auth.forbidden")
    assert wallet.send(order(donor, 1), "unknown").status_code == 401
    assert donor.books()["rows"] == []
