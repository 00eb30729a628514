"""What a donation in another currency is worth: its day's rate, frozen when it is recorded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from donations.events import writing
from donations.ingest import ingest
from donations.models import Donation, Rate
from donations.models.rate import SCALE
from donations.money import EXPONENTS, MOST_MINOR, Money
from donations.providers.base import Kind, Payment, Status
from donations.rates import Rates
from donations.tallies import raised, save_goal

TODAY = date(2026, 11, 25)
DAY = timedelta(days=1)


def rate(currency, base, text, day=TODAY, source=Rate.Source.CBR):
    """One `currency` is that many `base`."""
    return Rate.objects.create(day=day, currency=currency, base=base, scaled=int(Fraction(text) * SCALE), source=source)


def worth(minor, currency, base, on=TODAY):
    return Rates(base, [currency], [on]).worth(Money(minor, currency), on)


def test_money_in_its_own_currency_needs_no_rate(db):
    assert worth(150_50, "RUB", "RUB") == 150_50


def test_a_rate_is_read_both_ways(db):
    rate("USD", "UAH", "41.5012")
    assert worth(20_00, "USD", "UAH") == 830_02
    assert worth(830_02, "UAH", "USD") == 20_00


def test_two_currencies_meet_in_a_third_of_the_same_day(db):
    rate("USD", "RUB", "80")
    rate("KZT", "RUB", "0.16")
    assert worth(1_00, "USD", "KZT") == 500_00
    assert worth(500_00, "KZT", "USD") == 1_00


def test_two_days_do_not_meet(db):
    rate("USD", "RUB", "80")
    rate("KZT", "RUB", "0.16", TODAY - DAY)
    assert worth(1_00, "USD", "KZT") is None


def test_a_rate_of_the_pair_goes_before_a_newer_one_across(db):
    rate("USD", "KZT", "510", TODAY - DAY, Rate.Source.HOST)
    rate("USD", "RUB", "80")
    rate("KZT", "RUB", "0.16")
    assert worth(1_00, "USD", "KZT") == 510_00


def test_the_newest_rate_holds_for_two_weeks_and_not_backwards(db):
    rate("USD", "RUB", "70", TODAY - 5 * DAY)
    rate("USD", "RUB", "80")
    assert worth(1_00, "USD", "RUB", TODAY - 6 * DAY) is None
    assert worth(1_00, "USD", "RUB", TODAY - DAY) == 70_00
    assert worth(1_00, "USD", "RUB", TODAY + 14 * DAY) == 80_00
    assert worth(1_00, "USD", "RUB", TODAY + 15 * DAY) is None


def test_what_the_host_wrote_goes_before_a_bank_whichever_way_round(db):
    rate("UAH", "RUB", "2")
    rate("RUB", "UAH", "0.4", source=Rate.Source.NBU)
    assert (worth(1_00, "UAH", "RUB"), worth(1_00, "RUB", "UAH")) == (2_00, 40)
    Rate.objects.filter(source=Rate.Source.NBU).update(source=Rate.Source.HOST)
    assert (worth(1_00, "UAH", "RUB"), worth(1_00, "RUB", "UAH")) == (2_50, 40)


def test_currencies_of_other_digits_keep_their_places(db):
    rate("SAT", "USD", "0.00095")
    rate("TON", "USD", "5.25")
    rate("USDT", "USD", "1")
    assert worth(21_000, "SAT", "USD") == 19_95
    assert worth(1_500_000_000, "TON", "USD") == 7_88  # 7.875, to the even
    assert worth(2_500_000, "USDT", "USD") == 2_50
    assert worth(5_25, "USD", "TON") == 1_000_000_000


def test_halves_are_rounded_to_the_even(db):
    rate("USD", "RUB", "0.5")
    assert [worth(minor, "USD", "RUB") for minor in (1, 3, 5)] == [0, 2, 2]


def test_more_than_there_is_has_no_value(db):
    rate("USD", "RUB", "80")
    assert worth(MOST_MINOR, "USD", "RUB") is None


def test_many_amounts_cost_one_query(db, django_assert_num_queries):
    for n in range(40):
        rate("USD", "RUB", "80", TODAY - n * DAY)
    days = [TODAY - n * DAY for n in range(30)]
    with django_assert_num_queries(1):
        rates = Rates("RUB", ["USD", "EUR"], days)
        assert [rates.worth(Money(1_00, "USD"), day) for day in days] == [80_00] * 30
        assert rates.worth(Money(1_00, "EUR"), TODAY) is None


@given(
    minor=st.integers(1, MOST_MINOR),
    scaled=st.integers(1, 10**14),
    pair=st.tuples(st.sampled_from(sorted(EXPONENTS)), st.sampled_from(sorted(EXPONENTS))).filter(
        lambda pair: pair[0] != pair[1]
    ),
    turned=st.booleans(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_value_is_the_nearest_whole_number_of_minor_units(db, minor, scaled, pair, turned):
    currency, base = pair
    given_pair = (base, currency) if turned else pair
    Rate.objects.all().delete()
    Rate.objects.create(day=TODAY, currency=given_pair[0], base=given_pair[1], scaled=scaled)
    one = Fraction(SCALE, scaled) if turned else Fraction(scaled, SCALE)
    exact = minor * one * 10 ** EXPONENTS[base] / 10 ** EXPONENTS[currency]
    value = worth(minor, currency, base)
    assert exact > MOST_MINOR if value is None else abs(value - exact) <= Fraction(1, 2)


# --- frozen with the donation -----------------------------------------------------------------------------------------


def payment(txn_id="1:IN", minor=20_00, currency="USD", status=Status.SETTLED, at=None):
    return Payment(txn_id, status, Kind.GIFT, Money(minor, currency), at or timezone.now(), payer="+79990000042")


def take_in(wallet, *payments):
    with writing(wallet.streamer_id) as log:
        ingest(log, wallet, payments, wallet.state.alerts_from)


def value():
    return Donation.objects.get().base_minor


@pytest.fixture
def today(anya):
    """The day that it is for Anya."""
    return timezone.now().astimezone(anya.zone).date()


def test_a_donation_keeps_the_value_it_had_when_it_was_recorded(wallet, today):
    dollar = rate("USD", "RUB", "80", today)
    take_in(wallet, payment(status=Status.PENDING))
    assert value() == 1600_00
    Rate.objects.filter(pk=dollar.pk).update(scaled=90 * SCALE)
    take_in(wallet, payment())
    assert (Donation.objects.get().status, value()) == ("settled", 1600_00)


def test_another_amount_is_valued_at_the_rate_of_the_same_day(wallet, today):
    rate("USD", "RUB", "80", today)
    take_in(wallet, payment())
    take_in(wallet, payment(minor=10_00))
    assert value() == 800_00


def test_the_day_is_that_of_the_streamers_zone(wallet):
    rate("USD", "RUB", "70", date(2026, 8, 31))
    rate("USD", "RUB", "80", date(2026, 9, 1))
    take_in(wallet, payment(at=datetime(2026, 8, 31, 21, 30, tzinfo=UTC)))
    assert value() == 1600_00


def test_without_a_rate_there_is_no_value(wallet):
    take_in(wallet, payment())
    assert value() is None


def test_the_value_is_in_the_currency_that_the_streamer_has_now(wallet):
    """A poll began when it was another one."""
    assert wallet.streamer.currency == "RUB"
    type(wallet.streamer).objects.update(currency="USD")
    take_in(wallet, payment())
    assert value() == 20_00


def test_many_donations_cost_one_look_at_the_rates_and_none_in_the_own_currency(wallet, today):
    rate("USD", "RUB", "80", today)

    def looks(*payments):
        with CaptureQueriesContext(connection) as queries:
            take_in(wallet, *payments)
        return sum("donations_rate" in query["sql"] for query in queries)

    assert looks(*[payment(f"{n}:IN", at=timezone.now() - n * DAY) for n in range(10)]) == 1
    assert looks(*[payment(f"{n}:IN", currency="RUB") for n in range(20, 30)]) == 0
    assert Donation.objects.filter(currency="USD", base_minor=1600_00).count() == 1


def test_a_goal_that_counts_others_takes_them_at_their_value(wallet, goal, today):
    rate("USD", "RUB", "80", today)
    take_in(wallet, payment("1:IN"), payment("2:IN", 100_00, "RUB"), payment("3:IN", currency="EUR"))
    assert (raised(goal).minor, raised(goal).count) == (100_00, 1)
    goal.counts_others = True
    save_goal(goal)
    assert (raised(goal).minor, raised(goal).count) == (1700_00, 2)
    take_in(wallet, payment("4:IN", 1_00))
    assert (raised(goal).minor, raised(goal).count) == (1780_00, 3)
    goal.counts_others = False
    save_goal(goal)
    assert (raised(goal).minor, raised(goal).count) == (100_00, 1)
