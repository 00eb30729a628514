"""A donor's words: hostile ones become harmless, honest ones stay."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from donations.words import clean

anything = st.text(st.characters(exclude_categories=[]), max_size=200)
"""Lone surrogates, controls, unassigned and private characters too."""


@given(anything, st.integers(1, 50))
def test_cleaned_words_are_short_single_lines_that_any_database_takes(text, longest):
    cleaned = clean(text, longest)
    assert len(cleaned) <= longest
    assert cleaned == cleaned.strip()
    assert cleaned.encode().decode() == cleaned
    assert "  " not in cleaned
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Zl", "Zp") for c in cleaned)
    assert not any(c in cleaned for c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff\u00ad")


@given(anything, st.integers(1, 50))
def test_cleaning_twice_changes_nothing_more(text, longest):
    assert clean(clean(text, longest), longest) == clean(text, longest)


@given(st.lists(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1), max_size=20))
def test_honest_words_stay_as_they_were(words):
    text = " ".join(words)
    assert clean(text, 10_000) == text


@pytest.mark.parametrize(
    "text",
    [
        "Привет, стрім! 100₽ — держи",
        "<script>alert(1)</script> & \"quotes\" 'n' %s {}",
        "مرحبا بكم‎",
        "शुभकामनाएँ",
        "👩‍👩‍👧‍👦 ❤️ 🏳️‍🌈 👍🏽",
        "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
        "🩷🫨",  # younger than this Python's Unicode
        "e\u0301",
    ],
)
def test_emoji_flags_and_every_script_survive(text):
    assert clean(text, 200) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("раз\tдва", "раз два"),
        ("раз\r\nдва\rтри\u2028четыре\u0085пять", "раз два три четыре пять"),
        ("  \n ", ""),
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("gpj.\u202etxt", "gpj.txt"),
        ("\ud83d!", "!"),
        ("x\ufffe\uffff\U0001fffe\ufdd0y", "xy"),
        ("\ue000", ""),
    ],
)
def test_what_is_not_text_is_taken_out(text, cleaned):
    assert clean(text, 200) == cleaned


def test_what_is_too_long_is_cut():
    assert clean("раз два", 4) == "раз"
