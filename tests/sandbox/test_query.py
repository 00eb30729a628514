"""The rules of the history's parameters: what is refused, what is absent, what is selected, and in whose zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from .wallet import MOSCOW, SandboxWallet, moscow

HISTORY = "/payment-history/v2/persons/{w}/payments"
START, END = "2026-01-01T00:00:00+03:00", "2026-02-01T00:00:00+03:00"
FAR = "2026-04-01T00:00:00+03:00"


def test_up_to_fifty_rows_are_told(wallet: SandboxWallet) -> None:
    wallet.pay(repeat=60)
    assert [len(wallet.rows(rows=rows)) for rows in (1, 2, 49, 50)] == [1, 2, 49, 50]


@pytest.mark.parametrize("rows", ["0", "51", "-1", "1.5", "ten", "", None])
def test_any_other_number_of_rows_is_refused(wallet: SandboxWallet, rows: str | None) -> None:
    refused(wallet, rows=rows)


@pytest.mark.parametrize(
    "query",
    [
        {"startDate": START},
        {"endDate": END},
        {"startDate": START, "endDate": ""},
        {"nextTxnId": "26000000001"},
        {"nextTxnDate": START},
        {"nextTxnId": "", "nextTxnDate": START},
    ],
    ids=str,
)
def test_dates_and_the_place_to_go_on_come_in_pairs(wallet: SandboxWallet, query: dict[str, str]) -> None:
    refused(wallet, **query)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (START, "2026-04-01T00:00:01+03:00"),
        (END, START),
        (START, "2026-02-01T00:00:00+02:00"),
        ("2026-01-01T00:00:00", "2026-02-01T00:00:00"),
        ("2026-01-01", "2026-02-01"),
        ("2026-13-01T00:00:00+03:00", END),
        # A plus that was not encoded arrives as a space.
        ("2026-01-01T00:00:00 03:00", "2026-02-01T00:00:00 03:00"),
    ],
    ids=["a second over 90 days", "backwards", "two zones", "no zone", "no time", "no such month", "a bare plus"],
)
def test_a_wrong_period_is_refused(wallet: SandboxWallet, start: str, end: str) -> None:
    refused(wallet, startDate=start, endDate=end)


@pytest.mark.parametrize(
    "query",
    [{"operation": "SOME"}, {"sources[0]": "QW_BTC"}, {"nextTxnId": "x", "nextTxnDate": START}],
    ids=str,
)
def test_unknown_words_are_refused(wallet: SandboxWallet, query: dict[str, str]) -> None:
    refused(wallet, **query)


def refused(wallet: SandboxWallet, **query: Any) -> None:
    wallet.pay()
    answer = wallet.ask(HISTORY, {"rows": "50", **query})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "validation.error")


def test_ninety_days_are_not_too_long(wallet: SandboxWallet) -> None:
    wallet.pay(at="2026-03-31T23:59:59+03:00")
    assert len(wallet.rows(startDate=START, endDate=FAR)) == 1


def test_an_empty_value_is_an_absent_one(wallet: SandboxWallet) -> None:
    wallet.pay(repeat=3)
    names = ("operation", "sources[0]", "startDate", "endDate", "nextTxnId", "nextTxnDate")
    assert len(wallet.rows(**dict.fromkeys(names, ""))) == 3


@pytest.mark.parametrize("name", ["source[1]", "sources[]", "sources", "transaction_id", "qvxCardId"])
def test_what_the_service_does_not_know_is_passed_over(wallet: SandboxWallet, name: str) -> None:
    wallet.pay()
    assert len(wallet.rows(**{name: "QW_USD"})) == 1


def test_both_ends_of_the_period_belong_to_it(wallet: SandboxWallet) -> None:
    moments = [datetime(2026, 1, 10, 12, 0, second, 400_000, MOSCOW) for second in range(5)]
    paid = [wallet.pay(at=at.isoformat())[0]["txn_id"] for at in moments]
    period = {"startDate": "2026-01-10T12:00:01+03:00", "endDate": "2026-01-10T12:00:03+03:00"}
    assert [row["txnId"] for row in wallet.rows(**period)] == paid[3:0:-1]


def test_without_dates_the_whole_history_is_told(wallet: SandboxWallet) -> None:
    wallet.pay(at=moscow(days=400))
    assert len(wallet.rows()) == 1


@pytest.mark.parametrize(
    ("zone", "date"),
    [
        ("+03:00", "2026-01-10T01:30:00+03:00"),
        ("Z", "2026-01-09T22:30:00+00:00"),
        ("-08:00", "2026-01-09T14:30:00-08:00"),
        ("+05:30", "2026-01-10T04:00:00+05:30"),
    ],
)
def test_a_row_is_dated_in_the_zone_of_the_start(wallet: SandboxWallet, zone: str, date: str) -> None:
    wallet.pay(at="2026-01-10T01:30:00+03:00", repeat=2)
    period = {"startDate": f"2026-01-01T00:00:00{zone}", "endDate": f"2026-01-20T00:00:00{zone}"}
    page = wallet.history(rows=1, **period).json()
    assert page["data"][0]["date"] == date
    assert page["nextTxnDate"] == "2026-01-10T01:30:00+03:00", "always of Moscow"


def test_without_dates_a_row_is_dated_in_moscow(wallet: SandboxWallet) -> None:
    wallet.pay(at="2026-01-10T00:00:00.999999+00:00")
    assert wallet.rows()[0]["date"] == "2026-01-10T03:00:00+03:00"


def test_rows_are_chosen_by_operation(wallet: SandboxWallet) -> None:
    wallet.pay(kind="conversion")
    wallet.pay()
    told = {name: [row["type"] for row in wallet.rows(operation=name)] for name in ("ALL", "IN", "OUT", "QIWI_CARD")}
    assert sorted(told["ALL"]) == ["IN", "IN", "OUT"]
    assert (told["IN"], told["OUT"], told["QIWI_CARD"]) == (["IN", "IN"], ["OUT"], [])


def test_rows_are_chosen_by_account(wallet: SandboxWallet) -> None:
    for currency in ("RUB", "KZT", "USD", "EUR"):
        wallet.pay(currency=currency)

    def currencies(*sources: str) -> set[int]:
        rows = wallet.rows(**{f"sources[{n}]": source for n, source in enumerate(sources)})
        return {row["sum"]["currency"] for row in rows}

    assert currencies("QW_RUB") == {643}
    assert currencies("QW_KZT", "QW_USD") == {398, 840}
    assert currencies("CARD", "QW_EUR") == {978}
    assert currencies("CARD", "MK") == set()


def test_a_wallet_without_any_operation_is_not_found(wallet: SandboxWallet) -> None:
    never = wallet.history()
    assert (never.status_code, never.json()["errorCode"]) == (404, "payments.not.found")


def test_a_period_without_operations_is_empty(wallet: SandboxWallet) -> None:
    wallet.pay()
    quiet = wallet.history(startDate=START, endDate=(datetime.fromisoformat(START) + timedelta(days=1)).isoformat())
    assert (quiet.status_code, quiet.json()) == (200, {"data": [], "nextTxnId": None, "nextTxnDate": None})
