"""Claims: one reading of a wallet at a time, and none that is lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from donations import claims, tasks
from donations.claims import claim_due
from donations.models import Balance, Donation, WalletState
from donations.outcomes import write
from donations.pace import make_due
from donations.polling import Poller, fetch

from .conftest import HALF_A_MINUTE, open_purse, wait_until

SECOND = timedelta(seconds=1)


def all_at_once(count, work):
    """Run `work` in so many threads, each with a database connection of its own, and answer what they say."""
    gate = threading.Barrier(count)

    def run(number):
        try:
            gate.wait()
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.django_db(transaction=True)
def test_of_many_pollers_one_gets_the_wallet(purse):
    jobs = all_at_once(8, lambda number: claim_due(timezone.now(), number % 2 == 0, 32))
    assert sum(len(each) for each in jobs) == 1


@pytest.mark.django_db(transaction=True)
def test_two_pollers_at_once_read_each_wallet_once(sandbox, anya):
    purses = [open_purse(sandbox, anya, poll_seconds=20) for _ in range(6)]
    for purse in purses:
        purse.pay()

    def poll(_number):
        poller = Poller(fast=True)
        poller.run_until_idle(HALF_A_MINUTE)
        poller.close()

    all_at_once(2, poll)
    assert [purse.calls("history") for purse in purses] == [1] * 6
    assert Donation.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_two_minute_tasks_at_once_read_each_wallet_once(sandbox, anya):
    purses = [open_purse(sandbox, anya) for _ in range(4)]
    for purse in purses:
        purse.pay()
    all_at_once(2, lambda _number: tasks.minute())
    assert [purse.calls("history") for purse in purses] == [1] * 4
    assert Donation.objects.count() == 4


def test_no_more_wallets_are_claimed_than_there_is_room_for(another_purse):
    oldest, middle, newest = (another_purse() for _ in range(3))
    for purse, age in ((newest, 1), (oldest, 3), (middle, 2)):
        purse.note(next_poll_at=timezone.now() - age * SECOND)
    assert {job.wallet.pk for job in claim_due(timezone.now(), False, 2)} == {oldest.wallet.pk, middle.wallet.pk}


def test_a_claim_that_ran_out_while_it_was_read_writes_nothing(purse):
    purse.pay()
    outcome = fetch(purse.claim(fast=False))
    purse.note(claim_until=timezone.now() - SECOND)
    write([outcome])
    assert purse.ledger() == {}
    assert purse.state.last_read_at is None


def test_a_reading_that_was_overtaken_writes_nothing(purse):
    purse.pay()
    slow = fetch(purse.claim(fast=False))
    purse.note(claim_until=timezone.now() - SECOND, rests_until=None)
    quick = fetch(purse.claim(fast=False))
    write([quick])
    before = purse.state.next_poll_at, purse.events()
    write([slow])
    assert len(purse.ledger()) == 1
    assert (purse.state.next_poll_at, purse.events()) == before


def test_a_quiet_reading_that_was_overtaken_notes_nothing(purse):
    purse.pay()
    purse.look()
    purse.was_read(balance_read_at=None)
    slow = fetch(purse.claim(fast=False))
    balances = Balance.objects.filter(wallet=purse.wallet)
    before = balances.get().last_seen_at
    purse.note(claim="another")
    state = purse.state
    write([slow])
    assert balances.get().last_seen_at == before
    assert purse.state.last_read_at == state.last_read_at
    assert purse.state.claim == "another"


def test_what_the_old_token_was_told_is_not_written_after_it_was_replaced(purse):
    purse.pay()
    outcome = fetch(purse.claim(fast=False))
    purse.note(claim="", claim_until=None)
    write([outcome])
    assert purse.ledger() == {}


def test_a_long_reading_keeps_its_claim_and_is_not_begun_twice(purse, monkeypatch):
    monkeypatch.setattr(claims, "LEASE", timedelta(seconds=0.6))
    purse.pay()
    purse.break_by(delay=1, only="history")
    purse.read()
    assert purse.calls("history") == 1
    assert purse.ledger() == purse.books()


def test_poll_now_while_a_reading_is_in_flight_is_not_lost(purse):
    purse.was_read()
    purse.break_by(delay=1, only="history")
    poller = Poller(fast=False)
    poller.start_due()
    wait_until(lambda: purse.calls("history"))
    purse.pay()
    make_due(purse.wallet)
    wait_until(lambda: poller.write_finished(1))
    assert purse.state.next_poll_at <= timezone.now()
    assert purse.claim(purse.state.rests_until) is not None
    poller.close()


def test_poll_now_does_not_end_the_time_that_the_wallet_asked_us_to_wait(purse):
    purse.was_read()
    purse.break_by(status=423, only="history")
    job = purse.claim(fast=False)
    outcome = fetch(job)
    make_due(purse.wallet)
    write([outcome])
    waits_until = purse.state.error_until
    assert purse.state.next_poll_at == waits_until > timezone.now()
    make_due(purse.wallet)
    assert purse.claim() is None
    assert purse.claim(waits_until - SECOND, fast=False) is None
    assert purse.claim(waits_until + SECOND) is not None


def test_a_poller_that_stops_gives_back_what_it_was_reading(purse):
    purse.was_read()
    purse.break_by(delay=1, only="history")
    poller = Poller(fast=False)
    poller.start_due()
    poller.close()
    assert purse.claim() is None
    assert purse.claim(purse.state.rests_until) is not None


def test_looking_for_due_wallets_writes_nothing_while_none_is_due(purse, django_assert_num_queries):
    purse.was_read(next_poll_at=timezone.now() + 60 * SECOND)
    with django_assert_num_queries(2) as queries:
        assert claim_due(timezone.now(), True, 32) == []
    assert all(query["sql"].startswith("SELECT") for query in queries)


def test_the_poller_does_not_look_through_what_the_minute_task_has_to_do(purse):
    with CaptureQueriesContext(connection) as queries:
        claim_due(timezone.now() - 60 * SECOND, True, 32)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
            assert "USING INDEX in_a_hurry" in cursor.fetchone()[3]


def test_archived_wallets_are_left_alone(purse):
    purse.wallet.archived_at = timezone.now()
    purse.wallet.save()
    assert purse.claim(fast=True) is None
    assert purse.claim(fast=False) is None


def test_a_wallet_without_a_working_token_is_left_alone_until_a_person_acts(purse):
    purse.wallet.tokens.update(state="revoked", sealed="")
    assert purse.claim(fast=False) is None
    assert purse.state.next_poll_at is None
    assert WalletState.objects.get().claim == ""
