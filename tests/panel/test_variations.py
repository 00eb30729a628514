"""Variations of an alert, as a streamer adds, orders, changes and removes them."""

from __future__ import annotations

import pytest

from donations.models import Event
from tests.panel.test_pages import words
from widgets.models import Cue, Variation

ANY = {"amount": "any", "word": "котик", "sound": "", "effect": "none"}


@pytest.fixture
def add(anya_client, alert):
    """Adds a variation by what is typed; answers the page that comes back, or None when it was taken."""

    def send(**typed):
        answer = anya_client.post(f"/panel/widgets/{alert.public_id}/variations/new/", {**ANY, **typed})
        return None if answer.status_code == 302 else words(answer)

    return send


@pytest.fixture
def page_of(anya_client, alert):
    return f"/panel/widgets/{alert.public_id}/"


def test_one_is_added_with_everything_that_may_be_its_own(add, alert):
    typed = {"title": "Три семёрки", "amount": "exact", "starts": "1 777,50", "word": " ура ", "sound": "chime"}
    look = {"volume": "40", "seconds": "12", "headline": "{name}: {amount}", "effect": "coins", "heard": "on"}
    assert add(**typed, **look, has_accent="on", accent="#1fae7a") is None
    saved = alert.variations.get()
    assert (saved.title, saved.amount, saved.minor, saved.upto_minor) == ("Три семёрки", "exact", 1777_50, None)
    assert (saved.word, saved.sound, saved.volume, saved.duration_ms) == ("ура", "chime", 40, 12_000)
    assert (saved.headline, saved.accent, saved.effect) == ("{name}: {amount}", "#1fae7a", "coins")


def test_what_is_left_empty_is_as_the_alert_has_it(add, alert):
    assert add(accent="#1fae7a") is None
    saved = alert.variations.get()
    assert (saved.minor, saved.sound, saved.volume, saved.duration_ms) == (0, "", None, None)
    assert (saved.headline, saved.accent, saved.effect) == ("", "", "none")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount": "range", "starts": "500", "ends": "100"}, "The range ends before it begins."),
        ({"amount": "range", "starts": "500"}, "Write an amount."),
        ({"amount": "exact", "starts": ""}, "Write an amount."),
        ({"amount": "exact", "starts": "0"}, "Write an amount greater than zero."),
        ({"amount": "least", "starts": "много"}, "Write an amount in figures"),
        ({"word": ""}, "this would be every donation"),
        ({"headline": "{sum}"}, "Only {name} and {amount} may stand in braces."),
        ({"sound": "chime"}, "Listen to it first"),
        ({"volume": "101"}, "less than or equal to 100"),
        ({"has_accent": "on", "accent": "red"}, "Write a colour as #ff5a5f."),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(add, alert, typed, said):
    assert said in add(**typed)
    assert not alert.variations.exists()


def test_the_list_says_for_what_each_is_in_the_order_in_which_they_win(add, anya_client, page_of):
    assert "Let a large donation" in words(anya_client.get(page_of))
    add()
    add(amount="least", starts="1000", word="", sound="none")
    add(amount="range", starts="100", ends="500", word="hello")
    add(amount="exact", starts="777", word="")
    page = words(anya_client.get(page_of))
    told = [
        "Exactly 777 ₽",
        "100 ₽ to 500 ₽ with “hello” in the message",
        "Any amount with “котик” in the message",
        "From 1,000 ₽ no sound",
    ]
    places = [page.index(words_told) for words_told in told]
    assert places == sorted(places)
    assert "at random" not in page


def test_it_is_said_where_chance_decides(add, anya_client, page_of):
    add(amount="exact", starts="777", word="")
    add(amount="exact", starts="555", word="")
    assert "at random" not in words(anya_client.get(page_of))
    add(amount="exact", starts="777", word="", effect="coins")
    assert words(anya_client.get(page_of)).count("one is chosen at random") == 2


def test_one_is_changed_and_its_sound_need_not_be_heard_again(anya_client, page_of, alert):
    saved = Variation.objects.create(
        widget=alert, title="", amount="range", minor=100_00, upto_minor=500_50, sound="coin", accent="#1fae7a"
    )
    address = f"{page_of}variations/{saved.public_id}/"
    shown = anya_client.get(address).content.decode()
    assert all(f'value="{value}"' in shown for value in ("100", "500.50", "#1fae7a"))
    typed = {"amount": "least", "starts": "50", "word": "", "sound": "coin", "effect": "coins", "headline": "{amount}"}
    assert anya_client.post(address, typed)["Location"] == f"{page_of}#variations"
    saved.refresh_from_db()
    assert (saved.amount, saved.minor, saved.upto_minor, saved.accent) == ("least", 50_00, None, "")
    assert "50 ₽" in words(anya_client.get(address))


def test_removing_one_leaves_what_was_played_with_it(anya_client, page_of, alert):
    saved = Variation.objects.create(widget=alert, title="Миллион", amount="any", word="кот")
    cue = Cue.objects.create(widget=alert, event_seq=1, kind="alert", variation=saved)
    assert "It cannot be brought back." in words(anya_client.get(f"{page_of}variations/{saved.public_id}/"))
    anya_client.post(f"{page_of}variations/{saved.public_id}/remove/")
    assert not alert.variations.exists()
    cue.refresh_from_db()
    assert cue.variation is None


@pytest.mark.parametrize(
    ("row", "minor"),
    [
        ({"amount": "exact", "minor": 777_00}, 777_00),
        ({"amount": "least", "minor": 1000_00}, 1000_00),
        ({"amount": "range", "minor": 100_00, "upto_minor": 500_00}, 100_00),
        ({"amount": "any", "word": "котик"}, 500_00),
    ],
)
def test_it_is_tried_on_air_with_what_it_is_for(anya, anya_client, page_of, alert, row, minor):
    saved = Variation.objects.create(widget=alert, title="", **row)
    anya_client.post(f"{page_of}variations/{saved.public_id}/test/")
    figures = Event.objects.get(kind="test", widget=alert.public_id).figures
    assert (figures["minor"], figures["variation"]) == (minor, saved.public_id)
    assert figures["words"].endswith(row.get("word", "."))
    assert not anya.donations.exists()


def test_a_headline_is_shown_as_viewers_will_read_it(anya_client, page_of):
    page = anya_client.post(page_of, {"title": "Донат", "headline": "{name} gives {amount}"})
    assert "Kopilka gives 500 ₽" in words(page)


def test_only_alerts_have_variations(anya, anya_client, add):
    total = anya.widgets.create(kind="total", title="Всего")
    assert anya_client.get(f"/panel/widgets/{total.public_id}/variations/new/").status_code == 404
    assert "Variations" not in words(anya_client.get(f"/panel/widgets/{total.public_id}/"))
