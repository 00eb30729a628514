"""The ledger beside what the wallet itself says, over real HTTP: differences are noticed, looked into, and told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from donations.checks import compare, days_to_ask, is_explained, is_reread_due, is_told, note_days, span_of_day
from donations.connecting import archive_wallet, connect, replace_token
from donations.differences import comparison_of
from donations.events import writing
from donations.ingest import ingest
from donations.models import BalanceCheck, DayCheck, Wallet, WalletState
from donations.money import Money
from donations.polling import Poller
from donations.providers import PROVIDERS
from donations.providers.base import Kind, Payment, Provider, Status
from donations.providers.qiwi import Qiwi
from donations.tallies import raised_in_all_time
from tests.providers.wallet_service import Canned, Service, page, row

from .conftest import wait_until

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def check_of(purse, currency="RUB"):
    return BalanceCheck.objects.get(wallet=purse.wallet, currency=currency)


def day_checks(purse):
    rows = DayCheck.objects.filter(wallet=purse.wallet).order_by("day", "currency")
    return [(row.currency, row.told_minor, row.read_minor) for row in rows]


def said(purse):
    """What the wallet's page says of the balance and the days."""
    comparison = comparison_of(Wallet.objects.get(pk=purse.wallet.pk))
    sentences = [difference.sentence for difference in comparison.differences]
    return " ".join([*sentences, comparison.agreed]).strip().replace("\xa0", " ")


def goes_back(purse, span):
    """Whether the reading that is due now reaches so far back."""
    now = timezone.now()
    job = purse.claim(now + 2 * MINUTE, fast=False)
    purse.note(claim="", claim_until=None)
    return job.span.start <= now - span + 3 * MINUTE


@pytest.fixture
def known(purse):
    """The purse with 1,000 roubles in it, read and agreeing."""
    purse.pay(1000_00)
    purse.was_read()
    purse.look()
    purse.note(read_30d_at=None)
    return purse


# --- the balance ------------------------------------------------------------------------------------------------------


def test_what_the_ledger_holds_is_every_settled_row_a_gift_or_not(purse):
    purse.was_read()
    [gift] = purse.pay(100_00)
    purse.pay(50_00, kind="terminal")
    [waits] = purse.pay(30_00, status="WAITING")
    purse.pay(7_00, currency="USD")
    purse.pay(9_00, status="ERROR")
    purse.look()
    assert (check_of(purse).ledger_minor, check_of(purse, "USD").ledger_minor) == (150_00, 7_00)
    purse.settle(waits)
    purse.settle(gift, "ERROR")
    purse.look()
    assert check_of(purse).ledger_minor == 80_00
    assert check_of(purse).difference_minor == 0


def test_what_lay_in_the_wallet_before_is_no_difference(purse):
    purse.pay(777_00, at=40 * DAY)
    purse.pay(100_00, at=2 * DAY)
    state = purse.read()
    check = check_of(purse)
    assert (check.ledger_minor, check.drift_minor, check.difference_minor) == (100_00, 777_00, 0)
    assert state.reread_asked_at is None
    purse.pay(50_00)
    purse.look()
    assert check_of(purse).difference_minor == 0


def test_a_history_that_is_read_in_parts_is_compared_when_it_is_whole(purse):
    purse.pay(at=DAY, repeat=1_050)
    purse.read()
    assert check_of(purse).drift_minor is None
    purse.look()
    assert (check_of(purse).drift_minor, check_of(purse).difference_minor) == (0, 0)


def test_money_that_left_is_noticed_looked_into_and_then_explained(known):
    before = raised_in_all_time(known.wallet.streamer)["RUB"].minor
    known.spend(120_00)
    state = known.look()
    check = check_of(known)
    assert (check.difference_minor, is_explained(check, state)) == (-120_00, False)
    assert said(known) == "120 ₽ left the wallet."
    assert state.reread_asked_at == check.noticed_at
    assert not goes_back(known, 30 * DAY)
    known.read()
    assert goes_back(known, 30 * DAY)
    state = known.read()
    assert state.read_30d_at > check.noticed_at
    assert (check_of(known).difference_minor, is_explained(check_of(known), state)) == (-120_00, True)
    assert state.reread_asked_at is None
    assert said(known) == "120 ₽ left the wallet."
    assert not goes_back(known, 4 * HOUR)
    assert raised_in_all_time(known.wallet.streamer)["RUB"].minor == before


def explained(purse, amount):
    """So much was spent, noticed and looked into."""
    purse.spend(amount)
    purse.look()
    purse.read()
    purse.read()
    assert is_explained(check_of(purse), purse.state)


def test_money_that_leaves_as_soon_as_it_comes_is_noticed_by_the_balance_that_stays(known):
    known.pay(50_00)
    known.spend(50_00)
    known.note(balance_read_at=timezone.now())
    known.read()
    assert known.calls("balance") == 1
    known.read()
    assert known.calls("balance") == 2
    assert said(known) == "50 ₽ left the wallet."


def test_money_that_left_is_told_until_the_next_change(known):
    explained(known, 120_00)
    known.pay(70_00)
    known.look()
    assert check_of(known).difference_minor == -120_00
    known.spend(30_00)
    known.look()
    check = check_of(known)
    assert (check.drift_minor, check.difference_minor) == (-120_00, -30_00)
    assert known.state.reread_asked_at == check.noticed_at


def test_money_that_left_is_told_for_a_day(known):
    explained(known, 120_00)
    BalanceCheck.objects.update(noticed_at=timezone.now() - DAY)
    known.look()
    check = check_of(known)
    assert (check.drift_minor, check.difference_minor, check.noticed_at) == (-120_00, 0, None)
    assert said(known) == "Balance and history agree."


def test_money_that_the_usual_reading_missed_is_found_by_the_thirty_days(known):
    [txn_id] = known.pay(50_00, at=5 * DAY)
    state = known.look()
    assert check_of(known).difference_minor == 50_00
    assert said(known) == "50 ₽ arrived that the history does not show yet."
    assert state.reread_asked_at is not None
    known.read()
    assert txn_id not in known.ledger()
    state = known.read()
    assert known.ledger() == known.books()
    check = check_of(known)
    assert (check.difference_minor, check.noticed_at, state.reread_asked_at) == (0, None, None)
    assert said(known) == "Balance and history agree."
    assert known.events("history", "donation")[-1].figures == {"count": 1}


def test_thirty_days_that_take_more_than_one_reading_are_read_to_their_end(known):
    known.pay(1_00, at=5 * DAY, repeat=1_010)
    known.look()
    known.read()
    assert known.read().read_30d_at is None
    assert said(known) == "1,010 ₽ arrived that the history does not show yet."
    state = known.read()
    assert known.ledger() == known.books()
    assert state.read_30d_at == state.last_read_at
    assert said(known) == "Balance and history agree."


def test_money_that_no_history_shows_yet_is_waited_for(known):
    [txn_id] = known.pay(50_00, at=5 * DAY, appears_after=1.5)
    for _ in range(3):
        state = known.look()
    assert state.read_30d_at is not None
    assert txn_id not in known.ledger()
    assert check_of(known).difference_minor == 50_00
    assert state.reread_asked_at is not None
    assert not goes_back(known, 30 * DAY)
    rows = f"/sandbox/wallets/{known.id}/books"
    wait_until(lambda: all(row["visible"] for row in known.sandbox.call("GET", rows)["rows"]))
    known.note(read_30d_at=timezone.now() - HOUR)
    state = known.read()
    assert known.ledger() == known.books()
    assert (check_of(known).difference_minor, state.reread_asked_at) == (0, None)


def test_money_that_no_history_ever_shows_is_let_be_after_thirty_days(known):
    known.pay(50_00, appears_after=10**6)
    for _ in range(3):
        known.look()
    BalanceCheck.objects.update(noticed_at=timezone.now() - 30 * DAY)
    state = known.look()
    check = check_of(known)
    assert (check.drift_minor, check.difference_minor, state.reread_asked_at) == (50_00, 0, None)


def test_a_payment_between_history_and_balance_is_a_difference_that_passes_without_a_search(known):
    known.note(balance_read_at=None, next_poll_at=timezone.now(), rests_until=None)
    known.break_by(delay=0.5, only="balance")
    asked = known.calls("balance")
    poller = Poller(fast=False)
    poller.start_due()
    wait_until(lambda: known.calls("balance") > asked)
    known.pay(33_00)
    wait_until(lambda: poller.write_finished(1))
    poller.close()
    known.mend()
    assert check_of(known).difference_minor == 33_00
    state = known.read()
    assert known.ledger() == known.books()
    assert (check_of(known).difference_minor, state.reread_asked_at) == (0, None)
    assert state.read_30d_at is None


def test_each_currency_of_a_wallet_is_compared_with_its_own(known):
    known.pay(5_00, currency="USD")
    known.spend(10_00)
    known.look()
    assert (check_of(known).difference_minor, check_of(known, "USD").difference_minor) == (-10_00, 0)


def test_without_the_right_to_the_balance_nothing_is_compared_with_it(another_purse):
    purse = another_purse(scopes=["profile", "history"])
    purse.pay(100_00)
    purse.read()
    assert (check_of(purse).ledger_minor, check_of(purse).drift_minor) == (100_00, None)


def test_a_difference_is_not_searched_for_ever_when_the_right_to_the_balance_is_lost(known):
    known.pay(50_00, appears_after=10**6)
    known.look()
    known.wallet.tokens.update(missing=["balance"])
    BalanceCheck.objects.update(noticed_at=timezone.now() - 30 * DAY)
    assert known.read().reread_asked_at is None


def test_what_happened_while_a_wallet_was_archived_is_no_difference(known):
    archive_wallet(known.wallet)
    known.spend(400_00)
    known.pay(25_00)
    connect(known.wallet.streamer, "qiwi-sandbox", known.token)
    state = known.look()
    check = check_of(known)
    assert known.ledger() == known.books()
    assert (check.drift_minor, check.difference_minor, state.reread_asked_at) == (-400_00, 0, None)


def test_what_happened_while_a_token_was_refused_is_told(known):
    known.sandbox.call("DELETE", f"/sandbox/tokens/{known.token}")
    assert known.read().error == "TokenRefused"
    known.spend(400_00)
    known.pay(25_00)
    fresh = known.sandbox.call("POST", f"/sandbox/wallets/{known.id}/tokens", {})["token"]
    replace_token(known.wallet, fresh)
    known.look()
    assert known.ledger() == known.books()
    assert check_of(known).difference_minor == -400_00


@pytest.mark.parametrize(
    ("asked", "read_30d", "last_read", "due"),
    [
        (None, None, MINUTE, False),
        (MINUTE, None, MINUTE + SECOND, False),
        (MINUTE, None, SECOND, True),
        (MINUTE, 59 * MINUTE, SECOND, False),
        (MINUTE, HOUR, SECOND, True),
        (3 * HOUR, 59 * MINUTE, SECOND, False),
        (3 * HOUR, HOUR, SECOND, True),
        (13 * HOUR, 2 * HOUR, SECOND, False),
        (13 * HOUR, 3 * HOUR, SECOND, True),
        (25 * DAY, 4 * DAY, SECOND, False),
        (25 * DAY, 5 * DAY, SECOND, True),
        (MINUTE, None, None, False),
    ],
    ids=[
        "nothing asked for",
        "no reading since",
        "one reading since",
        "read within the hour",
        "read an hour ago",
        "searched once, less than an hour ago",
        "searched once, an hour ago",
        "searched after 11 hours, 2 ago",
        "searched after 10 hours, 3 ago",
        "searched after 21 days, 4 ago",
        "searched after 20 days, 5 ago",
        "never read",
    ],
)
def test_a_difference_that_stays_is_searched_for_with_growing_gaps(asked, read_30d, last_read, due):
    now = timezone.now()
    ages = {"reread_asked_at": asked, "read_30d_at": read_30d, "last_read_at": last_read}
    state = WalletState(**{name: age and now - age for name, age in ages.items()})
    assert is_reread_due(state, now) is due


amounts = st.sampled_from([1, 50_00, 120_00])
steps = st.one_of(
    st.tuples(st.sampled_from(["come", "come unseen", "spend"]), amounts),
    st.tuples(st.just("show"), st.integers(0, 3)),
    st.tuples(st.just("read"), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([MINUTE, 2 * HOUR, DAY, 31 * DAY])),
)


class Till:
    """A wallet whose money, history and hours the test moves; read by the ledger and the comparison alone."""

    def __init__(self, wallet):
        self.wallet, self.state = wallet, WalletState(wallet=wallet)
        self.now = timezone.now()
        self.balance, self.ids, self.unseen = 0, count(1), []

    def take(self, step, value):
        self.now += SECOND
        if step == "come":
            self.record(value)
        if step == "come unseen":
            self.unseen.append(value)
        if step == "show":
            for amount in self.unseen[value : value + 1]:
                self.unseen.pop(value)
                self.record(amount, new=False)
        if step == "read":
            self.read(wide=value)
        if step == "wait":
            self.now += value
        self.balance += {"come unseen": 1, "spend": -1}.get(step, 0) * (value if step != "wait" else 0)

    def record(self, amount, new=True):
        self.balance += amount if new else 0
        payment = Payment(f"{next(self.ids)}:IN", Status.SETTLED, Kind.OTHER, Money(amount, "RUB"), timezone.now())
        with writing(self.wallet.streamer_id) as log:
            ingest(log, self.wallet, [payment], None)

    def read(self, wide):
        began, self.now = self.now, self.now + SECOND
        self.state.last_read_at = began
        self.state.read_30d_at = began if wide else self.state.read_30d_at
        with writing(self.wallet.streamer_id) as log:
            log.now = self.now
            compare(log, self.state, self.wallet, [Money(self.balance, "RUB")], [])

    @property
    def check(self):
        return BalanceCheck.objects.get(wallet=self.wallet)


@given(history=st.lists(steps, max_size=12))
@hypothesis.settings(
    max_examples=40, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
def test_whatever_happens_balance_and_ledger_add_up_and_calm_returns(wallet, history):
    with transaction.atomic():
        till = Till(wallet)
        till.read(wide=True)
        for step, value in history:
            till.take(step, value)
            till.read(wide=False)
            assert_adds_up(till)
        moved = any(step in ("spend", "come unseen") for step, _value in history)
        assert moved or (till.check.difference_minor, till.check.drift_minor) == (0, 0)
        while till.unseen:
            till.take("show", 0)
        for _ in range(3):
            till.now += 31 * DAY
            till.read(wide=True)
        assert (till.check.difference_minor, till.check.noticed_at, till.state.reread_asked_at) == (0, None, None)
        transaction.set_rollback(True)


def assert_adds_up(till):
    check = till.check
    assert till.balance == check.ledger_minor + check.drift_minor + check.difference_minor
    assert (check.noticed_at is None) == (check.difference_minor == 0)
    is_open = is_told(check, till.state, till.now) and not is_explained(check, till.state)
    assert (till.state.reread_asked_at is not None) == is_open


# --- the days ---------------------------------------------------------------------------------------------------------


def test_each_day_is_compared_with_what_the_wallet_says_came_in(purse):
    purse.pay(100_00, at=3 * DAY)
    purse.pay(5_00, at=2 * DAY, currency="USD")
    purse.pay(50_00, at=DAY, kind="terminal")
    purse.pay(9_00, at=DAY, status="WAITING")
    purse.pay(70_00)
    purse.read()
    assert purse.calls("totals") == 0
    purse.note(totals_read_at=timezone.now() - DAY)
    state = purse.read()
    assert day_checks(purse) == [("RUB", 100_00, 100_00), ("USD", 5_00, 5_00), ("RUB", 50_00, 50_00)]
    assert (purse.calls("totals"), state.reread_asked_at) == (3, None)
    purse.read()
    assert purse.calls("totals") == 3


def test_after_connecting_all_days_of_the_first_reading_are_compared_three_at_a_time(purse):
    for age in (5, 15, 28):
        purse.pay(age * 100, at=age * DAY)
    purse.read()
    for _ in range(11):
        purse.read()
    assert day_checks(purse) == [("RUB", age * 100, age * 100) for age in (28, 15, 5)]
    assert purse.calls("totals") == 30
    assert timezone.now() - purse.state.totals_read_at < MINUTE


def test_a_day_that_differs_has_the_thirty_days_read_and_is_compared_again(purse):
    purse.wallet.tokens.update(missing=["balance"])
    purse.was_read(totals_read_at=timezone.now() - DAY)
    purse.pay(450_00, at=2 * DAY)
    purse.pay(50_00, at=DAY)
    state = purse.read()
    assert day_checks(purse) == [("RUB", 450_00, 0), ("RUB", 50_00, 0)]
    assert state.reread_asked_at is not None
    assert said(purse).count("the rows that came add up to 0 ₽.") == 2
    purse.read()
    assert purse.ledger() == {}
    purse.read()
    assert purse.ledger() == purse.books()
    state = purse.read()
    assert day_checks(purse) == [("RUB", 450_00, 450_00), ("RUB", 50_00, 50_00)]
    assert (purse.calls("totals"), state.reread_asked_at) == (5, None)
    assert said(purse) == "The wallet's own sums of the days and the history agree."


def test_a_day_that_stays_different_costs_a_few_calls(purse):
    purse.wallet.tokens.update(missing=["balance"])
    purse.was_read(totals_read_at=timezone.now() - DAY)
    [txn_id] = purse.pay(450_00, at=2 * DAY)
    for _ in range(3):
        purse.read()
    # As if a row of that day could never be understood.
    purse.wallet.donations.filter(txn_id=txn_id).update(status="failed")
    purse.wallet.donations.update(minor=1, currency="USD")
    for _ in range(4):
        state = purse.read()
    assert state.reread_asked_at is not None
    assert not goes_back(purse, 4 * DAY)
    assert purse.calls("totals") == 4
    assert day_checks(purse) == [("RUB", 450_00, 0)]


def test_a_day_is_the_streamers_own(purse):
    purse.wallet.tokens.update(missing=["balance"])
    anya = purse.wallet.streamer
    anya.time_zone = "America/New_York"
    anya.save()
    today = timezone.now().astimezone(anya.zone).date()
    evening = span_of_day(today - DAY, anya.zone).end
    purse.was_read(totals_read_at=timezone.now() - DAY, last_read_at=timezone.now() - 3 * DAY)
    purse.pay(1_00, at=(evening - DAY).isoformat())
    purse.pay(2_00, at=(evening - DAY + SECOND).isoformat())
    purse.pay(4_00, at=evening.isoformat())
    purse.pay(8_00, at=(evening + SECOND).isoformat())
    purse.read()
    assert day_checks(purse) == [("RUB", 1_00, 1_00), ("RUB", 6_00, 6_00)]


def test_a_day_on_which_the_clocks_change_is_an_hour_shorter_or_longer():
    kyiv = ZoneInfo("Europe/Kyiv")
    short, usual = (span_of_day(date(2026, 3, day), kyiv) for day in (29, 30))
    assert (short.end - short.start, usual.end - usual.start) == (23 * HOUR - SECOND, DAY - SECOND)
    assert usual.start - short.end == SECOND
    assert short.start == datetime(2026, 3, 28, 22, tzinfo=UTC)
    # There the clocks went back at midnight, so that the day's last hour came twice.
    paraguay = span_of_day(date(2024, 3, 23), ZoneInfo("America/Asuncion"))
    assert paraguay.end - paraguay.start == 25 * HOUR - SECOND


NOON = datetime(2026, 11, 24, 9, tzinfo=UTC)
MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.mark.parametrize(
    ("checked", "days"),
    [
        (timedelta(hours=23), []),
        (DAY, [21, 22, 23]),
        (2 * DAY, [21, 22, 23]),
        (6 * DAY, [18, 19, 20]),
        (60 * DAY, [-5, -4, -3]),
        (None, [-5, -4, -3]),
    ],
    ids=["today already", "a day ago", "two days ago", "after six days out", "after two months out", "never"],
)
def test_which_days_a_reading_asks_for(wallet, checked, days):
    state = WalletState(wallet=wallet, last_read_at=NOON, totals_read_at=checked and NOON - checked)
    assert days_to_ask(state, MOSCOW, NOON) == [date(2026, 11, 1) + (day - 1) * DAY for day in days]


def test_after_an_outage_no_day_is_left_out(wallet):
    state = WalletState(wallet=wallet, last_read_at=NOON, totals_read_at=NOON - 11 * DAY)
    asked = []
    while days := days_to_ask(state, MOSCOW, NOON):
        asked.append([day.day for day in days])
        note_days(state, days, MOSCOW, NOON)
    assert asked == [[13, 14, 15], [16, 17, 18], [19, 20, 21], [21, 22, 23]]
    assert state.totals_read_at == NOON


def test_a_total_that_cannot_be_had_does_not_stop_donations_and_is_left_for_a_day(wallet, settings):
    service = Service()
    settings.SANDBOX_URL = service.url
    wallet.tokens.update(missing=["balance"])
    WalletState.objects.update(totals_read_at=timezone.now() - DAY)
    service.says(page(row(txnId=1)), Canned({}, status=500))
    poller = Poller(fast=False)
    poller.run_until_idle(10 * SECOND)
    poller.close()
    service.close()
    state = WalletState.objects.get()
    assert (wallet.donations.count(), len(service.asked), state.error) == (1, 2, "")
    assert timezone.now() - state.totals_read_at < MINUTE


def test_a_day_for_which_no_call_was_left_has_its_turn_with_the_next_reading(purse):
    purse.was_read(ago=30 * MINUTE, totals_read_at=timezone.now() - DAY)
    purse.pay(1_00, at=20 * MINUTE, repeat=50 * (PROVIDERS["qiwi-sandbox"].most_calls - 1) + 1)
    purse.read()
    assert purse.calls("totals") == 0
    purse.read()
    assert purse.calls("totals") == 3


def test_a_service_without_totals_is_not_asked_for_them(purse, monkeypatch, settings):
    class Plain(Qiwi):
        totals = Provider.totals

    plain = Plain("qiwi-sandbox", "QIWI Sandbox", settings.SANDBOX_URL)
    monkeypatch.setitem(PROVIDERS, "qiwi-sandbox", plain)
    purse.pay(at=DAY)
    purse.read()
    purse.note(totals_read_at=timezone.now() - DAY)
    state = purse.read()
    assert (purse.calls("totals"), DayCheck.objects.count(), state.error) == (0, 0, "")
    assert timezone.now() - state.totals_read_at < MINUTE


def test_days_of_last_month_are_forgotten(purse):
    day = timezone.localdate() - 32 * DAY
    purse.wallet.day_checks.create(day=day, currency="RUB", told_minor=1, read_minor=2, checked_at=timezone.now())
    purse.was_read(totals_read_at=timezone.now() - DAY)
    purse.pay()
    purse.read()
    assert day_checks(purse) == []
