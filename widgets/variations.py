"""Which variation of an alert fits a donation, and which of those that fit is the most specific."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable

from widgets.models import Variation

Rank = tuple[bool, bool, bool, int, int]


def specificity(variation: Variation) -> Rank:
    """The higher, the more specific: an exact amount, then a word, a range (the narrower the higher), the higher "at
    least", any amount. What comes later decides between those that are equal before it.
    """
    amount = variation.amount
    is_range = amount == Variation.Amount.RANGE
    return (
        amount == Variation.Amount.EXACT,
        bool(variation.word),
        is_range,
        variation.minor - (variation.upto_minor or 0) if is_range else 0,
        variation.minor if amount == Variation.Amount.LEAST else -1,
    )


def fits(variation: Variation, minor: int | None, words: str) -> bool:
    """Whether it is for this value in the streamer's base currency (None: not known) and these words."""
    return _fits_amount(variation, minor) and (not variation.word or has_word(words, variation.word))


def most_specific(variations: Iterable[Variation], minor: int | None, words: str) -> list[Variation]:
    """Of those that fit, the most specific: more than one when they are equally so."""
    fitting = [variation for variation in variations if fits(variation, minor, words)]
    highest = max(map(specificity, fitting), default=None)
    return [variation for variation in fitting if specificity(variation) == highest]


def in_order(variations: Iterable[Variation]) -> list[Variation]:
    """The most specific first; of those that are equally so, the larger amount, then the older one."""
    by_age = sorted(variations, key=lambda variation: variation.pk)
    return sorted(by_age, key=lambda variation: (specificity(variation), variation.minor), reverse=True)


def are_rivals(one: Variation, other: Variation) -> bool:
    """Whether there are donations that both fit and neither fits better, so that chance decides."""
    (low, high), (other_low, other_high) = _ends(one), _ends(other)
    return specificity(one) == specificity(other) and low <= other_high and other_low <= high


def has_word(words: str, word: str) -> bool:
    """Whether the word or phrase stands in the words as a whole, in any case of letters."""
    sought = plain(word)
    before = r"(?<!\w)" if sought[:1].isalnum() else ""
    after = r"(?!\w)" if sought[-1:].isalnum() else ""
    return bool(sought) and re.search(before + re.escape(sought) + after, plain(words)) is not None


def plain(text: str) -> str:
    """The text as it is compared: composed letters, no case, single blanks."""
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).split())


def _ends(variation: Variation) -> tuple[float, float]:
    """The least and the largest amount that it is for."""
    match variation.amount:
        case Variation.Amount.EXACT:
            return variation.minor, variation.minor
        case Variation.Amount.RANGE:
            return variation.minor, variation.upto_minor or 0
        case Variation.Amount.LEAST:
            return variation.minor, math.inf
        case _:
            return 0, math.inf


def _fits_amount(variation: Variation, minor: int | None) -> bool:
    if variation.amount == Variation.Amount.ANY:
        return True
    low, high = _ends(variation)
    return minor is not None and low <= minor <= high
