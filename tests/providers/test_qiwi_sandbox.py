"""The adapter against the sandbox over HTTP: what went in comes out, whole, exact and once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from donations.money import Money
from donations.providers import PROVIDERS, http
from donations.providers.base import (
    Access,
    Batch,
    Blocked,
    Credential,
    Kind,
    NonsenseAnswer,
    PassingFault,
    Payment,
    ProviderError,
    ReadOnly,
    ScopeMissing,
    Span,
    SpendingToken,
    Status,
    TargetMissing,
    TokenRefused,
)
from donations.providers.qiwi import MOST_PAGES, Qiwi

from .sandbox_wallet import SandboxWallet


def by_id(batch: Batch) -> dict[str, Payment]:
    return {payment.txn_id: payment for payment in batch.payments}


def test_a_payment_arrives_as_it_was_paid(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    (txn_id,) = wallet.pay(15050, comment="На новый комп! 🎉 <script>", payer="79990000042")
    batch = sandbox.read(wallet.access, wallet.lately)
    (payment,) = batch.payments
    assert payment == Payment(
        txn_id=txn_id,
        status=Status.SETTLED,
        kind=Kind.GIFT,
        money=Money(15050, "RUB"),
        occurred_at=payment.occurred_at,
        payer="+79990000042",
        words="На новый комп! 🎉 <script>",
    )
    assert abs(payment.occurred_at - datetime.now(UTC)) < timedelta(seconds=30)
    assert batch.clock
    assert abs(batch.clock - datetime.now(UTC)) < timedelta(seconds=30)


def test_a_wallet_that_was_never_used_is_empty(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    assert not sandbox.read(wallet.access, wallet.lately).payments


def test_a_quiet_time_is_empty(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    wallet.pay()
    long_ago = Span(datetime(2023, 9, 1, tzinfo=UTC), datetime(2023, 9, 2, tzinfo=UTC))
    assert not sandbox.read(wallet.access, long_ago).payments


@pytest.mark.parametrize("count", [49, 50, 51, 100, 120])
def test_payments_of_one_second_fill_pages_without_loss(sandbox: Qiwi, wallet: SandboxWallet, count: int) -> None:
    moment = (datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0)
    paid = wallet.pay(repeat=count, at=moment.isoformat())
    batch = sandbox.read(wallet.access, Span(moment, moment))
    assert sorted(paid) == sorted(payment.txn_id for payment in batch.payments)
    assert len(batch.payments) == count


def test_every_row_comes_back_when_more_arrive_between_the_pages(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    paid = wallet.pay(repeat=200, at=(datetime.now(UTC) - timedelta(hours=1)).isoformat())
    with ThreadPoolExecutor(2) as threads:
        paying = threads.submit(lambda: [wallet.pay()[0] for _ in range(20)])
        batches = [sandbox.read(wallet.access, wallet.lately) for _ in range(3)]
        late = paying.result()
    for batch in batches:
        ids = [payment.txn_id for payment in batch.payments]
        assert len(ids) == len(set(ids))
        assert set(paid) <= set(ids) <= {*paid, *late}
    assert set(by_id(sandbox.read(wallet.access, wallet.lately))) == {*paid, *late}


def test_a_history_of_thousands_is_read_in_two_goes(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    paid = wallet.pay(repeat=50 * MOST_PAGES + 60, at=(datetime.now(UTC) - timedelta(days=3)).isoformat())
    first = sandbox.read(wallet.access, wallet.lately)
    assert (first.calls, first.more) == (MOST_PAGES, True)
    fresh = wallet.pay(700)
    second = sandbox.read(wallet.access, wallet.lately, first.bookmark)
    assert (second.more, second.bookmark) == (False, None)
    assert second.calls <= 4
    assert by_id(first).keys() | by_id(second).keys() == {*paid, *fresh}
    assert fresh[0] in by_id(second)


@pytest.mark.parametrize(
    ("kind", "ours"),
    [
        ("transfer", Kind.GIFT),
        ("card_refund", Kind.REFUND),
        ("terminal", Kind.OTHER),
        ("agent", Kind.OTHER),
        ("payment_system", Kind.OTHER),
        ("conversion", Kind.OWN),
    ],
)
def test_only_a_viewers_transfer_is_a_gift(sandbox: Qiwi, wallet: SandboxWallet, kind: str, ours: Kind) -> None:
    wallet.pay(kind="transfer", comment="the one gift")
    (txn_id,) = wallet.pay(kind=kind, comment=None)
    found = by_id(sandbox.read(wallet.access, wallet.lately))
    assert found[txn_id].kind is ours
    assert bool(found[txn_id].payer) == (ours is Kind.GIFT)
    assert len(found) == 2


def test_a_conversion_is_one_incoming_row_of_its_own_id(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    (txn_id,) = wallet.pay(kind="conversion")
    batch = sandbox.read(wallet.access, wallet.lately)
    assert [payment.txn_id for payment in batch.payments] == [txn_id]
    one = sandbox.read_one(wallet.access, txn_id)
    assert one == batch.payments[0]


@pytest.mark.parametrize("currency", ["RUB", "KZT", "USD", "EUR"])
def test_each_currency_keeps_its_name(sandbox: Qiwi, wallet: SandboxWallet, currency: str) -> None:
    wallet.pay(1, currency=currency)
    wallet.pay(123456, currency=currency)
    found = sandbox.read(wallet.access, wallet.lately).payments
    assert sorted(payment.money.minor for payment in found) == [1, 123456]
    assert {payment.money.currency for payment in found} == {currency}
    assert Money(123457, currency) in sandbox.balances(wallet.access)


def test_what_was_waiting_is_told_again_when_it_settles(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    (txn_id,) = wallet.pay(status="WAITING")
    assert by_id(sandbox.read(wallet.access, wallet.lately))[txn_id].status is Status.PENDING
    wallet.call("POST", f"/transactions/{txn_id.partition(':')[0]}", status="SUCCESS")
    assert by_id(sandbox.read(wallet.access, wallet.lately))[txn_id].status is Status.SETTLED
    wallet.call("POST", f"/transactions/{txn_id.partition(':')[0]}", status="ERROR")
    one = sandbox.read_one(wallet.access, txn_id)
    assert one
    assert one.status is Status.FAILED


def test_one_payment_that_nobody_knows_there_is_none(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    assert sandbox.read_one(wallet.access, "12345:IN") is None


def test_a_balance_that_is_hidden_at_first_is_found(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    wallet.pay(4242)
    wallet.break_by(null_balance=True)
    assert Money(4242, "RUB") in sandbox.balances(wallet.access)


def test_a_days_total_counts_every_settled_row_that_came_in(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    day = Span(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, 23, 59, 59, tzinfo=UTC))
    for moment in (day.start, day.end):
        wallet.pay(100_10, at=moment.isoformat())
    for moment in (day.start - timedelta(seconds=1), day.end + timedelta(seconds=1)):
        wallet.pay(7_00, at=moment.isoformat())
    inside = day.start.isoformat()
    wallet.pay(50_00, at=inside, kind="terminal")
    wallet.pay(3_33, at=inside, currency="USD")
    wallet.pay(9_00, at=inside, status="WAITING")
    wallet.pay(9_00, at=inside, status="ERROR")
    assert sandbox.totals(wallet.access, day) == [Money(250_20, "RUB"), Money(3_33, "USD")]
    quiet = Span(day.start - timedelta(days=9), day.start - timedelta(days=8))
    assert sandbox.totals(wallet.access, quiet) == []


def test_a_total_of_more_than_ninety_days_is_added_up(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    for age in (1, 100, 170):
        wallet.pay(100, at=(datetime.now(UTC) - timedelta(days=age)).isoformat())
    span = Span(datetime.now(UTC) - timedelta(days=175), datetime.now(UTC))
    assert sandbox.totals(wallet.access, span) == [Money(300, "RUB")]


def test_an_info_token_is_proven_to_be_read_only(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    profile = sandbox.verify(Credential(f" Bearer {wallet.token}\n"))
    (account,) = profile.accounts
    assert account.id == wallet.number
    assert account.title == f"ANYA{wallet.number[-4:]}"
    assert "RUB" in account.currencies
    assert (profile.read_only, profile.missing) == (ReadOnly.PROVEN, ())


def test_a_token_that_can_pay_is_refused(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    with pytest.raises(SpendingToken):
        sandbox.verify(wallet.another_token("profile", "balance", "history", "payments"))
    with pytest.raises(SpendingToken):
        sandbox.verify(wallet.another_token("payments"))


def test_each_right_that_is_switched_off_is_named(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    wallet.pay()
    only_history = wallet.another_token("history")
    unknown = sandbox.verify(only_history)
    assert (tuple(unknown.accounts), unknown.missing) == ((), ("profile",))
    known = sandbox.verify(only_history, f"+{wallet.number}")
    assert known.accounts[0].id == wallet.number
    assert known.missing == ("profile", "balance")
    assert sandbox.verify(wallet.another_token("profile", "history")).missing == ("balance",)
    assert len(sandbox.read(Access(only_history, wallet.number), wallet.lately).payments) == 1
    with pytest.raises(ScopeMissing, match="balance"):
        sandbox.balances(Access(only_history, wallet.number))
    with pytest.raises(ScopeMissing, match="history"):
        sandbox.verify(wallet.another_token("profile", "balance"))


def test_somebody_elses_number_is_not_accepted(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    with pytest.raises(ProviderError):
        sandbox.verify(wallet.another_token("history"), "79995550001")
    with pytest.raises(TargetMissing):
        sandbox.verify(wallet.another_token("history"), "nonsense")


def test_a_retired_token_is_refused(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    requests.delete(f"{wallet.url}/sandbox/tokens/{wallet.token}", timeout=30).raise_for_status()
    for call in calls(sandbox, wallet):
        with pytest.raises(TokenRefused):
            call()


def calls(sandbox: Qiwi, wallet: SandboxWallet) -> tuple[Callable[[], object], ...]:
    return (
        lambda: sandbox.verify(wallet.access.credential),
        lambda: sandbox.read(wallet.access, wallet.lately),
        lambda: sandbox.read_one(wallet.access, "5:IN"),
        lambda: sandbox.balances(wallet.access),
        lambda: sandbox.totals(wallet.access, wallet.lately),
    )


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        ({"status": 401}, TokenRefused),
        ({"status": 423}, Blocked),
        ({"status": 500}, PassingFault),
        ({"html": True}, NonsenseAnswer),
        ({"truncate": True}, NonsenseAnswer),
        ({"status": 500, "html": True}, PassingFault),
        ({"timeout": True}, PassingFault),
    ],
    ids=str,
)
def test_each_fault_is_told_by_its_name_and_passes(
    sandbox: Qiwi,
    wallet: SandboxWallet,
    monkeypatch: pytest.MonkeyPatch,
    faults: dict[str, Any],
    error: type[ProviderError],
) -> None:
    monkeypatch.setattr(http, "READ_SECONDS", 0.5)
    wallet.pay()
    wallet.break_by(**faults)
    for call in calls(sandbox, wallet):
        with pytest.raises(error):
            call()
    wallet.call("DELETE", "/faults")
    monkeypatch.undo()
    assert len(sandbox.read(wallet.access, wallet.lately).payments) == 1


def test_a_slow_answer_is_still_an_answer(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    wallet.pay()
    wallet.break_by(delay=1)
    assert len(sandbox.read(wallet.access, wallet.lately).payments) == 1


def test_too_many_calls_shut_the_wallet_out_for_a_while(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    with pytest.raises(Blocked) as refused:
        for _ in range(110):
            sandbox.read(wallet.access, wallet.lately)
    assert timedelta(minutes=4) < refused.value.until - datetime.now(UTC) <= timedelta(minutes=5)


def test_the_payment_form_opens_with_what_was_chosen(sandbox: Qiwi, wallet: SandboxWallet) -> None:
    link = sandbox.make_link(wallet.number, Money(150, "RUB"), "привет & удачи", "K7Q2")
    assert link
    assert link.url.startswith(f"{wallet.url}/payment/form/99?")
    page = requests.get(link.url, timeout=30)
    assert page.status_code == 200
    assert "привет &amp; удачи K7Q2" in page.text


def test_the_sandboxs_address_is_read_when_it_is_called(settings: Any, wallet: SandboxWallet) -> None:
    provider = PROVIDERS["qiwi-sandbox"]
    settings.SANDBOX_URL = wallet.url
    settings.SANDBOX_PUBLIC_URL = "https://sandbox.example"
    wallet.pay()
    assert len(provider.read(wallet.access, wallet.lately).payments) == 1
    link = provider.make_link(wallet.number, None)
    assert link
    assert link.url.startswith("https://sandbox.example/payment/form/99?")


def test_each_provider_is_known_by_its_own_name() -> None:
    assert {name: provider.name for name, provider in PROVIDERS.items()} == {name: name for name in PROVIDERS}
    real = PROVIDERS["qiwi"].make_link("79990000001", None)
    assert real
    assert real.url.startswith("https://qiwi.com/payment/form/99?")
