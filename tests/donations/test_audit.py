"""`manage.py audit` finds whatever differs from the ledger, says it in words, and exits 1."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from donations.events import writing
from donations.ingest import ingest
from donations.models import BalanceCheck, Donation, DonorTally, Event, FeedCounter, GoalTally, Raised, Streamer
from donations.money import Money
from donations.providers.base import Kind, Payment, Status
from donations.streams import start_stream


@pytest.fixture
def ledger(anya, boris, wallet, goal):
    """Two donations of 100 roubles for Anya's microphone, the second one on stream; Boris has none."""
    session = start_stream(anya)
    moments = [session.started_at - timedelta(seconds=1), session.started_at + timedelta(seconds=1)]
    payments = [
        Payment(f"{n}:IN", Status.SETTLED, Kind.GIFT, Money(100_00, "RUB"), moment, payer="+79990000042")
        for n, moment in enumerate(moments)
    ]
    with writing(anya.pk) as log:
        ingest(log, wallet, payments, None)
    return anya


def audited(*arguments: str) -> list[str]:
    """What the command prints; of an exit with 1 its last line too."""
    out = StringIO()
    try:
        call_command("audit", *arguments, stdout=out)
    except CommandError as error:
        assert error.returncode == 1
        out.write(f"{error}\n")
    return out.getvalue().splitlines()


def test_a_ledger_that_is_right_is_said_to_be_well(ledger):
    assert audited() == ["All is well: 2 streamers with 2 donations, 7 checks each."]
    assert audited("--streamer", "boris") == ["All is well: 1 streamers with 0 donations, 7 checks each."]


def lose_an_event():
    Event.objects.filter(seq=FeedCounter.objects.get(streamer__slug="anya").seq - 1).delete()


def skip_a_number():
    FeedCounter.objects.update(seq=F("seq") + 1)


def raise_a_dollar():
    Raised.objects.create(streamer=Streamer.objects.get(slug="anya"), currency="USD", count=1)


def put_all_in_the_stream():
    Donation.objects.update(session=Donation.objects.exclude(session=None).values("session")[:1])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda: Raised.objects.update(minor=1), "raised in RUB: kept 0.01 ₽ in 2, true 200 ₽ in 2"),
        (lambda: Raised.objects.all().delete(), "raised in RUB: kept 0 ₽ in 0, true 200 ₽ in 2"),
        (raise_a_dollar, "raised in USD: kept $0 in 1, true $0"),
        (lambda: DonorTally.objects.update(count=3), "in RUB: kept 200 ₽ in 3, true 200 ₽ in 2"),
        (lambda: GoalTally.objects.update(minor=F("minor") - 1), "goal mic in the period from "),
        (lambda: GoalTally.objects.update(period_start=timezone.now()), "kept 0 ₽ in 0, true 200 ₽ in 2"),
        (lambda: BalanceCheck.objects.update(ledger_minor=5), "in the wallet QIWI in RUB: kept 0.05 ₽, true 200 ₽"),
        (lambda: Donation.objects.update(base_minor=None), "kept none, true 100 ₽"),
        (lambda: Donation.objects.update(session=None), "kept no stream, true stream "),
        (put_all_in_the_stream, "true another stream or none"),
        (lose_an_event, "events numbered 1 to "),
        (skip_a_number, "the last number of the log: kept "),
    ],
)
def test_each_kind_of_difference_is_found_and_all_but_the_log_can_be_mended(ledger, spoil, said):
    spoil()
    lines = [line.replace("\u202f", " ").replace("\u00a0", " ") for line in audited()]
    assert all(line.startswith("anya: ") for line in lines[:-1])
    assert any(said in line for line in lines), lines
    assert lines[-1].endswith("differ from the ledger.")
    assert audited("--streamer", "boris")[0].startswith("All is well")
    mended = audited("--mend")
    is_of_the_log = spoil in (lose_an_event, skip_a_number)
    assert mended[-1].endswith("differ from the ledger." if is_of_the_log else "7 checks each.")
    assert audited()[0].startswith("All is well") != is_of_the_log


@pytest.mark.parametrize(("kept", "told"), [(200_00, (300_00, 50_00)), (5, (None, 0))])
def test_what_was_measured_from_a_wrong_sum_is_measured_anew(ledger, kept, told):
    BalanceCheck.objects.update(ledger_minor=kept, drift_minor=300_00, difference_minor=50_00)
    Raised.objects.update(minor=0)
    audited("--mend")
    assert BalanceCheck.objects.values_list("drift_minor", "difference_minor").get() == told


def test_what_was_pruned_is_no_gap(ledger):
    Event.objects.filter(seq__lte=2).delete()
    assert audited()[0].startswith("All is well")
    Event.objects.all().delete()
    assert audited()[0].startswith("All is well")


def test_a_streamer_that_is_not_there_is_named(db):
    assert audited("--streamer", "nobody") == ["There is no streamer nobody."]
