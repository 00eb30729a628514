"""No page and no payment reads a whole table: what each asks the database is asked again for its plan.

On SQLite alone: over a few rows PostgreSQL rightly reads the table, however good its indexes are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from donations.events import writing
from donations.ingest import ingest
from donations.models import AccessKey, Donation, Event, Goal, Wallet
from donations.money import Money
from donations.providers.base import Kind, Payment, Status
from donations.streams import start_stream, stop_stream
from donations.tallies import counted_anew, save_goal
from tests.databases import IS_POSTGRES
from widgets.control_values import control_snapshot
from widgets.news import Place, Room, event_frames
from widgets.screen import make_widget
from widgets.snapshots import snapshot

pytestmark = pytest.mark.skipif(IS_POSTGRES, reason="its plans depend on how many rows there are")

GROWING = ("donations_donation", "donations_event", "donations_donortally")
"""The tables that have a row for each payment, or nearly."""

CARRIED_BY = {
    "/panel/": ("newest_donations", "donations_of_a_stream"),
    "/panel/donations/": ("newest_donations",),
    "/panel/donations/?from={gift}": ("newest_donations",),
    "/panel/donations/?above={gift}": ("newest_donations",),
    "/panel/donations/?q=спасибо": ("newest_donations",),
    "/panel/donations/?state=held": ("newest_held",),
    "/panel/donations/?state=hidden": ("newest_hidden",),
    "/panel/donations/?state=pending": ("newest_pending",),
    "/panel/donations/?state=failed": ("newest_failed",),
    "/panel/donations/?state=hand": ("newest_by_hand",),
    "/panel/donors/": ("top_donors", "newest_of_a_donor"),
    "/panel/donors/{gift}/": ("newest_of_a_donor",),
    "/panel/streams/": ("donations_of_a_stream",),
    "/panel/streams/{stream}/": ("donations_of_a_stream",),
    "/@anya/": (),
    **{f"/@anya/{period}/": ("newest_of_a_wallet", "newest_by_hand") for period in Goal.Period.values},
    **{f"/@anya/{period}-chosen/": ("newest_of_a_wallet", "newest_by_hand") for period in Goal.Period.values},
}
"""The pages, and the indexes that find what each shows. Sums of goals and of all time are rows of their own."""


@pytest.fixture
def gift(anya, wallet):
    """The newest of eighty gifts to Anya, in two wallets and two currencies, some of them while she was on air.

    She has goals of every period: one for all wallets, and one for chosen wallets that counts other currencies too.
    """
    second = Wallet.objects.create(streamer=anya, provider="qiwi", account="79990000002", title="Second")
    for period in Goal.Period.values:
        for slug, chosen in ((period, []), (f"{period}-chosen", [wallet, second])):
            goal = Goal(streamer=anya, slug=slug, title=slug, target_minor=100, currency="RUB", period=period)
            goal.since, goal.counts_others = timezone.now() - timedelta(hours=1), bool(chosen)
            save_goal(goal, chosen)
    take_in(wallet, range(40))
    stream = start_stream(anya)
    take_in(second, range(40))
    stop_stream(anya)
    start_stream(anya)
    newest = Donation.objects.filter(session=stream).newest_first().first()
    assert newest is not None
    return newest


def take_in(wallet, numbers):
    payments = [
        Payment(
            txn_id=f"{n}:IN",
            status=Status.SETTLED,
            kind=Kind.GIFT,
            money=Money(100 + n, "USD" if n % 7 == 0 else "RUB"),
            occurred_at=timezone.now(),
            payer=f"+7999000{n % 9}",
        )
        for n in numbers
    ]
    with writing(wallet.streamer_id) as log:
        ingest(log, wallet, payments, timezone.now() - timedelta(hours=1))


def plans_of(work: Callable[[], object]) -> dict[str, list[str]]:
    """The statements about growing tables that `work` runs, with the steps of each one's plan."""
    asked: list[tuple[str, object]] = []

    def note(execute, sql, parameters, many, context):
        if any(f'"{table}"' in sql for table in GROWING) and not sql.startswith("INSERT"):
            asked.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        work()
    plans = {}
    with connection.cursor() as cursor:
        for sql, parameters in asked:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
            plans[sql] = [row[-1] for row in cursor.fetchall()]
    return plans


def shortcomings(plans: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Steps that go through all of a growing table, or sort what an index should have in order."""
    wrong = []
    for sql, steps in plans.items():
        names = {*GROWING, *re.findall(rf'"(?:{"|".join(GROWING)})" (?:AS )?"?(\w+)', sql)}
        wrong += [(step, sql) for step in steps if re.match(r"SCAN (\w+)", step) and step.split()[1] in names]
        wrong += [(step, sql) for step in steps if "TEMP B-TREE FOR ORDER BY" in step and " LIMIT " in sql]
    return wrong


def test_every_page_is_carried_by_indexes(client, anya_owner, gift):
    client.force_login(anya_owner)
    for address, indexes in CARRIED_BY.items():
        answers = []
        where = address.format(gift=gift.public_id, stream=gift.session_id)
        plans = plans_of(lambda where=where, answers=answers: answers.append(client.get(where)))
        assert answers[0].status_code == 200, address
        assert shortcomings(plans) == [], address
        used = {word for steps in plans.values() for step in steps for word in step.split()}
        assert used >= set(indexes), address


def test_what_pages_over_a_socket_start_from_and_are_told_is_carried_by_indexes(anya, gift):
    goals = list(anya.goals.all())
    bar = make_widget(anya, "goal", "Bar", goal=goals[0])
    widgets = [bar, *(make_widget(anya, kind, kind) for kind in ("alert", "total", "latest"))]
    place = Place("", Event.objects.filter(streamer=anya).count())
    rooms = [
        Room("control"),
        Room("control_without_amounts"),
        Room("overlay"),
        *(Room("public", goal.pk) for goal in goals),
    ]

    def all_of_it():
        control_snapshot(AccessKey(streamer=anya), with_amounts=True)
        for widget in widgets:
            snapshot(anya, widget, None)
        for goal in goals:
            snapshot(anya, None, goal)
        assert event_frames(anya.pk, 0, place, rooms)

    assert shortcomings(plans_of(all_of_it)) == []


def test_a_payment_finds_all_that_it_touches_by_index(gift, wallet):
    plans = plans_of(lambda: take_in(wallet, range(35, 50)))
    assert plans
    assert shortcomings(plans) == []


def test_a_goal_is_recounted_by_an_index_from_its_beginning(anya, gift):
    for goal in anya.goals.all():
        plans = plans_of(lambda goal=goal: counted_anew(goal))
        assert plans
        assert shortcomings(plans) == [], goal.slug
