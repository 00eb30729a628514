"""A variation in words: which donations it is for, and what is its own."""

from __future__ import annotations

from django.utils.translation import gettext as _

from donations.money import format_money
from widgets.models import Variation


def condition_words(variation: Variation, currency: str) -> str:
    """`from 1 000 ₽ with “hello” in the message`; `currency` is that of its amounts."""
    amounts = {"amount": format_money(variation.minor, currency)}
    match variation.amount:
        case Variation.Amount.EXACT:
            amount = _("exactly %(amount)s") % amounts
        case Variation.Amount.LEAST:
            amount = _("from %(amount)s") % amounts
        case Variation.Amount.RANGE:
            ends = {**amounts, "upto": format_money(variation.upto_minor or 0, currency)}
            amount = _("%(amount)s to %(upto)s") % ends
        case _:
            amount = _("any amount")
    if not variation.word:
        return amount
    return _("%(amount)s with “%(word)s” in the message") % {"amount": amount, "word": variation.word}


def look_words(variation: Variation) -> list[str]:
    """What is its own, but for its colour: its sound, loudness, seconds, effect and headline."""
    words = []
    if variation.sound:
        words.append(str(Variation.Sound(variation.sound).label))
    if variation.volume is not None:
        words.append(_("loudness %(percent)d %%") % {"percent": variation.volume})
    if variation.duration_ms:
        words.append(_("%(seconds)d s") % {"seconds": round(variation.duration_ms / 1000)})
    if variation.effect != Variation.Effect.NONE:
        words.append(str(Variation.Effect(variation.effect).label))
    if variation.headline:
        words.append(f"“{variation.headline}”")
    return words
