"""Actions: what can be done from a control room, by whom, and the book in which it is written.

A link never enters money, changes keys or becomes owner: that needs sign-in, and there is no action for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from donations import moderation
from donations.events import writing
from donations.hiding import hide, unhide
from donations.models import AccessKey, DonorMark, Event, Streamer
from donations.moderation import NotPossible
from donations.streams import StreamAlreadyOn, start_stream, stop_stream
from widgets import controls
from widgets.control_values import role_of
from widgets.cues import OPEN, UNPLAYED, move
from widgets.models import Cue, Deed
from widgets.models.cue import CueQuerySet
from widgets.orders import Order, one_of
from widgets.protocol import Action, Done
from widgets.screen import play_test

TOO_SOON = timedelta(seconds=1)
"""A skip that names no alert spares one that began so lately: it was meant for the one before."""

OWNERS_ALONE = frozenset({"hold"})


class NotAllowed(NotPossible):
    """It could be done, but not with this link."""


def answer(key: AccessKey, fields: Mapping[str, Any], ref: str, language: str) -> Done:
    """Do what was asked for with this link, and say in this language what became of it."""
    with translation.override(language):
        try:
            act(key, fields, ref)
        except NotPossible as reason:
            return {"type": "done", "ref": ref, "ok": False, "reason": str(reason)}
    return {"type": "done", "ref": ref, "ok": True, "reason": ""}


def act(key: AccessKey, fields: Mapping[str, Any], ref: str) -> None:
    """Do what was asked for with this link, and write down who did it. The same `ref` again does nothing.

    Raises `NotPossible` with a sentence in the active language; then nothing was changed.
    """
    order = Order(key, fields)
    action = order.word("action")
    work = next((work for name, work in ACTIONS.items() if name == action), None)
    if work is None:
        raise NotPossible(one_of("action", ACTIONS))
    if action in OWNERS_ALONE and role_of(key) != "owner":
        raise NotAllowed(_("Only an owner’s link may do this."))
    # The action's own transaction lies within this one, which adds no event: both stand or fall together.
    with writing(key.streamer_id) as log:
        if not Deed.objects.filter(streamer=key.streamer_id, ref=ref).exists() and work(order):
            Deed.objects.create(
                streamer_id=key.streamer_id,
                at=log.now,
                who=key.label,
                key=key,
                action=action,
                ref=ref,
                donation=order.about,
                cue=order.cue_id,
                facts=order.facts,
            )


# --- each answers whether it changed anything -------------------------------------------------------------------------


def _approve(order: Order) -> bool:
    return moderation.approve(order.donation())


def _hide(order: Order) -> bool:
    return hide(order.donation())


def _unhide(order: Order) -> bool:
    return unhide(order.donation())


def _without_words(order: Order) -> bool:
    return moderation.show_without_words(order.donation())


def _anonymous(order: Order) -> bool:
    return moderation.show_as_anonymous(order.donation())


def _edit(order: Order) -> bool:
    name, words = order.text("name"), order.text("words")
    if name is None and words is None:
        raise NotPossible(_("Write another name or other words."))
    return moderation.show_as(order.donation(), name=name, words=words)


def _block(order: Order) -> bool:
    return moderation.mark(order.donation(), DonorMark.Standing.BLOCKED, order.key.label)


def _trust(order: Order) -> bool:
    return moderation.mark(order.donation(), DonorMark.Standing.TRUSTED, order.key.label)


def _unmark(order: Order) -> bool:
    return moderation.unmark(order.donation())


def _skip(order: Order) -> bool:
    """The alert that is named, or else what plays now."""
    if order.has("cue"):
        return _skipped(Cue.objects.filter(pk=order.cue().pk, state__in=UNPLAYED)) > 0
    playing = list(order.playing())
    if not playing:
        raise NotPossible(_("No alert is on the screen."))
    newest = timezone.now() - TOO_SOON
    if any(cue.started_at is not None and cue.started_at > newest for cue in playing):
        raise NotPossible(_("This alert has only just begun, so it was left. Press again to skip it."))
    order.take_note_of(playing[0])
    return _skipped(Cue.objects.filter(pk__in=[cue.pk for cue in playing])) > 0


def _skip_all(order: Order) -> bool:
    """Those that are named, so that one that came meanwhile is not skipped unseen; who names none means all."""
    order.facts["count"] = _skipped(order.cues().filter(state__in=OPEN))
    return order.facts["count"] > 0


def _skipped(cues: CueQuerySet) -> int:
    return len(move(cues, Cue.State.SKIPPED, finished_at=timezone.now()))


def _replay(order: Order) -> bool:
    """Play its alert again, on every alert widget or on the one that is named. It is not counted again."""
    donation = order.donation()
    if not donation.is_standing:
        raise NotPossible(_("This money was taken back, so there is nothing to play."))
    if donation.is_hidden:
        raise NotPossible(_("It is hidden. Show it again first."))
    if donation.is_held:
        raise NotPossible(_("It is held. Approve it first."))
    widget = order.alert_box().public_id
    with writing(order.streamer.pk) as log:
        log.add(Event.Kind.REPLAY, donation=donation, widget=widget if order.has("widget") else "")
    return True


def _pause(order: Order) -> bool:
    return controls.pause(order.streamer.pk, order.on())


def _mute(order: Order) -> bool:
    return controls.mute(order.streamer.pk, order.mute(), order.on())


def _panic(order: Order) -> bool:
    if not order.on():
        return controls.panic(order.streamer.pk, on=False)
    seconds = order.number("seconds", controls.PANIC, controls.SHORTEST_PANIC, controls.LONGEST_PANIC)
    return controls.panic(order.streamer.pk, on=True, seconds=seconds)


def _stream(order: Order) -> bool:
    if not order.on():
        return stop_stream(order.streamer) is not None
    try:
        start_stream(order.streamer)
    except StreamAlreadyOn:
        return False
    return True


def _test(order: Order) -> bool:
    play_test(order.alert_box())
    return True


def _hold(order: Order) -> bool:
    rule = order.part("hold")
    who, then = rule.word("who"), rule.word("then")
    seconds = rule.number("seconds", 0, 0, moderation.LONGEST_HOLD)
    order.facts |= {"who": who, "then": then}
    try:
        return moderation.set_rule(Streamer.objects.get(pk=order.streamer.pk), who, seconds, then)
    except ValidationError as error:
        raise NotPossible(error.messages[0]) from error


ACTIONS: Mapping[Action, Callable[[Order], bool]] = {
    "approve": _approve,
    "hide": _hide,
    "unhide": _unhide,
    "without_words": _without_words,
    "anonymous": _anonymous,
    "edit": _edit,
    "block": _block,
    "trust": _trust,
    "unmark": _unmark,
    "skip": _skip,
    "skip_all": _skip_all,
    "replay": _replay,
    "pause": _pause,
    "mute": _mute,
    "panic": _panic,
    "stream": _stream,
    "test": _test,
    "hold": _hold,
}
