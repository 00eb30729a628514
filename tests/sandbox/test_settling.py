"""Rows that change after they were told: what waits and settles, what appears late, what is taken back."""

from __future__ import annotations

from typing import Any

import pytest

from .waiting import comes_true
from .wallet import SandboxWallet, moscow


def told(wallet: SandboxWallet) -> dict[int, str]:
    """The statuses that the history tells, by id."""
    return {row["txnId"]: row["status"] for row in wallet.rows()}


def held(wallet: SandboxWallet) -> int:
    return wallet.books()["balances"]["RUB"]


@pytest.mark.parametrize(("end", "balance"), [("SUCCESS", 100_00), ("ERROR", 0)])
def test_what_waits_settles_by_itself(wallet: SandboxWallet, end: str, balance: int) -> None:
    (paid,) = wallet.pay(settles={"after": 1.5, "to": end})
    (waiting,) = wallet.rows()
    assert (waiting["txnId"], waiting["status"], held(wallet)) == (paid["txn_id"], "WAITING", 0)
    assert comes_true(lambda: told(wallet) == {paid["txn_id"]: end})
    assert held(wallet) == balance
    (settled,) = wallet.rows()
    assert (settled["txnId"], settled["date"]) == (waiting["txnId"], waiting["date"])


def test_what_waits_settles_when_it_is_told_to(wallet: SandboxWallet) -> None:
    (paid,) = wallet.pay(status="WAITING")
    assert told(wallet) == {paid["txn_id"]: "WAITING"}
    wallet.set_status(paid["txn_id"], "SUCCESS")
    assert told(wallet) == {paid["txn_id"]: "SUCCESS"}


def test_a_payment_is_taken_back_and_the_balance_follows(wallet: SandboxWallet) -> None:
    stays, goes = wallet.pay(repeat=2)
    wallet.set_status(goes["txn_id"], "ERROR")
    assert told(wallet) == {stays["txn_id"]: "SUCCESS", goes["txn_id"]: "ERROR"}
    assert held(wallet) == 100_00


def test_a_word_from_outside_goes_before_what_was_agreed(wallet: SandboxWallet) -> None:
    (paid,) = wallet.pay(settles={"after": 0, "to": "SUCCESS"})
    assert told(wallet) == {paid["txn_id"]: "SUCCESS"}
    wallet.set_status(paid["txn_id"], "ERROR")
    assert told(wallet) == {paid["txn_id"]: "ERROR"}


def test_both_rows_of_a_conversion_settle_together(wallet: SandboxWallet) -> None:
    txn_id = wallet.pay(kind="conversion", status="WAITING")[0]["txn_id"]
    wallet.set_status(txn_id, "SUCCESS")
    assert [(row["type"], row["status"]) for row in wallet.rows()] == [("IN", "SUCCESS"), ("OUT", "SUCCESS")]


def test_nothing_settles_in_a_wallet_that_does_not_have_it(wallet: SandboxWallet, donor: SandboxWallet) -> None:
    (paid,) = donor.pay(status="WAITING")
    assert wallet.control("POST", f"/transactions/{paid['txn_id']}", {"status": "SUCCESS"}).status_code == 404
    assert donor.control("POST", f"/transactions/{paid['txn_id']}", {"status": "DONE"}).status_code == 400
    assert told(donor) == {paid["txn_id"]: "WAITING"}


@pytest.mark.parametrize("facts", [{}, {"at": moscow(minutes=10)}], ids=["now", "ten minutes ago"])
def test_a_late_row_appears_below_what_was_told_before_it(wallet: SandboxWallet, facts: dict[str, Any]) -> None:
    (late,) = wallet.pay(appears_after=1.5, **facts)
    (prompt,) = wallet.pay()
    assert told(wallet) == {prompt["txn_id"]: "SUCCESS"}
    assert comes_true(lambda: len(wallet.rows()) == 2)
    newest, oldest = wallet.rows()
    assert (newest["txnId"], oldest["txnId"]) == (prompt["txn_id"], late["txn_id"])
    assert late["txn_id"] < prompt["txn_id"]
    assert oldest["date"] <= newest["date"]


def test_a_late_row_is_in_the_books_and_the_balance_at_once(wallet: SandboxWallet) -> None:
    (late,) = wallet.pay(appears_after=600)
    (row,) = wallet.books()["rows"]
    assert (row["txn_id"], row["visible"], held(wallet)) == (late["txn_id"], False, 100_00)
    assert wallet.ask(f"/payment-history/v2/transactions/{late['txn_id']}").status_code == 404
    assert wallet.history().status_code == 404, "nothing was told of this wallet yet"
