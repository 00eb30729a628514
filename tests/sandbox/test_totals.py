"""The sums of a period, in and out."""

from __future__ import annotations

from typing import Any

import pytest

from .shape import differences, sample
from .wallet import SandboxWallet

DATES = {"startDate": "2026-01-01T00:00:00+03:00", "endDate": "2026-01-31T00:00:00+03:00"}


def totals(wallet: SandboxWallet, version: str = "v2", **query: str) -> Any:
    return wallet.ask(f"/payment-history/{version}/persons/{{w}}/payments/total", {**DATES, **query})


@pytest.fixture
def busy(wallet: SandboxWallet) -> SandboxWallet:
    """Rows of two currencies, in and out, of which some do not count."""
    inside, outside = "2026-01-10T00:00:00+03:00", "2026-02-10T00:00:00+03:00"
    for amount, facts in (
        (100_10, {}),
        (200_20, {}),
        (3_33, {"currency": "USD"}),
        (72_42, {"kind": "conversion"}),
        (1_000_00, {"status": "WAITING"}),
        (1_000_00, {"status": "ERROR"}),
    ):
        wallet.pay(amount, at=inside, **facts)
    wallet.pay(5_000_00, at=outside)
    return wallet


def test_each_currency_is_summed_on_its_own(busy: SandboxWallet) -> None:
    told = totals(busy).json()
    assert differences(sample("doc_total"), told) == []
    assert told == {
        "incomingTotal": [{"amount": 372.72, "currency": 643}, {"amount": 3.33, "currency": 840}],
        "outgoingTotal": [{"amount": 1, "currency": 840}],
    }


def test_the_first_version_names_currencies_by_their_letters(busy: SandboxWallet) -> None:
    assert totals(busy, "v1").json()["outgoingTotal"] == [{"amount": 1, "currency": "USD"}]


def test_sums_are_chosen_as_rows_are(busy: SandboxWallet) -> None:
    assert totals(busy, operation="OUT").json()["incomingTotal"] == []
    assert totals(busy, **{"sources[0]": "QW_USD"}).json()["incomingTotal"] == [{"amount": 3.33, "currency": 840}]


@pytest.mark.parametrize(
    "dates",
    [
        {"startDate": "", "endDate": ""},
        {"endDate": ""},
        {"endDate": "2026-04-02T00:00:00+03:00"},
    ],
    ids=str,
)
def test_sums_need_a_period_of_at_most_ninety_days(wallet: SandboxWallet, dates: dict[str, str]) -> None:
    refused = totals(wallet, **dates)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "validation.error")
