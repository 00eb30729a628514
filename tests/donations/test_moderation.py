"""Moderation: who is held, and what people and time make of it."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from donations import moderation
from donations.audit import audit
from donations.corrections import edit, enter
from donations.hiding import hide, unhide
from donations.models import Donation, DonorMark, Event
from donations.moderation import NotPossible, approve, mark, release_due, set_rule, show_as, unmark
from donations.money import Money
from donations.providers.base import Kind, Status
from donations.streams import start_stream
from donations.tallies import raised, raised_in_all_time
from tests.donations.test_ingest import kinds, payment, take_in

MINUTE = timedelta(minutes=1)


@pytest.fixture
def held(wallet):
    """Somebody gave Anya 150.50 while she holds all for a minute."""
    set_rule(wallet.streamer, "all", 60, "show")
    take_in(wallet, payment(name="Лис"))
    return Donation.objects.get()


def shown(donation):
    donation.refresh_from_db()
    return donation.name_shown, donation.words_shown


def news_since(streamer, seq):
    return list(Event.objects.filter(streamer=streamer, seq__gt=seq).order_by("seq").values_list("kind", flat=True))


# --- at ingest --------------------------------------------------------------------------------------------------------


def test_what_is_held_shows_neither_name_nor_words_and_counts_at_once(wallet, goal):
    session = start_stream(wallet.streamer)
    set_rule(wallet.streamer, "all", 60, "show")
    take_in(wallet, payment(name="Лис", ago=0))
    donation = Donation.objects.get()
    assert donation.is_held and donation.held_until - donation.held_at == MINUTE
    assert (shown(donation), donation.name_given, donation.words_given) == (("", ""), "Лис", "Привет")
    assert (raised(goal).minor, raised_in_all_time(wallet.streamer)["RUB"].minor) == (150_50, 150_50)
    assert wallet.streamer.donor_tallies.get().minor == 150_50
    assert Donation.objects.in_streams().filter(session=session).exists()
    assert list(audit(wallet.streamer)) == []
    assert Event.objects.get(kind="donation").figures == {"alert": True, "late": False, "held": True}


@pytest.mark.parametrize(("seconds", "then"), [(0, "show"), (0, "drop"), (60, "keep")])
def test_without_a_time_it_waits_for_a_person(wallet, seconds, then):
    set_rule(wallet.streamer, "all", seconds, then)
    take_in(wallet, payment())
    donation = Donation.objects.get()
    assert donation.is_held and donation.held_until is None
    release_due(None, timezone.now() + timedelta(days=9))
    assert shown(donation) == ("", "")


def test_history_and_entries_by_hand_are_not_held(wallet, anya_owner):
    set_rule(wallet.streamer, "all", 60, "show")
    take_in(wallet, payment(ago=2 * 60 * 60))
    enter(wallet.streamer, anya_owner, "nonce", Money(100, "RUB"), timezone.now(), "Бабушка", "На микрофон")
    assert not Donation.objects.held().exists()


def test_what_settles_later_is_held_then(wallet):
    set_rule(wallet.streamer, "all", 60, "show")
    take_in(wallet, payment(status=Status.PENDING))
    donation = Donation.objects.get()
    assert not donation.is_held
    take_in(wallet, payment())
    donation.refresh_from_db()
    assert donation.is_held and shown(donation) == ("", "")


def test_what_was_announced_and_comes_back_is_not_held(wallet):
    take_in(wallet, payment())
    set_rule(wallet.streamer, "all", 60, "show")
    take_in(wallet, payment(status=Status.FAILED))
    take_in(wallet, payment())
    assert not Donation.objects.get().is_held and shown(Donation.objects.get()) == ("", "Привет")


def test_a_trusted_donor_is_shown_and_a_blocked_one_is_hidden_without_an_alert(wallet):
    take_in(wallet, payment("1:IN", payer="+7911"), payment("2:IN", payer="+7922"))
    mark(Donation.objects.get(txn_id="1:IN"), "trusted", "Маша")
    mark(Donation.objects.get(txn_id="2:IN"), "blocked", "Маша")
    set_rule(wallet.streamer, "all", 60, "show")
    take_in(wallet, payment("3:IN", payer="+7911"), payment("4:IN", payer="+7922"), payment("5:IN", payer="+7933"))
    trusted, blocked, other = Donation.objects.order_by("pk")[2:]
    assert (trusted.is_held, trusted.words_shown) == (False, "Привет")
    assert (blocked.is_hidden, blocked.is_held, blocked.words_shown) == (True, False, "")
    assert (other.is_held, other.words_shown) == (True, "")
    announced = {event.donation_id: event.figures["alert"] for event in Event.objects.filter(kind="donation")}
    assert [announced[each.pk] for each in (trusted, blocked, other)] == [True, False, True]


def test_a_blocked_donor_is_hidden_in_history_and_without_holding_too(wallet):
    take_in(wallet, payment("1:IN"))
    mark(Donation.objects.get(), "blocked", "Маша")
    take_in(wallet, payment("2:IN", ago=2 * 60 * 60), payment("3:IN"))
    assert Donation.objects.hidden().count() == 3


def test_marks_cost_one_query_a_batch_and_none_where_there_are_none(wallet):
    numbers = itertools.count(1)

    def cost():
        batch = [payment(f"{next(numbers)}:IN", payer=f"+79{n}") for n in range(20)]
        with CaptureQueriesContext(connection) as asked:
            take_in(wallet, *batch)
        return len(asked)

    cost()
    without = cost()
    set_rule(wallet.streamer, "all", 60, "show")
    assert cost() == without
    mark(Donation.objects.first(), "trusted", "Маша")
    assert cost() == without + 1


# --- the rule ---------------------------------------------------------------------------------------------------------


def test_a_rule_is_written_once_and_said_once(anya):
    assert set_rule(anya, "all", 30, "drop")
    assert not set_rule(anya, "all", 30, "drop")
    assert kinds(anya) == ["hold"]
    anya.refresh_from_db()
    assert (anya.hold_who, anya.hold_seconds, anya.hold_then) == ("all", 30, "drop")


@pytest.mark.parametrize("wrong", [("many", 60, "show"), ("all", -1, "show"), ("all", 10**9, "show"), ("all", 60, "")])
def test_a_rule_that_makes_no_sense_changes_nothing(anya, wrong):
    with pytest.raises(ValidationError):
        set_rule(anya, *wrong)
    assert kinds(anya) == []


def test_what_is_held_stays_so_when_nobody_is_held_any_more(wallet, held):
    set_rule(wallet.streamer, "nobody", 60, "show")
    take_in(wallet, payment("2:IN"))
    assert [donation.is_held for donation in Donation.objects.order_by("pk")] == [True, False]
    release_due(None, held.held_until)
    assert shown(held) == ("Лис", "Привет")


# --- what people decide -----------------------------------------------------------------------------------------------


def test_an_approved_one_is_shown_and_said_so_once(wallet, held):
    before = len(kinds(wallet.streamer))
    assert approve(held) and not approve(held)
    assert shown(held) == ("Лис", "Привет") and not held.is_held and held.held_until is None
    assert news_since(wallet.streamer, before) == ["approved", "donation_changed"]


def test_a_dropped_one_waits_no_more_and_can_be_shown_again(wallet, held):
    assert hide(held) and not hide(held)
    held.refresh_from_db()
    assert (held.is_held, held.is_hidden) == (False, True)
    assert not approve(held)
    release_due(None, timezone.now() + timedelta(days=1))
    assert shown(held) == ("", "")
    assert unhide(held) and shown(held) == ("Лис", "Привет")
    assert "approved" not in kinds(wallet.streamer)


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        (moderation.show_without_words, ("Лис", "")),
        (moderation.show_as_anonymous, ("", "Привет")),
        (lambda donation: show_as(donation, words=" Привет,\u202e\n мир "), ("Лис", "Привет, мир")),
        (lambda donation: show_as(donation, name="Лиса", words=""), ("Лиса", "")),
        (lambda donation: show_as(donation, name="я" * 300), ("я" * 200, "Привет")),
    ],
)
def test_a_held_one_is_let_on_as_it_is_edited_and_what_was_given_stays(wallet, held, way, expected):
    assert way(held) and not way(held)
    assert shown(held) == expected and not held.is_held
    assert (held.name_given, held.words_given) == ("Лис", "Привет")
    assert kinds(wallet.streamer).count("approved") == 1


def test_what_is_shown_can_be_edited_bit_by_bit(wallet):
    take_in(wallet, payment(name="Лис"))
    donation = Donation.objects.get()
    moderation.show_as_anonymous(donation)
    moderation.show_without_words(donation)
    assert shown(donation) == ("", "")
    show_as(donation, name="Лиса")
    assert shown(donation) == ("Лиса", "")
    assert "approved" not in kinds(wallet.streamer)


def test_an_owner_who_corrects_the_name_of_an_entry_does_not_bring_its_words_back(anya, anya_owner):
    entry = enter(anya, anya_owner, "nonce", Money(100, "RUB"), timezone.now(), "Бабуля", "На микрофон")
    moderation.show_without_words(entry)
    edit(entry, anya_owner, name="Бабушка")
    assert shown(entry) == ("Бабушка", "")


def test_what_was_edited_is_shown_again_as_it_was_edited(anya, anya_owner):
    entry = enter(anya, anya_owner, "nonce", Money(100, "RUB"), timezone.now(), "Бабуля", "Нехорошее слово")
    show_as(entry, words="Слово")
    assert hide(entry) and unhide(entry)
    assert shown(entry) == ("Бабуля", "Слово")
    assert hide(entry)
    edit(entry, anya_owner, words="На микрофон")
    assert shown(entry) == ("", "")
    assert unhide(entry)
    assert shown(entry) == ("Бабуля", "На микрофон")


def test_what_is_hidden_or_did_not_stay_cannot_be_shown_otherwise(wallet, held):
    take_in(wallet, payment(name="Лис", status=Status.FAILED))
    with pytest.raises(NotPossible, match="taken back"):
        show_as(held, words="Пока")
    hide(held)
    with pytest.raises(NotPossible, match="hidden"):
        show_as(held, words="Пока")
    assert shown(held) == ("", "")


def test_an_erased_one_stays_empty(wallet, held):
    Donation.objects.update(erased_at=timezone.now())
    assert approve(held)
    hide(held)
    unhide(held)
    assert shown(held) == ("", "")


def test_what_came_back_after_a_reversal_is_still_held(wallet, held):
    take_in(wallet, payment(name="Лис", status=Status.FAILED))
    assert not Donation.objects.standing().held().exists()
    take_in(wallet, payment(name="Лис"))
    assert Donation.objects.standing().held().exists() and shown(held) == ("", "")


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "words", "is_hidden", "said"),
    [
        ("show", "Привет", False, ["approved", "donation_changed"]),
        ("drop", "", True, ["donation_changed"]),
    ],
)
def test_when_the_time_is_over_the_rule_of_now_decides(wallet, held, then, words, is_hidden, said):
    set_rule(wallet.streamer, "all", 600, then)
    before = len(kinds(wallet.streamer))
    release_due(None, held.held_until - timedelta(milliseconds=1))
    assert news_since(wallet.streamer, before) == []
    for _twice in range(2):
        release_due([wallet.streamer_id], held.held_until + MINUTE)
    assert (shown(held)[1], held.is_hidden, held.is_held) == (words, is_hidden, False)
    assert news_since(wallet.streamer, before) == said


def test_a_rule_to_keep_lets_them_wait_for_a_person(wallet, held):
    set_rule(wallet.streamer, "all", 600, "keep")
    release_due(None, held.held_until + MINUTE)
    assert shown(held) == ("", "")
    assert held.is_held and held.held_until is None


def test_the_wait_of_others_is_left_alone(wallet, boris, held):
    release_due([boris.pk], timezone.now() + MINUTE)
    assert shown(held) == ("", "")


def test_looking_for_those_whose_time_is_over_costs_one_query_by_an_index(wallet, held, django_assert_num_queries):
    with django_assert_num_queries(1) as asked:
        release_due(None, timezone.now())
    assert "held_until" in asked[0]["sql"]


# --- donors -----------------------------------------------------------------------------------------------------------


def test_trusting_a_donor_shows_what_is_held_of_him_and_nobody_else(wallet, held):
    take_in(wallet, payment("2:IN"), payment("3:IN", payer="+7933"))
    assert mark(held, "trusted", "Маша") and not mark(held, "trusted", "Маша")
    assert list(Donation.objects.order_by("pk").values_list("words_shown", flat=True)) == ["Привет", "Привет", ""]
    assert DonorMark.objects.get().by_name == "Маша"


def test_blocking_a_donor_hides_this_one_what_is_held_and_what_came_lately(wallet):
    take_in(wallet, payment("0:IN"), payment("1:IN"), payment("2:IN", payer="+7933"))
    Donation.objects.filter(txn_id__in=["0:IN", "1:IN"]).update(recorded_at=timezone.now() - timedelta(days=2))
    set_rule(wallet.streamer, "all", 0, "keep")
    take_in(wallet, payment("3:IN"))
    Donation.objects.filter(txn_id="3:IN").update(recorded_at=timezone.now() - timedelta(days=1))
    take_in(wallet, payment("4:IN"))
    assert mark(Donation.objects.get(txn_id="1:IN"), "blocked", "Маша")
    hidden = Donation.objects.hidden().order_by("pk").values_list("txn_id", flat=True)
    assert list(hidden) == ["1:IN", "3:IN", "4:IN"]
    assert not Donation.objects.held().exists()


def test_an_unmarked_donor_is_anybody(wallet, held):
    mark(held, "trusted", "Маша")
    assert unmark(held) and not unmark(held)
    take_in(wallet, payment("2:IN"))
    assert Donation.objects.get(txn_id="2:IN").is_held


def test_a_mark_is_told_to_pages_even_where_nothing_else_changes(wallet):
    take_in(wallet, payment())
    before = len(kinds(wallet.streamer))
    mark(Donation.objects.get(), "trusted", "Маша")
    unmark(Donation.objects.get())
    assert news_since(wallet.streamer, before) == ["donation_changed"] * 2


@pytest.mark.parametrize("act", [lambda donation: mark(donation, "blocked", "Маша"), unmark])
def test_a_donor_who_is_not_known_cannot_be_marked(wallet, act):
    take_in(wallet, payment(payer=""))
    with pytest.raises(NotPossible, match="cannot be told from others"):
        act(Donation.objects.get())


def test_a_payment_between_own_wallets_is_never_held(wallet):
    set_rule(wallet.streamer, "all", 60, "show")
    take_in(wallet, payment(kind=Kind.OWN))
    assert not Donation.objects.get().is_held
