"""Ninety writings at once on a few streamers: none waits for another in a circle, and no number is lost.

Each has a thread and a database connection of its own. The locks are real ones: rows of PostgreSQL, SQLite's file.
"""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from donations import pace
from donations.audit import audit
from donations.claims import claim_due
from donations.events import writing
from donations.hiding import hide, unhide
from donations.ingest import ingest
from donations.models import Donation, Event, FeedCounter, Goal, InfoToken, Streamer, Wallet, WalletState
from donations.money import Money
from donations.outcomes import write
from donations.providers.base import Batch, Kind, Payment, Status
from donations.readings import Outcome
from donations.streams import StreamAlreadyOn, start_stream, stop_stream
from donations.tallies import save_goal

WRITERS = 90
WRITERS_OF_A_FILE = 20
"""More than an installation has threads. SQLite lets one write at a time, and not whoever waits the longest next."""
ROOM_FOR_OTHERS = 30
"""Connections that the rest of the suite may want at the same time, when we are not alone."""


def room() -> int:
    """How many connections may be opened at once; beside a whole suite a server of 100 has fewer than we want."""
    if connection.vendor == "sqlite":
        return WRITERS_OF_A_FILE
    with connection.cursor() as cursor:
        # Ours is one of those taken, and three are kept for a superuser.
        cursor.execute(
            "SELECT current_setting('max_connections')::int - 3, count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend'"
        )
        most, taken = cursor.fetchone()
    others = 0 if taken == 1 else ROOM_FOR_OTHERS
    return max(most - taken - others, 5)


def all_at_once(works):
    """Run each in a thread, as many at once as there is room for; what they raised."""
    at_once = min(len(works), room())
    gate = threading.Barrier(at_once)
    errors = []

    def run(number):
        connection.ensure_connection()
        if number < at_once:
            gate.wait(60)
        try:
            works[number]()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(run, range(len(works))))
    return errors


def make_wallets(count):
    """So many wallets of three streamers in turn, connected an hour ago. Each streamer has two goals."""
    an_hour_ago = timezone.now() - timedelta(hours=1)
    streamers = [
        Streamer.objects.create(slug=f"streamer{number}", name="Streamer", time_zone="Europe/Kyiv")
        for number in range(3)
    ]
    for number in range(count):
        wallet = Wallet.objects.create(
            streamer=streamers[number % 3], provider="qiwi-sandbox", account=f"7999000000{number}"
        )
        WalletState.objects.create(wallet=wallet, next_poll_at=an_hour_ago, alerts_from=an_hour_ago)
        token = InfoToken(wallet=wallet)
        token.put("0123456789abcdef0123456789abcdef")
        token.save()
        yield wallet
    for streamer in streamers:
        for period in ("all", "day"):
            save_goal(
                Goal(
                    streamer=streamer,
                    slug=period,
                    title=period,
                    target_minor=1000_00,
                    currency="RUB",
                    period=period,
                    since=an_hour_ago,
                )
            )


def gift(number):
    """Payment by its number: half of them from one donor, every tenth in another currency."""
    return Payment(
        txn_id=f"{number}:IN",
        status=Status.SETTLED,
        kind=Kind.GIFT,
        money=Money(100 + number, "KZT" if number % 10 == 9 else "RUB"),
        occurred_at=timezone.now() - timedelta(seconds=number % 7),
        payer="+79990000042" if number % 2 else f"+7999{number:07}",
        words="Привет",
    )


def assert_nothing_was_lost(wallets, payments):
    """Every payment once, every number once, every sum what the ledger says."""
    for wallet in wallets:
        assert sorted(wallet.donations.values_list("txn_id", flat=True)) == sorted(p.txn_id for p in payments)
        numbers = list(Event.objects.filter(streamer=wallet.streamer).order_by("seq").values_list("seq", flat=True))
        assert numbers == list(range(1, FeedCounter.objects.get(pk=wallet.streamer_id).seq + 1))
        told = Event.objects.filter(kind="donation", donation__wallet=wallet)
        assert sorted(told.values_list("donation__txn_id", flat=True)) == sorted(p.txn_id for p in payments)
        assert list(audit(wallet.streamer)) == []


@pytest.mark.django_db(transaction=True)
def test_ninety_ingests_at_once_over_three_streamers_lose_no_number():
    wallets = list(make_wallets(3))
    payments = [gift(number) for number in range(WRITERS)]

    def writer(number):
        wallet = wallets[number % 3]
        # Its own, and those of its neighbours too, in an order of its own: everything is read twice somewhere.
        mine = [payments[(number + step) % WRITERS] for step in range(6)]
        random.Random(number).shuffle(mine)

        def work():
            with writing(wallet.streamer_id) as log:
                ingest(log, wallet, mine, wallet.state.alerts_from)

        return work

    assert all_at_once([writer(number) for number in range(WRITERS)]) == []
    assert_nothing_was_lost(wallets, payments)


@pytest.mark.django_db(transaction=True)
def test_ninety_readings_edits_and_clicks_at_once_wait_in_no_circle():
    """What locks more than the streamer's counter: the states of wallets, which claims, "poll now" and overlays write
    too, many at once."""
    wallets = list(make_wallets(6))
    payments = [gift(number) for number in range(30)]
    with writing(wallets[0].streamer_id) as log:
        ingest(log, wallets[0], payments[:1], wallets[0].state.alerts_from)
    hidden = Donation.objects.get()

    def reading(number):
        def work():
            # "Poll now" and another reading's claim may come between: then nothing is written, and it is read anew.
            for wallet in wallets:
                while not wallet.donations.filter(txn_id=payments[number].txn_id).exists():
                    pace.make_due(wallet)
                    jobs = claim_due(timezone.now(), True, 32)
                    write([Outcome(job, Batch([payments[number]], calls=0)) for job in jobs])

        return work

    def edit(number):
        def work():
            streamer = wallets[number % 3].streamer
            goal = streamer.goals.order_by("pk")[number % 2]
            goal.target_minor += number
            save_goal(goal, wallets=[wallets[number % 3]] if number % 4 == 0 else [])

        return work

    def click(number):
        def work():
            (hide if number % 2 else unhide)(hidden)
            pace.watch([wallet.streamer_id for wallet in wallets], timezone.now())
            try:
                start_stream(wallets[number % 3].streamer)
            except StreamAlreadyOn:
                stop_stream(wallets[number % 3].streamer)

        return work

    works = [kind(number) for number in range(30) for kind in (reading, edit, click)]
    assert all_at_once(works) == []
    assert_nothing_was_lost(wallets, payments)
