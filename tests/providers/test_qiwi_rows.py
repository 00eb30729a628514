"""QIWI's rows in our words: the recorded ones, the table of kinds, and anything else that JSON can be."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from donations.money import Money
from donations.providers.base import BadRow, Kind, Payment, Span, Status, TargetMissing
from donations.providers.http import parse_json
from donations.providers.qiwi import windows
from donations.providers.qiwi_rows import payment_of, wallet_number

from .wallet_service import SAMPLES, STREAMER, row

QVC = "Пополнение или возврат платежа по QVC\\QVP"


def understood(**changes: Any) -> Payment | BadRow | None:
    """A row as it comes off the wire."""
    return payment_of(parse_json(json.dumps(row(**changes))), STREAMER)


def from_sample(name: str) -> list[Payment | BadRow | None]:
    body = parse_json((SAMPLES / f"{name}.json").read_bytes())
    return [payment_of(each, STREAMER) for each in body.get("data", [body])]


def test_a_viewers_transfer_is_a_gift_with_his_words() -> None:
    assert from_sample("composed_donation_wallet_to_wallet") == [
        Payment(
            txn_id="26000000002:IN",
            status=Status.SETTLED,
            kind=Kind.GIFT,
            money=Money(15050, "RUB"),
            occurred_at=datetime(2023, 9, 1, 17, 15, 31, tzinfo=UTC),
            payer="+79990000042",
            words="На новый комп! 🎉",
        ),
        Payment(
            txn_id="26000000001:IN",
            status=Status.SETTLED,
            kind=Kind.GIFT,
            money=Money(5000, "RUB"),
            occurred_at=datetime(2023, 9, 1, 17, 14, 2, tzinfo=UTC),
            payer="+79990000043",
        ),
    ]


@pytest.mark.parametrize(
    "name", ["rec_out_2019_wallet_transfer", "rec_out_2019_waiting_card_hold", "doc_history_v2_2023_05"]
)
def test_money_that_went_out_is_no_payment(name: str) -> None:
    assert from_sample(name) == [None]


@pytest.mark.parametrize(
    ("provider", "source", "account", "comment", "kind"),
    [
        (7, 99, "+79990000042", "привет", Kind.GIFT),
        (7, 99, "79990000042", None, Kind.GIFT),
        (7, 99, "+37491000042", "", Kind.GIFT),
        (7, 99, "+79990000042", QVC, Kind.GIFT),  # a person may write this, too
        (7, 99, "+79990000042", "Конвертация для проведения платежа 1", Kind.GIFT),
        (7, 99, "QIWI Bank", QVC, Kind.REFUND),
        (7, 99, "QIWI Bank", None, Kind.REFUND),
        (7, 99, "", QVC, Kind.REFUND),
        (7, 99, "", "Выплата по договору", Kind.OTHER),
        (7, 99, None, None, Kind.OTHER),
        (7, 99, "12345678", "terminal", Kind.OTHER),
        (1057, 99, "12345678", "words", Kind.OTHER),
        (26444, 99, "Платежная система", None, Kind.OTHER),
        (4, 99, "12345678", None, Kind.OTHER),
        (4, 99, "+79990000042", None, Kind.OTHER),
        (7, 1099, f"+{STREAMER}", "Конвертация для проведения платежа 5", Kind.OWN),
        (7, 1099, "+79990000042", None, Kind.OWN),
        (7, 99, f"+{STREAMER}", "from my other pocket", Kind.OWN),
        (31337, 99, "+79990000042", "hello", Kind.OTHER),
        (None, None, "+79990000042", "hello", Kind.OTHER),
        ("7", "99", "+79990000042", "hello", Kind.OTHER),
    ],
)
def test_only_a_persons_transfer_is_a_gift(provider: Any, source: Any, account: Any, comment: Any, kind: Kind) -> None:
    payment = understood(provider={"id": provider}, source={"id": source}, account=account, comment=comment)
    assert isinstance(payment, Payment)
    assert payment.kind is kind
    assert bool(payment.payer) == (kind is Kind.GIFT)
    assert payment.name == ""


def test_a_row_without_a_sender_at_all_counts_nowhere() -> None:
    payment = understood(provider=None, source=[], view=None)
    assert isinstance(payment, Payment)
    assert payment.kind is Kind.OTHER


@pytest.mark.parametrize(
    ("status", "ours"), [("WAITING", Status.PENDING), ("SUCCESS", Status.SETTLED), ("ERROR", Status.FAILED)]
)
def test_a_status_decides_where_a_payment_stands(status: str, ours: Status) -> None:
    payment = understood(status=status, statusText="Success")
    assert isinstance(payment, Payment)
    assert payment.status is ours


@pytest.mark.parametrize(
    ("amount", "currency", "money"),
    [
        ("150.5", 643, Money(15050, "RUB")),
        ("6.67", "643", Money(667, "RUB")),
        ("200", "RUB", Money(20000, "RUB")),
        ("0.01", 840, Money(1, "USD")),
        ("453.0", "EUR", Money(45300, "EUR")),
        ("1e3", 398, Money(100000, "KZT")),
        ("70368744177664.01", 643, Money(7036874417766401, "RUB")),
    ],
)
def test_an_amount_is_exact_in_any_of_qiwis_spellings(amount: str, currency: Any, money: Money) -> None:
    text = json.dumps(row(sum={"amount": 424242, "currency": currency})).replace("424242", amount)
    payment = payment_of(parse_json(text), STREAMER)
    assert isinstance(payment, Payment)
    assert payment.money == money


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "REVERSED"},
        {"status": None},
        {"status": ["SUCCESS"]},
        {"type": "in"},
        {"type": None},
        {"type": {}},
        {"txnId": None},
        {"txnId": True},
        {"txnId": -5},
        {"txnId": 0},
        {"txnId": 10**30},
        {"txnId": "26000000002 "},
        {"txnId": 26000000002.5},
        {"sum": None},
        {"sum": 150},
        {"sum": {"amount": "150", "currency": 643}},
        {"sum": {"amount": True, "currency": 643}},
        {"sum": {"amount": 0, "currency": 643}},
        {"sum": {"amount": -150, "currency": 643}},
        {"sum": {"amount": 0.001, "currency": 643}},
        {"sum": {"amount": 10**30, "currency": 643}},
        {"sum": {"amount": 150, "currency": 999}},
        {"sum": {"amount": 150, "currency": "XYZ"}},
        {"sum": {"amount": 150, "currency": [643]}},
        {"sum": {"amount": 150}},
        {"date": None},
        {"date": "2023-09-01T20:15:31"},
        {"date": "yesterday"},
        {"date": 1693588531},
        {"date": "0001-01-01T00:00:00+03:00"},
        {"account": 79990000042},
        {"comment": {"text": "hello"}},
    ],
    ids=str,
)
def test_a_row_that_is_not_understood_is_told_without_its_values(changes: dict[str, Any]) -> None:
    bad = understood(**changes)
    assert isinstance(bad, BadRow)
    assert bad.reason in changes
    assert "txnId" in bad.fields
    assert "7999" not in repr(bad)
    assert "комп" not in repr(bad)


def test_names_that_could_be_values_are_not_told() -> None:
    bad = payment_of({"79990000042": 1, "0123abc": 2, "x" * 500: 3, "status": 4}, STREAMER)
    assert bad == BadRow(("status",), "type")


def test_words_lose_only_what_no_database_holds() -> None:
    payment = understood(comment="<b>\u202eдонат\0</b> \ud83c 🎉\n")
    assert isinstance(payment, Payment)
    assert payment.words == "<b>\u202eдонат</b> \ufffd 🎉\n"
    payment.words.encode()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(json_values)
def test_no_json_value_breaks_the_reader(value: Any) -> None:
    assert isinstance(payment_of(parse_json(json.dumps(value)), STREAMER), Payment | BadRow | None)


@given(st.dictionaries(st.sampled_from(sorted(row())), json_values))
def test_no_value_in_any_field_breaks_the_reader(changes: dict[str, Any]) -> None:
    found = understood(**changes)
    if isinstance(found, BadRow):
        assert set(found.fields) == set(row())
        assert found.reason in row()
    elif found:
        found.words.encode()
        assert found.occurred_at.utcoffset() == timedelta(0)
        assert found.money.minor > 0


@given(st.from_regex(r"\A-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,12})?\Z"))
def test_no_figure_breaks_the_reader(figure: str) -> None:
    text = json.dumps(row(sum={"amount": 424242, "currency": 643})).replace("424242", figure)
    assert isinstance(payment_of(parse_json(text), STREAMER), Payment | BadRow)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("79990000001", "79990000001"),
        ("+79990000001", "79990000001"),
        ("8 (999) 000-00-01", "79990000001"),
        ("+7 999 000 00 01", "79990000001"),
        ("9990000001", "79990000001"),
        ("8\u00a0701\u00a0000\u00a000\u201112", "77010000012"),
        ("7010000012", "77010000012"),
        ("+37491000042", "37491000042"),
        ("+8613800138000", "8613800138000"),
        (" 7.999.000.00.01\n", "79990000001"),
    ],
)
def test_a_number_is_taken_as_people_write_it(typed: str, number: str) -> None:
    assert wallet_number(typed) == number


@pytest.mark.parametrize(
    "typed", ["", "anya", "123", "../../etc", "79990000001/payments", "7999000000a", "٧٩٩٩٠٠٠٠٠٠١", "7" * 16, "+"]
)
def test_what_is_no_number_is_refused_without_quoting_it(typed: str) -> None:
    with pytest.raises(TargetMissing) as refused:
        wallet_number(typed)
    assert str(refused.value) == "not a wallet number"


def test_a_long_span_is_read_in_windows_of_ninety_days_newest_first() -> None:
    start, end = datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 9, 1, 12, 0, 0, 500, tzinfo=UTC)
    found = windows(Span(start, end))
    assert found[0] == {"startDate": "2023-06-03T15:00:01+03:00", "endDate": "2023-09-01T15:00:01+03:00"}
    assert found[-1]["startDate"] == "2023-01-01T03:00:00+03:00"
    times = [[datetime.fromisoformat(str(text)) for text in window.values()] for window in found]
    assert all(closes - opens <= timedelta(days=90) for opens, closes in times)
    assert all(newer[0] - older[1] == timedelta(seconds=1) for newer, older in itertools.pairwise(times))


def test_a_span_of_a_moment_is_one_window() -> None:
    moment = datetime(2023, 9, 1, 12, 0, 0, 300, tzinfo=UTC)
    assert windows(Span(moment, moment)) == [
        {"startDate": "2023-09-01T15:00:00+03:00", "endDate": "2023-09-01T15:00:01+03:00"}
    ]


def test_a_span_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        windows(Span(datetime(2023, 9, 1), datetime(2023, 9, 2)))
