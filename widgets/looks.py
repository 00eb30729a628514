"""Looks: how an alert looks and sounds, how long it stays, and which may take the place of another."""

from __future__ import annotations

from datetime import timedelta

from donations.models import Donation
from widgets.models import Cue, Widget
from widgets.protocol import LookValue


def is_wanted(widget: Widget, donation: Donation) -> bool:
    """Whether this widget plays an alert for it: not below its minimum amount."""
    return True


def look_of(cue: Cue) -> LookValue:
    """How it looks and sounds. The variation is chosen the first time, stays on `cue.variation`, unsaved."""
    options = cue.widget.options
    return {
        "sound": "coin" if options.get("sound") else "none",
        "volume": options.get("volume", 0.8),
        "headline": "",
        "accent": "",
        "effect": "none",
    }


def length_of(cue: Cue, look: LookValue, waiting: int) -> timedelta:
    """How long it stays on the screen, by its text and its sound; shorter while many wait behind it."""
    return timedelta(milliseconds=cue.widget.options.get("duration_ms", 7000))


def gap_of(widget: Widget) -> timedelta:
    """How long nothing is on the screen between two alerts."""
    return timedelta(milliseconds=widget.options.get("gap_ms", 500))


def interrupts(waiting: Cue, playing: Cue) -> bool:
    """Whether the one that waits may take the place of the one that plays, which then plays again."""
    return False
