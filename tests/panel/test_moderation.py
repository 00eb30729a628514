"""Moderation at the panel: who waits, what may be decided, and what the pages say of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from donations.models import Donation, DonorMark
from donations.moderation import mark, set_rule
from tests.panel.test_pages import words

HOLDING = "/panel/donations/holding/"


@pytest.fixture
def held(gift):
    """The gift waits for somebody, for a few minutes at most."""
    now = timezone.now()
    facts = {"held_at": now, "held_until": now + timedelta(seconds=190), "name_shown": "", "words_shown": ""}
    Donation.objects.filter(pk=gift.pk).update(**facts)
    gift.refresh_from_db()
    return gift


def address(gift, act=""):
    return f"/panel/donations/{gift.public_id}/{act}"


def decide(client, gift, act, **fields):
    """Press it on the donation's page; what the page says then. The gift is fresh afterwards."""
    page = client.post(address(gift, act), {"back": address(gift), **fields}, follow=True)
    gift.refresh_from_db()
    return words(page)


def test_an_owner_says_who_waits_how_long_and_what_happens_then(anya, anya_client):
    assert anya_client.get(HOLDING).context["form"].initial == {"who": "nobody", "seconds": 60, "then": "show"}
    page = anya_client.post(HOLDING, {"who": "all", "seconds": "300", "then": "drop"}, follow=True)
    assert "Saved." in words(page)
    anya.refresh_from_db()
    assert (anya.hold_who, anya.hold_seconds, anya.hold_then) == ("all", 300, "drop")


def test_no_time_means_that_they_wait_for_a_person(anya, anya_client):
    anya_client.post(HOLDING, {"who": "all", "seconds": "0", "then": "drop"})
    anya.refresh_from_db()
    assert (anya.hold_seconds, anya.hold_then) == (0, "keep")
    set_rule(anya, "all", 60, "keep")
    assert anya_client.get(HOLDING).context["form"].initial["seconds"] == 0


def test_a_time_that_the_page_does_not_offer_stays_as_it_is(anya, anya_client):
    set_rule(anya, "all", 45, "show")
    assert "45 seconds" in words(anya_client.get(HOLDING))
    anya_client.post(HOLDING, {"who": "nobody", "seconds": "45", "then": "show"})
    anya.refresh_from_db()
    assert (anya.hold_who, anya.hold_seconds) == ("nobody", 45)


def test_the_overview_says_how_many_wait(masha_client, held):
    page = masha_client.get("/panel/")
    assert "1 donation waits for you." in words(page)
    assert 'href="/panel/donations/?state=held"' in page.content.decode()
    decide(masha_client, held, "approve/")
    assert "waits for you" not in words(masha_client.get("/panel/"))


def test_a_held_one_says_what_will_become_of_it(anya, masha_client, held):
    for page in ("/panel/donations/?state=held", address(held)):
        assert "held" in words(masha_client.get(page))
        assert "It is shown by itself in 3 min." in words(masha_client.get(page))
    set_rule(anya, "all", 60, "drop")
    assert "It is hidden by itself in 3 min." in words(masha_client.get(address(held)))
    Donation.objects.update(held_until=None)
    assert "It waits until somebody decides." in words(masha_client.get(address(held)))


@pytest.mark.parametrize(
    ("act", "fields", "name", "text", "said"),
    [
        ("approve/", {}, "Щедрый Лис", "Спасибо за стрим <script>alert(1)</script>", "Approved"),
        ("hide/", {}, "", "", "Hidden"),
        ("without-words/", {}, "Щедрый Лис", "", "shown without its words"),
        ("anonymous/", {}, "", "Спасибо за стрим <script>alert(1)</script>", "shown without its name"),
        ("words/", {"name": "Лис", "words": "Привет"}, "Лис", "Привет", "shown as you wrote it"),
    ],
)
def test_a_moderator_decides_once_and_is_told_what_it_did(masha_client, held, act, fields, name, text, said):
    assert said in decide(masha_client, held, act, **fields)
    assert (held.name_shown, held.words_shown, held.is_held) == (name, text, False)
    assert "decided already" in decide(masha_client, held, act, **fields)
    assert held.name_given == "Щедрый Лис"


def test_what_is_shown_otherwise_can_be_put_back_as_it_was_given(masha_client, gift):
    decide(masha_client, gift, "anonymous/")
    page = masha_client.get(address(gift))
    assert "As it was given" in words(page) and "shown otherwise" in words(page)
    decide(masha_client, gift, "words/", name=gift.name_given, words=gift.words_given)
    assert gift.name_shown == "Щедрый Лис"
    assert "As it was given" not in words(masha_client.get(address(gift)))


def test_what_cannot_be_is_refused_in_a_sentence(masha_client, gift):
    decide(masha_client, gift, "hide/")
    assert "It is hidden. Show it again first." in decide(masha_client, gift, "words/", words="Привет")
    Donation.objects.update(donor_key="")
    assert "cannot be told from others" in decide(masha_client, gift, "donor/blocked/")
    assert masha_client.post(address(gift, "donor/adored/")).status_code == 404
    assert not DonorMark.objects.exists()


def test_a_donor_is_trusted_blocked_and_neither(masha_client, held):
    page = decide(masha_client, held, "donor/trusted/")
    assert "shown at once" in page and "by masha" in page
    assert held.name_shown == "Щедрый Лис"
    assert "Block no longer" in decide(masha_client, held, "donor/blocked/")
    assert held.is_hidden
    assert "Like anybody" in decide(masha_client, held, "donor/unmark/")
    assert not DonorMark.objects.exists() and held.is_hidden


def test_the_page_of_a_donor_shows_the_mark_and_takes_it_off(masha_client, gift):
    mark(gift, "blocked", "anya")
    page = masha_client.get(f"/panel/donors/{gift.public_id}/")
    assert "blocked by anya" in words(page)
    assert address(gift, "donor/unmark/") in page.content.decode()


def test_hostile_words_stay_words_where_they_are_edited(masha_client, held):
    for page in (address(held), "/panel/donations/?state=held"):
        assert "<script>alert" not in masha_client.get(page).content.decode()


def test_words_that_are_too_long_change_nothing(masha_client, held):
    assert "at most" in decide(masha_client, held, "words/", words="я" * 2001)
    assert held.is_held
