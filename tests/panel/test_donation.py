"""One donation at the panel: entered by hand, corrected, taken back, undone, and what its page says of all that."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from donations.corrections import edit
from donations.events import writing
from donations.hiding import hide
from donations.ingest import ingest
from donations.models import Correction, Donation, Event, Member
from donations.money import Money
from donations.providers.base import Kind, Payment, Status
from donations.streams import start_stream
from donations.tallies import raised, raised_in_all_time
from tests.panel.test_pages import words

NEW = "/panel/donations/new/"
TICKS = ("counts", "in_stream", "listed", "alerts")


def opened(page):
    """The fields of a page's form as a browser would send them back untouched."""
    form = page.context["form"]
    with timezone.override(page.wsgi_request.streamer.zone):
        values = {name: form[name].value() for name in form.fields}
    fields = {name: "on" if value is True else value for name, value in values.items() if value not in (None, False)}
    if "occurred_at" in fields:
        fields["occurred_at"] = f"{fields['occurred_at']:%Y-%m-%dT%H:%M}"
    return fields


def filled(client, **facts):
    """The form of a new donation, filled in; None takes a tick away."""
    given = {"amount": "500", "name": "Бабушка", "words": "На микрофон", **facts}
    return {name: value for name, value in (opened(client.get(NEW)) | given).items() if value is not None}


@pytest.fixture
def cash(anya_client, goal):
    """Grandma's 500 roubles, entered by Anya on the page."""
    anya_client.post(NEW, filled(anya_client))
    return Donation.objects.get()


def page_of(donation):
    return f"/panel/donations/{donation.public_id}/"


def corrected(client, donation, **facts):
    """Send the form of its page with some fields changed, None to take a tick away; the page that it leads to."""
    fields = opened(client.get(page_of(donation))) | facts
    fields = {name: value for name, value in fields.items() if value is not None}
    return client.post(f"{page_of(donation)}edit/", fields, follow=True)


def test_a_form_that_is_sent_twice_enters_one_donation(anya, anya_client, goal):
    fields = filled(anya_client)
    first, second = (anya_client.post(NEW, fields, follow=True) for _ in range(2))
    donation = Donation.objects.get()
    assert first.redirect_chain == second.redirect_chain == [(page_of(donation), 302)]
    assert "The donation is entered." in words(first)
    assert "counts once" in words(second)
    assert (raised(goal).minor, raised(goal).count) == (500_00, 1)
    anya_client.post(NEW, filled(anya_client))
    assert anya.donations.count() == 2


def test_what_people_type_becomes_money_and_a_moment_where_the_streamer_lives(anya, anya_client):
    anya_client.post(NEW, filled(anya_client, amount="1 500,50", currency="UAH", occurred_at="2026-01-02T03:04"))
    donation = Donation.objects.get()
    assert (donation.minor, donation.currency) == (150_050, "UAH")
    assert donation.occurred_at.astimezone(anya.zone).isoformat() == "2026-01-02T03:04:00+03:00"


def test_the_four_ticks_are_kept_as_they_were_set(anya_client, goal):
    anya_client.post(NEW, filled(anya_client, counts=None, alerts=None))
    donation = Donation.objects.get()
    assert [getattr(donation, tick) for tick in TICKS] == [False, True, True, False]
    assert raised(goal).minor == 0
    assert Event.objects.get(kind="donation").figures == {"alert": False}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount": "0"}, "greater than zero"),
        ({"amount": "много"}, "Write an amount in figures"),
        ({"amount": "1" + "0" * 14}, "too large"),
        ({"currency": "XXX"}, "not one of the available choices"),
        ({"occurred_at": "вчера"}, "valid date"),
        ({"occurred_at": "2100-01-01T00:00"}, "still to come"),
        ({"occurred_at": "0001-01-01T00:00"}, "Check the year"),
        ({"nonce": ""}, "Open it anew"),
        ({"name": "Я" * 201}, "at most 200 characters"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words_and_nothing_typed_is_lost(anya_client, wrong, said):
    page = anya_client.post(NEW, filled(anya_client, **wrong))
    assert said in words(page)
    assert "На микрофон" in page.content.decode()
    assert not Donation.objects.exists()


def test_its_page_tells_what_was_changed_by_whom_and_when(anya_client, cash):
    corrected(anya_client, cash, amount="700", words="", counts=None)
    page = words(anya_client.get(page_of(cash)))
    assert "Corrected anya" in page
    assert re.search(r"Amount 500 ₽ → became 700 ₽", page.replace("\u202f", " ").replace("\xa0", " "))
    assert "Their words На микрофон → became nothing" in page
    assert "In goals and totals yes → became no" in page
    assert "Entered by hand anya" in page
    newest = cash.corrections.last()
    assert (newest.by_name, timezone.now() - newest.at < timedelta(minutes=1)) == ("anya", True)


def test_saving_what_was_not_touched_changes_nothing(anya_client, cash):
    Donation.objects.update(occurred_at=timezone.now() - timedelta(hours=5, seconds=7, microseconds=9))
    cash.refresh_from_db()
    assert "Nothing was changed" in words(corrected(anya_client, cash))
    assert cash.corrections.count() == 1


def test_a_correction_that_makes_no_sense_is_refused_in_words(anya_client, cash):
    assert "still to come" in words(corrected(anya_client, cash, occurred_at="2100-01-01T00:00"))
    assert "Write an amount" in words(corrected(anya_client, cash, amount="много"))
    cash.refresh_from_db()
    assert cash.minor == 500_00


def undo_on_page(client, donation):
    """Press the newest button that undoes something; the page that it leads to."""
    page = client.get(page_of(donation)).content.decode()
    return client.post(re.findall(rf'action="({page_of(donation)}undo/\d+/)"', page)[0], follow=True)


def test_changes_are_undone_from_its_page_one_by_one(anya_client, goal, cash):
    corrected(anya_client, cash, amount="600")
    corrected(anya_client, cash, amount="700")
    first, second = cash.corrections.filter(what="edited")
    refused = anya_client.post(f"{page_of(cash)}undo/{first.pk}/", follow=True)
    assert "Undo the newest change first." in words(refused)
    steps = anya_client.get(page_of(cash)).context["steps"]
    assert [step.can_undo for step in steps] == [True, False, False]
    anya_client.post(f"{page_of(cash)}undo/{second.pk}/")
    assert raised(goal).minor == 600_00
    steps = anya_client.get(page_of(cash)).context["steps"]
    assert [(step.title, step.is_undone, step.can_undo) for step in steps] == [
        ("Undone", False, True),
        ("Corrected", True, False),
        ("Corrected", False, True),
        ("Entered by hand", False, False),
    ]
    anya_client.post(f"{page_of(cash)}undo/{first.pk}/")
    assert raised(goal).minor == 500_00
    assert [step.can_undo for step in anya_client.get(page_of(cash)).context["steps"]][:2] == [True, False]
    entered = cash.corrections.first()
    assert "cannot be undone" in words(anya_client.post(f"{page_of(cash)}undo/{entered.pk}/", follow=True))


def test_an_entry_is_taken_back_found_again_and_put_back(anya_client, goal, cash):
    page = anya_client.post(f"{page_of(cash)}reverse/", follow=True)
    assert "It counts nowhere and is on no page." in words(page)
    assert raised(goal).minor == 0
    assert "Бабушка" not in Client().get("/@anya/mic/").content.decode()
    found = anya_client.get("/panel/donations/?state=failed")
    assert "taken back, not counted" in words(found)
    assert page_of(cash) in found.content.decode()
    assert "Put it back" in words(page)
    assert "State received → became taken back" in words(page)
    assert "Undone." in words(undo_on_page(anya_client, cash))
    assert raised(goal).minor == 500_00
    assert "Бабушка" in Client().get("/@anya/mic/").content.decode()
    assert "Put it back" not in words(anya_client.get(page_of(cash)))


def test_only_the_last_word_on_a_thing_is_offered_to_be_undone(anya_client, cash):
    for _ in range(2):
        anya_client.post(f"{page_of(cash)}reverse/")
        undo_on_page(anya_client, cash)
    steps = anya_client.get(page_of(cash)).context["steps"]
    assert [step.can_undo for step in steps] == [True, False, False, False, False]
    undo_on_page(anya_client, cash)
    assert "Put it back" in words(anya_client.get(page_of(cash)))


def test_a_payment_of_a_wallet_may_be_unticked_and_no_more(anya_client, goal, wallet, gift):
    page = words(anya_client.get(page_of(gift)))
    assert "Take it back" not in page
    assert set(anya_client.get(page_of(gift)).context["form"].fields) == {"counts", "in_stream", "listed"}
    corrected(anya_client, gift, listed=None, amount="1", name="Я")
    gift.refresh_from_db()
    assert (gift.listed, gift.minor, gift.name_given) == (False, 150_50, "Щедрый Лис")
    refused = anya_client.post(f"{page_of(gift)}reverse/", follow=True)
    assert "The wallet says whether its payment stands." in words(refused)
    assert "not in lists" in words(anya_client.get("/panel/donations/"))


def test_what_the_wallet_said_otherwise_stands_in_the_history(anya, anya_client, wallet, goal):
    for status in (Status.SETTLED, Status.FAILED):
        payment = Payment("7:IN", status, Kind.GIFT, Money(100_00, "RUB"), timezone.now())
        with writing(anya.pk) as log:
            ingest(log, wallet, [payment], wallet.state.alerts_from)
    donation = Donation.objects.get()
    page = words(anya_client.get(page_of(donation)))
    assert "The payment failed or was reversed. The wallet says so." in page
    assert "Changed by the wallet QIWI" in page
    assert "State received → became failed or reversed" in page
    assert "Undo" not in page
    assert "failed or reversed, not counted" in words(anya_client.get("/panel/donations/?state=failed"))


def test_it_is_found_among_those_entered_by_hand(anya_client, cash, gift):
    found = words(anya_client.get("/panel/donations/?state=hand"))
    assert "Бабушка" in found
    assert "Щедрый Лис" not in found


def test_its_page_tells_the_stream_that_it_belongs_to(anya, anya_client):
    session = start_stream(anya, "Анин вечер")
    session.started_at -= timedelta(hours=1)
    session.save()
    anya_client.post(NEW, filled(anya_client))
    assert "Stream Анин вечер" in words(anya_client.get(page_of(Donation.objects.get())))


def test_what_is_corrected_while_hidden_stays_hidden_from_everybody(anya_client, goal, cash):
    hide(cash)
    corrected(anya_client, cash, words="Тайное")
    assert "Тайное" not in Client().get("/@anya/mic/").content.decode()
    assert "Тайное" in words(anya_client.get(page_of(cash)))


def test_a_moderator_looks_and_enters_nothing(anya, masha_client, cash, anya_owner):
    edit(cash, anya_owner, listed=False)
    page = masha_client.get(page_of(cash)).content.decode()
    assert "Бабушка" in page
    for act in ("edit/", "reverse/", "undo/", NEW):
        assert act not in page
    assert NEW not in masha_client.get("/panel/donations/").content.decode()
    assert masha_client.post(NEW, {"amount": "1"}).status_code == 403
    assert (anya.donations.count(), Correction.objects.count()) == (1, 2)


def test_a_correction_of_another_donation_is_not_found(anya_client, anya_owner, cash, gift):
    other = edit(gift, anya_owner, listed=False)
    assert anya_client.post(f"{page_of(cash)}undo/{other.pk}/").status_code == 404
    gift.refresh_from_db()
    assert gift.listed is False


def test_another_streamers_form_number_makes_ones_own_donation(anya_client, boris, boris_client, cash):
    boris_client.post(NEW, {**filled(boris_client), "nonce": cash.txn_id})
    assert boris.donations.get().txn_id == cash.txn_id
    assert boris_client.get(page_of(cash)).status_code == 404


def test_what_was_all_taken_back_is_not_told_among_the_sums(anya, anya_client, cash):
    corrected(anya_client, cash, currency="USD")
    corrected(anya_client, cash, currency="RUB")
    assert raised_in_all_time(anya)["USD"].count == 0
    assert anya_client.get("/panel/").context["all_time"].others == []


def test_two_owners_changes_carry_two_names(anya, anya_client, cash, boris_owner, boris_client):
    Member.objects.filter(user=boris_owner).delete()
    Member.objects.create(streamer=anya, user=boris_owner, role=Member.Role.OWNER)
    corrected(boris_client, cash, name="Бабуля")
    assert list(cash.corrections.values_list("what", "by_name")) == [("entered", "anya"), ("edited", "boris")]
