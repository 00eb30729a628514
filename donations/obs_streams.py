"""Streams by themselves: OBS says that it streams, and a stream lasts until ten minutes after it stopped or is gone.

By hand wins: what a person started OBS does not end, and what a person ended OBS does not begin again by going on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum, auto

from donations.events import Log, writing
from donations.models import Event, StreamSession
from donations.models.stream_session import OBS_PATIENCE
from donations.streams import begin, end

NOTED_EVERY = timedelta(minutes=1)
UNSEEN = timedelta(minutes=2)
"""Longer than the minute after which an OBS that still streams is noted again: who is not is gone."""


class Step(Enum):
    """What is to be done about a streamer's newest session."""

    BEGIN = auto()
    NOTE = auto()  # OBS streams, still or again
    LEAVE = auto()  # OBS stopped or is gone
    END = auto()
    FORGIVE = auto()  # OBS has stopped since a person ended it: the next time it begins one again


def hear(said: Mapping[int, bool | None], now: datetime) -> None:
    """What the OBS of each of these streamers says, by the streamers' ids: it streams, it does not, or None: it says
    nothing, and is gone. To be told at every look; mostly one query finds that nothing is to be done.
    """
    newest = {session.streamer_id: session for session in StreamSession.objects.newest().filter(streamer__in=said)}
    for streamer_id, streams in said.items():
        if _step(newest.get(streamer_id), streams, now):
            _walk(streamer_id, streams, now)


def end_left(now: datetime) -> None:
    """The streams that OBS began and has left are over ten minutes later, whether or not a page is open. To be called
    every minute; however late that is, they end at the same time.
    """
    for session in StreamSession.objects.open().filter(by_obs=True):
        # While it is noted every minute it is there: whoever looks after it says more than we know.
        if _gone_since(session, now) is not None and _step(session, None, now):
            _walk(session.streamer_id, None, now)


def _walk(streamer_id: int, streams: bool | None, now: datetime) -> None:
    with writing(streamer_id) as log:
        while True:
            session = StreamSession.objects.newest().filter(streamer=streamer_id).first()
            step = _step(session, streams, now)
            if step is None:
                return
            _take(log, step, session, now)


def _step(session: StreamSession | None, streams: bool | None, now: datetime) -> Step | None:
    if session is None or (session.ended_at is not None and not _is_barring(session, now)):
        return Step.BEGIN if streams else None
    if session.ended_at is not None and streams is False:
        return Step.FORGIVE
    if session.ended_at is None and session.by_obs:
        gone_since = _gone_since(session, now)
        if gone_since is not None and now - gone_since >= OBS_PATIENCE:
            return Step.END
        if not streams and session.obs_left_at is None:
            return Step.LEAVE
    is_noted = session.obs_left_at is None and _is_near(session.obs_seen_at, now, NOTED_EVERY)
    return Step.NOTE if streams and not is_noted else None


def _take(log: Log, step: Step, session: StreamSession | None, now: datetime) -> None:
    if session is None or step is Step.BEGIN:
        begin(log, by_obs=True, obs_seen_at=now)
    elif step is Step.NOTE:
        came_back = session.obs_left_at is not None
        session.obs_seen_at, session.obs_left_at = now, None
        session.save(update_fields=["obs_seen_at", "obs_left_at"])
        if came_back and session.ended_at is None:
            log.add(Event.Kind.STREAM, session=session.pk, on=True)
    elif step is Step.LEAVE:
        session.obs_left_at = _gone_since(session, now) or now
        session.save(update_fields=["obs_left_at"])
        log.add(Event.Kind.STREAM, session=session.pk, on=True)
    elif step is Step.FORGIVE:
        session.ended_by_hand = False
        session.save(update_fields=["ended_by_hand"])
    elif step is Step.END:
        end(log, session, (_gone_since(session, now) or now) + OBS_PATIENCE)


def _gone_since(session: StreamSession, now: datetime) -> datetime | None:
    """Since when the OBS of an open session has been gone; also when nobody was there to note that it went."""
    if session.obs_left_at is not None or _is_near(session.obs_seen_at, now, UNSEEN):
        return session.obs_left_at
    return session.obs_seen_at


def _is_barring(session: StreamSession, now: datetime) -> bool:
    """Whether a person ended this session while OBS streamed, and OBS just goes on."""
    return session.ended_by_hand and _is_near(session.obs_seen_at, now, OBS_PATIENCE)


def _is_near(moment: datetime | None, now: datetime, distance: timedelta) -> bool:
    # Either way: a moment that lies far ahead is of a clock that was set back since.
    return moment is not None and abs(now - moment) < distance
