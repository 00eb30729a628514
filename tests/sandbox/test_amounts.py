"""Money to the last unit, from the order to the books, the history, the sums and the balance."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from .wallet import SandboxWallet

EXACT = [
    (1, "0.01"),
    (10, "0.1"),
    (100, "1"),
    (667, "6.67"),
    (26888, "268.88"),
    (15050, "150.5"),
    (29, "0.29"),
    (113, "1.13"),
    (500000, "5000"),
    (9_999_999, "99999.99"),
    (10**13, "100000000000"),
    (10**13 - 1, "99999999999.99"),
]


def texts(answer: Any) -> Any:
    """The answer with its numbers as they were printed."""
    return json.loads(answer.text, parse_float=str, parse_int=str)


@pytest.mark.parametrize(("minor", "printed"), EXACT)
def test_an_amount_is_printed_exactly(wallet: SandboxWallet, minor: int, printed: str) -> None:
    wallet.pay(minor)
    (row,) = texts(wallet.history())["data"]
    assert row["sum"]["amount"] == row["total"]["amount"] == printed
    assert row["commission"]["amount"] == "0"
    accounts = texts(wallet.ask("/funding-sources/v2/persons/{w}/accounts"))["accounts"]
    assert accounts[1]["balance"]["amount"] == printed


def test_many_amounts_add_up_exactly(wallet: SandboxWallet) -> None:
    amounts = list(range(1, 1000, 7))
    wallet.control("POST", "/pay", {"payments": [{"amount": minor} for minor in amounts]}).raise_for_status()
    assert wallet.books()["balances"] == {"RUB": sum(amounts)}
    accounts = texts(wallet.ask("/funding-sources/v2/persons/{w}/accounts"))["accounts"]
    assert Decimal(accounts[1]["balance"]["amount"]) * 100 == sum(amounts)


@pytest.mark.parametrize("amount", [0, -5, 1.5, 100.0, "100", None, True, 10**13 + 1, [1]], ids=str)
def test_no_other_amount_is_taken(wallet: SandboxWallet, amount: object) -> None:
    refused = wallet.control("POST", "/pay", {"amount": amount})
    assert refused.status_code == 400
    assert "amount" in refused.json()["error"]
    assert wallet.books()["rows"] == []
