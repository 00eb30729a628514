"""Money: exact in, exact kept, and written as people write it."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from donations.money import (
    EXPONENTS,
    MAX_MINOR,
    NO_BREAK_SPACE,
    THIN_SPACE,
    CurrencyMismatch,
    InexactAmount,
    Money,
    UnknownCurrency,
    format_money,
    minor_units,
    percent_of,
)

currencies = st.sampled_from(sorted(EXPONENTS))
amounts = st.integers(-MAX_MINOR, MAX_MINOR)
languages = st.sampled_from(["ru", "uk", "en"])


@given(amounts, currencies)
def test_an_amount_survives_the_way_to_decimal_and_back(minor, currency):
    money = Money(minor, currency)
    assert Money.from_decimal(money.to_decimal(), currency) == money


@given(st.decimals(), currencies)
def test_an_amount_is_taken_exactly_or_not_at_all(amount, currency):
    try:
        money = Money.from_decimal(amount, currency)
    except InexactAmount:
        return
    assert money.to_decimal() == amount
    assert abs(money.minor) <= MAX_MINOR


@pytest.mark.parametrize(
    "text",
    [
        "0.001",
        "1.0000000000000000000000000000001",
        "9223372036854775807",
        "1E+999999",
        "1E-999999",
        "1E-2000000",
        "NaN",
        "sNaN",
        "Infinity",
    ],
)
def test_an_amount_that_would_be_rounded_or_does_not_fit_is_refused(text):
    with pytest.raises(InexactAmount):
        Money.from_decimal(Decimal(text), "RUB")


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("200", "RUB", 200_00),
        ("268.88", "RUB", 268_88),
        ("6.670", "RUB", 6_67),
        ("2E+2", "RUB", 200_00),
        ("0.000000001", "TON", 1),
        ("1.5", "USDT", 1_500_000),
        ("21", "SAT", 21),
    ],
)
def test_amounts_as_services_write_them(text, currency, minor):
    assert Money.from_decimal(Decimal(text), currency) == Money(minor, currency)


def test_two_currencies_never_add():
    assert Money(1, "RUB") + Money(2, "RUB") == Money(3, "RUB")
    with pytest.raises(CurrencyMismatch):
        Money(1, "RUB") + Money(1, "USD")


def test_a_currency_that_nobody_knows_is_refused():
    with pytest.raises(UnknownCurrency):
        Money(1, "XXX")
    with pytest.raises(UnknownCurrency):
        Money.from_decimal(Decimal(1), "rub")


@pytest.mark.parametrize(
    ("minor", "currency", "language", "text"),
    [
        (1_500_00, "RUB", "ru", "1 500 ₽"),
        (1_500_00, "RUB", "uk", "1 500 ₽"),
        (1_500_00, "RUB", "en", "1,500 ₽"),
        (12_50, "UAH", "uk", "12,50 ₴"),
        (12_50, "UAH", "ru", "12,50 ₴"),
        (12_50, "UAH", "en", "12.50 ₴"),
        (1_500_00, "USD", "en", "$1,500"),
        (1_500_05, "USD", "ru", "1 500,05 $"),
        (1_234_567_89, "EUR", "en", "€1,234,567.89"),
        (1_234_567_89, "KZT", "ru", "1 234 567,89 ₸"),
        (5, "RUB", "ru", "0,05 ₽"),
        (0, "RUB", "ru", "0 ₽"),
        (21_000, "SAT", "uk", "21 000 SAT"),
    ],
)
def test_amounts_as_people_write_them(minor, currency, language, text):
    shown = format_money(minor, currency, language)
    assert shown.replace(THIN_SPACE, " ").replace(NO_BREAK_SPACE, " ") == text


@given(st.integers(0, MAX_MINOR), currencies, languages)
def test_a_written_amount_never_wraps_and_reads_back_as_it_is(minor, currency, language):
    shown = format_money(minor, currency, language)
    assert not re.search(r"[ \n\t]", shown)
    digits = re.sub(r"[^0-9.,]", "", shown)
    number = digits.replace(",", "") if language == "en" else digits.replace(",", ".")
    assert Decimal(number) == Money(minor, currency).to_decimal()


@given(st.integers(0, MAX_MINOR), st.integers(1, MAX_MINOR))
def test_a_goal_is_at_100_percent_only_when_it_is_reached(minor, target):
    percent = percent_of(minor, target)
    assert (percent >= 100) == (minor >= target)
    assert percent * target <= minor * 100 < (percent + 1) * target


def test_a_goal_without_a_target_is_reached():
    assert percent_of(0, 0) == 100


@given(currencies)
def test_one_major_unit_in_minor_units(currency):
    assert Money.from_decimal(Decimal(1), currency).minor == minor_units(currency)
