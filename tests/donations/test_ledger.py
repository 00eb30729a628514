"""The ledger under any history: what is raised always equals a query, and the log has no gaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from django.db import transaction
from django.db.models import Count, Q, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from donations.events import writing
from donations.hiding import hide, unhide
from donations.ingest import ingest
from donations.models import Donation, Event, FeedCounter, Goal, Rate, Wallet, WalletState
from donations.models.rate import SCALE
from donations.money import Money
from donations.providers.base import Kind, Payment, Status
from donations.streams import StreamAlreadyOn, start_stream, stop_stream
from donations.tallies import archive_goal, raised, raised_in_all_time, save_goal
from donations.valuing import revalue

HOUR = timedelta(hours=1)
NOW = datetime.now(UTC)

payments = st.builds(
    Payment,
    txn_id=st.sampled_from([f"{number}:IN" for number in range(1, 7)]),
    status=st.sampled_from(Status),
    kind=st.sampled_from([Kind.GIFT, Kind.GIFT, Kind.GIFT, Kind.OWN, Kind.OTHER]),
    money=st.builds(Money, st.sampled_from([0, 1, 150_50, 10**9]), st.sampled_from(["RUB", "RUB", "USD"])),
    occurred_at=st.sampled_from([0, 1, 2, 3]).map(lambda hours: NOW - hours * HOUR),
    payer=st.just("+79990000042"),
    words=st.sampled_from(["", "Привет", "<script>"]),
)
"""Few ids, so that each comes again and again, in another state and with another amount."""

wallets = st.sampled_from([0, 1])
steps = st.one_of(
    st.tuples(st.just("come"), wallets, st.lists(payments, min_size=1, max_size=4)),
    st.tuples(st.just("hide"), st.integers(0, 5)),
    st.tuples(st.just("unhide"), st.integers(0, 5)),
    st.tuples(st.just("goal"), st.sampled_from([0, 1, 2, 3]), st.sets(wallets)),
    st.tuples(st.just("stream")),
    st.tuples(st.just("currency"), st.sampled_from(["RUB", "USD"])),
)


@pytest.fixture
def purses(anya):
    """Two wallets of Anya, in which one payment id means two payments."""
    made = [Wallet.objects.create(streamer=anya, provider="qiwi", account=str(n), title=str(n)) for n in (1, 2)]
    for wallet in made:
        WalletState.objects.create(wallet=wallet, alerts_from=NOW - 2 * HOUR)
    return made


@given(history=st.lists(steps, max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_what_is_raised_equals_the_ledger_and_the_log_has_no_gaps(anya, purses, history):
    with transaction.atomic():
        anya.currency = "RUB"
        anya.save()
        Rate.objects.create(day=NOW.date() - timedelta(days=1), currency="USD", base="RUB", scaled=80 * SCALE)
        goals = [
            goal(anya, "all"),
            goal(anya, "one", purses[:1]),
            goal(anya, "dollars", currency="USD"),
            goal(anya, "every", counts_others=True),
        ]
        for step in history:
            take(step, anya, purses, goals)
            assert_true_to_the_ledger(anya, goals)
        transaction.set_rollback(True)


def goal(streamer, slug, chosen=(), currency="RUB", **facts):
    since = NOW - 2 * HOUR
    made = Goal(streamer=streamer, slug=slug, title=slug, target_minor=1, currency=currency, since=since, **facts)
    save_goal(made, chosen)
    return made


def take(step, streamer, purses, goals):
    match step:
        case "come", number, batch:
            with writing(streamer.pk) as log:
                ingest(log, purses[number], batch, purses[number].state.alerts_from)
        case ("hide" | "unhide") as verb, place:
            for donation in Donation.objects.order_by("pk")[place : place + 1]:
                (hide if verb == "hide" else unhide)(donation)
        case "goal", number, chosen:
            goals[number].since = NOW - number * HOUR
            save_goal(goals[number], [purses[n] for n in chosen])
        case ("stream",):
            try:
                start_stream(streamer)
            except StreamAlreadyOn:
                stop_stream(streamer)
        case "currency", code:
            with writing(streamer.pk) as log:
                streamer.currency = code
                streamer.save()
                revalue(log)


def assert_true_to_the_ledger(streamer, goals):
    counted = Q(kind="gift", status="settled", counts=True)
    for each in goals:
        takes_all = each.counts_others and each.currency == streamer.currency
        in_goal = counted & Q(occurred_at__gte=each.since)
        in_goal &= Q(base_minor__isnull=False) if takes_all else Q(currency=each.currency)
        chosen = list(each.wallets.all())
        if chosen:
            in_goal &= Q(wallet__in=chosen)
        tally = raised(Goal.objects.get(pk=each.pk))
        assert (tally.minor, tally.count) == summed(in_goal, "base_minor" if takes_all else "minor")
    counter = FeedCounter.objects.get(pk=streamer.pk)
    for currency, kept in raised_in_all_time(streamer).items():
        assert (kept.minor, kept.count) == summed(counted & Q(currency=currency))
    for wallet in streamer.wallets.all():
        kept = {check.currency: check.ledger_minor for check in wallet.balance_checks.all()}
        settled = wallet.donations.filter(status="settled").values_list("currency").annotate(minor=Sum("minor"))
        assert {code: minor for code, minor in kept.items() if minor} == dict(settled)
    events = list(Event.objects.filter(streamer=streamer).order_by("seq"))
    assert [event.seq for event in events] == list(range(1, counter.seq + 1))
    announced = [event.donation_id for event in events if event.kind == Event.Kind.DONATION]
    assert len(announced) == len(set(announced))
    for donation in Donation.objects.all():
        per_unit = {("USD", "RUB"): 80, ("RUB", "USD"): Fraction(1, 80)}.get((donation.currency, streamer.currency), 1)
        assert donation.base_minor == round(donation.minor * per_unit)
        assert not (donation.is_hidden and donation.words_shown)


def summed(rows, what="minor"):
    sums = Donation.objects.filter(rows).aggregate(minor=Sum(what), count=Count("pk"))
    return sums["minor"] or 0, sums["count"]


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
