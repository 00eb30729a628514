"""Corrections: what is entered by hand, what is changed afterwards, by whom, and how it is undone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from donations.audit import audit
from donations.corrections import ChangedSince, NotByHand, NothingToUndo, Ticks, edit, enter, reverse, undo
from donations.events import writing
from donations.hiding import hide, unhide
from donations.ingest import ingest
from donations.models import Correction, Donation, DonorTally, Event
from donations.models.correction import facts_of
from donations.money import Money
from donations.oddities import MOST_MINOR
from donations.providers.base import Kind, Payment, Status
from donations.streams import start_stream
from donations.tallies import raised, raised_in_all_time
from tests.conftest import LONG
from tests.donations.test_crowd import all_at_once
from widgets.snapshots import latest_values, totals_value

MINUTE = timedelta(minutes=1)


@pytest.fixture
def cash(anya, anya_owner, goal):
    """Grandma gave Anya 500 roubles in cash, just now, for everything."""
    return enter(anya, anya_owner, "n-1", Money(500_00, "RUB"), timezone.now(), "Бабушка", "На микрофон")


@pytest.fixture
def gift(wallet, goal):
    """100 roubles that came through Anya's wallet."""
    come(wallet)
    return Donation.objects.get(wallet=wallet)


def come(wallet, status=Status.SETTLED, minor=100_00, kind=Kind.GIFT):
    payment = Payment("1:IN", status, kind, Money(minor, "RUB"), timezone.now() - MINUTE, words="Привет")
    with writing(wallet.streamer_id) as log:
        ingest(log, wallet, [payment], wallet.state.alerts_from)


def kinds(streamer):
    return list(Event.objects.filter(streamer=streamer).order_by("seq").values_list("kind", flat=True))


def shown(donation):
    donation.refresh_from_db()
    return donation.name_shown, donation.words_shown


def history(donation):
    return [(row.what, row.by_name, row.before, row.after) for row in donation.corrections.all()]


def test_what_is_entered_by_hand_counts_like_any_other(anya, anya_owner, goal, cash):
    assert (raised(goal).minor, raised(goal).count) == (500_00, 1)
    assert raised_in_all_time(anya)["RUB"].minor == 500_00
    assert (cash.status, cash.kind, cash.base_minor, cash.wallet) == ("settled", "gift", 500_00, None)
    assert [row["name"] for row in latest_values(anya, 10)] == ["Бабушка"]
    [(what, by, before, after)] = history(cash)
    assert (what, by, before) == ("entered", "anya", {})
    assert (after["minor"], after["name_given"], after["counts"]) == (500_00, "Бабушка", True)


def test_one_form_enters_one_donation(anya, anya_owner, cash):
    again = enter(anya, anya_owner, "n-1", Money(777_00, "RUB"), timezone.now())
    assert (again.pk, again.minor) == (cash.pk, 500_00)
    assert raised_in_all_time(anya)["RUB"].count == 1
    twin = Donation.objects.get(pk=cash.pk)
    twin.pk, twin.public_id = None, "another-id"
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


def test_two_streamers_may_use_one_number(boris, boris_owner, cash):
    assert enter(boris, boris_owner, "n-1", Money(1, "UAH"), timezone.now()).pk != cash.pk


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_many_times_at_once_enters_one_donation(anya, anya_owner):
    def send():
        enter(anya, anya_owner, "n-1", Money(500_00, "RUB"), timezone.now(), "Бабушка")

    assert all_at_once([send] * 8) == []
    assert Donation.objects.count() == Correction.objects.count() == Event.objects.count() == 1
    assert raised_in_all_time(anya)["RUB"].minor == 500_00


@pytest.mark.django_db(transaction=True)
def test_a_change_that_many_undo_at_once_is_undone_once(anya, anya_owner, cash):
    change = edit(cash, anya_owner, money=Money(700_00, "RUB"))
    refused = all_at_once([lambda: undo(change, anya_owner)] * 8)
    assert [type(error) for error in refused] == [ChangedSince] * 7
    assert raised_in_all_time(anya)["RUB"].minor == 500_00


@pytest.mark.parametrize(
    ("tick", "goal_minor", "stream_minor", "listed", "alert"),
    [
        ("counts", 500_00, 0, 0, False),
        ("in_stream", 0, 500_00, 0, False),
        ("listed", 0, 0, 1, False),
        ("alerts", 0, 0, 0, True),
    ],
)
def test_it_counts_where_its_author_ticked_and_nowhere_else(
    anya, anya_owner, goal, tick, goal_minor, stream_minor, listed, alert
):
    start_stream(anya)
    ticks = Ticks(**{name: name == tick for name in ("counts", "in_stream", "listed", "alerts")})
    enter(anya, anya_owner, "n-1", Money(500_00, "RUB"), timezone.now(), ticks=ticks)
    assert raised(goal).minor == goal_minor
    assert raised_in_all_time(anya)["RUB"].minor == goal_minor
    assert totals_value(anya)["stream"]["minor"] == stream_minor
    assert len(latest_values(anya, 10)) == listed
    assert Event.objects.get(kind="donation").figures == {"alert": alert}


def test_it_belongs_to_the_stream_of_its_moment_and_moves_with_it(anya, anya_owner, goal):
    session = start_stream(anya)
    before = session.started_at - MINUTE
    donation = enter(anya, anya_owner, "n-1", Money(1_00, "RUB"), before)
    assert donation.session is None
    edit(donation, anya_owner, occurred_at=session.started_at)
    donation.refresh_from_db()
    assert donation.session == session
    undo(donation.corrections.get(what="edited"), anya_owner)
    donation.refresh_from_db()
    assert (donation.session, donation.occurred_at) == (None, before)


def test_gifts_of_one_name_are_one_donor(anya, anya_owner, cash):
    enter(anya, anya_owner, "n-2", Money(1_00, "RUB"), timezone.now(), "БАБУШКА ")
    other = enter(anya, anya_owner, "n-3", Money(2_00, "RUB"), timezone.now(), "Дедушка")
    nobody = enter(anya, anya_owner, "n-4", Money(3_00, "RUB"), timezone.now())
    assert nobody.donor_key == ""
    assert sorted(DonorTally.objects.values_list("minor", "count")) == [(2_00, 1), (501_00, 2)]
    edit(other, anya_owner, name="Бабушка")
    assert sorted(DonorTally.objects.exclude(count=0).values_list("minor", "count")) == [(503_00, 3)]
    assert "бабушка" not in cash.donor_key.casefold()


@pytest.mark.parametrize(
    ("minor", "ago", "field"),
    [
        (0, MINUTE, "amount"),
        (-1, MINUTE, "amount"),
        (MOST_MINOR + 1, MINUTE, "amount"),
        (1, -10 * MINUTE, "occurred_at"),
        (1, timedelta(days=40 * 365), "occurred_at"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words_and_changes_nothing(anya, anya_owner, cash, minor, ago, field):
    with pytest.raises(ValidationError) as refused:
        enter(anya, anya_owner, "n-2", Money(minor, "RUB"), timezone.now() - ago)
    assert list(refused.value.message_dict) == [field]
    with pytest.raises(ValidationError):
        edit(cash, anya_owner, money=Money(minor, "RUB"), occurred_at=timezone.now() - ago)
    assert Donation.objects.count() == 1
    assert raised_in_all_time(anya)["RUB"].minor == 500_00


def test_hostile_words_are_stored_as_harmless_text(anya, anya_owner, cash):
    edit(cash, anya_owner, name="a\x00b\ud800", words="\u202etxt\n\nc" + "x" * 5000)
    name, words = shown(cash)
    assert name == "ab"
    assert words.startswith("txt c")
    assert len(words) == 2000


def test_each_change_is_kept_with_who_and_when(anya, anya_owner, goal, cash):
    edit(cash, anya_owner, money=Money(700_00, "RUB"), words="На стол", counts=False)
    [_entered, edited] = cash.corrections.all()
    assert (edited.by, edited.by_name, edited.what) == (anya_owner, "anya", "edited")
    assert timezone.now() - edited.at < MINUTE
    assert edited.before == {"minor": 500_00, "words_given": "На микрофон", "counts": True}
    assert edited.after == {"minor": 700_00, "words_given": "На стол", "counts": False}
    assert shown(cash) == ("Бабушка", "На стол")
    assert (cash.base_minor, raised(goal).minor) == (700_00, 0)
    anya_owner.delete()
    edited.refresh_from_db()
    assert (edited.by, edited.by_name) == (None, "anya")


def test_a_change_of_nothing_is_no_change(anya, anya_owner, cash):
    before = kinds(anya)
    assert edit(cash, anya_owner, money=Money(500_00, "RUB"), name="Бабушка", listed=True) is None
    assert edit(cash, anya_owner) is None
    assert kinds(anya) == before
    assert cash.corrections.count() == 1


def test_what_is_taken_back_lowers_the_sums_leaves_the_pages_and_stays_in_the_ledger(anya, anya_owner, goal, cash):
    reverse(cash, anya_owner)
    assert reverse(cash, anya_owner) is None
    assert (raised(goal).minor, raised(goal).count) == (0, 0)
    assert latest_values(anya, 10) == []
    assert latest_values(anya, 10, goal) == []
    assert Donation.objects.get().status == "failed"
    assert kinds(anya)[-2:] == ["donation_changed", "goal"]


def test_a_reversal_is_undone_and_rings_no_second_bell(anya, anya_owner, goal, cash):
    reversal = reverse(cash, anya_owner)
    undone = undo(reversal, anya_owner)
    assert (undone.what, undone.undoes, undone.by) == ("undone", reversal, anya_owner)
    assert raised(goal).minor == 500_00
    assert kinds(anya).count("donation") == 1
    assert len(latest_values(anya, 10)) == 1


def test_changes_are_undone_newest_first_and_an_undoing_too(anya, anya_owner, cash):
    first = edit(cash, anya_owner, money=Money(600_00, "RUB"))
    second = edit(cash, anya_owner, money=Money(7_00, "USD"), name="Тётя")
    named = edit(cash, anya_owner, words="Иначе")
    with pytest.raises(ChangedSince):
        undo(first, anya_owner)
    back = undo(second, anya_owner)
    with pytest.raises(ChangedSince):
        undo(second, anya_owner)
    undo(first, anya_owner)
    cash.refresh_from_db()
    assert (cash.minor, cash.currency, cash.base_minor, cash.name_given) == (500_00, "RUB", 500_00, "Бабушка")
    assert cash.words_given == "Иначе"
    with pytest.raises(ChangedSince):
        undo(back, anya_owner)
    undo(undo(named, anya_owner), anya_owner)
    assert shown(cash) == ("Бабушка", "Иначе")
    assert raised_in_all_time(anya)["RUB"].minor == 500_00
    assert raised_in_all_time(anya)["USD"].count == 0


edits = st.fixed_dictionaries(
    {},
    optional={
        "money": st.builds(Money, st.sampled_from([1, 500_00, 10**15]), st.sampled_from(["RUB", "USD"])),
        "occurred_at": st.integers(0, 3).map(lambda hours: timezone.now() - timedelta(hours=hours)),
        "name": st.sampled_from(["", "Бабушка", "бабушка", "Дед"]),
        "words": st.sampled_from(["", "На микрофон", "<script>"]),
        "counts": st.booleans(),
        "in_stream": st.booleans(),
        "listed": st.booleans(),
    },
)


@given(changes=st.lists(st.one_of(edits, st.just("reverse"), st.just("hide"), st.just("unhide")), max_size=6))
@settings(max_examples=100 if LONG else 12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_changed_is_undone_from_the_newest_to_the_entry(anya, anya_owner, goal, cash, changes):
    with transaction.atomic():
        cash.refresh_from_db()
        entered = facts_of(cash)
        made = []
        for change in changes:
            if change in ("hide", "unhide"):
                (hide if change == "hide" else unhide)(cash)
            else:
                made.append(reverse(cash, anya_owner) if change == "reverse" else edit(cash, anya_owner, **change))
            assert list(audit(anya)) == []
        for correction in filter(None, reversed(made)):
            undo(correction, anya_owner)
            assert list(audit(anya)) == []
        assert shown(cash) == (("", "") if cash.is_hidden else ("Бабушка", "На микрофон"))
        assert facts_of(cash) == entered
        assert (cash.base_minor, raised(goal).minor) == (500_00, 500_00)
        transaction.set_rollback(True)


def test_an_entry_is_taken_back_rather_than_undone(anya_owner, cash):
    with pytest.raises(NothingToUndo):
        undo(cash.corrections.get(), anya_owner)


def test_what_is_edited_while_hidden_stays_hidden(anya_owner, cash):
    hide(cash)
    edit(cash, anya_owner, words="Другое", name="Тётя")
    assert shown(cash) == ("", "")
    undo(cash.corrections.get(what="edited"), anya_owner)
    assert shown(cash) == ("", "")
    unhide(cash)
    assert shown(cash) == ("Бабушка", "На микрофон")


def test_a_payment_of_a_wallet_stays_what_its_service_says(anya_owner, gift):
    for change in ({"money": Money(1, "RUB")}, {"name": "Я"}, {"words": ""}, {"occurred_at": timezone.now()}):
        with pytest.raises(NotByHand):
            edit(gift, anya_owner, **change)
    with pytest.raises(NotByHand):
        reverse(gift, anya_owner)
    assert not Correction.objects.exists()


def test_unticking_lowers_what_is_raised_and_survives_every_reading(anya, anya_owner, wallet, goal, gift):
    edit(gift, anya_owner, counts=False)
    edit(gift, anya_owner, listed=False, in_stream=False)
    assert raised(goal).minor == 0
    come(wallet)
    come(wallet, minor=120_00)
    come(wallet, status=Status.FAILED)
    come(wallet)
    gift.refresh_from_db()
    assert (gift.counts, gift.listed, gift.in_stream, gift.status) == (False, False, False, "settled")
    assert raised(goal).minor == 0
    assert latest_values(anya, 10) == []
    undo(gift.corrections.filter(what="edited").first(), anya_owner)
    assert raised(goal).minor == 100_00


def test_what_counts_nowhere_leaves_the_lists_too_when_it_is_reversed(anya, anya_owner, wallet, gift):
    edit(gift, anya_owner, counts=False)
    before = kinds(anya)
    come(wallet, status=Status.FAILED)
    assert kinds(anya) == [*before, "donation_changed"]
    assert latest_values(anya, 10) == []


def test_what_was_unticked_on_its_way_is_still_announced_when_it_arrives(anya, anya_owner, wallet, goal):
    come(wallet, status=Status.PENDING)
    edit(Donation.objects.get(), anya_owner, counts=False)
    assert kinds(anya) == ["goal"]  # it was on no page, so no page has news
    come(wallet)
    assert Event.objects.get(kind="donation").figures["alert"] is True
    assert raised(goal).minor == 0


def test_what_the_wallet_says_otherwise_is_a_correction_by_nobody(wallet, gift):
    come(wallet, minor=70_00)
    come(wallet, minor=70_00, status=Status.FAILED)
    come(wallet, minor=70_00)
    assert history(gift) == [
        ("wallet", "", {"minor": 100_00}, {"minor": 70_00}),
        ("wallet", "", {"status": "settled"}, {"status": "failed"}),
        ("wallet", "", {"status": "failed"}, {"status": "settled"}),
    ]


def test_arriving_at_last_is_no_correction(wallet):
    come(wallet, status=Status.PENDING)
    come(wallet, minor=99_00)
    come(wallet, minor=99_00)
    assert not Correction.objects.exists()


def test_what_the_wallet_says_is_not_ours_to_undo(anya_owner, wallet, gift):
    come(wallet, status=Status.FAILED)
    with pytest.raises(NothingToUndo):
        undo(gift.corrections.get(), anya_owner)


def test_a_payment_that_fails_at_the_wallet_after_it_was_counted_is_in_its_history(purse, goal):
    purse.was_read(ago=timedelta(minutes=2))
    [txn] = purse.pay(200_00)
    purse.read()
    assert raised(goal).minor == 200_00
    purse.settle(txn, "ERROR")
    purse.read()
    donation = Donation.objects.get(txn_id=txn)
    assert history(donation) == [("wallet", "", {"status": "settled"}, {"status": "failed"})]
    assert donation.corrections.get().by is None
    assert raised(goal).minor == 0
    assert latest_values(purse.wallet.streamer, 10) == []
    assert purse.ledger() == purse.books()


def test_events_of_what_is_entered_hold_no_words(anya, anya_owner, cash):
    edit(cash, anya_owner, words="Тайное")
    for event in Event.objects.all():
        assert not {"Бабушка", "Тайное", "На микрофон"} & set(map(str, event.figures.values()))
