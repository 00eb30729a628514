"""Widgets made, changed, linked to and tried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from donations.events import writing
from donations.models import AccessKey, Event, Goal, Streamer
from donations.money import minor_units
from widgets.keys import keys_of, revoke_all
from widgets.models import Variation, Widget, WidgetState

TEST_AMOUNT = 500


def make_widget(
    streamer: Streamer,
    kind: str,
    title: str,
    goal: Goal | None = None,
    options: Mapping[str, object] | None = None,
) -> Widget:
    """A new widget with its machine row and its link's key, in one transaction."""
    with writing(streamer.pk):
        widget = Widget.objects.create(
            streamer=streamer, kind=kind, title=title, goal=goal, options=dict(options or {})
        )
        WidgetState.objects.create(widget=widget)
        AccessKey.mint(streamer, AccessKey.Purpose.OVERLAY, subject=widget.public_id, label=title).save()
    return widget


def save_widget(widget: Widget) -> None:
    """Save changed options; open overlays take them over at once."""
    with writing(widget.streamer_id) as log:
        widget.save()
        log.add(Event.Kind.WIDGET, widget=widget.public_id)


def overlay_link(widget: Widget) -> str:
    """The address for OBS, with the newest valid key behind `#`. Raises `CannotUnseal`."""
    return link_with(widget, keys_of(widget.streamer, AccessKey.Purpose.OVERLAY, widget.public_id)[:1].get())


def link_with(widget: Widget, key: AccessKey) -> str:
    """The same with this key of the widget."""
    return f"{settings.PUBLIC_URL}/o/{widget.kind}/#{key.reveal()}"


def remove_widget(widget: Widget) -> None:
    """It is gone with its alerts, its links open nothing any more, and open overlays go dark within a second."""
    with writing(widget.streamer_id) as log:
        revoke_all(log, keys_of(widget.streamer, AccessKey.Purpose.OVERLAY, widget.public_id))
        # Its state before its cues, as everybody takes them.
        list(WidgetState.objects.select_for_update().filter(widget=widget))
        widget.delete()


def trial_minor(currency: str, variation: Variation | None = None) -> int:
    """The minor units that a test alert has: the least that the variation is for, if it asks for an amount."""
    if variation is None or variation.amount == Variation.Amount.ANY:
        return TEST_AMOUNT * minor_units(currency)
    return variation.minor


def play_test(widget: Widget, minor: int | None = None, currency: str = "", variation: Variation | None = None) -> None:
    """Send a test alert the real way: through the log, as a cue of this widget. It changes no total.

    With a variation of the widget, as it looks and sounds, with an amount and words that it is for.
    """
    streamer = widget.streamer
    currency = currency or streamer.currency
    with translation.override(streamer.language):
        name, words = _("Kopilka"), _("This is how a donation will look on your stream.")
    figures: dict[str, Any] = {
        "minor": minor or trial_minor(currency, variation),
        "currency": currency,
        "name": name,
        "words": words,
    }
    if variation is not None:
        figures |= {"variation": variation.public_id, "words": f"{words} {variation.word}".rstrip()}
    with writing(streamer.pk) as log:
        log.add(Event.Kind.TEST, widget=widget.public_id, **figures)
