"""The alert queue: cues are made from the log, played one at a time, and marked as they go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from donations.models import Event, FeedCounter
from widgets.models import Cue, Widget, WidgetState
from widgets.models.cue import CueQuerySet

MOST_AT_ONCE = 500


def begin(widget_id: int, seq: int) -> None:
    """The first opening of a widget: its cues come from what the log says after `seq`. Later ones change nothing."""
    if not WidgetState.objects.filter(pk=widget_id).exclude(taken_seq=None).exists():
        WidgetState.objects.get_or_create(widget_id=widget_id)
        WidgetState.objects.filter(pk=widget_id, taken_seq=None).update(taken_seq=seq)


def take(widget_id: int) -> None:
    """Turn what the log has said since the last time into cues of this alert widget.

    Taking twice makes no cue twice: `taken_seq` moves in the same transaction, and (widget, event) is unique.
    """
    while _is_behind(widget_id) and _take_some(widget_id):
        pass


def _is_behind(widget_id: int) -> bool:
    """Whether the log has anything to take. A plain read: it takes no lock when there is nothing."""
    opened = WidgetState.objects.filter(pk=widget_id).exclude(taken_seq=None)
    return opened.exclude(taken_seq=Coalesce("widget__streamer__feed__seq", 0)).exists()


def _take_some(widget_id: int) -> bool:
    """Take the next events; answers whether there are more."""
    with transaction.atomic():
        state = WidgetState.objects.select_for_update(of=("self",)).select_related("widget").get(pk=widget_id)
        streamer_id = state.widget.streamer_id
        newest = FeedCounter.objects.filter(pk=streamer_id).values_list("seq", flat=True).first() or 0
        # Taken further than the log goes: an older copy of it was restored.
        since = min(state.taken_seq or 0, newest)
        events = Event.objects.filter(streamer_id=streamer_id, seq__gt=since, seq__lte=newest).order_by("seq")
        seen = list(events[:MOST_AT_ONCE])
        made = [cue for event in seen if (cue := _cue_of(state.widget, event))]
        Cue.objects.bulk_create(made, ignore_conflicts=True)
        last = seen[-1].seq if len(seen) == MOST_AT_ONCE else newest
        WidgetState.objects.filter(pk=widget_id).update(taken_seq=last)
        return last < newest


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
    """The oldest waiting cue. Those whose donation was taken back meanwhile are skipped on the way."""
    waiting = Cue.objects.to_play().filter(widget_id=widget_id).select_related("donation")
    while cue := waiting.first():
        if cue.donation is None or cue.donation.is_standing:
            return cue
        Cue.objects.filter(pk=cue.pk, state=Cue.State.WAITING).update(state=Cue.State.SKIPPED)
    return None


def miss_old(widget_id: int, but: str) -> None:
    """A box that opens after a while is not flooded: what waits for longer than a donation stays news is missed.

    `but` names the one that a page still has on screen.
    """
    oldest = timezone.now() - timedelta(minutes=settings.ALERT_AGE_MINUTES)
    unplayed = Cue.objects.filter(widget_id=widget_id, state__in=[Cue.State.WAITING, Cue.State.PLAYING])
    unplayed.exclude(public_id=but).filter(Q(event=None) | Q(event__at__lt=oldest)).update(state=Cue.State.MISSED)


def move(cues: CueQuerySet, state: Cue.State, **facts: object) -> list[Cue]:
    """Bring these to a state, in a transaction; answers them as they are then. Each widget takes a new turn, by which
    every web process sees that its cues moved, whether it asked for it or not.
    """
    moved = list(cues.select_for_update(of=("self",)).order_by("widget_id", "event_seq"))
    for widget_id in sorted({cue.widget_id for cue in moved}):
        turn = next_turn(widget_id)
        ours = [cue for cue in moved if cue.widget_id == widget_id]
        for cue in ours:
            cue.state, cue.turn = state, turn
            for name, value in facts.items():
                setattr(cue, name, value)
        Cue.objects.bulk_update(ours, ["state", "turn", *facts])
    return moved


def next_turn(widget_id: int) -> int:
    """Count the widget's turn up, in a transaction. It holds the widget's state row until the end of it."""
    WidgetState.objects.filter(pk=widget_id).update(turn=F("turn") + 1)
    return WidgetState.objects.values_list("turn", flat=True).get(pk=widget_id)


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
