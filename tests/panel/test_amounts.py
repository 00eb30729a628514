"""Amounts as people type them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from donations.money import EXPONENTS
from donations.panel.amounts import parse_amount, parse_if_any, typed


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1500", 150000),
        ("1 500,50", 150050),
        ("1500.50", 150050),
        ("1,500.50", 150050),
        ("1.500,50", 150050),
        ("1\u00a0500,5", 150050),
        ("1\u202f500", 150000),
        ("1’500.50", 150050),
        ("1 500 ₽", 150000),
        ("₽1500", 150000),
        ("1500 rub", 150000),
        ("1,500", 150000),
        ("1.500.000", 150000000),
        ("0,01", 1),
        ("  7 ", 700),
    ],
)
def test_people_write_amounts_in_many_ways(text, minor):
    assert parse_amount(text, "RUB") == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "-5",
        "0",
        "0,00",
        "1,2,3",
        "1.5.5",
        "1500,555",
        "1e5",
        "NaN",
        "Infinity",
        "١٥٠٠",
        "1,",
        ".5",
        "9" * 40,
        "9" * 18,
    ],
)
def test_what_is_no_amount_is_refused_in_words(text):
    with pytest.raises(ValidationError) as refusal:
        parse_amount(text, "RUB")
    assert refusal.value.messages[0].endswith((".", "point."))


@pytest.mark.parametrize("text", ["", "  ", "0", "00", "0,00", "0.0", "0 ₽", "₽0,00"])
def test_noughts_are_nothing_where_nothing_is_meant(text):
    assert parse_if_any(text, "RUB") == 0
    with pytest.raises(ValidationError):
        parse_amount(text, "RUB")


def test_coins_have_their_own_digits():
    assert parse_amount("0,5", "TON") == 500_000_000
    assert parse_amount("21", "SAT") == 21
    with pytest.raises(ValidationError):
        parse_amount("0.5", "SAT")
    with pytest.raises(ValidationError):
        parse_amount("1.500", "TON")


@given(st.integers(1, 10**15), st.sampled_from(sorted(EXPONENTS)), st.sampled_from(["ru", "uk", "en"]))
def test_an_amount_shown_in_a_field_comes_back_the_same(minor, currency, language):
    with translation.override(language):
        shown = typed(minor, currency)
        try:
            assert parse_amount(shown, currency) == minor
        except ValidationError as refusal:
            # 1.500 TON may be read in two ways, and is refused instead of guessed.
            assert "two ways" in refusal.messages[0]
