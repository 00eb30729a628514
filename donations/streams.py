"""Starting and stopping a stream, and which donations belong to it."""

from __future__ import annotations

from collections.abc import Sequence

from donations.events import writing
from donations.models import Donation, Event, Streamer, StreamSession


class StreamAlreadyOn(Exception):
    """The streamer has an open session; stop it first."""


def start_stream(streamer: Streamer, title: str = "") -> StreamSession:
    """Open a session now; raises `StreamAlreadyOn`."""
    with writing(streamer.pk) as log:
        if streamer.sessions.open().exists():
            raise StreamAlreadyOn
        session = streamer.sessions.create(title=title, started_at=log.now)
        log.add(Event.Kind.STREAM, session=session.pk, on=True)
        return session


def stop_stream(streamer: Streamer) -> StreamSession | None:
    """Close the open session now; None when there is none."""
    with writing(streamer.pk) as log:
        session = streamer.sessions.open().first()
        if session is None:
            return None
        session.ended_at = log.now
        session.save(update_fields=["ended_at"])
        log.add(Event.Kind.STREAM, session=session.pk, on=False)
        return session


def place_in_streams(streamer_id: int, donations: Sequence[Donation]) -> None:
    """Set the session of each by its moment, unsaved; None for one between streams. Call it inside `writing`."""
    if not donations:
        return
    first = min(donation.occurred_at for donation in donations)
    sessions = list(StreamSession.objects.filter(streamer_id=streamer_id).after(first))
    for donation in donations:
        donation.session = next((session for session in sessions if session.covers(donation.occurred_at)), None)
