"""Values that come later: when a rate comes at last, and when the streamer counts in another currency."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from donations import valuing
from donations.events import writing
from donations.ingest import ingest
from donations.models import Donation, Event, Goal, Rate
from donations.models.rate import SCALE
from donations.money import Money
from donations.providers.base import Kind, Payment, Status
from donations.tallies import raised, raised_in_all_time, save_goal
from donations.valuing import revalue, value_waiting

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def payment(number=1, minor=20_00, currency="USD", ago=timedelta(), **facts):
    return Payment(
        f"{number}:IN", Status.SETTLED, Kind.GIFT, Money(minor, currency), timezone.now() - ago, payer="+7999", **facts
    )


def take_in(wallet, *payments):
    with writing(wallet.streamer_id) as log:
        ingest(log, wallet, payments, wallet.state.alerts_from)


def comes(currency="USD", base="RUB", rate=80, ago=timedelta()):
    """A rate comes, by whom ever."""
    Rate.objects.create(day=(timezone.now() - ago).date() - DAY, currency=currency, base=base, scaled=rate * SCALE)


def value_all():
    assert value_waiting(timezone.now() + HOUR)


def values():
    return dict(Donation.objects.values_list("txn_id", "base_minor"))


@pytest.fixture
def wide_goal(goal):
    """The microphone, for which every currency counts, since long ago."""
    goal.counts_others = True
    goal.since = timezone.now() - 100 * DAY
    save_goal(goal)
    return goal


def test_a_gift_without_a_rate_counts_as_soon_as_the_rate_comes(wallet, wide_goal):
    take_in(wallet, payment())
    assert raised(wide_goal).minor == 0
    told = Event.objects.count()
    comes()
    value_all()
    assert values() == {"1:IN": 1600_00}
    assert (raised(wide_goal).minor, raised(wide_goal).count) == (1600_00, 1)
    assert raised_in_all_time(wallet.streamer)["USD"].minor == 20_00
    (said,) = Event.objects.order_by("seq")[told:]
    assert (said.kind, said.figures) == ("goal", {"raised": 1600_00, "count": 1})


def test_a_value_that_is_there_stays(wallet, wide_goal):
    comes()
    take_in(wallet, payment())
    Rate.objects.update(scaled=90 * SCALE)
    told = Event.objects.count()
    value_all()
    assert (values(), Event.objects.count()) == ({"1:IN": 1600_00}, told)


def test_a_value_changes_no_goal_of_one_currency_and_tells_of_none(wallet, goal):
    save_goal(Goal(streamer=wallet.streamer, slug="usd", title="$", target_minor=1, currency="USD", since=goal.since))
    take_in(wallet, payment(), payment(2, 5_00, "RUB"))
    told = Event.objects.count()
    comes()
    value_all()
    assert values() == {"1:IN": 1600_00, "2:IN": 5_00}
    assert (raised(goal).minor, Event.objects.count()) == (5_00, told)


def test_only_what_occurred_within_45_days_waits(wallet):
    comes(ago=40 * DAY)
    comes(ago=50 * DAY)
    Rate.objects.all().delete()
    take_in(wallet, payment(1, ago=40 * DAY), payment(2, ago=50 * DAY))
    comes(ago=40 * DAY)
    comes(ago=50 * DAY)
    value_all()
    assert values() == {"1:IN": 1600_00, "2:IN": None}


def test_many_are_valued_in_batches_and_those_without_a_rate_are_passed(wallet, wide_goal, monkeypatch):
    monkeypatch.setattr(valuing, "BATCH", 3)
    take_in(wallet, *[payment(n, currency="EUR" if n % 2 else "USD") for n in range(20)])
    comes()
    value_all()
    assert sum(value == 1600_00 for value in values().values()) == 10
    assert (raised(wide_goal).minor, raised(wide_goal).count) == (16_000_00, 10)


def test_when_the_time_is_up_the_rest_is_for_the_next_time(wallet):
    take_in(wallet, payment())
    comes()
    assert not value_waiting(timezone.now() - HOUR)
    assert values() == {"1:IN": None}


def test_those_that_wait_are_found_by_an_index(wallet):
    take_in(wallet, payment())
    with CaptureQueriesContext(connection) as queries:
        value_all()
    looks = [query["sql"] for query in queries if '"base_minor" IS NULL' in query["sql"]]
    assert looks
    if connection.vendor == "sqlite":
        for sql in looks:
            with connection.cursor() as cursor:
                plan = " ".join(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall())
            assert "without_a_value" in plan, plan


# --- another base currency --------------------------------------------------------------------------------------------


def becomes(streamer, currency):
    with writing(streamer.pk) as log:
        streamer.currency = currency
        streamer.save()
        revalue(log)


def test_in_another_currency_every_value_is_made_anew_at_the_rate_of_its_day(wallet, wide_goal, monkeypatch):
    monkeypatch.setattr(valuing, "BATCH", 2)
    comes(rate=80)
    comes(rate=50, ago=80 * DAY)
    take_in(
        wallet,
        payment(1),
        payment(2, 800_00, "RUB"),
        payment(3, 100_00, "RUB", ago=80 * DAY),
        payment(4, 10_00, ago=80 * DAY),
        payment(5, 10_00, "KZT"),
    )
    assert values() == {"1:IN": 1600_00, "2:IN": 800_00, "3:IN": 100_00, "4:IN": 500_00, "5:IN": None}
    assert raised(wide_goal).minor == 3000_00
    told = Event.objects.count()
    becomes(wallet.streamer, "USD")
    assert values() == {"1:IN": 20_00, "2:IN": 10_00, "3:IN": 2_00, "4:IN": 10_00, "5:IN": None}
    # The goal is in roubles, which are not the base any more: it counts roubles alone.
    assert raised(wide_goal).minor == 900_00
    assert [event.kind for event in Event.objects.order_by("seq")[told:]] == ["goal"]
    becomes(wallet.streamer, "RUB")
    assert raised(wide_goal).minor == 3000_00


def test_a_currency_that_no_rate_leads_to_leaves_no_value_of_the_old_one(wallet):
    comes()
    take_in(wallet, payment(), payment(2, 5_00, "KZT"))
    becomes(wallet.streamer, "KZT")
    assert values() == {"1:IN": None, "2:IN": 5_00}
