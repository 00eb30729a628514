"""The alert queue: cues are made from the log, played one at a time, and marked as they go.

Every change of a cue counts its widget's `turn` up: by it the web processes see that there is something to read. A
transaction that also writes the log takes the streamer's counter first, then the widget's row, then the cues.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from donations.models import Event, FeedCounter
from widgets.looks import interrupts, is_wanted
from widgets.models import Cue, Widget, WidgetState
from widgets.models.cue import CueQuerySet

MOST_AT_ONCE = 500
OPEN = (Cue.State.PLAYING, Cue.State.WAITING)
UNPLAYED = (Cue.State.HELD, *OPEN)


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


def take_all(streamer_id: int) -> None:
    """The same for every alert widget of a streamer that was ever opened."""
    alerts = Widget.objects.filter(streamer_id=streamer_id, kind=Widget.Kind.ALERT)
    for widget_id in alerts.values_list("pk", flat=True):
        take(widget_id)


def _is_behind(widget_id: int) -> bool:
    """Whether the log has anything to take. A plain read: it takes no lock when there is nothing."""
    opened = WidgetState.objects.filter(pk=widget_id).exclude(taken_seq=None)
    return opened.exclude(taken_seq=Coalesce("widget__streamer__feed__seq", 0)).exists()


def _take_some(widget_id: int) -> bool:
    """Take the next events; answers whether there are more."""
    with transaction.atomic():
        state = WidgetState.objects.select_for_update(of=("self",)).select_related("widget__streamer").get(pk=widget_id)
        widget = state.widget
        newest = FeedCounter.objects.filter(pk=widget.streamer_id).values_list("seq", flat=True).first() or 0
        # Taken further than the log goes: an older copy of it was restored.
        since = min(state.taken_seq or 0, newest)
        events = Event.objects.filter(streamer_id=widget.streamer_id, seq__gt=since, seq__lte=newest).order_by("seq")
        seen = list(events.select_related("donation")[:MOST_AT_ONCE])
        made = [cue for event in seen if (cue := _cue_of(widget, event))]
        if made:
            turn = next_turn(widget_id)
            for cue in made:
                cue.turn = turn
            Cue.objects.bulk_create(made, ignore_conflicts=True)
        _follow(widget, [event for event in seen if event.kind in DECIDES])
        last = seen[-1].seq if len(seen) == MOST_AT_ONCE else newest
        WidgetState.objects.filter(pk=widget_id).update(taken_seq=last)
        return last < newest


def _cue_of(widget: Widget, event: Event) -> Cue | None:
    """The cue that this event is for this widget, unsaved. Its donation is looked at as it is now, not as it was."""
    donation = event.donation
    state, figures = Cue.State.WAITING, {}
    match event.kind:
        case Event.Kind.DONATION if donation and (event.figures.get("alert") or event.figures.get("late")):
            kind = Cue.Kind.ALERT
            if not donation.is_standing or not is_wanted(widget, donation):
                return None
            if donation.is_held:
                state = Cue.State.HELD
            elif donation.is_hidden and event.figures.get("held"):
                # Dropped before anybody took it.
                state = Cue.State.SKIPPED
            elif event.figures.get("late"):
                figures = {"late": True}
        case Event.Kind.TEST | Event.Kind.DIGEST if event.widget == widget.public_id:
            kind = Cue.Kind(event.kind)
            figures = event.figures
        case Event.Kind.REPLAY if donation and event.widget in ("", widget.public_id):
            kind = Cue.Kind.REPLAY
        case _:
            return None
    return Cue(
        widget=widget,
        event=event,
        event_seq=event.seq,
        donation=donation,
        kind=kind,
        state=state,
        figures=figures,
    )


DECIDES = (Event.Kind.APPROVED, Event.Kind.DONATION_CHANGED)
"""Events after which a cue that was made before may be let on the screen, or taken from it."""


def _follow(widget: Widget, events: Iterable[Event]) -> None:
    """Held cues follow their donation: on the screen when it is let go, away when it is hidden. What was taken back
    plays nowhere.
    """
    donations = {event.donation for event in events if event.donation is not None}
    if not donations:
        return
    cues = Cue.objects.filter(widget=widget, state__in=UNPLAYED)
    gone = [donation for donation in donations if not donation.is_standing]
    hidden = [donation for donation in donations if donation.is_hidden]
    free = [donation for donation in donations if donation.is_standing and not (donation.is_held or donation.is_hidden)]
    move(cues.filter(donation__in=gone), Cue.State.SKIPPED)
    move(cues.filter(donation__in=hidden, state=Cue.State.HELD), Cue.State.SKIPPED)
    move(cues.filter(donation__in=free, state=Cue.State.HELD), Cue.State.WAITING)


def move(cues: CueQuerySet, state: Cue.State, **facts: object) -> list[Cue]:
    """Bring these to a state, in a transaction; answers them as they are then.

    `facts` are other fields to set. A widget has its row taken before its cues.
    """
    moved = []
    for widget_id in sorted(set(cues.order_by().values_list("widget_id", flat=True))):
        turn = next_turn(widget_id)
        ours = list(cues.filter(widget_id=widget_id).select_for_update(of=("self",)).order_by("event_seq"))
        for cue in ours:
            cue.state, cue.turn = state, turn
            for name, value in facts.items():
                setattr(cue, name, value)
        Cue.objects.bulk_update(ours, ["state", "turn", *facts])
        moved += ours
    return moved


def next_turn(widget_id: int) -> int:
    """Count the widget's turn up, in a transaction. It holds the widget's state row until the end of it."""
    WidgetState.objects.filter(pk=widget_id).update(turn=F("turn") + 1)
    return WidgetState.objects.values_list("turn", flat=True).get(pk=widget_id)


def on_screen(widget_id: int) -> Cue | None:
    """The cue that plays."""
    playing = _with_all(Cue.objects.filter(widget_id=widget_id, state=Cue.State.PLAYING))
    return next(iter(playing), None)


def next_to_play(widget_id: int, playing: Cue | None = None) -> Cue | None:
    """The oldest waiting cue; with `playing`, the oldest one that may take its place."""
    waiting = _with_all(Cue.objects.to_play().filter(widget_id=widget_id)).iterator(chunk_size=20)
    # One that came late is summed up with others and not played.
    on_time = (cue for cue in waiting if not cue.figures.get("late"))
    return next((cue for cue in on_time if playing is None or interrupts(cue, playing)), None)


def _with_all(cues: CueQuerySet) -> CueQuerySet:
    return cues.select_related("donation", "widget__streamer", "variation")


def waiting_behind(widget_id: int) -> int:
    """How many wait."""
    return Cue.objects.to_play().filter(widget_id=widget_id).count()


def play(cue: Cue, at: datetime, ends_at: datetime) -> bool:
    """Waiting to playing, another take of it. False when it does not wait any more."""
    with transaction.atomic():
        waiting = Cue.objects.filter(pk=cue.pk, state=Cue.State.WAITING)
        facts = {"take": cue.take + 1, "started_at": at, "ends_at": ends_at, "variation": cue.variation}
        moved = move(waiting, Cue.State.PLAYING, **facts)
        for found in moved:
            cue.state, cue.turn, cue.take = found.state, found.turn, found.take
            cue.started_at, cue.ends_at = at, ends_at
        return bool(moved)


def play_on(widget_id: int, public_id: str, take: int, now: datetime) -> Cue | None:
    """A page kept this take on its screen while its line was down: it is playing still. None when it is not to be."""
    with transaction.atomic():
        cues = Cue.objects.filter(widget_id=widget_id, public_id=public_id, take=take, ends_at__gt=now)
        move(cues.filter(state=Cue.State.WAITING), Cue.State.PLAYING)
    return _with_all(cues.filter(state=Cue.State.PLAYING)).first()


def end(widget_id: int, public_ids: Sequence[str], state: Cue.State, now: datetime) -> None:
    """Waiting or playing to shown, or to another end."""
    with transaction.atomic():
        unplayed = Cue.objects.filter(widget_id=widget_id, public_id__in=public_ids, state__in=OPEN)
        move(unplayed, state, finished_at=now)


def put_back(widget_id: int) -> None:
    """Playing to waiting: no page plays it any more, or another one takes its place. It plays again."""
    with transaction.atomic():
        move(Cue.objects.filter(widget_id=widget_id, state=Cue.State.PLAYING), Cue.State.WAITING)


def forget() -> None:
    """What waits or plays is missed, without a word: the log is an older copy, and it was played in another time."""
    with transaction.atomic():
        move(Cue.objects.filter(state__in=OPEN), Cue.State.MISSED)
