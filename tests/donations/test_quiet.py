"""Quiet readings: what brings nothing new is noted in one go, and whatever may be a change goes the usual way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from donations import outcomes
from donations.claims import claim_due
from donations.ingest import recorded_facts
from donations.models import Balance, WalletState
from donations.outcomes import write
from donations.pace import make_due
from donations.polling import fetch
from donations.quiet import write_quiet

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def calm(purse):
    """The purse with two payments in it, one of them on its way, read a moment ago; all is known."""
    purse.pay(100_00)
    purse.pay(50_00, status="WAITING")
    purse.was_read(alerts_from=timezone.now() - HOUR)
    purse.read()
    purse.was_read(balance_read_at=timezone.now() - HOUR, read_3h_at=None)
    return purse


def brought(purse):
    return fetch(purse.claim(fast=False))


def test_what_brought_nothing_new_is_noted_without_an_event(calm):
    outcome = brought(calm)
    events = calm.events()
    seen = Balance.objects.get().last_seen_at
    assert write_quiet([outcome]) == []
    state = calm.state
    assert (state.claim, state.last_read_at, state.error) == ("", outcome.job.started_at, "")
    assert Balance.objects.get().last_seen_at > seen
    assert calm.events() == events


def test_it_leaves_the_same_notes_as_the_usual_way(calm, monkeypatch):
    outcome = brought(calm)
    claimed = calm.state
    monkeypatch.setattr(timezone, "now", lambda: outcome.job.started_at + SECOND)
    assert write_quiet([outcome]) == []
    quietly = model_to_dict(calm.state), Balance.objects.get().last_seen_at
    claimed.save()
    Balance.objects.update(last_seen_at=datetime(2020, 1, 1, tzinfo=UTC))
    outcomes._write_group(calm.wallet.streamer_id, [outcome])
    assert (model_to_dict(calm.state), Balance.objects.get().last_seen_at) == quietly
    assert calm.state.read_3h_at == outcome.job.started_at


CHANGES = {
    "a new payment": lambda purse: purse.pay(),
    "one that settled": lambda purse: purse.settle(
        next(id for id, row in purse.ledger().items() if row[2] != "settled")
    ),
    "one that was taken back": lambda purse: purse.settle(
        next(id for id, row in purse.ledger().items() if row[2] == "settled"), "ERROR"
    ),
    "money that left": lambda purse: purse.spend(10_00),
    "an error": lambda purse: purse.break_by(status=500),
    "an error before": lambda purse: purse.note(error="PassingFault", fault_count=1),
    "a trouble that was told": lambda purse: purse.note(told="failing"),
    "never read before": lambda purse: purse.note(last_read_at=None, alerts_from=None),
    "a day to compare": lambda purse: purse.note(totals_read_at=None),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_may_be_a_change_goes_the_usual_way(calm, change):
    change(calm)
    outcome = brought(calm)
    assert write_quiet([outcome]) == [outcome]
    assert calm.state.claim != ""
    write([outcome])
    assert calm.state.claim == ""
    assert calm.ledger() == calm.books()


def test_poll_now_during_a_quiet_reading_is_not_lost(calm):
    outcome = brought(calm)
    make_due(calm.wallet)
    wish = calm.state.next_poll_at
    assert write_quiet([outcome]) == []
    assert (calm.state.next_poll_at, calm.state.hurry) == (wish, True)


@pytest.mark.parametrize(
    "lost",
    [{"claim_until": datetime(2020, 1, 1, tzinfo=UTC)}, {"claim": "another"}, {"claim": "", "claim_until": None}],
)
def test_a_quiet_reading_whose_claim_is_gone_writes_nothing(calm, lost):
    outcome = brought(calm)
    calm.note(**lost)
    before = model_to_dict(calm.state)
    assert write_quiet([outcome]) == []
    assert model_to_dict(calm.state) == before


def test_a_difference_with_the_balance_keeps_being_compared(calm):
    calm.spend(10_00)
    write([brought(calm)])
    calm.was_read(balance_read_at=None)
    outcome = brought(calm)
    assert write_quiet([outcome]) == [outcome]


def test_many_cost_no_more_statements_than_one(another_purse):
    purses = [another_purse() for _ in range(8)]
    for purse in purses:
        purse.pay()
        purse.read()
    for purse in purses:
        purse.was_read(balance_read_at=timezone.now() - HOUR)
    found = [fetch(job) for job in claim_due(timezone.now(), False, 32)]
    assert len(found) == 8
    with CaptureQueriesContext(connection) as queries:
        assert write_quiet(found) == []
    assert len([query for query in queries if "FROM" in query["sql"]]) <= 4
    assert not WalletState.objects.exclude(claim="").exists()


def test_what_is_recorded_is_found_by_one_look_up_each(calm):
    with CaptureQueriesContext(connection) as queries:
        assert len(recorded_facts([(calm.wallet.pk, txn_id) for txn_id in calm.books()])) == 2
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
            assert any("SEARCH d USING INDEX" in row[3] for row in cursor.fetchall())
