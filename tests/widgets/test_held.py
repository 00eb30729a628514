"""What is held: its words reach no page and its alert waits, until a person or its time lets it on."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from donations.hiding import hide
from donations.models import Donation
from donations.moderation import approve, release_due, set_rule, show_as
from widgets.cues import begin, take_all
from widgets.models import Cue

SECRET = "слово, которое никто не должен видеть"
NAME = "Плохое Имя"


@pytest.fixture
def held(wallet, give, alert_box):
    """Anya's alerts were opened once, and she holds a donation until somebody decides."""
    begin(alert_box.pk, 0)
    set_rule(wallet.streamer, "all", 0, "keep")
    return give(100, words=SECRET, name=NAME)


def states(streamer):
    take_all(streamer.pk)
    return list(Cue.objects.order_by("event_seq").values_list("state", flat=True))


def is_told(pages):
    return any(SECRET in str(page.frames) or NAME in str(page.frames) or NAME in str(page.hello) for page in pages)


def test_neither_overlay_nor_public_page_hears_held_words_and_the_money_counts_at_once(
    anya, open_page, goal, total, latest, held
):
    address = f"/@{anya.slug}/{goal.slug}/"
    pages = overlay, sums, public = open_page(latest), open_page(total), open_page(goal=goal.public_id)
    assert overlay.hello["snapshot"]["latest"][0]["words"] == ""
    assert sums.hello["snapshot"]["totals"]["all"]["minor"] == 100_00
    assert public.hello["snapshot"]["goal"]["raised"]["minor"] == 100_00
    body = Client().get(address).content.decode()
    assert SECRET not in body and NAME not in body and "100" in body
    assert not is_told(pages)
    approve(held)
    assert overlay.hears_event("donation_changed")["donation"]["words"] == SECRET
    assert public.hears_event("latest")["latest"][0]["name"] == NAME
    assert SECRET in Client().get(address).content.decode()


def test_what_comes_while_pages_are_open_is_held_there_too(wallet, open_page, goal, latest, give):
    set_rule(wallet.streamer, "all", 60, "show")
    pages = overlay, public = open_page(latest), open_page(goal=goal.public_id)
    held = give(100, words=SECRET, name=NAME)
    assert overlay.hears_event("donation")["donation"]["words"] == ""
    public.hears_event("latest")
    hide(held)
    overlay.hears_event("donation_changed")
    public.hears_event("latest")
    assert not is_told(pages)


def test_it_is_let_on_by_itself_within_a_second_while_a_page_is_open(wallet, open_page, latest, give):
    set_rule(wallet.streamer, "all", 600, "show")
    overlay = open_page(latest)
    give(100, words=SECRET)
    overlay.hears_event("donation")
    Donation.objects.update(held_until=timezone.now())
    assert overlay.hears_event("donation_changed")["donation"]["words"] == SECRET


def test_its_alert_waits_with_it_and_plays_when_it_is_approved(anya, held, alert_box, open_page):
    assert states(anya) == ["held"]
    page = open_page(alert_box)
    assert page.hello["snapshot"]["play"] is None
    show_as(held, words="Привет")
    cue = page.plays()
    assert (cue["donation"]["name"], cue["donation"]["words"]) == (NAME, "Привет")
    assert SECRET not in str(page.frames)


@pytest.mark.parametrize("is_taken", [True, False])
@pytest.mark.parametrize(("then", "state"), [("show", "waiting"), ("drop", "skipped")])
def test_when_its_time_is_over_its_alert_follows(anya, held, then, state, is_taken):
    if is_taken:
        assert states(anya) == ["held"]
    set_rule(anya, "all", 60, then)
    Donation.objects.update(held_until=timezone.now())
    release_due(None, timezone.now())
    assert states(anya) == [state]
