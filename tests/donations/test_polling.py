"""Polling against the sandbox, over real HTTP: what is read when, and that nothing is lost or doubled."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone

from donations import outcomes, tasks
from donations.events import writing
from donations.models import Balance, Donation, Event, Heartbeat, InfoToken, WalletState
from donations.outcomes import write
from donations.polling import Poller, fetch
from donations.providers import PROVIDERS, http
from donations.tallies import raised, raised_in_all_time
from tests.conftest import free_port
from tests.providers.wallet_service import Canned, Service, page, row

from .conftest import wait_until

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def lies(moment: datetime, span: timedelta, since: datetime) -> bool:
    """Whether `moment` is `span` after something that happened between `since` and now."""
    return since + span <= moment <= timezone.now() + span


def seconds(span: timedelta) -> float:
    return span.total_seconds()


# --- what is read when ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last_read", "read_3h", "read_3d", "reaches_back"),
    [
        (5 * SECOND, MINUTE, HOUR, 10 * MINUTE + 5 * SECOND),
        (8 * MINUTE, 9 * MINUTE, HOUR, 18 * MINUTE),
        (5 * SECOND, 15 * MINUTE, HOUR, 3 * HOUR),
        (5 * SECOND, MINUTE, DAY, 3 * DAY),
        (5 * SECOND, None, HOUR, 3 * HOUR),
        (5 * SECOND, MINUTE, None, 3 * DAY),
        (5 * HOUR, 5 * HOUR, 6 * HOUR, 5 * HOUR + 10 * MINUTE),
        (6 * DAY, 6 * DAY, 6 * DAY, 6 * DAY + 10 * MINUTE),
        (40 * DAY, 40 * DAY, 40 * DAY, 40 * DAY + 10 * MINUTE),
        (None, None, None, 30 * DAY),
    ],
    ids=[
        "every reading",
        "slower readings",
        "each 15 minutes",
        "each day",
        "never 3 hours",
        "never 3 days",
        "after hours out",
        "after days out",
        "after more than a month out",
        "the first reading",
    ],
)
def test_how_far_back_a_reading_reaches(purse, last_read, read_3h, read_3d, reaches_back):
    now = timezone.now()
    ages = {"last_read_at": last_read, "read_3h_at": read_3h, "read_3d_at": read_3d}
    purse.note(**{name: age and now - age for name, age in ages.items()})
    span = purse.claim(now, fast=False).span
    assert now - span.start == reaches_back
    assert span.end > now


def test_a_clock_that_was_set_back_leaves_no_gap(purse):
    now = timezone.now()
    purse.note(last_read_at=now + HOUR, read_3h_at=now + HOUR, read_3d_at=now + HOUR)
    assert purse.claim(now, fast=False).span.start == now - 10 * MINUTE


def test_the_wide_windows_are_noted_only_when_they_were_read(purse):
    purse.was_read(read_3h_at=None)
    state = purse.read()
    assert state.read_3h_at == state.last_read_at
    assert state.read_3d_at < state.read_3h_at


def test_the_interval_is_the_wallets_but_never_below_the_providers(another_purse):
    for wanted, kept in ((5, 5), (20, 20), (60, 60), (3600, 3600), (1, 5)):
        purse = another_purse(poll_seconds=wanted)
        purse.was_read()
        job = purse.claim(fast=wanted < 60)
        write([fetch(job)])
        assert purse.state.next_poll_at - job.started_at == kept * SECOND


def test_a_fast_wallet_is_read_again_when_its_interval_has_passed_and_no_sooner(another_purse):
    purse = another_purse(poll_seconds=5)
    state = purse.read()
    assert purse.claim(state.next_poll_at - SECOND / 10) is None
    assert purse.claim(state.next_poll_at) is not None


def test_the_minute_task_beats_reads_slow_wallets_and_leaves_fast_ones(another_purse):
    slow, fast = another_purse(poll_seconds=60), another_purse(poll_seconds=5)
    slow.pay()
    fast.pay()
    tasks.minute()
    assert timezone.now() - Heartbeat.objects.get(name="minute").at < 30 * SECOND
    assert slow.ledger() == slow.books()
    assert fast.ledger() == {}


def test_the_minute_task_does_not_miss_a_beat_by_milliseconds(purse):
    state = purse.read()
    assert purse.claim(state.next_poll_at - 3 * SECOND, fast=False) is not None


def test_the_minute_task_reads_a_wallet_that_a_person_waits_for_when_no_poller_runs(purse):
    purse.note(hurry=True, next_poll_at=timezone.now() - 31 * SECOND)
    tasks.minute()
    assert purse.state.last_read_at is not None


def test_the_poller_reads_a_slow_wallet_that_the_task_queue_forgot(purse):
    purse.was_read(next_poll_at=timezone.now() - 29 * SECOND)
    assert purse.claim(fast=True) is None
    assert purse.claim(timezone.now() + 2 * SECOND, fast=True) is not None


def test_the_minute_task_forgets_events_of_last_month(purse):
    with writing(purse.wallet.streamer_id) as log:
        log.add(Event.Kind.STREAM, session=1, on=True)
        log.now -= 31 * DAY
        log.add(Event.Kind.STREAM, session=1, on=False)
    tasks.minute()
    assert [event.figures["on"] for event in purse.events("stream")] == [True]


# --- the first reading ------------------------------------------------------------------------------------------------


def test_the_first_reading_takes_30_days_as_history_and_rings_no_bell(purse):
    purse.pay(at=31 * DAY)
    for age in (29 * DAY, 3 * DAY, 5 * MINUTE):
        purse.pay(at=age)
    purse.read()
    assert len(purse.ledger()) == 3
    assert [event.kind for event in purse.events()] == ["history"]
    assert purse.events()[0].figures == {"count": 3}


def test_right_after_the_first_reading_a_donation_is_news(purse):
    purse.pay(at=MINUTE)
    purse.read()
    [txn_id] = purse.pay()
    purse.read()
    [event] = purse.events("donation")
    assert event.donation.txn_id == txn_id
    assert event.figures["alert"] is True


def test_news_begin_by_the_providers_clock(purse, monkeypatch):
    real = http._http_time
    monkeypatch.setattr(http, "_http_time", lambda text: (moment := real(text)) and moment - 2 * HOUR)
    purse.pay(at=HOUR)
    began = timezone.now()
    assert lies(purse.read().alerts_from, -2 * HOUR, began - SECOND)
    assert len(purse.events("donation")) == 1


def test_a_reading_that_failed_does_not_set_where_news_begin(purse):
    purse.break_by(status=500)
    assert purse.read().alerts_from is None
    purse.mend()
    purse.pay(at=MINUTE)
    assert purse.read().alerts_from is not None
    assert [event.kind for event in purse.events()] == ["history"]


def test_a_long_history_is_read_in_parts_that_keep_the_providers_limit(purse):
    purse.pay(at=DAY, repeat=2_100)
    began = timezone.now()
    state = purse.read()
    part = len(purse.ledger())
    assert part == 20 * 50
    assert state.last_read_at is None
    assert lies(state.next_poll_at, 20 * MINUTE / 61, began)
    assert state.rests_until == state.next_poll_at
    [new] = purse.pay(777_00)
    while purse.read().last_read_at is None:
        pass
    assert purse.ledger() == purse.books()
    assert purse.state.last_read_at is not None
    assert [event.donation.txn_id for event in purse.events("donation")] == [new]
    assert sum(event.figures["count"] for event in purse.events("history")) == 2_100


# --- late, pending, many ----------------------------------------------------------------------------------------------


def test_a_row_that_appears_late_with_an_older_date_arrives_once(purse, goal):
    purse.was_read(alerts_from=timezone.now() - HOUR)
    [late] = purse.pay(at=2 * MINUTE, appears_after=0.5)
    [prompt] = purse.pay()
    assert number(late) < number(prompt)
    purse.read()
    assert list(purse.ledger()) == [prompt]
    wait_until(lambda: all(row["visible"] for row in rows_of(purse)))
    purse.read()
    purse.read()
    assert purse.ledger() == purse.books()
    assert len(purse.events("donation")) == 2
    assert raised(goal).minor == 2 * 150_50


def number(txn_id):
    return int(txn_id.removesuffix(":IN"))


def rows_of(purse):
    return purse.sandbox.call("GET", f"/sandbox/wallets/{purse.id}/books")["rows"]


@pytest.mark.parametrize(("age", "window"), [(2 * HOUR, "read_3h_at"), (2 * DAY, "read_3d_at")])
def test_a_row_that_is_very_late_comes_with_the_next_wide_window(purse, age, window):
    purse.was_read(alerts_from=timezone.now() - 10 * DAY)
    purse.pay(at=age)
    purse.read()
    assert purse.ledger() == {}
    purse.note(**{window: timezone.now() - DAY})
    purse.read()
    assert purse.ledger() == purse.books()
    [event] = purse.events("donation")
    assert event.figures["alert"] is False


def test_what_waits_is_kept_uncounted_and_rings_when_it_settles(purse, goal):
    purse.was_read()
    [txn_id] = purse.pay(status="WAITING")
    purse.read()
    assert purse.ledger()[txn_id][2] == "pending"
    assert (raised(goal).minor, purse.events("donation")) == (0, [])
    purse.settle(txn_id)
    purse.read()
    assert raised(goal).minor == 150_50
    assert [event.figures["alert"] for event in purse.events("donation")] == [True]


def test_what_waits_and_fails_is_never_counted(purse, goal):
    purse.was_read()
    [txn_id] = purse.pay(status="WAITING")
    purse.read()
    purse.settle(txn_id, "ERROR")
    purse.read()
    assert purse.ledger()[txn_id][2] == "failed"
    assert (raised(goal).minor, purse.events("donation")) == (0, [])


def pending_since(purse, age: timedelta) -> str:
    """A payment that has waited so long and lies before every usual window."""
    [txn_id] = purse.pay(at=age, status="WAITING")
    purse.was_read(ago=age + HOUR)
    purse.read()
    assert purse.ledger()[txn_id][2] == "pending"
    return txn_id


def test_what_waited_long_is_asked_for_by_its_id(purse):
    txn_id = pending_since(purse, 5 * DAY)
    Donation.objects.update(asked_at=None)
    purse.settle(txn_id)
    before = purse.calls("transaction")
    purse.read()
    assert purse.calls("transaction") == before + 1
    assert purse.ledger()[txn_id][2] == "settled"
    purse.read()
    assert purse.calls("transaction") == before + 1


def test_what_settles_hours_later_arrives_once(purse):
    txn_id = pending_since(purse, 7 * HOUR)
    Donation.objects.update(asked_at=timezone.now() - 2 * HOUR)
    purse.settle(txn_id)
    for _ in range(3):
        purse.read()
    assert purse.ledger() == purse.books()
    assert raised_in_all_time(purse.wallet.streamer)["RUB"].minor == 150_50
    assert [event.donation.txn_id for event in purse.events("donation")] == [txn_id]


@pytest.mark.parametrize(
    ("age", "next_question"), [(11 * MINUTE, 2.75 * MINUTE), (4 * HOUR, HOUR), (8 * DAY, 2 * DAY), (44 * DAY, None)]
)
def test_what_waits_is_asked_for_with_growing_gaps_for_45_days(purse, age, next_question):
    txn_id = pending_since(purse, 3 * HOUR)
    now = timezone.now()
    Donation.objects.update(occurred_at=now - age, asked_at=now)
    purse.note(next_poll_at=now)
    gap = next_question or 2 * DAY
    assert purse.claim(now + gap - SECOND, fast=False).pending == []
    expected = [txn_id] if next_question else []
    assert purse.claim(now + gap + MINUTE, fast=False).pending == expected


def test_many_that_wait_take_turns(purse):
    ids = purse.pay(at=3 * HOUR, status="WAITING", repeat=7)
    purse.was_read(ago=4 * HOUR)
    purse.read()
    Donation.objects.update(asked_at=None)
    purse.read()
    assert Donation.objects.filter(asked_at=None).count() == 2
    purse.read()
    assert Donation.objects.filter(asked_at=None, txn_id__in=ids).count() == 0


@pytest.fixture
def strange(wallet, settings):
    """The service of `wallet`, which says anything."""
    service = Service()
    settings.SANDBOX_URL = service.url
    yield service
    service.close()


def read(wallet):
    poller = Poller(fast=False)
    poller.run_until_idle(10 * SECOND)
    poller.close()
    wallet.state.refresh_from_db()
    return wallet.state


@pytest.mark.parametrize(
    "answer", [Canned(b"<html>"), Canned({}), Canned({}, status=500), Canned({}, status=401)], ids=repr
)
def test_an_error_about_one_that_waits_does_not_lose_what_was_read(wallet, strange, answer):
    an_hour_ago = timezone.now() - HOUR
    facts = {"status": "pending", "kind": "gift", "currency": "RUB", "minor": 1, "recorded_at": an_hour_ago}
    wallet.donations.create(streamer=wallet.streamer, txn_id="5:IN", occurred_at=an_hour_ago, **facts)
    strange.says(page(row(txnId=6)), answer)
    assert read(wallet).error == ""
    assert wallet.donations.get(txn_id="6:IN").status == "settled"
    assert wallet.donations.get(txn_id="5:IN").asked_at is not None


def test_a_service_that_asks_to_wait_after_the_history_is_not_asked_again_until_then(wallet, strange):
    an_hour_ago = timezone.now() - HOUR
    facts = {"status": "pending", "kind": "gift", "currency": "RUB", "minor": 1, "recorded_at": an_hour_ago}
    for number in (4, 5):
        wallet.donations.create(streamer=wallet.streamer, txn_id=f"{number}:IN", occurred_at=an_hour_ago, **facts)
    wallet.tokens.update(missing=["balance"])
    WalletState.objects.update(last_read_at=an_hour_ago, alerts_from=an_hour_ago)
    strange.says(page(row(txnId=6)), Canned({}, status=429, headers={"Retry-After": "120"}))
    began = timezone.now()
    state = read(wallet)
    assert len(strange.asked) == 2
    assert wallet.donations.get(txn_id="6:IN").status == "settled"
    assert state.error == "RateLimited"
    assert lies(state.error_until, 2 * MINUTE, began)
    assert state.next_poll_at == state.error_until
    assert state.last_read_at >= began


def test_sixty_payments_between_two_readings_all_arrive_once_while_pages_shift(purse, goal):
    purse.was_read()
    for _ in range(6):
        purse.pay(repeat=10)
    purse.break_by(delay=1, only="history")
    poller = Poller(fast=False)
    poller.start_due()
    wait_until(lambda: purse.calls("history"))
    # The first page is on its way: what comes now moves every row of the second.
    purse.pay(comment="между страницами", repeat=5)
    while poller.under_way:
        poller.write_finished(1)
    poller.close()
    purse.mend()
    purse.read()
    assert len(purse.ledger()) == 65
    assert purse.ledger() == purse.books()
    assert raised(goal).minor == 65 * 150_50
    assert len(purse.events("donation")) == 65


def test_two_payments_in_one_second_are_two(purse):
    purse.was_read()
    moment = (timezone.now() - 3 * SECOND).replace(microsecond=0).isoformat()
    purse.pay(at=moment)
    purse.read()
    purse.pay(at=moment)
    purse.read()
    assert purse.ledger() == purse.books()
    assert len(purse.ledger()) == 2


def test_of_two_payments_in_one_second_the_one_with_the_lower_id_may_come_later(purse):
    purse.was_read()
    moment = (timezone.now() - 3 * SECOND).replace(microsecond=0).isoformat()
    [late] = purse.pay(at=moment, appears_after=0.5)
    [prompt] = purse.pay(at=moment)
    assert number(late) < number(prompt)
    purse.read()
    assert list(purse.ledger()) == [prompt]
    wait_until(lambda: all(row["visible"] for row in rows_of(purse)))
    purse.read()
    assert purse.ledger() == purse.books()
    assert sorted(event.donation.txn_id for event in purse.events("donation")) == sorted([late, prompt])


def test_after_an_outage_of_three_days_all_that_came_meanwhile_arrives_once(purse):
    purse.was_read(ago=3 * DAY)
    for age in (3 * DAY - MINUTE, 2 * DAY, DAY, HOUR):
        purse.pay(at=age, repeat=20)
    [fresh] = purse.pay()
    purse.read()
    purse.read()
    assert purse.ledger() == purse.books()
    assert raised_in_all_time(purse.wallet.streamer)["RUB"].minor == 81 * 150_50
    told = purse.events("donation")
    assert len({event.donation_id for event in told}) == len(told) == 81
    assert [event.donation.txn_id for event in told if event.figures["alert"]] == [fresh]


def test_one_payment_from_wallet_to_wallet_is_one_donation_in_each(another_purse, boris):
    mine, his = another_purse(), another_purse(boris)
    mine.was_read()
    his.was_read()
    [txn_id] = mine.pay()
    mine.read()
    Donation.objects.create(
        streamer=boris,
        wallet=his.wallet,
        txn_id=txn_id,
        status="settled",
        kind="gift",
        currency="RUB",
        minor=1,
        occurred_at=timezone.now(),
        recorded_at=timezone.now(),
    )
    mine.read()
    assert Donation.objects.filter(txn_id=txn_id).count() == 2
    assert mine.ledger() == mine.books()


def test_own_conversions_and_the_like_are_recorded_and_not_counted(purse):
    purse.was_read()
    for kind in ("conversion", "card_refund", "terminal", "agent", "payment_system"):
        purse.pay(kind=kind)
    purse.read()
    assert len(purse.ledger()) == 5
    assert purse.events() == []
    assert raised_in_all_time(purse.wallet.streamer)["RUB"].count == 0


# --- faults -----------------------------------------------------------------------------------------------------------


def test_a_refused_token_stops_polling_and_is_marked(purse):
    purse.was_read()
    purse.sandbox.call("DELETE", f"/sandbox/tokens/{purse.token}")
    state = purse.read()
    assert (state.next_poll_at, state.error) == (None, "TokenRefused")
    assert InfoToken.objects.get(wallet=purse.wallet).state == "refused"
    before = purse.calls("history")
    purse.read()
    assert purse.calls("history") == before
    assert purse.state.next_poll_at is None


def test_a_token_without_the_history_stops_polling_and_says_which_right_it_lacks(another_purse):
    purse = another_purse(scopes=["profile", "balance"])
    state = purse.read()
    assert (state.next_poll_at, state.error, state.error_detail) == (None, "ScopeMissing", "history")


def test_when_shut_out_the_next_try_comes_after_the_time(purse):
    purse.was_read()
    purse.break_by(status=423)
    began = timezone.now()
    state = purse.read()
    assert state.error == "Blocked"
    assert lies(state.error_until, 5 * MINUTE, began)
    assert state.next_poll_at == state.error_until
    assert InfoToken.objects.get(wallet=purse.wallet).state == "working"
    assert purse.claim(state.error_until - SECOND, fast=False) is None
    purse.mend()
    purse.pay()
    write([fetch(purse.claim(state.error_until + SECOND, fast=False))])
    assert purse.ledger() == purse.books()
    assert (purse.state.error, purse.state.error_until, purse.state.fault_count) == ("", None, 0)


FAULTS = {
    "time-out": ({"timeout": True}, "PassingFault"),
    "too slow": ({"delay": 2}, "PassingFault"),
    "500": ({"status": 500}, "PassingFault"),
    "HTML": ({"html": True}, "NonsenseAnswer"),
    "truncated JSON": ({"truncate": True}, "NonsenseAnswer"),
}


@pytest.mark.parametrize(("faults", "error"), FAULTS.values(), ids=FAULTS)
def test_a_passing_fault_is_backed_off_from_and_nothing_is_lost(purse, goal, monkeypatch, faults, error):
    monkeypatch.setattr(http, "READ_SECONDS", 0.3)
    purse.was_read()
    purse.pay()
    purse.break_by(**faults)
    state = purse.read()
    since = state.error_since
    assert (state.error, state.fault_count) == (error, 1)
    assert MINUTE <= state.next_poll_at - state.error_since <= 1.2 * MINUTE
    assert purse.ledger() == {}
    purse.pay()
    began = timezone.now()
    state = purse.read()
    assert (state.fault_count, state.error_since) == (2, since)
    assert state.next_poll_at >= began + 2 * MINUTE
    assert InfoToken.objects.get(wallet=purse.wallet).state == "working"
    purse.mend()
    purse.pay()
    state = purse.read()
    assert (state.error, state.error_detail, state.error_since, state.fault_count) == ("", "", None, 0)
    assert purse.ledger() == purse.books()
    assert raised(goal).minor == 3 * 150_50
    assert len(purse.events("donation")) == 3


def test_a_sandbox_that_is_down_is_waited_for(purse, settings):
    purse.was_read()
    purse.pay()
    address, settings.SANDBOX_URL = settings.SANDBOX_URL, f"http://127.0.0.1:{free_port()}"
    assert purse.read().error == "PassingFault"
    settings.SANDBOX_URL = address
    assert purse.read().error == ""
    assert purse.ledger() == purse.books()


def test_a_slow_answer_is_an_answer(purse):
    purse.was_read()
    purse.pay()
    purse.break_by(delay=1)
    assert purse.read().error == ""
    assert purse.ledger() == purse.books()


def test_back_off_doubles_up_to_five_minutes_and_never_undercuts_the_interval():
    fast, slow, rare = 5, 60, 3600
    for every, faults, least in (
        (fast, 1, 5),
        (fast, 2, 10),
        (fast, 4, 40),
        (fast, 99, 300),
        (slow, 1, 60),
        (slow, 2, 120),
        (slow, 99, 300),
        (rare, 1, 3600),
        (rare, 99, 3600),
    ):
        for _ in range(20):
            assert least <= seconds(outcomes.back_off(every * SECOND, faults)) <= 1.2 * least


def test_one_bad_wallet_does_not_delay_another(another_purse):
    bad, good = another_purse(), another_purse()
    bad.break_by(delay=5)
    good.pay()
    poller = Poller(fast=False)
    assert poller.start_due() == 2
    wait_until(lambda: poller.write_finished(1) and good.ledger())
    assert [job.wallet.pk for job in poller.under_way.values()] == [bad.wallet.pk]
    poller.close()


def test_a_result_that_cannot_be_written_does_not_take_the_others_with_it(another_purse, caplog):
    bad, good = another_purse(), another_purse()
    bad.pay()
    good.pay()
    spoilt = fetch(bad.claim(fast=False))
    good.note(claim="", claim_until=None, rests_until=None)
    write([spoil(spoilt), fetch(good.claim(fast=False))])
    assert good.ledger() == good.books()
    assert (bad.ledger(), bad.state.error) == ({}, "NonsenseAnswer")
    assert bad.state.next_poll_at > timezone.now()
    assert "Привет" not in caplog.text
    bad.read()
    assert bad.ledger() == bad.books()


def spoil(outcome):
    """A payment that no database takes, as a defect in a provider would make it."""
    batch = outcome.batch
    return replace(outcome, batch=replace(batch, payments=[replace(batch.payments[0], occurred_at=None)]))


def test_a_defect_in_a_provider_is_told_by_its_place_alone(purse, monkeypatch, caplog):
    def broken(access, *_more):
        raise RuntimeError(f"{access.account} with Bearer {access.credential.secret}")

    monkeypatch.setattr(PROVIDERS["qiwi-sandbox"], "read", broken)
    assert purse.read().error == "NonsenseAnswer"
    assert "RuntimeError" in caplog.text
    assert "test_polling.py" in caplog.text
    for secret in (purse.wallet.account, purse.token):
        assert secret not in caplog.text + purse.state.error_detail


# --- balances, odd rows, lost keys ------------------------------------------------------------------------------------


def test_a_balance_row_is_made_only_when_the_amount_changes(purse):
    purse.pay(100_00)
    purse.read()
    purse.note(balance_read_at=timezone.now() - HOUR)
    purse.read()
    [balance] = Balance.objects.filter(wallet=purse.wallet)
    assert (balance.minor, balance.currency) == (100_00, "RUB")
    assert balance.first_seen_at < balance.last_seen_at
    purse.pay(50_00)
    purse.read()
    purse.read()
    assert list(Balance.objects.order_by("pk").values_list("minor", flat=True)) == [100_00, 150_00]


def test_a_clock_that_was_set_back_makes_no_balance_rows(purse):
    purse.pay(100_00)
    purse.look()
    Balance.objects.update(last_seen_at=timezone.now() + HOUR)
    purse.pay(50_00)
    purse.look()
    purse.look()
    assert list(Balance.objects.order_by("pk").values_list("minor", flat=True)) == [100_00, 150_00]


def test_the_balance_is_asked_once_a_minute_or_after_money_came(purse):
    purse.read()
    purse.read()
    assert purse.calls("balance") == 1
    purse.pay()
    purse.read()
    purse.read()
    purse.read()
    assert purse.calls("balance") == 2


def test_a_balance_that_fails_does_not_stop_donations_and_is_left_for_a_minute(purse):
    purse.break_by(status=500, only="balance")
    purse.pay()
    assert purse.read().error == ""
    purse.read()
    assert purse.ledger() == purse.books()
    assert purse.calls("balance") == 1
    assert Balance.objects.count() == 0


def test_without_the_right_to_the_balance_polling_goes_on_and_does_not_ask_again(another_purse):
    purse = another_purse(scopes=["profile", "history"])
    purse.pay()
    assert purse.read().error == ""
    assert InfoToken.objects.get(wallet=purse.wallet).missing == ["balance"]
    purse.note(balance_read_at=None)
    purse.read()
    assert purse.calls("balance") == 1
    assert purse.ledger() == purse.books()


def test_a_wallet_whose_token_cannot_be_opened_says_so_and_breaks_nothing(another_purse, settings):
    lost, good = another_purse(), another_purse()
    good.pay()
    lost.wallet.tokens.update(sealed=Fernet(Fernet.generate_key()).encrypt(b"0123456789abcdef").decode())
    tasks.minute()
    assert (lost.state.error, lost.state.next_poll_at) == ("CannotUnseal", None)
    assert good.ledger() == good.books()


def test_when_the_key_comes_back_poll_now_reads_the_wallet_again(purse, settings):
    keys, settings.SECRET_KEYS = settings.SECRET_KEYS, [Fernet.generate_key().decode()]
    assert purse.read().error == "CannotUnseal"
    settings.SECRET_KEYS = keys
    purse.pay()
    assert purse.read().error == ""
    assert purse.ledger() == purse.books()


def test_a_row_that_makes_no_sense_is_counted_without_its_values(wallet, strange):
    secrets = {"comment": "тайные слова", "account": "+79990000042"}
    strange.says(page(row(txnId=1, status="NEW", **secrets), row(txnId=2, **secrets)))
    for times in (1, 2):
        assert read(wallet).error == ""
        [odd] = wallet.odd_rows.all()
        assert (odd.reason, odd.times_seen) == ("status", times)
        wallet.state.next_poll_at, wallet.state.rests_until = timezone.now(), None
        wallet.state.save()
    assert "comment" in odd.fields
    assert not any(secret in odd.fields + odd.reason for secret in (*secrets.values(), "9990000042"))
    assert [donation.txn_id for donation in wallet.donations.all()] == ["2:IN"]


def test_an_absurd_amount_is_an_odd_row_and_breaks_no_sum(wallet, goal, strange):
    strange.says(page(row(txnId=1, sum={"amount": 9 * 10**16, "currency": 643}), row(txnId=2)))
    assert read(wallet).error == ""
    assert wallet.odd_rows.count() == 1
    assert [donation.txn_id for donation in wallet.donations.all()] == ["2:IN"]
