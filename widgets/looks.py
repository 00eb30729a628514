"""Looks: how an alert looks and sounds, how long it stays, and which may take the place of another."""

from __future__ import annotations

import random
import unicodedata
from datetime import timedelta
from typing import Any, cast

from donations.models import Donation
from donations.money import minor_units
from widgets.models import Cue, Variation, Widget
from widgets.options import options_of
from widgets.protocol import LookValue
from widgets.variations import most_specific

SOUND_MS = {"none": 0, "coin": 900, "pile": 1400, "chime": 1400}
"""How long each sound of static/sounds lasts."""
SOUND_AFTER_MS = 600
"""It is heard when the coin has landed."""
PILE_FROM = 1000
"""So many whole roubles, hryvnias... of a donation sound like a pile of coins."""
SHORTEST_MS = 2500
READ_AT_ONCE = 60
"""So many characters are read while the alert stays anyway."""
READ_AT_MOST = 160
"""And no more than these are read: the rest does not fit into two lines."""
READ_MS = 50

DONATED = (Cue.Kind.ALERT, Cue.Kind.REPLAY)


def is_wanted(widget: Widget, donation: Donation) -> bool:
    """Whether this widget plays an alert for it: not below its minimum amount. One of unknown value is wanted."""
    minor = _value_of(donation, widget)
    return minor is None or minor >= options_of(widget)["minimum_minor"]


def look_of(cue: Cue) -> LookValue:
    """How it looks and sounds. The variation is chosen before its first take, and stays on `cue.variation`, unsaved."""
    if not cue.take and cue.variation is None:
        cue.variation = _chosen(cue)
    options = options_of(cue.widget)
    look: LookValue = {
        "sound": _own_sound(cue) if options["sound"] else "none",
        "volume": options["volume"],
        "headline": options["headline"],
        "accent": "",
        "effect": "none",
    }
    return _varied(look, cue.variation) if cue.variation is not None else look


def length_of(cue: Cue, look: LookValue, waiting: int) -> timedelta:
    """How long it stays on the screen: longer for long words, shorter while many wait behind it (after ten it is two
    fifths), but never cut before its sound is over.
    """
    varied = cue.variation.duration_ms if cue.variation is not None else None
    base: int = varied or options_of(cue.widget)["duration_ms"]
    read = min(_seen(_words_of(cue)), READ_AT_MOST) - READ_AT_ONCE
    crowded = (base + READ_MS * max(read, 0)) * (1 - 0.06 * min(waiting, 10))
    heard = SOUND_AFTER_MS + SOUND_MS[look["sound"]] if look["sound"] != "none" else 0
    return timedelta(milliseconds=max(crowded, min(base, SHORTEST_MS), heard))


def gap_of(widget: Widget) -> timedelta:
    """How long nothing is on the screen between two alerts."""
    return timedelta(milliseconds=options_of(widget)["gap_ms"])


def may_be_interrupted(playing: Cue) -> bool:
    """Whether a larger one may take its place at all: only of what somebody gave, and where the owner wants it."""
    return bool(options_of(playing.widget)["interrupt_from_minor"]) and playing.kind in DONATED


def interrupts(waiting: Cue, playing: Cue) -> bool:
    """Whether the one that waits may take the place of the one that plays, which then plays again.

    Only what somebody gave interrupts, and only something smaller that somebody gave.
    """
    if not may_be_interrupted(playing) or waiting.kind not in DONATED:
        return False
    least = options_of(playing.widget)["interrupt_from_minor"]
    larger, smaller = _minor_of(waiting), _minor_of(playing)
    return larger is not None and smaller is not None and larger >= least and larger > smaller


def _chosen(cue: Cue) -> Variation | None:
    """A test may name its variation, and a replay has that of its alert. Between equally specific ones chance decides.
    A digest has none.
    """
    if cue.kind == Cue.Kind.DIGEST:
        return None
    if cue.kind == Cue.Kind.REPLAY:
        played = cue.widget.cues.filter(donation=cue.donation, kind=Cue.Kind.ALERT, take__gt=0).first()
        if played is not None:
            return played.variation
    variations = list(cue.widget.variations.order_by("pk"))
    named = cue.figures.get("variation")
    if named:
        return next((variation for variation in variations if variation.public_id == named), None)
    fitting = most_specific(variations, _minor_of(cue), _words_of(cue))
    return random.choice(fitting) if fitting else None


def _varied(look: LookValue, variation: Variation) -> LookValue:
    """The look with what the variation has of its own."""
    return {
        "sound": cast(Any, variation.sound) or look["sound"],
        "volume": look["volume"] if variation.volume is None else variation.volume / 100,
        "headline": variation.headline or look["headline"],
        "accent": variation.accent or look["accent"],
        "effect": cast(Any, variation.effect),
    }


def _own_sound(cue: Cue) -> Any:
    """A coin, or a pile of them for a large donation."""
    if cue.kind == Cue.Kind.DIGEST:
        return "coin"
    given = cue.donation
    minor = (given.gross_minor or given.minor) if given is not None else cue.figures["minor"]
    currency = given.currency if given is not None else cue.figures["currency"]
    return "pile" if minor >= PILE_FROM * minor_units(currency) else "coin"


def _minor_of(cue: Cue) -> int | None:
    """Its value in the streamer's base currency; None when none is known."""
    if cue.donation is not None:
        return _value_of(cue.donation, cue.widget)
    is_own = cue.figures.get("currency") == cue.widget.streamer.currency
    return cue.figures.get("minor") if is_own else None


def _value_of(donation: Donation, widget: Widget) -> int | None:
    """As it was given, in the streamer's own currency; else its value of that day."""
    if donation.currency == widget.streamer.currency:
        return donation.gross_minor or donation.minor
    return donation.base_minor


def _words_of(cue: Cue) -> str:
    """The words that are shown, none of a donation that is hidden or held."""
    if cue.donation is None:
        return str(cue.figures.get("words", ""))
    return "" if cue.donation.is_hidden or cue.donation.is_held else cue.donation.words_shown


def _seen(words: str) -> int:
    """How many signs a person sees, nearly: marks that join or sit on others do not count."""
    return sum(unicodedata.category(sign) not in ("Mn", "Me", "Cf") for sign in words)
