"""Limits: whatever happens to pollers and whoever presses what, no service is asked more often than it allows."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.utils import timezone
from hypothesis import HealthCheck, given, settings, target
from hypothesis import strategies as st

from donations import polling
from donations.claims import LEASE, claim_due
from donations.limits import reserve
from donations.models import CallLimit, InfoToken, Wallet, WalletState
from donations.outcomes import write
from donations.pace import make_due, rest, watch
from donations.polling import Poller, fetch
from donations.providers import PROVIDERS
from donations.providers.base import Batch, Limit, PassingFault
from donations.providers.qiwi import Qiwi
from donations.readings import Job, Outcome
from donations.sandbox.throttle import HISTORY_CALLS, Throttle
from donations.streams import start_stream, stop_stream
from tests.conftest import LONG

from .conftest import open_purse, wait_until

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)

few = settings(
    max_examples=100 if LONG else 5,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Clock:
    """A clock for all of us that goes on only when it is told to."""

    def __init__(self, monkeypatch):
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: self.now)

    def goes_on(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@dataclass(eq=False)
class Reading:
    """A job under way, and the calls that it has still to make. `cut_at`: its poller is gone since then."""

    job: Job
    left: int
    spent: int = 0
    cut_at: datetime | None = None


CALLS_ON = 15 * SECOND
"""For so long a thread calls on whose poller is gone."""


@dataclass
class World:
    """One wallet, its readings, and the sandbox's own counters by a clock of ours."""

    clock: Clock
    wallet: Wallet
    readings: list[Reading] = field(default_factory=list)

    def __post_init__(self):
        self.throttle = Throttle(clock=lambda: self.clock.now.timestamp())

    def state(self, reading):
        """The machine's row, as long as it is this reading's."""
        return WalletState.objects.filter(pk=self.wallet.pk, claim=reading.job.state.claim)

    def waits(self, seconds):
        """Time goes by; who is alive keeps his claims, as a poller does."""
        while seconds > 0:
            step = min(seconds, LEASE.total_seconds() / 4)
            self.clock.goes_on(step)
            seconds -= step
            for reading in self.readings:
                if reading.cut_at is None:
                    self.state(reading).update(claim_until=self.clock.now + LEASE)
        self.readings = [each for each in self.readings if not each.cut_at or self.clock.now < each.cut_at + CALLS_ON]

    def claims(self, cost, fast=True):
        for job in claim_due(self.clock.now, fast, 32):
            self.readings.append(Reading(job, min(cost, job.provider.most_calls)))

    def calls(self, most):
        """Each reading under way makes some of its calls."""
        for reading in self.readings:
            for _ in range(min(most, reading.left)):
                assert self.throttle.admit(1, "history"), "shut out"
                reading.left, reading.spent = reading.left - 1, reading.spent + 1

    def ends(self, how):
        """What becomes of the newest reading, if its poller is still there."""
        reading = next((each for each in reversed(self.readings) if each.cut_at is None), None)
        if reading is None or how == "not yet":
            return
        if how in ("killed", "stopped"):
            reading.cut_at = self.clock.now
            if how == "stopped":  # as `Poller.close` does
                self.state(reading).update(claim="", claim_until=None, hurry=True)
            return
        if how == "well":
            self.calls(20)
        self.readings.remove(reading)
        error = PassingFault("lost the line")
        error.calls = reading.spent
        batch = Batch([], calls=reading.spent, more=reading.spent > 15)
        write([Outcome(reading.job, batch) if how == "well" else Outcome(reading.job, error=error)])

    def presses(self, what):
        streamer = self.wallet.streamer
        if what == "poll now":
            make_due(self.wallet)
        elif what == "watched":
            watch([streamer.pk], self.clock.now)
        elif not stop_stream(streamer):
            start_stream(streamer)

    @property
    def most_in_a_minute(self):
        return self.throttle.history[1].peak


turns = st.tuples(
    st.sampled_from(["poll now", "poll now", "poll now", "watched", "live"]),
    st.sampled_from([1, 7, 19, 20]),
    st.booleans(),
    st.sampled_from([0, 1, 20]),
    st.sampled_from(["well", "well", "well", "well", "badly", "badly", "not yet", "stopped", "stopped", "killed"]),
    st.sampled_from([0.1, 0.3, 0.3, 1, 1, 2, 5, 20]),
)


@few
@given(st.lists(turns, min_size=40, max_size=60))
def test_no_sequence_of_claims_haste_and_lost_pollers_exceeds_what_qiwi_allows(anya, clock, story):
    wallet = connected(anya)
    world = World(clock, wallet)
    for press, cost, fast, calls, end, pause in story:
        world.presses(press)
        world.claims(cost, fast)
        world.calls(calls)
        world.ends(end)
        world.waits(pause)
    WalletState.objects.filter(pk=wallet.pk).update(next_poll_at=None)
    target(world.most_in_a_minute)
    assert world.most_in_a_minute <= HISTORY_CALLS


def connected(streamer, provider="qiwi-sandbox"):
    """A wallet that is due, with a token that nobody asks for."""
    wallet = Wallet.objects.create(streamer=streamer, provider=provider, account=uuid.uuid4().hex, title="QIWI")
    WalletState.objects.create(wallet=wallet, next_poll_at=timezone.now(), hurry=True)
    token = InfoToken(wallet=wallet)
    token.put("0123456789abcdef0123456789abcdef")
    token.save()
    return wallet


@pytest.mark.parametrize("cost", [1, 7, 20])
def test_whoever_presses_as_fast_as_he_can_gets_what_is_allowed_and_no_less(anya, clock, cost):
    world = World(clock, connected(anya))
    for _ in range(240):
        world.presses("poll now")
        world.claims(cost)
        world.ends("well")
        world.waits(0.5)
    assert world.most_in_a_minute <= HISTORY_CALLS
    assert world.throttle.endpoints[1]["history"].total >= 2 * 61 - 20


@pytest.mark.parametrize("how", ["killed", "stopped", "badly"])
def test_a_poller_that_ends_again_and_again_in_the_middle_keeps_the_limit(anya, clock, how):
    world = World(clock, connected(anya))
    for _ in range(200):
        world.presses("poll now")
        world.claims(20)
        world.calls(20)
        world.ends(how)
        world.waits(1)
    assert world.most_in_a_minute <= HISTORY_CALLS


@pytest.mark.django_db(transaction=True)
def test_two_pollers_and_an_impatient_person_keep_the_limit_by_the_sandboxs_own_count(purse):
    """In real time: without rests these would be some hundred readings."""
    purse.was_read(hurry=True)
    over = time.monotonic() + 2.5

    def poll(_number):
        try:
            poller = Poller(fast=True)
            while time.monotonic() < over:
                make_due(purse.wallet)
                poller.start_due()
                poller.write_finished(0.01)
            poller.close()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(poll, range(2)))
    assert 2 <= purse.calls("history") <= 4


def test_a_claim_speaks_for_the_most_and_the_outcome_for_what_was_spent(purse, clock):
    purse.was_read()
    job = purse.claim(fast=False)
    assert purse.state.rests_until == clock.now + rest(job.provider, 20)
    clock.goes_on(3)
    write([fetch(job)])
    assert purse.state.rests_until == clock.now + rest(job.provider, 1)


def test_a_fault_rests_for_the_calls_that_led_to_it(purse, clock):
    purse.was_read()
    purse.break_by(status=500, only="history")
    write([fetch(purse.claim(fast=False))])
    assert purse.state.rests_until == clock.now + rest(PROVIDERS["qiwi-sandbox"], 1)


def test_what_the_pages_leave_is_all_that_questions_may_cost(purse):
    purse.was_read(ago=timedelta(hours=4))
    waiting = purse.pay(at=timedelta(hours=3), status="WAITING", repeat=3)
    purse.read()
    purse.wallet.donations.update(asked_at=None)
    purse.pay(repeat=19 * 50)
    purse.was_read()
    before = purse.calls("history"), purse.calls("transaction")
    job = purse.claim(fast=False)
    assert set(job.pending) == set(waiting)
    outcome = fetch(job)
    write([outcome])
    spent = purse.calls("history") - before[0], purse.calls("transaction") - before[1]
    assert sum(spent) == outcome.calls == 20
    assert spent[1] >= 1


# --- limits of the whole installation ---------------------------------------------------------------------------------


@pytest.fixture
def crowded(monkeypatch):
    """A service like QIWI that counts what a whole installation asks: 30 calls in 6 seconds, one a reading."""

    class Crowded(Qiwi):
        limits = (Limit(calls=30, per=6 * SECOND, scope="instance"),)
        most_calls = 1

    provider = Crowded("crowded", "Crowded", lambda: django_settings.SANDBOX_URL)
    monkeypatch.setitem(PROVIDERS, "crowded", provider)
    return provider


def crowd(streamer, count):
    return [connected(streamer, "crowded") for _ in range(count)]


def test_an_account_that_two_streamers_connected_is_read_for_one_after_the_other(purse, boris, clock):
    twin = copy(purse)
    twin.wallet = Wallet.objects.create(
        streamer=boris, provider="qiwi-sandbox", account=purse.wallet.account, title="QIWI"
    )
    WalletState.objects.create(wallet=twin.wallet)
    token = InfoToken(wallet=twin.wallet, read_only="proven")
    token.put(purse.token)
    token.save()
    for each in (purse, twin):
        each.was_read(hurry=True, next_poll_at=clock.now)
    [first] = claim_due(clock.now, fast=True, most=32)
    assert claim_due(clock.now, fast=True, most=32) == []
    write([fetch(first)])
    assert claim_due(clock.now, fast=True, most=32) == []
    clock.goes_on(2)
    [second] = claim_due(clock.now, fast=True, most=32)
    assert {first.wallet.pk, second.wallet.pk} == {purse.wallet.pk, twin.wallet.pk}


def test_only_as_many_wallets_are_claimed_as_fit_into_the_installations_limit(anya, clock, crowded):
    crowd(anya, 40)
    peaks = []
    for _ in range(300):
        peaks.append(len(claim_due(clock.now, True, 128)))
        WalletState.objects.update(claim="", claim_until=None, rests_until=None)
        clock.goes_on(0.1)
    assert peaks[0] == 7
    assert max(sum(peaks[start : start + 60]) for start in range(240)) <= 30
    assert sum(peaks) >= 2 * 30


def test_what_a_reading_did_not_need_is_given_back(anya, clock, crowded, monkeypatch):
    monkeypatch.setattr(type(crowded), "most_calls", 3)
    crowd(anya, 10)
    jobs = claim_due(clock.now, True, 128)
    assert len(jobs) == 2
    spoken_for = CallLimit.objects.get().free_at
    write([Outcome(job, Batch([], calls=1)) for job in jobs])
    given_back = spoken_for - CallLimit.objects.get().free_at
    assert given_back == 4 * (spoken_for - clock.now) / 6


def test_the_wallets_of_a_service_that_is_asked_enough_do_not_stand_before_others(anya, clock, crowded):
    crowd(anya, 20)
    claim_due(clock.now, True, 128)
    clock.goes_on(0.01)
    other = connected(anya)
    assert [job.wallet for job in claim_due(clock.now, True, 4)] == [other]


@pytest.mark.django_db(transaction=True)
def test_two_processes_share_the_limit_and_a_restart_forgets_nothing(sandbox, anya, crowded):
    for _ in range(20):
        purse = open_purse(sandbox, anya, poll_seconds=5)
        Wallet.objects.filter(pk=purse.wallet.pk).update(provider="crowded")
    began = time.monotonic()
    gate = threading.Barrier(2)

    def poll(_number):
        try:
            gate.wait()
            poller = Poller(fast=True)
            while time.monotonic() - began < 1:
                poller.start_due()
                poller.write_finished(0.02)
            poller.close()
            # As after a restart: another poller, which knows only what the rows say.
            poller = Poller(fast=True)
            poller.run_until_idle(SECOND / 3)
            poller.close()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(poll, range(2)))
    read = WalletState.objects.filter(last_read_at__isnull=False).count()
    passed = time.monotonic() - began
    assert 7 <= read <= 7 + 17 * passed / 6 + 1


def test_a_limit_that_another_process_took_meanwhile_leaves_nothing(crowded, db, monkeypatch):
    now = timezone.now()
    assert reserve(crowded, 100, now) == 7
    row = CallLimit.objects.get()
    stale = CallLimit(name=row.name, free_at=now - MINUTE)
    monkeypatch.setattr(CallLimit.objects, "get_or_create", lambda **_facts: (stale, False))
    assert reserve(crowded, 1, now) == 0
    assert CallLimit.objects.get().free_at == row.free_at


# --- one bad wallet and the others ------------------------------------------------------------------------------------


def test_wallets_that_failed_last_time_take_no_more_than_their_share(anya, clock):
    wallets = [connected(anya) for _ in range(12)]
    failed = WalletState.objects.filter(pk__in=[wallet.pk for wallet in wallets[:8]])
    failed.update(fault_count=1, next_poll_at=clock.now - SECOND)
    first = claim_due(clock.now, True, 6, most_faulty=3)
    assert [job.state.fault_count for job in first] == [1, 1, 1]
    then = claim_due(clock.now, True, 6, most_faulty=0)
    assert {job.wallet for job in then} == set(wallets[8:])


def test_many_wallets_that_hang_leave_threads_to_the_others(another_purse, monkeypatch):
    for name, number in (("THREADS", 4), ("AHEAD", 4), ("MOST_FAULTY", 2)):
        monkeypatch.setattr(polling, name, number)
    hanging = [another_purse(poll_seconds=5) for _ in range(8)]
    for purse in hanging:
        purse.break_by(timeout=True)
        purse.was_read(MINUTE, fault_count=1)
    good = another_purse(poll_seconds=5)
    good.pay()
    poller = Poller(fast=True)
    for _ in range(2):
        poller.start_due()
    wait_until(lambda: poller.write_finished(0.05) and good.ledger())
    poller.start_due()
    assert len(poller.under_way) == 2
    poller.close()
