"""What the log says since a number, as frames: read once, joined with the words shown now, encoded once per audience.

Everything here talks to the database and runs in the Hub's own thread. Replay and live delivery are this same code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from donations.models import Event, Goal, Streamer
from donations.seal import peppered
from widgets import protocol
from widgets.control_values import control_donation_values, hold_value, stream_value
from widgets.encoded import Encoded
from widgets.models import Cue, Widget
from widgets.snapshots import (
    LATEST_ON_PAGES,
    control_cue_value,
    controls_value,
    donation_value,
    goal_value,
    latest_values,
    moment,
    totals_value,
    waiting_of,
    wallet_values,
    widget_value,
)

LONGEST_REPLAY = 500
MOST_CUES = 500
CHANGES_OLD_ROWS = {Event.Kind.DONATION_CHANGED, Event.Kind.HISTORY}
CHANGES_LISTS = CHANGES_OLD_ROWS | {Event.Kind.DONATION}
CHANGES_TOTALS = CHANGES_LISTS | {Event.Kind.STREAM}


class Place(NamedTuple):
    """Where a streamer's log stands: the last number, and the epoch that makes it comparable ("": nothing yet)."""

    epoch: str
    seq: int

    def continues(self, earlier: Place) -> bool:
        """Whether the log that stood at `earlier` can have grown to this place."""
        return earlier.epoch in ("", self.epoch) and earlier.seq <= self.seq

    def is_older_copy_of(self, other: Place) -> bool:
        """Whether it is the same log as it was before, which no log becomes by itself."""
        return self.epoch == other.epoch and self.seq < other.seq


class Frame(NamedTuple):
    """A frame as it goes over the line, the cursor by which its page acknowledges it, and the events it counts for."""

    text: Encoded
    cursor: str
    events: int


class Room(NamedTuple):
    """Sockets that are sent the same bytes: an audience, and for public pages their goal."""

    audience: protocol.Audience
    goal_id: int | None = None

    @property
    def is_control(self) -> bool:
        """Whether a control room is in it."""
        return self.audience in ("control", "control_without_amounts")

    @property
    def with_amounts(self) -> bool:
        """Whether it is told how much was given."""
        return self.audience != "control_without_amounts"


def places(streamer_ids: Collection[int]) -> dict[int, Place]:
    """Where each of these logs stands. A raw cursor: this runs ten times a second while a page is open."""
    marks = ", ".join(["%s"] * len(streamer_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT streamer_id, epoch, seq FROM donations_feedcounter WHERE streamer_id IN ({marks})",
            list(streamer_ids),
        )
        return {streamer_id: Place(epoch, seq) for streamer_id, epoch, seq in cursor.fetchall()}


def turns(streamer_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """The turn of each alert widget of these streamers that was ever opened. A raw cursor, like `places`."""
    marks = ", ".join(["%s"] * len(streamer_ids))
    found: dict[int, dict[int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.streamer_id, s.widget_id, s.turn FROM widgets_widget w"
            f" JOIN widgets_widgetstate s ON s.widget_id = w.id WHERE w.kind = 'alert' AND w.streamer_id IN ({marks})",
            list(streamer_ids),
        )
        for streamer_id, widget_id, turn in cursor.fetchall():
            found.setdefault(streamer_id, {})[widget_id] = turn
    return found


def cue_frames(streamer_id: int, since: Mapping[int, int]) -> list[Encoded]:
    """The cues of these widgets that moved after these turns, each as a frame for the control rooms; one more than
    `MOST_CUES` where they are more.
    """
    moved = Q(pk=None)
    for widget_id, turn in since.items():
        moved |= Q(widget_id=widget_id, turn__gt=turn)
    rows = Cue.objects.filter(moved).select_related("widget", "donation").order_by("turn", "event_seq")
    waiting, now = waiting_of(streamer_id), moment(timezone.now())
    return [
        encode({"type": "cue", "cue": control_cue_value(row), "waiting": waiting, "now": now})
        for row in rows[: MOST_CUES + 1]
    ]


def place_of(streamer_id: int) -> Place:
    """Where this log stands; the beginning where nothing was ever written."""
    return places([streamer_id]).get(streamer_id) or Place("", 0)


def cursor_of(room: Room, streamer_id: int, place: Place) -> str:
    """The cursor that a page of this room is given: the number, or for the public something that tells nothing."""
    if room.audience != "public":
        return str(place.seq)
    return peppered("cursor", f"{streamer_id}:{place.epoch}:{place.seq}")[:16]


def resume(room: Room, streamer_id: int, place: Place, epoch: object, cursor: object) -> Place:
    """From where on a page is told what happened: from its cursor, if all since then is still known, else from `place`.

    The newest place means that its snapshot is all it gets.
    """
    if room.audience == "public" or not (isinstance(epoch, str) and isinstance(cursor, str) and cursor.isdecimal()):
        return place
    since = Place(epoch, int(cursor[:18]))
    if not place.continues(since) or not place.seq - LONGEST_REPLAY <= since.seq < place.seq:
        return place
    # Numbers have no gaps: where the next one is missing, it was pruned.
    known = Event.objects.filter(streamer_id=streamer_id, seq=since.seq + 1).exists()
    return Place(place.epoch, since.seq) if known else place


def hello_frame(
    streamer_id: int, room: Room, place: Place, widget: Widget | None, version: str, snapshot: protocol.SnapshotValue
) -> str:
    """The answer to a page's hello, with its absolute snapshot. `place` is from where on it will be told more."""
    frame: protocol.Hello = {
        "type": "hello",
        "v": protocol.VERSION,
        "epoch": place.epoch,
        "cursor": cursor_of(room, streamer_id, place),
        "now": moment(timezone.now()),
        "version": version,
        "audience": room.audience,
        "widget": widget_value(widget) if widget else None,
        "snapshot": snapshot,
    }
    return encode(frame)


def event_frames(streamer_id: int, since: int, place: Place, rooms: Iterable[Room]) -> dict[Room, Frame]:
    """One `events` frame per room for everything after `since` up to `place`. A room without news has none."""
    rows = list(
        Event.objects.filter(streamer_id=streamer_id, seq__gt=since, seq__lte=place.seq)
        .select_related("donation", "goal")
        .order_by("seq")
    )
    if not rows:
        return {}
    streamer = Streamer.objects.get(pk=streamer_id)
    frames = {}
    for room in rooms:
        is_public = room.audience == "public"
        events = _SAID_TO[room.audience](streamer, room, rows)
        if is_public and not events:
            # Even an empty frame would tell that something happened which is not for everybody.
            continue
        cursor = cursor_of(room, streamer_id, place)
        frame: protocol.Events = {"type": "events", "cursor": cursor, "now": moment(timezone.now()), "events": events}
        frames[room] = Frame(encode(frame), cursor, max(len(events), 1))
    return frames


def _overlay_events(streamer: Streamer, room: Room, rows: list[Event]) -> list[protocol.Event]:
    events: list[protocol.Event] = []
    for row in rows:
        if row.kind == Event.Kind.DONATION and row.donation is not None and row.donation.listed:
            events.append({"kind": "donation", "donation": donation_value(row.donation)})
        elif row.kind == Event.Kind.DONATION_CHANGED and row.donation is not None:
            # Not listed is not gone: its alert may be on the screen.
            gone = not row.donation.is_standing
            events.append({"kind": "donation_changed", "donation": donation_value(row.donation), "gone": gone})
        elif row.kind == Event.Kind.WIDGET:
            events += _widget_event(row.widget)
    goals = {row.goal.pk: row.goal for row in rows if row.goal is not None}
    events += [{"kind": "goal", "goal": goal_value(goal)} for goal in goals.values()]
    kinds = {row.kind for row in rows}
    if kinds & CHANGES_TOTALS:
        events.append({"kind": "totals", "totals": totals_value(streamer)})
    if kinds & CHANGES_LISTS:
        events.append({"kind": "latest", "latest": latest_values(streamer, LATEST_ON_PAGES)})
    if Event.Kind.CONTROLS in kinds:
        events.append({"kind": "controls", "controls": controls_value(streamer)})
    return events


def _control_events(streamer: Streamer, room: Room, rows: list[Event]) -> list[protocol.Event]:
    """Donations that no list shows too, and what is only for those who sit at the controls."""
    about = {row.donation.pk: row.donation for row in rows if row.donation is not None and row.donation.kind == "gift"}
    values = control_donation_values(streamer, about.values(), with_amounts=room.with_amounts)
    donations = dict(zip(about, values, strict=True))
    events: list[protocol.Event] = []
    for row in rows:
        value = donations.get(row.donation_id or 0)
        if value is not None and row.kind == Event.Kind.DONATION:
            events.append({"kind": "donation", "donation": value})
        elif value is not None and row.kind == Event.Kind.DONATION_CHANGED:
            events.append({"kind": "donation_changed", "donation": value, "gone": value["gone"]})
    kinds = {row.kind for row in rows}
    if Event.Kind.CONTROLS in kinds:
        events.append({"kind": "controls", "controls": controls_value(streamer)})
    if Event.Kind.STREAM in kinds:
        events.append({"kind": "stream", "stream": stream_value(streamer)})
    if Event.Kind.HOLD in kinds:
        events.append({"kind": "hold", "hold": hold_value(streamer)})
    return events + _wallet_events(streamer, rows)


def _wallet_events(streamer: Streamer, rows: list[Event]) -> list[protocol.Event]:
    pks = {row.figures["wallet"] for row in rows if row.kind == Event.Kind.WALLET}
    return [{"kind": "wallet", "wallet": value} for value in wallet_values(streamer, pks)] if pks else []


def _widget_event(public_id: str) -> list[protocol.Event]:
    """The widget as it is now, and the figures of its goal, which may be another one than before."""
    widget = Widget.objects.select_related("streamer", "goal").filter(public_id=public_id).first()
    if widget is None:
        return []
    events: list[protocol.Event] = [{"kind": "widget", "widget": widget_value(widget)}]
    if widget.goal is not None:
        events.append({"kind": "goal", "goal": goal_value(widget.goal)})
    return events


def _public_events(streamer: Streamer, room: Room, rows: list[Event]) -> list[protocol.Event]:
    """Only what this goal's page shows; nothing when the goal is no longer public."""
    goal = Goal.objects.active().filter(pk=room.goal_id or 0, is_public=True).first()
    if goal is None:
        return []
    events: list[protocol.Event] = []
    if any(row.goal_id == goal.pk for row in rows):
        events.append({"kind": "goal", "goal": goal_value(goal)})
    # A new donation that counts in this goal comes with the goal's own event.
    if events or {row.kind for row in rows} & CHANGES_OLD_ROWS:
        events.append({"kind": "latest", "latest": latest_values(streamer, LATEST_ON_PAGES, goal)})
    return events


_SAID_TO: Mapping[protocol.Audience, Callable[[Streamer, Room, list[Event]], list[protocol.Event]]] = {
    "public": _public_events,
    "overlay": _overlay_events,
    "control": _control_events,
    "control_without_amounts": _control_events,
}


def encode(frame: Mapping[str, object]) -> Encoded:
    """A frame as it goes over the line."""
    return Encoded(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))
