"""The ledger under any history: every figure that is kept equals what its donations say, counted naively in Python."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from donations.audit import audit
from donations.corrections import ChangedSince, NothingToUndo, Ticks, edit, enter, reverse, undo
from donations.events import writing
from donations.hiding import hide, unhide
from donations.ingest import ingest
from donations.models import (
    BalanceCheck,
    Correction,
    Donation,
    Event,
    FeedCounter,
    Goal,
    GoalTally,
    Milestone,
    Rate,
    Streamer,
    Wallet,
    WalletState,
)
from donations.models.rate import SCALE
from donations.money import Money
from donations.periods import FIRST_DAYS
from donations.providers.base import Kind, Payment, Status
from donations.streams import (
    StreamAlreadyOn,
    StreamBackwards,
    StreamsOverlap,
    move_stream,
    start_stream,
    stop_stream,
)
from donations.tallies import archive_goal, latest_of, ledger_of, raised, raised_in_all_time, recount_goals, save_goal
from donations.turning import turn_over
from donations.valuing import revalue, value_waiting
from tests.conftest import LONG

HOUR = timedelta(hours=1)
BEGINNINGS = [
    ("Europe/Kyiv", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # the clocks went forward half an hour ago
    ("Europe/Kyiv", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # 3:30 for the first time
    ("Africa/Cairo", datetime(2026, 4, 24, 1, tzinfo=UTC)),  # a day without midnight
    ("Asia/Beirut", datetime(2026, 3, 29, 1, tzinfo=UTC)),  # another
    ("America/Havana", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),  # a month whose first hour comes twice
]

ago = st.sampled_from([0, 0, 1, 5, 26, 80]).map(lambda hours: hours * HOUR)
currencies = st.sampled_from(["UAH", "UAH", "USD"])
wallets = st.sampled_from([0, 1])
places = st.integers(0, 3)
ticks = st.booleans()


class LedgerMachine(RuleBasedStateMachine):
    """Vira's ledger. Her clock is moved by hand; all else is what the product does."""

    @initialize(beginning=st.sampled_from(BEGINNINGS))
    def begin(self, beginning):
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.patch = pytest.MonkeyPatch()
        zone, self.now = beginning
        self.txn = 0
        # The one clock of the ledger: no test can wait for the end of a month.
        self.patch.setattr(timezone, "now", lambda: self.now)
        self.vira = Streamer.objects.create(slug="vira", name="Віра", time_zone=zone, currency="UAH")
        self.user = User.objects.create_user("vira")
        self.wallets = [
            Wallet.objects.create(streamer=self.vira, provider="qiwi", account=str(n), title=str(n)) for n in (1, 2)
        ]
        for wallet in self.wallets:
            WalletState.objects.create(wallet=wallet)
        for period in Goal.Period:
            since = self.now - (100 if period != Goal.Period.DATES else 10) * HOUR
            goal = Goal(streamer=self.vira, slug=period.value, title=period, period=period, target_minor=1)
            goal.since, goal.currency = since, "UAH"
            save_goal(goal)
        turn_over(self.now)

    def teardown(self):
        if hasattr(self, "patch"):
            self.patch.undo()
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    # --- what happens -------------------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from([0.01, 1, 5, 11, 25, 70]))
    def time_passes(self, hours):
        self.now += hours * HOUR
        turn_over(self.now)

    @rule(number=wallets, age=ago, currency=currencies, payer=st.sampled_from(["", "+380990000042", "+380990000043"]))
    def a_gift_comes(self, number, age, currency, payer):
        self.txn += 1
        self.come(number, f"{self.txn}:IN", Status.SETTLED, Kind.GIFT, Money(150_50, currency), age, payer)

    @rule(
        number=wallets,
        txn=st.integers(1, 4),
        status=st.sampled_from(Status),
        kind=st.sampled_from([Kind.GIFT, Kind.GIFT, Kind.OWN]),
        minor=st.sampled_from([150_50, 10**9]),
        age=ago,
    )
    def a_payment_comes_again(self, number, txn, status, kind, minor, age):
        """It settles, is reversed, taken back, corrected; or comes for the first time, on its way or late."""
        known = Donation.objects.filter(wallet=self.wallets[number], txn_id=f"{txn}:IN").first()
        currency = known.currency if known else "UAH"
        self.come(number, f"{txn}:IN", status, kind, Money(minor, currency), age, "+380990000042")

    def come(self, number, txn_id, status, kind, money, age, payer):
        payment = Payment(txn_id, status, kind, money, self.now - age, payer=payer, words="Слава")
        with writing(self.vira.pk) as log:
            ingest(log, self.wallets[number], [payment], self.now - 50 * HOUR)

    @rule(nonce=st.sampled_from("ab"), age=ago, currency=currencies, name=st.sampled_from(["", "Оля"]), counts=ticks)
    def one_is_entered_by_hand(self, nonce, age, currency, name, counts):
        enter(self.vira, self.user, nonce, Money(70_00, currency), self.now - age, name, ticks=Ticks(counts=counts))

    @rule(place=places, age=ago, minor=st.sampled_from([30_00, 90_00]), currency=currencies)
    def an_entry_is_edited(self, place, age, minor, currency):
        for entry in Donation.objects.by_hand().order_by("pk")[place : place + 1]:
            edit(entry, self.user, money=Money(minor, currency), occurred_at=self.now - age, name="Іра")

    @rule(place=places)
    def an_entry_is_taken_back(self, place):
        for entry in Donation.objects.by_hand().order_by("pk")[place : place + 1]:
            reverse(entry, self.user)

    @rule(place=places, counts=ticks, in_stream=ticks)
    def ticks_are_set(self, place, counts, in_stream):
        for donation in Donation.objects.order_by("pk")[place : place + 1]:
            edit(donation, self.user, counts=counts, in_stream=in_stream)

    @rule(place=places)
    def a_correction_is_undone(self, place):
        for correction in Correction.objects.order_by("-pk")[place : place + 1]:
            with suppress(NothingToUndo, ChangedSince):
                undo(correction, self.user)

    @rule(scaled=st.sampled_from([40 * SCALE, 41 * SCALE]), days=st.integers(0, 4))
    def a_rate_is_told(self, scaled, days):
        day = self.now.date() - timedelta(days=days)
        Rate.objects.update_or_create(day=day, currency="USD", base="UAH", defaults={"scaled": scaled})
        value_waiting(self.now + HOUR)

    @rule(currency=st.sampled_from(["UAH", "USD"]))
    def the_base_currency_changes(self, currency):
        with writing(self.vira.pk) as log:
            self.vira.currency = currency
            self.vira.save()
            revalue(log)

    @rule(place=places, is_hidden=st.booleans())
    def words_are_hidden_or_shown(self, place, is_hidden):
        for donation in Donation.objects.order_by("pk")[place : place + 1]:
            (hide if is_hidden else unhide)(donation)

    @rule(
        number=st.integers(0, 5),
        since=ago,
        lasts=st.sampled_from([None, 1, 30, 200]),
        period=st.sampled_from(Goal.Period),
        currency=currencies,
        counts_others=st.booleans(),
        chosen=st.sets(wallets),
        marks=st.sets(st.sampled_from([1, 2])),
    )
    def a_goal_is_edited(self, number, since, lasts, period, currency, counts_others, chosen, marks):
        goal = Goal.objects.order_by("pk")[number]
        goal.since = self.now - since
        goal.until = goal.since + lasts * HOUR if lasts else None
        goal.period, goal.currency, goal.counts_others = period, currency, counts_others
        goal.offset_minor, goal.deadline = 7_00, self.now
        save_goal(goal, [self.wallets[n] for n in chosen], [Milestone(minor=minor) for minor in marks])
        assert [mark.minor for mark in goal.milestones.all()] == sorted(marks)

    @rule(number=st.integers(0, 5))
    def a_goal_is_archived_or_comes_back(self, number):
        goal = Goal.objects.order_by("pk")[number]
        if goal.archived_at:
            goal.archived_at = None
            save_goal(goal)
        else:
            archive_goal(goal)

    @rule()
    def the_stream_is_switched(self):
        try:
            start_stream(self.vira)
        except StreamAlreadyOn:
            stop_stream(self.vira)

    @precondition(lambda self: self.vira.sessions.exists())
    @rule(place=st.integers(0, 1), start=ago, lasts=st.sampled_from([None, 1, 7, 40]))
    def a_streams_times_are_corrected(self, place, start, lasts):
        for session in self.vira.sessions.order_by("-pk")[place : place + 1]:
            ended_at = min(self.now - start + lasts * HOUR, self.now) if lasts else None
            with suppress(StreamBackwards, StreamsOverlap):
                move_stream(session, self.now - start, ended_at)

    @rule(zone=st.sampled_from([zone for zone, _now in BEGINNINGS]))
    def the_streamer_moves(self, zone):
        with writing(self.vira.pk) as log:
            self.vira.time_zone = zone
            self.vira.save()
            recount_goals(log, *FIRST_DAYS)

    # --- what holds ---------------------------------------------------------------------------------------------------

    @invariant()
    def every_figure_is_true(self):
        rows = list(Donation.objects.all())
        counted = [row for row in rows if row.status == "settled" and row.kind == "gift" and row.counts]
        sessions = list(self.vira.sessions.all())
        self.check_sums(counted)
        self.check_balances(row for row in rows if row.status == "settled" and row.wallet_id)
        self.check_donations(rows, sessions)
        said = self.check_log()
        for goal in Goal.objects.filter(archived_at=None).select_related("streamer").prefetch_related("wallets"):
            shown = self.check_goal(goal, counted, sessions)
            assert said[goal.pk] == {"raised": shown.minor, "count": shown.count}
            assert latest_of(goal, 2) == list(ledger_of(goal).listed().newest_first()[:2])
        assert list(audit(self.vira)) == []

    def check_sums(self, counted):
        expected = Counter()
        for row in counted:
            expected[row.currency] += row.minor
        assert {code: kept.minor for code, kept in raised_in_all_time(self.vira).items() if kept.minor} == expected
        kept = self.vira.donor_tallies.filter(count__gt=0).values_list("donor_key", "currency", "minor")
        of_donors = Counter()
        for row in counted:
            if row.donor_key:
                of_donors[row.donor_key, row.currency] += row.minor
        assert {(key, code): minor for key, code, minor in kept} == of_donors

    def check_balances(self, settled):
        expected = Counter()
        for row in settled:
            expected[row.wallet_id, row.currency] += row.minor
        kept = BalanceCheck.objects.exclude(ledger_minor=0).values_list("wallet_id", "currency", "ledger_minor")
        assert {(wallet, code): minor for wallet, code, minor in kept} == expected

    def check_donations(self, rows, sessions):
        for row in rows:
            assert not (row.is_hidden and row.words_shown)
            assert row.base_minor == row.minor or row.currency != self.vira.currency
            assert row.session_id == next((each.pk for each in sessions if is_in(each, row)), None)

    def check_goal(self, goal, counted, sessions):
        zone = ZoneInfo(self.vira.time_zone)
        sums, counts = Counter(), Counter()
        chosen = {wallet.pk for wallet in goal.wallets.all()}
        for row in counted:
            worth = row.minor if row.currency == goal.currency else None
            if goal.counts_others and goal.currency == self.vira.currency:
                worth = row.base_minor
            is_late = row.occurred_at < goal.since or (goal.until is not None and row.occurred_at >= goal.until)
            if worth is None or is_late or (chosen and row.wallet_id not in {*chosen, None}):
                continue
            key = key_of(goal, row.occurred_at, zone, next((each for each in sessions if is_in(each, row)), None))
            if key is not None:
                sums[key] += worth
                counts[key] += 1
        kept = {
            kept_key(goal, row, zone): (row.minor, row.count)
            for row in GoalTally.objects.filter(goal=goal)
            if row.count
        }
        assert kept == {key: (sums[key], counts[key]) for key in counts}
        newest = max(sessions, key=lambda each: each.started_at, default=None)
        now = key_of(goal, self.now, zone, newest)
        shown = raised(goal)
        assert (shown.minor, shown.count) == (sums[now], counts[now])
        return shown

    def check_log(self):
        """That it has no gap and announces nothing twice; answers the last word on each goal."""
        events = list(Event.objects.order_by("seq"))
        assert [event.seq for event in events] == list(range(1, FeedCounter.objects.get(pk=self.vira.pk).seq + 1))
        announced = [event.donation_id for event in events if event.kind == Event.Kind.DONATION]
        assert len(announced) == len(set(announced))
        return {event.goal_id: event.figures for event in events}


def is_in(session, donation) -> bool:
    after = donation.occurred_at >= session.started_at
    return after and (session.ended_at is None or donation.occurred_at < session.ended_at)


def key_of(goal, moment, zone, session) -> object:
    """What a moment's period is called, without asking when it begins."""
    day = moment.astimezone(zone).date()
    match goal.period:
        case "stream":
            return session.started_at if session else None
        case "day":
            return day
        case "week":
            return date.fromisocalendar(*day.isocalendar()[:2], 1)
        case "month":
            return day.replace(day=1)
    return "all"


def kept_key(goal, tally, zone) -> object:
    if goal.period in FIRST_DAYS:
        return tally.period_start.astimezone(zone).date()
    return tally.period_start if goal.period == "stream" else "all"


@pytest.mark.django_db
def test_whatever_happens_every_figure_equals_the_ledger():
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=100 if LONG else 4,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
