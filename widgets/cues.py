"""The alert queue: cues are made from the log, played one at a time, and marked as they go."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from donations.models import Event
from widgets.models import Cue, Widget, WidgetState

MOST_AT_ONCE = 500


def take(widget_id: int, newest_seq: int) -> list[Cue]:
    """Turn what the log has said since the last time into cues of this alert widget; answers the new ones.

    The first opening of a widget starts at the newest event. Taking twice makes no cue twice: `taken_seq` moves in
    the same transaction, and (widget, event) is unique.
    """
    with transaction.atomic():
        state, _new = WidgetState.objects.select_for_update().get_or_create(widget_id=widget_id)
        if state.taken_seq is None or state.taken_seq >= newest_seq:
            if state.taken_seq != newest_seq:
                WidgetState.objects.filter(pk=state.pk).update(taken_seq=newest_seq)
            return []
        widget = Widget.objects.get(pk=widget_id)
        events = Event.objects.filter(
            streamer_id=widget.streamer_id, seq__gt=state.taken_seq, seq__lte=newest_seq
        ).order_by("seq")[:MOST_AT_ONCE]
        seen = list(events)
        cues = Cue.objects.bulk_create([cue for event in seen if (cue := _cue_of(widget, event))])
        last = seen[-1].seq if len(seen) == MOST_AT_ONCE else newest_seq
        WidgetState.objects.filter(pk=state.pk).update(taken_seq=last)
        return cues


def _cue_of(widget: Widget, event: Event) -> Cue | None:
    if event.kind == Event.Kind.DONATION and event.figures.get("alert"):
        kind = Cue.Kind.ALERT
    elif event.kind == Event.Kind.TEST and event.widget == widget.public_id:
        kind = Cue.Kind.TEST
    else:
        return None
    figures = event.figures if kind == Cue.Kind.TEST else {}
    return Cue(
        widget=widget, event=event, event_seq=event.seq, donation_id=event.donation_id, kind=kind, figures=figures
    )


def next_to_play(widget_id: int) -> Cue | None:
    """The oldest waiting cue. Those whose donation no longer counts (reversed meanwhile) are skipped on the way."""
    for cue in Cue.objects.to_play().filter(widget_id=widget_id).select_related("donation"):
        if cue.donation is None or cue.donation.is_counted:
            return cue
        Cue.objects.filter(pk=cue.pk, state=Cue.State.WAITING).update(state=Cue.State.SKIPPED)
    return None


def start(widget_id: int, public_id: str) -> bool:
    """Waiting to playing. False when it was not waiting."""
    cues = Cue.objects.filter(widget_id=widget_id, public_id=public_id, state=Cue.State.WAITING)
    return cues.update(state=Cue.State.PLAYING, started_at=timezone.now()) > 0


def finish(widget_id: int, public_ids: Sequence[str]) -> list[str]:
    """Waiting or playing to shown. Answers those that this call moved."""
    moved = []
    for public_id in public_ids:
        cues = Cue.objects.filter(
            widget_id=widget_id, public_id=public_id, state__in=[Cue.State.WAITING, Cue.State.PLAYING]
        )
        if cues.update(state=Cue.State.SHOWN, finished_at=timezone.now()):
            moved.append(public_id)
    return moved


def put_back(widget_id: int, but: str = "") -> None:
    """Playing to waiting, for cues that no page plays any more; `but` names the one that a page still has on screen."""
    Cue.objects.filter(widget_id=widget_id, state=Cue.State.PLAYING).exclude(public_id=but).update(
        state=Cue.State.WAITING, started_at=None
    )
