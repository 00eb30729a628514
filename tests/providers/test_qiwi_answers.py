"""QIWI's answers that its sandbox would not give: odd pages, refusals, half-told profiles."""

from __future__ import annotations

import base64
import contextlib
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from donations.money import Money
from donations.providers.base import (
    Access,
    Account,
    Blocked,
    Credential,
    Kind,
    Link,
    NonsenseAnswer,
    PassingFault,
    ProviderError,
    RateLimited,
    ReadOnly,
    Reference,
    ScopeMissing,
    Span,
    SpendingToken,
    Status,
    TargetMissing,
    TokenRefused,
    WrongSecret,
)
from donations.providers.qiwi import MOST_PAGES, Qiwi

from .test_qiwi_rows import json_values
from .wallet_service import STREAMER, TOKEN, Canned, Service, page, row, sample

FORBIDDEN = Canned(sample("rec_error_403_auth_forbidden_2018"), 403)
NOT_FOUND = Canned({"serviceName": "payment-history", "errorCode": "payments.not.found"}, 404)
HTML = b"<!DOCTYPE html><h1>Access denied for 79990000001</h1>"
PROFILE = Canned(sample("composed_profile_superset"))
BALANCE = Canned(sample("rec_accounts_v2_2018"))
P2P_KEY = base64.b64encode(
    json.dumps(
        {"version": "P2P", "data": {"payin_merchant_site_uid": "x", "user_id": STREAMER, "secret": "s"}}
    ).encode()
).decode()


class TestHistory:
    def test_a_window_is_asked_for_in_moscow_time(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span
    ) -> None:
        service.says(page())
        qiwi.read(anya, september)
        (asked,) = service.asked
        assert asked.path == f"/payment-history/v2/persons/{STREAMER}/payments"
        assert asked.query == {
            "rows": "50",
            "operation": "IN",
            "startDate": "2023-09-01T03:00:00+03:00",
            "endDate": "2023-09-30T03:00:00+03:00",
        }
        assert asked.headers["Authorization"] == f"Bearer {TOKEN}"

    def test_pages_are_followed_inside_the_same_window(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span
    ) -> None:
        service.says(
            page(row(txnId=3), following=(2, "2023-09-01T20:15:00+03:00")),
            page(row(txnId=2, date="2023-09-01T20:15:00+03:00")),
        )
        batch = qiwi.read(anya, september)
        first, second = (asked.query for asked in service.asked)
        assert second == first | {"nextTxnId": "2", "nextTxnDate": "2023-09-01T20:15:00+03:00"}
        assert [payment.txn_id for payment in batch.payments] == ["2:IN", "3:IN"]
        assert (batch.calls, batch.more, batch.bookmark) == (2, False, None)
        assert batch.clock == datetime(2023, 9, 1, 17, 15, 31, tzinfo=UTC)

    def test_a_row_on_two_pages_is_one_payment_with_its_newest_status(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span
    ) -> None:
        service.says(
            page(row(txnId=3), row(txnId=2, status="WAITING"), following=(2, "2023-09-01T20:15:31+03:00")),
            page(row(txnId=2, status="SUCCESS"), row(txnId=1)),
        )
        found = {payment.txn_id: payment.status for payment in qiwi.read(anya, september).payments}
        assert found == {f"{number}:IN": Status.SETTLED for number in (1, 2, 3)}

    def test_payments_of_one_second_come_in_the_order_of_their_ids(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span
    ) -> None:
        service.says(page(row(txnId=1000), row(txnId=999), row(txnId=1001)))
        assert [payment.txn_id for payment in qiwi.read(anya, september).payments] == ["999:IN", "1000:IN", "1001:IN"]

    @pytest.mark.parametrize("nothing", [page(), NOT_FOUND, Canned(b"", 404)], ids=["empty", "not found", "bare 404"])
    def test_a_wallet_without_payments_is_empty(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span, nothing: Canned
    ) -> None:
        service.says(nothing)
        batch = qiwi.read(anya, september)
        assert (list(batch.payments), batch.more, batch.calls) == ([], False, 1)

    @pytest.mark.parametrize(
        "answer",
        [
            Canned(HTML),
            Canned(HTML, 404),
            Canned(HTML, 403),
            Canned(b""),
            Canned([]),
            Canned({"data": None}),
            Canned({"data": {"0": row()}}),
            Canned({"data": [], "nextTxnId": 5, "nextTxnDate": None}),
            Canned({"data": [], "nextTxnId": None, "nextTxnDate": "2023-09-01T20:15:31+03:00"}),
            Canned({"data": [], "nextTxnId": "x", "nextTxnDate": "2023-09-01T20:15:31+03:00"}),
            Canned({"data": [], "nextTxnId": 5, "nextTxnDate": "2023-09-01T20:15:31"}),
            Canned({"errorCode": "validation.error"}, 400),
            Canned({}, 302, {"Location": "https://qiwi.com/"}),
            page(following=(5, "2023-09-01T20:15:31+03:00")),  # for ever the same
        ],
        ids=lambda answer: f"{answer.status} {answer.raw[:60]!r}",
    )
    def test_an_answer_of_another_shape_makes_no_sense(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span, answer: Canned
    ) -> None:
        service.says(answer)
        with pytest.raises(NonsenseAnswer):
            qiwi.read(anya, september)

    def test_a_bad_request_is_told_by_its_code_alone(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span
    ) -> None:
        service.says(Canned({"errorCode": "validation.error", "userMessage": f"bad wallet {STREAMER}"}, 400))
        with pytest.raises(NonsenseAnswer) as refused:
            qiwi.read(anya, september)
        assert str(refused.value) == "400 validation.error"

    def test_a_row_that_is_not_understood_does_not_hide_the_others(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span
    ) -> None:
        service.says(
            page(row(txnId=1), row(txnId=2, status="SOMETHING"), "row", row(txnId=3, type="OUT"), row(txnId=4))
        )
        batch = qiwi.read(anya, september)
        assert [payment.txn_id for payment in batch.payments] == ["1:IN", "4:IN"]
        assert [bad.reason for bad in batch.bad_rows] == ["status", "not a row"]

    def test_a_long_history_is_read_in_parts_and_nothing_of_it_is_lost(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span
    ) -> None:
        pages = MOST_PAGES + 5
        date = "2023-09-10T12:00:00+03:00"
        history = [
            page(row(txnId=number, date=date), following=(number - 1, date) if number > 1 else None)
            for number in range(pages, 0, -1)
        ]
        service.says(*history[:MOST_PAGES])
        first = qiwi.read(anya, september)
        assert (first.calls, first.more) == (MOST_PAGES, True)
        bookmark = json.loads(json.dumps(first.bookmark, sort_keys=True))

        later = Span(september.start, september.end + timedelta(minutes=1))
        service.asked.clear()
        service.says(page(row(txnId=900, date="2023-09-30T03:00:20+03:00")), *history[MOST_PAGES:])
        second = qiwi.read(anya, later, bookmark)
        assert (second.calls, second.more, second.bookmark) == (1 + 5, False, None)
        # The service's clock stood at 20:15:31: what came after that, the first reading cannot have seen.
        assert service.asked[0].query["startDate"] == "2023-09-01T20:14:31+03:00"
        assert service.asked[0].query["endDate"] == "2023-09-30T03:01:00+03:00"
        assert service.asked[1].query["nextTxnId"] == "5"
        ids = [payment.txn_id for payment in (*first.payments, *second.payments)]
        assert sorted(ids) == sorted(f"{number}:IN" for number in (*range(1, pages + 1), 900))

    def test_what_came_since_a_part_was_read_is_read_however_long_ago_that_was(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span
    ) -> None:
        date = "2023-09-01T12:00:00+03:00"
        service.says(
            *(page(row(txnId=number, date=date), following=(number - 1, date)) for number in range(90, 70, -1))
        )
        first = qiwi.read(anya, september)
        service.asked.clear()
        service.says(page())
        qiwi.read(anya, Span(september.start + timedelta(days=60), september.end + timedelta(days=60)), first.bookmark)
        assert service.asked[0].query["startDate"] == "2023-09-01T20:14:31+03:00"

    def test_a_span_that_is_wider_by_then_is_read_as_far_back_as_it_goes(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span
    ) -> None:
        date = "2023-09-10T12:00:00+03:00"
        history = [page(row(txnId=number, date=date), following=(number - 1, date)) for number in range(90, 0, -1)]
        service.says(*history[:MOST_PAGES])
        first = qiwi.read(anya, september)

        wider = Span(september.start - timedelta(days=100), september.end)
        service.asked.clear()
        service.says(page(), *history[MOST_PAGES : 2 * MOST_PAGES - 1])
        second = qiwi.read(anya, wider, first.bookmark)
        assert second.more

        service.asked.clear()
        service.says(page(), page(row(txnId=3, date=date)), page(row(txnId=2)), page(row(txnId=1)))
        third = qiwi.read(anya, september, second.bookmark)
        assert (third.calls, third.more) == (4, False)
        asked = [(call.query["startDate"], call.query["endDate"]) for call in service.asked[2:]]
        assert asked == [
            ("2023-06-03T03:00:00+03:00", "2023-09-01T03:00:00+03:00"),
            ("2023-05-24T03:00:00+03:00", "2023-06-03T02:59:59+03:00"),
        ]

    def test_a_history_longer_than_ninety_days_is_asked_for_in_windows(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span
    ) -> None:
        service.says(page())
        batch = qiwi.read(anya, Span(september.end - timedelta(days=200), september.end))
        assert batch.calls == 3

    def test_a_transfer_from_the_owner_is_his_own_however_the_number_is_kept(
        self, qiwi: Qiwi, service: Service, september: Span
    ) -> None:
        service.says(page(row(account=f"+{STREAMER}")))
        (payment,) = qiwi.read(Access(Credential(TOKEN), "8 (999) 000-00-01"), september).payments
        assert payment.kind is Kind.OWN

    def test_a_wallet_number_never_leaves_its_place_in_the_path(
        self, qiwi: Qiwi, service: Service, september: Span
    ) -> None:
        with pytest.raises(TargetMissing):
            qiwi.read(Access(Credential(TOKEN), "1/../../x"), september)
        assert not service.asked

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        body=json_values
        | st.fixed_dictionaries({"data": json_values, "nextTxnId": json_values})
        | st.fixed_dictionaries({"incomingTotal": json_values | st.lists(json_values)})
    )
    def test_no_json_body_breaks_the_reading(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span, body: Any
    ) -> None:
        service.says(Canned(body))
        for call in (
            lambda: qiwi.read(anya, september),
            lambda: qiwi.balances(anya),
            lambda: qiwi.totals(anya, september),
            lambda: qiwi.read_one(anya, "5:IN"),
            lambda: qiwi.verify(anya.credential, STREAMER),
        ):
            with contextlib.suppress(ProviderError):
                call()


class TestRefusals:
    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (Canned(b"", 401), TokenRefused),
            (Canned(HTML, 401), TokenRefused),
            (FORBIDDEN, ScopeMissing),
            (Canned({}, 500), PassingFault),
            (Canned(HTML, 502), PassingFault),
            (Canned(b"", 503), PassingFault),
            (Canned(b"", 408), PassingFault),
            (Canned(b"", 418), NonsenseAnswer),
        ],
        ids=lambda value: value.status if isinstance(value, Canned) else value.__name__,
    )
    @pytest.mark.parametrize("scope", ["history", "balance"])
    def test_a_status_says_what_happens_next(
        self,
        qiwi: Qiwi,
        service: Service,
        anya: Access,
        september: Span,
        answer: Canned,
        error: type[ProviderError],
        scope: str,
    ) -> None:
        service.says(answer)
        with pytest.raises(ProviderError) as refused:
            qiwi.read(anya, september) if scope == "history" else qiwi.balances(anya)
        assert type(refused.value) is error
        assert getattr(refused.value, "scope", scope) == scope

    @pytest.mark.parametrize(
        "answer",
        [
            Canned(b"", 423),
            *(Canned(sample("rec_error_request_blocked_2018"), status) for status in (400, 403, 423, 500)),
        ],
        ids=lambda answer: f"{answer.status} {len(answer.raw)}",
    )
    def test_a_shut_out_wallet_is_left_alone_for_five_minutes(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span, answer: Canned
    ) -> None:
        service.says(answer)
        with pytest.raises(Blocked) as refused:
            qiwi.read(anya, september)
        assert timedelta(minutes=4, seconds=50) < refused.value.until - datetime.now(UTC) <= timedelta(minutes=5)

    @pytest.mark.parametrize(
        ("asked", "seconds"), [("90", 90), ("", 60), ("nonsense", 60), ("0", 5), ("999999999", 3600)]
    )
    def test_the_wait_asked_for_is_kept_within_reason(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span, asked: str, seconds: int
    ) -> None:
        service.says(Canned(b"", 429, {"Retry-After": asked}))
        with pytest.raises(RateLimited) as refused:
            qiwi.read(anya, september)
        assert abs((refused.value.retry_at - datetime.now(UTC)).total_seconds() - seconds) < 4

    def test_an_error_survives_being_carried_between_processes(self) -> None:
        moment = datetime(2023, 9, 1, 12, tzinfo=UTC)
        for error in (RateLimited(moment), Blocked(moment), ScopeMissing("history"), WrongSecret("qiwi-p2p")):
            copy = pickle.loads(pickle.dumps(error))
            assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


class TestBalance:
    def test_the_wallets_own_accounts_are_found_by_their_aliases(
        self, qiwi: Qiwi, service: Service, anya: Access
    ) -> None:
        service.says(BALANCE)
        assert qiwi.balances(anya) == [Money(10000, "RUB"), Money(298, "EUR")]
        assert len(service.asked) == 1

    def test_the_first_account_is_not_the_wallet(self, qiwi: Qiwi, service: Service, anya: Access) -> None:
        service.says(Canned(sample("doc_accounts_v2")))
        assert qiwi.balances(anya) == [Money(874, "RUB")]

    def test_a_balance_that_is_not_told_is_asked_for_with_patience(
        self, qiwi: Qiwi, service: Service, anya: Access
    ) -> None:
        service.says(Canned({"accounts": [{"alias": "qw_wallet_rub", "hasBalance": True, "balance": None}]}), BALANCE)
        assert qiwi.balances(anya) == [Money(10000, "RUB")]
        assert service.asked[1].query == {"timeout": "1000", "alias": "qw_wallet_rub"}

    @pytest.mark.parametrize("again", [Canned({"accounts": []}), NOT_FOUND], ids=["nothing", "404"])
    def test_a_balance_that_is_never_told_is_left_out(
        self, qiwi: Qiwi, service: Service, anya: Access, again: Canned
    ) -> None:
        accounts = [*sample("rec_accounts_v2_2018")["accounts"], {"alias": "qw_wallet_usd", "balance": None}]
        service.says(Canned({"accounts": accounts}), again)
        assert qiwi.balances(anya) == [Money(10000, "RUB"), Money(298, "EUR")]

    def test_an_empty_wallet_has_a_balance_of_nothing(self, qiwi: Qiwi, service: Service, anya: Access) -> None:
        nothing = {"alias": "qw_wallet_rub", "balance": {"amount": 0, "currency": 643}}
        service.says(Canned({"accounts": [nothing]}))
        assert qiwi.balances(anya) == [Money(0, "RUB")]

    def test_a_wallet_that_is_gone_is_a_missing_target(self, qiwi: Qiwi, service: Service, anya: Access) -> None:
        service.says(NOT_FOUND)
        with pytest.raises(TargetMissing):
            qiwi.balances(anya)

    @pytest.mark.parametrize(
        "balance", [{}, 5, {"amount": "5", "currency": 643}, {"amount": 5, "currency": 840}], ids=str
    )
    def test_a_balance_that_is_no_amount_makes_no_sense(
        self, qiwi: Qiwi, service: Service, anya: Access, balance: Any
    ) -> None:
        service.says(Canned({"accounts": [{"alias": "qw_wallet_rub", "balance": balance}]}))
        with pytest.raises(NonsenseAnswer):
            qiwi.balances(anya)


class TestTotals:
    def test_they_are_asked_for_by_whole_seconds_in_moscow_time(
        self, qiwi: Qiwi, service: Service, anya: Access
    ) -> None:
        service.says(Canned({"incomingTotal": [{"amount": 3500.25, "currency": 643}], "outgoingTotal": []}))
        day = Span(datetime(2023, 9, 1, 21, tzinfo=UTC), datetime(2023, 9, 2, 20, 59, 59, tzinfo=UTC))
        assert qiwi.totals(anya, day) == [Money(3500_25, "RUB")]
        (asked,) = service.asked
        assert asked.path == f"/payment-history/v2/persons/{STREAMER}/payments/total"
        assert asked.query == {
            "operation": "IN",
            "startDate": "2023-09-02T00:00:00+03:00",
            "endDate": "2023-09-02T23:59:59+03:00",
        }

    def test_a_wallet_without_payments_has_none(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span
    ) -> None:
        service.says(NOT_FOUND)
        assert qiwi.totals(anya, september) == []

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"incomingTotal": None},
            {"incomingTotal": [None]},
            {"incomingTotal": [{"amount": "5", "currency": 643}]},
            {"incomingTotal": [{"amount": -5, "currency": 643}]},
            {"incomingTotal": [{"amount": 5, "currency": 999}]},
        ],
        ids=str,
    )
    def test_a_total_that_is_no_amount_makes_no_sense(
        self, qiwi: Qiwi, service: Service, anya: Access, september: Span, body: Any
    ) -> None:
        service.says(Canned(body))
        with pytest.raises(NonsenseAnswer):
            qiwi.totals(anya, september)


class TestVerify:
    @pytest.mark.parametrize("name", ["composed_profile_superset", "doc_profile"])
    def test_the_wallet_number_comes_from_the_token(
        self, qiwi: Qiwi, service: Service, anya: Access, name: str
    ) -> None:
        service.says(Canned(sample(name)), FORBIDDEN, page(), BALANCE)
        profile = qiwi.verify(anya.credential, account="79995555555")
        title = "STREAMER1" if "superset" in name else "QIWI ··01"
        assert profile.accounts == [Account(STREAMER, title, ("RUB", "EUR"))]
        assert (profile.read_only, profile.missing, profile.expires_at) == (ReadOnly.PROVEN, (), None)
        assert [asked.path.split("/")[1] for asked in service.asked] == [
            "person-profile",
            "payment-notifier",
            "payment-history",
            "funding-sources",
        ]

    def test_the_number_is_taken_from_the_contract_where_the_person_is_not_told(
        self, qiwi: Qiwi, service: Service, anya: Access
    ) -> None:
        service.says(
            Canned({"authInfo": None, "contractInfo": {"contractId": 79990000001}}), FORBIDDEN, page(), BALANCE
        )
        assert qiwi.verify(anya.credential).accounts[0].id == STREAMER

    @pytest.mark.parametrize(
        "hook", [Canned({"hookId": "x"}), NOT_FOUND, Canned(b"", 404)], ids=["hook", "none", "bare"]
    )
    def test_a_token_that_could_spend_is_refused(
        self, qiwi: Qiwi, service: Service, anya: Access, hook: Canned
    ) -> None:
        service.says(PROFILE, hook)
        with pytest.raises(SpendingToken):
            qiwi.verify(anya.credential)

    @pytest.mark.parametrize(
        "hook",
        [Canned(HTML, 403), Canned(HTML, 404), Canned({"error": "go away"}, 403), Canned({}, 410), Canned(b"", 400)],
        ids=lambda hook: f"{hook.status} {hook.raw[:9]!r}",
    )
    def test_an_answer_that_tells_nothing_of_rights_proves_nothing(
        self, qiwi: Qiwi, service: Service, anya: Access, hook: Canned
    ) -> None:
        service.says(PROFILE, hook, page(), BALANCE)
        assert qiwi.verify(anya.credential).read_only is ReadOnly.UNKNOWN

    @pytest.mark.parametrize(
        ("hook", "error"),
        [(Canned({}, 500), PassingFault), (Canned({}, 429), RateLimited), (Canned({}, 423), Blocked)],
        ids=["500", "429", "423"],
    )
    def test_nobody_is_let_in_on_a_bad_minute(
        self, qiwi: Qiwi, service: Service, anya: Access, hook: Canned, error: type[ProviderError]
    ) -> None:
        service.says(PROFILE, hook)
        with pytest.raises(error):
            qiwi.verify(anya.credential)

    def test_a_token_without_the_profile_right_asks_for_the_number(
        self, qiwi: Qiwi, service: Service, anya: Access
    ) -> None:
        service.says(FORBIDDEN)
        profile = qiwi.verify(anya.credential)
        assert (tuple(profile.accounts), profile.missing, profile.read_only) == ((), ("profile",), ReadOnly.PROVEN)

    def test_a_number_that_is_given_is_tried(self, qiwi: Qiwi, service: Service, anya: Access) -> None:
        service.says(FORBIDDEN, FORBIDDEN, page(), FORBIDDEN)
        profile = qiwi.verify(anya.credential, "8 (999) 000-00-01")
        assert profile.accounts == [Account(STREAMER, "QIWI ··01", ("RUB",))]
        assert profile.missing == ("profile", "balance")
        assert service.asked[2].path.split("/")[4] == STREAMER

    def test_a_token_without_the_history_right_is_of_no_use(self, qiwi: Qiwi, service: Service, anya: Access) -> None:
        service.says(PROFILE, FORBIDDEN, FORBIDDEN)
        with pytest.raises(ScopeMissing) as refused:
            qiwi.verify(anya.credential)
        assert refused.value.scope == "history"

    @pytest.mark.parametrize(
        "body", [{}, [], {"authInfo": {"personId": True}}, {"authInfo": {"personId": "anya"}}], ids=str
    )
    def test_a_profile_without_a_number_makes_no_sense(
        self, qiwi: Qiwi, service: Service, anya: Access, body: Any
    ) -> None:
        service.says(Canned(body))
        with pytest.raises(NonsenseAnswer):
            qiwi.verify(anya.credential)

    @pytest.mark.parametrize(
        "pasted",
        [
            f"  {TOKEN}\r\n",
            f"Bearer {TOKEN}",
            f"authorization: bearer\t{TOKEN}",
            f"\ufeff{TOKEN[:16]}\n{TOKEN[16:]}\u200b",
            f"\u00a0{TOKEN}\u00a0",
        ],
        ids=ascii,
    )
    def test_what_was_pasted_around_a_token_is_taken_off(self, qiwi: Qiwi, service: Service, pasted: str) -> None:
        assert qiwi.tidy(Credential(pasted)) == Credential(TOKEN)
        service.says(PROFILE, FORBIDDEN, page(), BALANCE)
        qiwi.verify(Credential(pasted))
        assert {asked.headers["Authorization"] for asked in service.asked} == {f"Bearer {TOKEN}"}

    @pytest.mark.parametrize(
        "pasted", ["", "  ", "short", "79990000001", "+7 999 000 00 01", "мой токен", "x" * 5000, "a b<c>d!", "Bearer "]
    )
    def test_what_cannot_be_a_token_is_refused_before_any_call(self, qiwi: Qiwi, service: Service, pasted: str) -> None:
        with pytest.raises(TokenRefused):
            qiwi.verify(Credential(pasted))
        assert not service.asked

    @pytest.mark.parametrize(
        "pasted",
        [P2P_KEY, P2P_KEY.rstrip("="), f"Bearer {P2P_KEY}\n", "48e7qUxn9T7Ry" + "Ab3dEfGhJkLmNpQrStUvWxYz" * 7],
        ids=["secret", "without padding", "with a prefix", "public"],
    )
    def test_a_key_for_bills_is_recognised_and_named(self, qiwi: Qiwi, service: Service, pasted: str) -> None:
        with pytest.raises(WrongSecret) as refused:
            qiwi.verify(Credential(pasted))
        assert refused.value.kind == "qiwi-p2p"
        assert not service.asked


class TestOnePayment:
    def test_it_is_asked_for_by_its_id_and_type(self, qiwi: Qiwi, service: Service, anya: Access) -> None:
        service.says(Canned(row(txnId=13353941550, status="WAITING")))
        payment = qiwi.read_one(anya, "13353941550:IN")
        assert payment
        assert (payment.txn_id, payment.status) == ("13353941550:IN", Status.PENDING)
        assert (service.asked[0].path, service.asked[0].query) == (
            "/payment-history/v2/transactions/13353941550",
            {"type": "IN"},
        )

    def test_one_that_is_unknown_there_is_none(self, qiwi: Qiwi, service: Service, anya: Access) -> None:
        service.says(NOT_FOUND)
        assert qiwi.read_one(anya, "5:IN") is None

    @pytest.mark.parametrize("txn_id", ["", "5", "5:OUT", "../5:IN", "5:IN?", "٥:IN"])
    def test_an_id_that_is_not_ours_is_not_asked_for(
        self, qiwi: Qiwi, service: Service, anya: Access, txn_id: str
    ) -> None:
        assert qiwi.read_one(anya, txn_id) is None
        assert not service.asked

    @pytest.mark.parametrize(
        "body",
        [row(txnId=6), row(txnId=5, type="OUT"), row(txnId=5, status="?"), [], {}],
        ids=["id", "out", "?", "[]", "{}"],
    )
    def test_another_payment_than_the_one_asked_for_makes_no_sense(
        self, qiwi: Qiwi, service: Service, anya: Access, body: Any
    ) -> None:
        service.says(Canned(body))
        with pytest.raises(NonsenseAnswer):
            qiwi.read_one(anya, "5:IN")


def form_of(link: Link | None) -> dict[str, str]:
    assert link
    return {name: value for name, (value,) in parse_qs(urlsplit(link.url).query, keep_blank_values=True).items()}


class TestLink:
    @pytest.mark.parametrize(
        ("minor", "whole", "fraction"), [(150, "1", "50"), (105, "1", "05"), (9999900, "99999", "00"), (99, "0", "99")]
    )
    def test_roubles_and_kopecks_go_their_own_ways(self, qiwi: Qiwi, minor: int, whole: str, fraction: str) -> None:
        link = qiwi.make_link(STREAMER, Money(minor, "RUB"))
        assert link
        assert link.url.startswith("https://qiwi.com/payment/form/99?extra%5B%27account%27%5D=79990000001&")
        assert form_of(link) == {
            "extra['account']": STREAMER,
            "amountInteger": whole,
            "amountFraction": fraction,
            "currency": "643",
            "blocked[0]": "account",
        }
        assert (link.reference, link.carries_words) == (Reference.NONE, True)

    @pytest.mark.parametrize("money", [None, Money(0, "RUB"), Money(10000000, "RUB"), Money(-100, "RUB")], ids=str)
    def test_a_sum_that_the_form_cannot_hold_is_left_to_the_donor(self, qiwi: Qiwi, money: Money | None) -> None:
        assert form_of(qiwi.make_link(STREAMER, money)) == {"extra['account']": STREAMER, "blocked[0]": "account"}

    def test_words_travel_whole(self, qiwi: Qiwi) -> None:
        words = "на комп & 100% <b>\"'🎉+="
        assert form_of(qiwi.make_link("+7 999 000-00-01", None, words))["extra['comment']"] == words

    def test_a_reference_goes_with_the_words_and_cannot_be_edited(self, qiwi: Qiwi) -> None:
        link = qiwi.make_link(STREAMER, Money(150, "RUB"), "привет", "K7Q2")
        form = form_of(link)
        assert form["extra['comment']"] == "привет K7Q2"
        assert {form["blocked[0]"], form["blocked[1]"]} == {"account", "comment"}
        assert link
        assert link.reference is Reference.LOCKED

    def test_the_form_takes_roubles_alone(self, qiwi: Qiwi) -> None:
        assert qiwi.make_link(STREAMER, Money(150, "USD")) is None


def test_every_call_can_be_refused(qiwi: Qiwi, service: Service, anya: Access, september: Span) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: qiwi.verify(anya.credential),
        lambda: qiwi.read(anya, september),
        lambda: qiwi.read_one(anya, "5:IN"),
        lambda: qiwi.balances(anya),
        lambda: qiwi.totals(anya, september),
    )
    for call in calls:
        service.says(Canned(b"", 401))
        with pytest.raises(TokenRefused):
            call()
