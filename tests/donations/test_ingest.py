"""Ingest: one payment is one donation for ever."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from donations.events import writing
from donations.hiding import hide, unhide
from donations.ingest import ingest
from donations.models import Donation, Event, FeedCounter
from donations.money import Money
from donations.providers.base import Kind, Payment, Status
from donations.streams import start_stream
from donations.tallies import raised, raised_in_all_time


def payment(txn_id="1:IN", minor=150_50, status=Status.SETTLED, ago=1, **facts):
    facts = {"kind": Kind.GIFT, "words": "Привет", "payer": "+79990000042", **facts}
    return Payment(
        txn_id=txn_id,
        status=status,
        money=Money(minor, facts.pop("currency", "RUB")),
        occurred_at=timezone.now() - timedelta(seconds=ago),
        **facts,
    )


def take_in(wallet, *payments):
    with writing(wallet.streamer_id) as log:
        return ingest(log, wallet, payments, wallet.state.alerts_from)


def kinds(streamer):
    return list(Event.objects.filter(streamer=streamer).order_by("seq").values_list("kind", flat=True))


def test_the_same_payment_is_counted_once(wallet, goal):
    assert take_in(wallet, payment()) == 1
    assert take_in(wallet, payment(), payment()) == 0
    assert Donation.objects.get().minor == 150_50
    assert raised(goal).minor == 150_50
    assert raised_in_all_time(wallet.streamer)["RUB"].minor == 150_50


def test_numbers_have_no_gaps(wallet, goal):
    take_in(wallet, *[payment(f"{n}:IN") for n in range(5)])
    take_in(wallet, payment("9:IN"))
    numbers = list(Event.objects.order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert FeedCounter.objects.get().seq == numbers[-1]


def test_what_turns_out_to_be_a_gift_is_announced_once(wallet, goal):
    take_in(wallet, payment(kind=Kind.OTHER))
    take_in(wallet, payment())
    take_in(wallet, payment(kind=Kind.OTHER))
    take_in(wallet, payment())
    announced = [kind for kind in kinds(wallet.streamer) if kind != "goal"]
    assert announced == ["donation", "donation_changed", "donation_changed"]
    assert raised(goal).count == 1


def test_what_is_pending_is_kept_and_neither_shown_nor_counted(wallet, goal):
    take_in(wallet, payment(status=Status.PENDING))
    assert raised(goal).minor == 0
    assert "donation" not in kinds(wallet.streamer)
    take_in(wallet, payment(status=Status.SETTLED))
    assert raised(goal).minor == 150_50
    assert "donation" in kinds(wallet.streamer)


def test_a_reversal_lowers_what_is_raised_and_keeps_the_row(wallet, goal):
    take_in(wallet, payment())
    take_in(wallet, payment(status=Status.FAILED))
    assert raised(goal).minor == 0
    assert raised(goal).count == 0
    assert Donation.objects.get().status == "failed"
    assert "donation_changed" in kinds(wallet.streamer)


def test_own_conversions_are_kept_and_not_counted(wallet, goal):
    take_in(wallet, payment(kind=Kind.OWN))
    assert raised(goal).minor == 0
    assert Donation.objects.count() == 1
    assert "donation" not in kinds(wallet.streamer)


def test_what_is_older_than_the_wallet_is_history_and_rings_no_bell(wallet, goal):
    two_hours = 2 * 60 * 60
    take_in(wallet, *[payment(f"{n}:IN", ago=two_hours) for n in range(40)])
    assert kinds(wallet.streamer) == ["goal", "history"]
    assert raised(goal).minor == 0  # the goal begins later than they came


def test_a_late_row_counts_without_an_alert(wallet, goal):
    take_in(wallet, payment(ago=31 * 60))
    event = Event.objects.get(kind="donation")
    assert event.figures["alert"] is False
    assert raised(goal).minor == 150_50


def test_a_goal_counts_only_its_own_currency(wallet, goal):
    take_in(wallet, payment(currency="USD"))
    assert raised(goal).minor == 0
    assert raised_in_all_time(wallet.streamer)["RUB"].minor == 0


def test_a_donation_belongs_to_the_stream_of_its_moment(wallet):
    session = start_stream(wallet.streamer)
    session.started_at -= timedelta(minutes=10)
    session.save()
    take_in(wallet, payment("during:IN"), payment("before:IN", ago=20 * 60))
    assert Donation.objects.get(txn_id="during:IN").session == session
    assert Donation.objects.get(txn_id="before:IN").session is None


def test_no_payer_account_is_stored_but_one_donors_gifts_are_joined(wallet):
    take_in(wallet, payment("1:IN"), payment("2:IN"), payment("3:IN", payer="+79990000043"))
    first, second, third = Donation.objects.order_by("txn_id")
    assert first.donor_key == second.donor_key != third.donor_key
    assert first.donor_hint == "42"
    for field in Donation._meta.get_fields():
        if field.concrete:
            assert "9990000042" not in str(getattr(first, field.attname, ""))


def test_events_never_hold_words_or_names(wallet):
    take_in(wallet, payment(words="тайные слова", name="Тайное Имя"))
    for event in Event.objects.all():
        assert "тайн" not in str(event.figures).lower()


def test_hiding_takes_the_words_away_and_the_money_stays(wallet, goal):
    take_in(wallet, payment())
    donation = Donation.objects.get()
    hide(donation)
    hide(donation)
    donation.refresh_from_db()
    assert (donation.words_shown, donation.words_given) == ("", "Привет")
    assert raised(goal).minor == 150_50
    assert kinds(wallet.streamer).count("donation_changed") == 1
    unhide(donation)
    donation.refresh_from_db()
    assert donation.words_shown == "Привет"


def test_hostile_text_is_stored_as_harmless_text(wallet):
    take_in(wallet, payment(words="a\x00b\ud800 \u202etxt\n\nc" + "x" * 5000))
    words = Donation.objects.get().words_given
    assert words.startswith("ab txt c")
    assert len(words) == 2000
