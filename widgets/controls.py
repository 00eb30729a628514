"""Controls: pause, the mutes and the panic button, which hold for every widget of a streamer.

Each is one short transaction with an event; doing it twice changes nothing more. All answer whether they changed
anything.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from donations.events import writing
from donations.models import Event
from widgets.cues import move
from widgets.models import Controls, Cue
from widgets.protocol import Mute

SHORTEST_PANIC, PANIC, LONGEST_PANIC = 5, 60, 600
"""Seconds."""


def pause(streamer_id: int, on: bool) -> bool:
    """Let no further alert begin; what plays plays to its end."""
    return _set(streamer_id, "paused", on)


def mute(streamer_id: int, what: Mute, on: bool) -> bool:
    """Silence the sounds of alerts, their speech, or their effects."""
    return _set(streamer_id, f"mute_{what}", on)


def panic(streamer_id: int, on: bool, seconds: int = PANIC) -> bool:
    """Take everything off all screens at once, for so many seconds; what waits goes on waiting, what played is over.

    On again while it is on: it lasts at least so long from now.
    """
    with writing(streamer_id) as log:
        controls, _is_new = Controls.objects.get_or_create(streamer_id=streamer_id)
        until = controls.panic_until
        if on:
            wanted = log.now + timedelta(seconds=seconds)
            controls.panic_until = max(until, wanted) if until is not None else wanted
            playing = Cue.objects.filter(widget__streamer_id=streamer_id, state=Cue.State.PLAYING)
            move(playing, Cue.State.SKIPPED, finished_at=log.now)
        else:
            controls.panic_until = None
        if controls.panic_until == until:
            return False
        controls.save(update_fields=["panic_until"])
        log.add(Event.Kind.CONTROLS)
        return True


def let_go(streamer_ids: Collection[int], now: datetime) -> None:
    """End each panic whose time is over. Whoever asks compares it with the time too: this only tells the pages."""
    over = Controls.objects.filter(streamer_id__in=streamer_ids, panic_until__lte=now)
    for streamer_id in over.values_list("streamer_id", flat=True):
        with writing(streamer_id) as log:
            if Controls.objects.filter(pk=streamer_id, panic_until__lte=now).update(panic_until=None):
                log.add(Event.Kind.CONTROLS)


def _set(streamer_id: int, switch: str, on: bool) -> bool:
    with writing(streamer_id) as log:
        Controls.objects.get_or_create(streamer_id=streamer_id)
        is_new = bool(Controls.objects.filter(pk=streamer_id).exclude(**{switch: on}).update(**{switch: on}))
        if is_new:
            log.add(Event.Kind.CONTROLS)
        return is_new
