"""The ledger by example; under any history it is held by test_ledger_machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from donations.events import writing
from donations.ingest import ingest
from donations.models import Donation, Event, Goal, Wallet, WalletState
from donations.money import Money
from donations.providers.base import Kind, Payment, Status
from donations.tallies import archive_goal, counted_anew, raised, raised_in_all_time, save_goal

HOUR = timedelta(hours=1)
NOW = datetime.now(UTC)


@pytest.fixture
def purses(anya):
    """Two wallets of Anya, in which one payment id means two payments."""
    made = [Wallet.objects.create(streamer=anya, provider="qiwi", account=str(n), title=str(n)) for n in (1, 2)]
    for wallet in made:
        WalletState.objects.create(wallet=wallet, alerts_from=NOW - 2 * HOUR)
    return made


def goal(streamer, slug, chosen=(), currency="RUB", **facts):
    since = NOW - 2 * HOUR
    made = Goal(streamer=streamer, slug=slug, title=slug, target_minor=1, currency=currency, since=since, **facts)
    save_goal(made, chosen)
    return made


def test_a_reversal_that_is_taken_back_counts_again_and_rings_no_second_bell(anya, purses):
    def come(status):
        payment = Payment("1:IN", status, Kind.GIFT, Money(100, "RUB"), NOW)
        with writing(anya.pk) as log:
            ingest(log, purses[0], [payment], NOW - HOUR)
        return raised_in_all_time(anya)["RUB"].minor

    assert [come(status) for status in (Status.SETTLED, Status.FAILED, Status.SETTLED)] == [100, 0, 100]
    assert list(Event.objects.order_by("seq").values_list("kind", flat=True)) == [
        "donation",
        "donation_changed",
        "donation_changed",
    ]


def test_an_archived_goal_is_told_and_left_alone(anya, purses):
    made = goal(anya, "mic")
    archive_goal(made)
    with writing(anya.pk) as log:
        ingest(log, purses[0], [Payment("1:IN", Status.SETTLED, Kind.GIFT, Money(100, "RUB"), NOW)], NOW)
    assert Event.objects.filter(goal=made).last().figures == {"archived": True}
    assert raised(made).minor == 0


def test_a_transaction_that_fails_leaves_neither_donation_nor_event_nor_number(anya, purses):
    with pytest.raises(ZeroDivisionError), writing(anya.pk) as log:
        ingest(log, purses[0], [Payment("1:IN", Status.SETTLED, Kind.GIFT, Money(100, "RUB"), NOW)], NOW)
        assert 1 / 0
    assert not Donation.objects.exists()
    assert not Event.objects.exists()
    with writing(anya.pk) as log:
        log.add(Event.Kind.TEST)
    assert Event.objects.get().seq == 1


def test_a_corrected_amount_corrects_every_figure(anya, purses):
    made = goal(anya, "mic")
    for minor in (100, 70):
        with writing(anya.pk) as log:
            ingest(log, purses[0], [Payment("1:IN", Status.SETTLED, Kind.GIFT, Money(minor, "RUB"), NOW)], NOW)
    donation = Donation.objects.get()
    assert (donation.minor, donation.base_minor) == (70, 70)
    assert (raised(made).minor, raised(made).count) == (70, 1)
    assert raised_in_all_time(anya)["RUB"].minor == 70


def test_a_recount_by_days_never_reads_a_day_twice(anya, purses, django_assert_max_num_queries):
    """SQLite makes use of one lower bound: of two it might take the goal's beginning, and read on from there."""
    daily = goal(anya, "daily", period=Goal.Period.DAY)
    daily.since = NOW - 40 * 24 * HOUR
    days = [Payment(f"{n}:IN", Status.SETTLED, Kind.GIFT, Money(100, "RUB"), NOW - n * 24 * HOUR) for n in range(30)]
    with writing(anya.pk) as log:
        ingest(log, purses[0], days, None)
    with django_assert_max_num_queries(2 * 30 + 4) as asked:
        assert [(row.minor, row.count) for row in counted_anew(daily)] == [(100, 1)] * 30
    assert max(query["sql"].count('"occurred_at" >=') for query in asked.captured_queries) == 1


def test_another_title_or_target_counts_nothing_anew(anya, purses):
    made = goal(anya, "mic", purses[:1])
    with writing(anya.pk) as log:
        ingest(log, purses[0], [Payment("1:IN", Status.SETTLED, Kind.GIFT, Money(100, "RUB"), NOW)], NOW)
    kept = made.tallies.get().pk
    made.title, made.target_minor = "Микрофон", 2
    save_goal(made, purses[:1])
    assert (made.tallies.get().pk, raised(made).minor) == (kept, 100)
    save_goal(made, purses[1:])
    assert raised(made).minor == 0
    save_goal(made, [])
    assert raised(made).minor == 100
