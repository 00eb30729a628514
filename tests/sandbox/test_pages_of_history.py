"""Newest first, page by page, each beginning with the row that the one before has named."""

from __future__ import annotations

import pytest

from .wallet import SandboxWallet, moscow


def test_the_newest_comes_first(wallet: SandboxWallet) -> None:
    middle, oldest, newest = (wallet.pay(at=moscow(hours=hours))[0] for hours in (2, 3, 1))
    assert [row["txnId"] for row in wallet.rows()] == [row["txn_id"] for row in (newest, middle, oldest)]
    assert newest["txn_id"] > middle["txn_id"] > oldest["txn_id"], "ids grow with time, whenever they were given"


def test_the_next_page_begins_with_the_row_that_was_named(wallet: SandboxWallet) -> None:
    wallet.pay(repeat=3, at=moscow(hours=1))
    first = wallet.history(rows=2).json()
    following = {name: first[name] for name in ("nextTxnId", "nextTxnDate")}
    second = wallet.history(rows=2, **following).json()
    assert second["data"][0]["txnId"] == first["nextTxnId"]
    assert second["data"][0]["date"] == first["nextTxnDate"]
    assert first["nextTxnId"] not in [row["txnId"] for row in first["data"]]


def test_the_last_page_names_no_next_one(wallet: SandboxWallet) -> None:
    wallet.pay(repeat=2)
    for rows in (2, 3):
        page = wallet.history(rows=rows).json()
        assert (page["nextTxnId"], page["nextTxnDate"]) == (None, None)


@pytest.mark.parametrize("rows", [1, 7, 50])
def test_all_pages_together_are_the_books(wallet: SandboxWallet, rows: int) -> None:
    at = moscow(days=1)
    wallet.pay(repeat=9, at=at)
    wallet.pay(repeat=2, kind="conversion", at=at)
    wallet.pay(repeat=9, at=moscow(hours=5))
    told = [(row["txnId"], row["type"]) for page in wallet.pages(rows=rows) for row in page["data"]]
    assert len(told) == len(set(told)) == 22
    assert set(told) == {(row["txn_id"], row["type"]) for row in wallet.books()["rows"]}
    assert told == sorted(told, key=lambda row: (-row[0], row[1]))


def test_pages_keep_to_the_period_they_began_with(wallet: SandboxWallet) -> None:
    wallet.pay(repeat=4, at="2026-01-05T00:00:00+03:00")
    inside = wallet.pay(repeat=5, at="2026-01-10T00:00:00+03:00")
    wallet.pay(repeat=4, at="2026-01-15T00:00:00+03:00")
    period = {"startDate": "2026-01-09T00:00:00+03:00", "endDate": "2026-01-11T00:00:00+03:00"}
    told = [row["txnId"] for page in wallet.pages(rows=2, **period) for row in page["data"]]
    assert told == [row["txn_id"] for row in reversed(inside)]


def test_what_arrives_between_two_pages_moves_no_row(wallet: SandboxWallet) -> None:
    paid = wallet.pay(repeat=4, at=moscow(hours=1))
    pages = wallet.pages(rows=2)
    told = [row["txnId"] for row in next(pages)["data"]]
    wallet.pay()
    told += [row["txnId"] for page in pages for row in page["data"]]
    assert told == [row["txn_id"] for row in reversed(paid)]
