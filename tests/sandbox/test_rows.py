"""The rows of the history, held to rows that were recorded from live wallets."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .shape import differences, sample
from .wallet import SandboxWallet

INVENTED = {"txnId", "personId", "date", "trmTxnId"}
KINDS = {
    "transfer": (7, 99, "+79990000042"),
    "card_refund": (7, 99, "QIWI Bank"),
    "agent": (7, 99, ""),
    "provider_payout": (1057, 99, "10485904"),
    "payment_system": (26444, 99, "Платежная система"),
    "terminal": (4, 99, "10485904"),
}
STATUS_TEXT = {"SUCCESS": "Success", "WAITING": "Operation in progress", "ERROR": "Error"}


def without(row: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def test_a_donation_looks_as_a_live_one(wallet: SandboxWallet) -> None:
    wallet.pay(50_00, payer="79990000043")
    wallet.pay(150_50, payer="79990000042", comment="На новый комп! 🎉")
    told = wallet.history().json()
    recorded = sample("composed_donation_wallet_to_wallet")
    assert differences(recorded, told) == []
    for live, ours in zip(recorded["data"], told["data"], strict=True):
        assert without(ours, INVENTED) == without(live, INVENTED)
        assert ours["personId"] == int(wallet.number)
        assert ours["date"].endswith("+03:00")
        assert re.fullmatch(r"\d{11}", str(ours["txnId"]))
        assert re.fullmatch(r"\d{13}", ours["trmTxnId"])


@pytest.mark.parametrize("kind", [*KINDS, "conversion"])
@pytest.mark.parametrize("status", STATUS_TEXT)
def test_every_row_has_every_field_of_the_recorded_ones(wallet: SandboxWallet, kind: str, status: str) -> None:
    wallet.pay(150_50, kind=kind, status=status)
    for row in wallet.rows():
        assert (row["status"], row["statusText"]) == (status, STATUS_TEXT[status])
        for recorded in ("rec_out_2019_wallet_transfer", "rec_out_2019_waiting_card_hold"):
            assert differences(sample(recorded), row) == []


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_known_by_its_marks(wallet: SandboxWallet, kind: str) -> None:
    wallet.pay(kind=kind, payer="79990000042")
    (row,) = wallet.rows()
    assert (row["provider"]["id"], row["source"]["id"], row["account"]) == KINDS[kind]
    assert row["type"] == "IN"
    assert row["view"] == {"title": row["provider"]["shortName"], "account": row["account"]}


def test_a_conversion_is_two_rows_with_one_id(wallet: SandboxWallet) -> None:
    out_of, into = wallet.pay(1448_47, kind="conversion")
    assert out_of["txn_id"] == into["txn_id"]
    rows = {row["type"]: row for row in wallet.rows()}
    assert {row["txnId"] for row in rows.values()} == {into["txn_id"]}
    assert len({row["date"] for row in rows.values()}) == 1
    assert {row["account"] for row in rows.values()} == {f"+{wallet.number}"}
    assert {row["comment"] for row in rows.values()} == {f"Конвертация для проведения платежа {into['txn_id']}"}
    assert (rows["IN"]["provider"]["id"], rows["IN"]["source"]["id"]) == (7, 1099)
    assert (rows["OUT"]["provider"]["id"], rows["OUT"]["source"]["id"]) == (1099, 7)
    assert rows["IN"]["sum"] == {"amount": 1448.47, "currency": 643}
    assert rows["OUT"]["sum"] == {"amount": 20.01, "currency": 840}, "rounded up, never to the owner's good"
    assert rows["IN"]["currencyRate"] == rows["OUT"]["currencyRate"] == 72.4231
    assert wallet.books()["balances"] == {"RUB": 1448_47, "USD": -20_01}


def test_a_failed_payment_says_why(wallet: SandboxWallet) -> None:
    wallet.pay(status="ERROR")
    (row,) = wallet.rows()
    assert (row["errorCode"], row["error"]) == (797, "Платеж был отменен, деньги возвращены на счет")


def test_the_first_version_of_the_history_has_its_own_shape(wallet: SandboxWallet) -> None:
    wallet.pay(150_50, comment="спасибо")
    told = wallet.history("v1").json()
    assert differences(sample("doc_history_v1_2017"), told) == []
    assert told["data"][0]["sum"] == {"amount": 150.5, "currency": "RUB"}


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_one_payment_is_told_as_the_history_tells_it(wallet: SandboxWallet, version: str) -> None:
    (paid,) = wallet.pay(comment="once")
    (row,) = wallet.history(version).json()["data"]
    one = wallet.ask(f"/payment-history/{version}/transactions/{paid['txn_id']}")
    assert one.json() == row


def test_the_type_chooses_between_the_rows_of_one_id(wallet: SandboxWallet) -> None:
    txn_id = wallet.pay(kind="conversion")[0]["txn_id"]
    path = f"/payment-history/v2/transactions/{txn_id}"
    assert {kind: wallet.ask(path, {"type": kind}).json()["type"] for kind in ("IN", "OUT")} == {
        "IN": "IN",
        "OUT": "OUT",
    }


def test_nobody_is_told_of_a_payment_that_is_not_his(wallet: SandboxWallet, donor: SandboxWallet) -> None:
    (paid,) = donor.pay()
    for path in (f"/payment-history/v2/transactions/{paid['txn_id']}", "/payment-history/v2/transactions/5"):
        missing = wallet.ask(path)
        assert (missing.status_code, missing.json()["errorCode"]) == (404, "txn.not.found")


@pytest.mark.parametrize(
    "comment", ["", "a > b & <script>", "🎉 شكرا", "x" * 3000], ids=["none", "markup", "signs", "long"]
)
def test_words_come_back_letter_for_letter(wallet: SandboxWallet, comment: str) -> None:
    wallet.pay(comment=comment)
    assert wallet.rows()[0]["comment"] == comment
