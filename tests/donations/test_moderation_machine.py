"""Moderation under any history: what pages show of a donation is what a model of a few lines says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from donations.events import writing
from donations.hiding import hide, unhide
from donations.ingest import ingest
from donations.models import Donation, Streamer, Wallet, WalletState
from donations.moderation import NotPossible, approve, mark, release_due, set_rule, show_as, unmark
from donations.money import Money
from donations.providers.base import Kind, Payment, Status
from donations.tallies import raised_in_all_time
from widgets.news import Room, event_frames, place_of
from widgets.snapshots import LATEST_ON_PAGES, donation_value, latest_values

DONORS = ("Лис", "Лис", "")
EMPTY = ("", "")
OVERLAY = Room("overlay")

numbers = st.integers(0, 2)
statuses = st.sampled_from([Status.SETTLED, Status.SETTLED, Status.PENDING, Status.FAILED])


@dataclass
class Model:
    """One donation: whose, whether it is held or hidden, what pages may show of it otherwise."""

    donor: str
    given: tuple[str, str]
    text: tuple[str, str]
    status: Status = Status.PENDING
    came: bool = False
    held: bool = False
    hidden: bool = False

    @property
    def shown(self) -> tuple[str, str]:
        veiled = self.held or self.hidden or self.status is not Status.SETTLED
        return EMPTY if veiled else self.text

    def let_on(self) -> None:
        self.held, self.text = False, self.given

    def put_away(self) -> None:
        self.text = self.given if self.held else self.text
        self.held, self.hidden = False, True


class ModerationMachine(RuleBasedStateMachine):
    """Vira's donations, her moderators and her clock."""

    @initialize()
    def begin(self):
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.vira = Streamer.objects.create(slug="vira", name="Віра", currency="UAH")
        self.wallet = Wallet.objects.create(streamer=self.vira, provider="qiwi", account="1", title="1")
        WalletState.objects.create(wallet=self.wallet)
        self.models: dict[int, Model] = {}
        self.marks: dict[str, str] = {}
        self.who, self.then = "nobody", "show"
        self.told, self.latest = 0, []

    def teardown(self):
        if hasattr(self, "transaction"):
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    def row(self, number) -> Donation:
        return Donation.objects.get(txn_id=f"{number}:IN")

    def known(self, number):
        """The donation and its model; none when it never came."""
        return [(self.row(number), self.models[number])] if number in self.models else []

    # --- what happens -------------------------------------------------------------------------------------------------

    @rule(number=numbers, status=statuses, donor=st.sampled_from(DONORS))
    def a_payment_comes(self, number, status, donor):
        given = (f"имя{number}", f"слово{number}")
        model = self.models.setdefault(number, Model(donor, given, given))
        now = timezone.now()
        facts = {"payer": model.donor, "name": given[0], "words": given[1]}
        payment = Payment(f"{number}:IN", status, Kind.GIFT, Money(100, "UAH"), now, **facts)
        with writing(self.vira.pk) as log:
            ingest(log, self.wallet, [payment], now - timedelta(hours=1))
        model.status = status
        if status is Status.SETTLED and not model.came:
            model.came = True
            if self.marks.get(model.donor) == "blocked":
                model.hidden = True
            elif self.who == "all" and model.donor not in self.marks and not model.hidden:
                model.held = True

    @rule(who=st.sampled_from(["nobody", "all", "all"]), then=st.sampled_from(Streamer.Then.values))
    def the_rule_is_changed(self, who, then):
        set_rule(self.vira, who, 60, then)
        self.who, self.then = who, then

    @rule()
    def time_is_over(self):
        timed = set(Donation.objects.held().exclude(held_until=None).values_list("txn_id", flat=True))
        release_due([self.vira.pk], timezone.now() + timedelta(minutes=5))
        for number, model in self.models.items():
            if f"{number}:IN" in timed and self.then != "keep":
                model.let_on() if self.then == "show" else model.put_away()

    @rule(number=numbers)
    def one_is_approved(self, number):
        for row, model in self.known(number):
            assert approve(row) is model.held
            if model.held:
                model.let_on()

    @rule(number=numbers)
    def one_is_hidden(self, number):
        for row, model in self.known(number):
            assert hide(row) is not model.hidden
            model.put_away()

    @rule(number=numbers)
    def one_is_shown_again(self, number):
        for row, model in self.known(number):
            assert unhide(row) is model.hidden
            model.hidden = False

    @rule(number=numbers, name=st.sampled_from([None, "", "другой"]), words=st.sampled_from([None, "", "иначе"]))
    def one_is_edited(self, number, name, words):
        for row, model in self.known(number):
            if model.hidden or model.status is not Status.SETTLED:
                with pytest.raises(NotPossible):
                    show_as(row, name, words)
                continue
            show_as(row, name, words)
            text = model.given if model.held else model.text
            model.held = False
            model.text = (text[0] if name is None else name, text[1] if words is None else words)

    @rule(number=numbers, standing=st.sampled_from(["trusted", "blocked", None]))
    def a_donor_is_marked(self, number, standing):
        for row, model in self.known(number):
            if not model.donor:
                with pytest.raises(NotPossible):
                    mark(row, "trusted", "Маша")
                continue
            theirs = [each for each in self.models.values() if each.donor == model.donor]
            if standing is None:
                unmark(row)
                self.marks.pop(model.donor, None)
                continue
            mark(row, standing, "Маша")
            self.marks[model.donor] = standing
            for each in theirs:
                if standing == "trusted" and each.held:
                    each.let_on()
                elif standing == "blocked" and each.status is Status.SETTLED:
                    each.put_away()

    # --- what holds ---------------------------------------------------------------------------------------------------

    @invariant()
    def pages_show_what_the_model_says(self):
        rows = {row.txn_id: row for row in Donation.objects.all()}
        for number, model in self.models.items():
            row = rows[f"{number}:IN"]
            value = donation_value(row)
            assert (value["name"], value["words"]) == model.shown
            assert (row.is_held, row.is_hidden) == (model.held, model.hidden)
            assert (row.name_given, row.words_given) == model.given
            assert not ((row.is_held or row.is_hidden) and (row.name_shown or row.words_shown))
        standing = sum(model.status is Status.SETTLED for model in self.models.values())
        kept = raised_in_all_time(self.vira).get("UAH")
        assert (kept.minor if kept else 0) == standing * 100

    @invariant()
    def pages_are_told_all_that_changes_and_no_word_that_is_not_shown(self):
        place = place_of(self.vira.pk)
        frames = event_frames(self.vira.pk, self.told, place, [OVERLAY])
        self.told = place.seq
        unseen = [text for model in self.models.values() if model.shown == EMPTY for text in model.given]
        for frame in frames.values():
            assert not [text for text in unseen if text in frame.text]
            lists = [event["latest"] for event in json.loads(frame.text)["events"] if event["kind"] == "latest"]
            self.latest = lists[-1] if lists else self.latest
        assert self.latest == latest_values(self.vira, LATEST_ON_PAGES)


@pytest.mark.django_db
def test_in_whatever_order_people_and_payments_come_pages_show_what_may_be_shown():
    run_state_machine_as_test(
        ModerationMachine,
        settings=settings(
            max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
