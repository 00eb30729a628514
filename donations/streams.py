"""Streams: starting, stopping, and correcting when one began and ended. Donations belong to them by `occurred_at`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from donations import pace
from donations.events import Log, writing
from donations.models import Donation, Event, Streamer, StreamSession
from donations.tallies import recount_streams

SHORTEST = timedelta(microseconds=1)


class StreamAlreadyOn(Exception):
    """The streamer has an open session; stop it first."""


class StreamBackwards(Exception):
    """The end would not be later than the beginning."""


class StreamsOverlap(Exception):
    """At that time `other` was on: a donation would belong to two."""

    def __init__(self, other: StreamSession) -> None:
        super().__init__(str(other))
        self.other = other


def start_stream(streamer: Streamer, title: str = "") -> StreamSession:
    """Open a session now; one that began with OBS goes on as one begun by hand, which OBS does not end. Raises
    `StreamAlreadyOn` when it is that already.
    """
    with writing(streamer.pk) as log:
        session = streamer.sessions.open().first()
        if session is None:
            return begin(log, title=title)
        if not session.by_obs:
            raise StreamAlreadyOn
        session.by_obs, session.obs_left_at, session.title = False, None, title or session.title
        session.save(update_fields=["by_obs", "obs_left_at", "title"])
        log.add(Event.Kind.STREAM, session=session.pk, on=True)
        return session


def stop_stream(streamer: Streamer) -> StreamSession | None:
    """Close the open session now; None when there is none. OBS does not begin another until it has stopped."""
    with writing(streamer.pk) as log:
        session = streamer.sessions.open().first()
        if session is not None:
            end(log, session, log.now, ended_by_hand=True)
        return session


def begin(log: Log, **facts: object) -> StreamSession:
    """Open a session now, of which these are facts. Call it where none is open."""
    # A clock that was set back since would let two streams overlap.
    later = StreamSession.objects.filter(streamer_id=log.streamer_id, ended_at__gt=log.now)
    began = later.order_by("-ended_at").values_list("ended_at", flat=True).first() or log.now
    session = StreamSession.objects.create(streamer_id=log.streamer_id, started_at=began, **facts)
    _follow(log, session, [session.started_at])
    return session


def end(log: Log, session: StreamSession, at: datetime, ended_by_hand: bool = False) -> None:
    """Close this open session. Donations, sums and pages follow."""
    session.ended_at, session.ended_by_hand = max(at, session.started_at + SHORTEST), ended_by_hand
    session.save(update_fields=["ended_at", "ended_by_hand"])
    _follow(log, session, [session.started_at])


def move_stream(session: StreamSession, started_at: datetime, ended_at: datetime | None = None) -> None:
    """Correct when a stream began and ended; `ended_at` None leaves the end as it is, an open one open.

    Its donations, its sum and the goals of streams follow; OBS changes nothing of it. Raises `StreamBackwards` and
    `StreamsOverlap`.
    """
    with writing(session.streamer_id) as log:
        row = StreamSession.objects.get(pk=session.pk)
        before = row.started_at
        row.ended_by_hand |= row.ended_at is None and ended_at is not None
        row.started_at, row.ended_at = started_at, ended_at or row.ended_at
        if row.ended_at is not None and row.ended_at <= started_at:
            raise StreamBackwards
        others = StreamSession.objects.filter(streamer_id=log.streamer_id).exclude(pk=row.pk).after(started_at)
        other = (others.filter(started_at__lt=row.ended_at) if row.ended_at else others).first()
        if other is not None:
            raise StreamsOverlap(other)
        row.save(update_fields=["started_at", "ended_at", "ended_by_hand"])
        _follow(log, row, {before, started_at})


def place_in_streams(streamer_id: int, donations: Sequence[Donation]) -> None:
    """Set the session of each by its moment, unsaved; None for one between streams. Call it inside `writing`."""
    if not donations:
        return
    first = min(donation.occurred_at for donation in donations)
    sessions = list(StreamSession.objects.filter(streamer_id=streamer_id).after(first))
    for donation in donations:
        donation.session = next((session for session in sessions if session.covers(donation.occurred_at)), None)


def gather(session: StreamSession) -> None:
    """Let it have the donations of its time, and no others. Call it inside `writing`; goals do not follow by it."""
    donations = Donation.objects.filter(streamer_id=session.streamer_id)
    is_within = Q(occurred_at__gte=session.started_at)
    if session.ended_at is not None:
        is_within &= Q(occurred_at__lt=session.ended_at)
    donations.filter(session=session).exclude(is_within).update(session=None)
    donations.filter(is_within).exclude(session=session).update(session=session)


def _follow(log: Log, session: StreamSession, starts: Collection[datetime]) -> None:
    """Bring donations, goals and pages in line with the times of the session, new or changed."""
    gather(session)
    log.add(Event.Kind.STREAM, session=session.pk, on=session.ended_at is None)
    pace.keep_step(log.streamer_id, log.now)
    recount_streams(log, starts)
