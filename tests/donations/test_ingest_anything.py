"""Whatever a provider hands on, ingest records it or sets it aside, and the rest of the batch comes in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from donations.events import writing
from donations.ingest import ingest
from donations.models import Donation, Event, OddRow, StreamSession
from donations.money import EXPONENTS, MAX_MINOR, Money
from donations.oddities import keep_odd_rows
from donations.providers.base import BadRow, Kind, Payment, Status
from tests.conftest import LONG

NOW = datetime.now(UTC)

anything = st.text() | st.text(alphabet=st.characters(categories=["Cs", "Cc", "Cf", "Cn", "Mn"])) | st.just("\0x" * 900)
moments = st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=14)))) | st.just(NOW)
figures = st.integers(-5, 5) | st.integers(10**14, MAX_MINOR * 4) | st.just(MAX_MINOR)

payments = st.builds(
    Payment,
    txn_id=anything | st.text(min_size=119, max_size=122, alphabet="1"),
    status=st.sampled_from(Status),
    kind=st.sampled_from(Kind),
    money=st.builds(Money, figures, st.sampled_from(sorted(EXPONENTS))),
    occurred_at=moments,
    payer=anything,
    name=anything,
    words=anything,
    reference=anything,
    gross=st.none() | st.builds(Money, figures, st.sampled_from(["RUB", "USD"])),
)

SOUND = Payment("1:IN", Status.SETTLED, Kind.GIFT, Money(150_50, "RUB"), NOW, words="Привет")


@given(before=st.lists(payments, max_size=3), after=st.lists(payments, max_size=3))
@settings(max_examples=300 if LONG else 30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_payment_stops_the_rest(anya, wallet, before, after):
    with transaction.atomic():
        StreamSession.objects.create(streamer=anya, started_at=NOW - timedelta(hours=1))
        for batch in ([*before, SOUND], [SOUND, *after], [*after, *before]):
            with writing(anya.pk) as log:
                ingest(log, wallet, batch, NOW - timedelta(hours=1))
        assert Donation.objects.filter(txn_id="1:IN", minor=150_50, status="settled").exists()
        for donation in Donation.objects.all():
            assert donation.minor > 0
            donation.words_shown.encode()
        told = Event.objects.order_by("seq").values_list("seq", flat=True)
        assert list(told) == list(range(1, len(told) + 1))
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("payment", "field"),
    [
        (Payment("", Status.SETTLED, Kind.GIFT, Money(1, "RUB"), NOW), "txn_id"),
        (Payment("7" * 121, Status.SETTLED, Kind.GIFT, Money(1, "RUB"), NOW), "txn_id"),
        (Payment("7\0", Status.SETTLED, Kind.GIFT, Money(1, "RUB"), NOW), "txn_id"),
        (Payment("7\ud800", Status.SETTLED, Kind.GIFT, Money(1, "RUB"), NOW), "txn_id"),
        (Payment("7", Status.SETTLED, Kind.GIFT, Money(0, "RUB"), NOW), "money"),
        (Payment("7", Status.SETTLED, Kind.GIFT, Money(10**15 + 1, "RUB"), NOW), "money"),
        (Payment("7", Status.SETTLED, Kind.GIFT, Money(1, "RUB"), NOW, gross=Money(-1, "RUB")), "gross"),
        (Payment("7", Status.SETTLED, Kind.GIFT, Money(1, "RUB"), NOW, gross=Money(2, "USD")), "gross"),
        (Payment("7", Status.SETTLED, Kind.GIFT, Money(1, "RUB"), datetime(1, 1, 1, tzinfo=UTC)), "occurred_at"),
        (Payment("7", Status.SETTLED, Kind.GIFT, Money(1, "RUB"), NOW + timedelta(days=3)), "occurred_at"),
        (Payment("7", Status.SETTLED, Kind.GIFT, Money(1, "RUB"), NOW.replace(tzinfo=None)), "occurred_at"),
    ],
)
def test_what_cannot_be_recorded_is_set_aside_by_its_field_alone(anya, wallet, payment, field):
    with writing(anya.pk) as log:
        ingest(log, wallet, [payment, SOUND], NOW - timedelta(hours=1))
    assert Donation.objects.get().txn_id == "1:IN"
    oddity = OddRow.objects.get()
    assert (oddity.wallet, oddity.fields) == (wallet, field)


def test_a_thousand_odd_rows_of_one_kind_cost_as_much_as_one(wallet, django_assert_max_num_queries):
    odd = [BadRow(("status",), "status")] * 1000
    with django_assert_max_num_queries(12), writing(wallet.streamer_id) as log:
        keep_odd_rows(log, wallet, odd)
    assert OddRow.objects.get().times_seen == 1000
