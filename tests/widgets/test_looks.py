"""Looks: which variation an alert takes, how long it stays, what it may interrupt."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from donations.models import Donation, Streamer
from widgets.looks import SOUND_MS, interrupts, is_wanted, length_of, look_of
from widgets.models import Cue, Variation, Widget
from widgets.screen import make_widget
from widgets.variations import fits, has_word, most_specific, specificity

SOUNDS = Path(__file__).resolve().parents[2] / "static" / "sounds"
BYTES_A_MS = 12
"""At 96 kbit a second, the same all through."""


def gift(roubles, words="", currency="RUB", **more):
    return Donation(currency=currency, minor=roubles * 100, words_shown=words, **more)


def alert(**options):
    return Widget(kind="alert", streamer=Streamer(currency="RUB"), options=options)


def cue(widget, donation, kind="alert"):
    return Cue(widget=widget, donation=donation, kind=kind)


def at(amount, minor=0, upto=None, word=""):
    return Variation(amount=amount, minor=minor, upto_minor=upto, word=word)


def test_less_than_the_minimum_plays_no_alert():
    widget = alert(minimum_minor=100_00)
    assert not is_wanted(widget, gift(99))
    assert is_wanted(widget, gift(100))
    assert not is_wanted(widget, gift(500, currency="KZT", base_minor=90_00))
    assert is_wanted(widget, gift(1, currency="USD", base_minor=100_00))
    assert is_wanted(widget, gift(1, currency="USD"))


def test_the_most_specific_comes_first():
    ladder = [
        at("any"),
        at("least", 100),
        at("least", 200),
        at("range", 100, 900),
        at("range", 100, 300),
        at("any", word="кот"),
        at("least", 100, word="кот"),
        at("range", 100, 300, word="кот"),
        at("exact", 250),
        at("exact", 250, word="кот"),
    ]
    assert all(specificity(lower) < specificity(higher) for lower, higher in pairwise(ladder))
    for length in range(1, len(ladder) + 1):
        assert most_specific(ladder[:length], 250, "мой кот") == [ladder[length - 1]]


amounts = some.integers(0, 30)
variations = some.builds(
    lambda amount, ends, word: at(amount, min(ends), max(ends), word),
    some.sampled_from(Variation.Amount.values),
    some.tuples(amounts, amounts),
    some.sampled_from(["", "кот", "кот и пёс"]),
)


@given(some.lists(variations, max_size=8), some.none() | amounts, some.sampled_from(["", "Кот", "кот и пёс"]))
def test_what_is_chosen_fits_and_nothing_that_fits_is_more_specific(rows, minor, words):
    chosen = most_specific(rows, minor, words)
    fitting = [row for row in rows if fits(row, minor, words)]
    assert bool(chosen) == bool(fitting)
    assert all(specificity(row) == max(map(specificity, fitting)) for row in chosen)
    assert all(row in chosen or specificity(row) < specificity(chosen[0]) for row in fitting)


@pytest.mark.parametrize(
    ("words", "word", "is_there"),
    [
        ("Ваш КОТ прекрасен", "кот", True),
        ("который час", "кот", False),
        ("кот, и пёс", "кот", True),
        ("с  новым\u00a0годом!", "С Новым годом", True),
        ("\u0438\u0306од", "йод", True),
        ("GG!!", "gg", True),
        ("ура!", "!", True),
        ("STRASSE", "straße", True),
        ("ko.t", "k.", False),
        ("", "кот", False),
    ],
)
def test_a_word_is_found_as_a_whole(words, word, is_there):
    assert has_word(words, word) is is_there


@pytest.mark.django_db
def test_of_equal_variations_chance_chooses_once_for_each_alert(anya):
    widget = make_widget(anya, "alert", "Alerts", options={"sound": True})
    for name in ("#ff0000", "#00ff00"):
        Variation.objects.create(widget=widget, title=name, amount="exact", minor=100_00, accent=name, sound="chime")
    cues = [cue(widget, gift(100)) for _ in range(60)]
    accents = [look_of(each)["accent"] for each in cues]
    assert set(accents) == {"#ff0000", "#00ff00"}
    assert [look_of(each)["accent"] for each in cues] == accents
    plain = cue(widget, gift(1000))
    assert (look_of(plain)["sound"], look_of(plain)["accent"], plain.variation) == ("pile", "", None)


@pytest.mark.django_db
def test_a_variation_made_in_mid_alert_waits_for_the_next(anya):
    widget = make_widget(anya, "alert", "Alerts")
    playing = cue(widget, gift(100))
    playing.take = 1
    Variation.objects.create(widget=widget, title="any", amount="any", accent="#ff0000")
    assert look_of(playing)["accent"] == ""


@pytest.mark.django_db
def test_a_test_may_name_its_variation_and_a_digest_has_none(anya):
    widget = make_widget(anya, "alert", "Alerts", options={"sound": True})
    rare = Variation.objects.create(widget=widget, title="rare", amount="exact", minor=1, effect="coins", sound="none")
    Variation.objects.create(widget=widget, title="any", amount="any", accent="#ff0000")
    figures = {"minor": 500_00, "currency": "RUB", "name": "", "words": "", "variation": rare.public_id}
    assert look_of(Cue(widget=widget, kind="test", figures=figures))["effect"] == "coins"
    digest = Cue(widget=widget, kind="digest", figures={"count": 2, "sums": {"RUB": 100}})
    assert look_of(digest) == {"sound": "coin", "volume": 0.8, "headline": "", "accent": "", "effect": "none"}
    assert length_of(digest, look_of(digest), 0) == timedelta(seconds=7)


@pytest.mark.django_db
def test_words_that_are_not_shown_choose_nothing(anya):
    widget = make_widget(anya, "alert", "Alerts")
    Variation.objects.create(widget=widget, title="cat", amount="any", word="кот", accent="#ff0000")
    shown = gift(100, "кот")
    assert look_of(cue(widget, shown))["accent"] == "#ff0000"
    shown.hidden_at = "now"
    assert look_of(cue(widget, shown))["accent"] == ""


def seconds(widget, donation, waiting=0, sound="none"):
    look = {"sound": sound, "volume": 1, "headline": "", "accent": "", "effect": "none"}
    return length_of(cue(widget, donation), look, waiting).total_seconds()


def test_long_words_stay_longer_up_to_a_bound():
    widget = alert(duration_ms=7000)
    assert seconds(widget, gift(1, "а" * 60)) == 7
    assert seconds(widget, gift(1, "а" * 100)) == 9
    assert seconds(widget, gift(1, "а" * 160)) == seconds(widget, gift(1, "а" * 2000)) == 12
    assert seconds(widget, gift(1, "а\u0301" * 60)) == 7


def test_while_many_wait_each_is_shorter_but_never_cuts_its_sound():
    widget = alert(duration_ms=7000)
    assert seconds(widget, gift(1), 10) == seconds(widget, gift(1), 500) == pytest.approx(2.8)
    assert seconds(alert(duration_ms=3000), gift(1), 10) == 2.5
    assert seconds(alert(duration_ms=300), gift(1), 10, "chime") == 2.0


def test_a_larger_one_interrupts_where_its_owner_wants_it():
    widget = alert(interrupt_from_minor=1000_00)
    small, large, larger = (cue(widget, gift(roubles)) for roubles in (100, 1000, 2000))
    assert interrupts(large, small) and interrupts(larger, large)
    assert not interrupts(small, large) and not interrupts(large, large) and not interrupts(large, larger)
    trial = Cue(widget=widget, kind="test", figures={"minor": 10**9, "currency": "RUB"})
    assert not interrupts(trial, small) and not interrupts(large, trial)
    off = alert()
    assert not interrupts(cue(off, gift(2000)), cue(off, gift(1)))


@pytest.mark.parametrize(("sound", "file"), [("coin", "coin"), ("pile", "coin-pile"), ("chime", "chime")])
def test_the_server_knows_how_long_sounds_are(sound, file):
    length = (SOUNDS / f"{file}.mp3").stat().st_size / BYTES_A_MS
    assert SOUND_MS[sound] == pytest.approx(length, abs=90)
