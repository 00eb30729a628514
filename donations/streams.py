"""Starting and stopping a stream."""

from __future__ import annotations

from donations.events import writing
from donations.models import Event, Streamer, StreamSession


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
