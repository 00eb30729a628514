"""Leases: which page of a widget speaks, and which web process holds its line and therefore moves the widget's cues.

A process proves its life by one heartbeat row. A lease is written when it changes and never else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from donations.models import Heartbeat
from widgets.models import OpenPage, WidgetState

BEAT_EVERY = timedelta(seconds=2)
DEAD_AFTER = timedelta(seconds=10)
FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Lease:
    """Both empty: nobody speaks."""

    process: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open page that may speak. `active_at`: when it said that it is on programme, if it is."""

    process: str
    page: str
    is_able: bool
    is_obs: bool
    active_at: datetime | None
    opened_at: datetime

    @property
    def lease(self) -> Lease:
        return Lease(self.process, self.page)


def best(candidates: Iterable[Candidate]) -> Candidate | None:
    """Who is to speak: a page that is seen rather than one that is hidden, OBS rather than another browser, the one
    that came on programme last, the one that has been open the longest.
    """
    return min(candidates, key=_rank, default=None)


def _rank(page: Candidate) -> tuple[bool, bool, float, datetime, str]:
    active = -page.active_at.timestamp() if page.active_at else 0.0
    return not page.is_able, not page.is_obs, active, page.opened_at, page.page


def is_able(visible: bool, active: bool | None) -> bool:
    """Whether a page is seen. One that cannot tell whether it is on programme counts as on it while it is visible."""
    return visible if active is None else active


def name_of(process: str) -> str:
    """The name of a web process's heartbeat."""
    return f"web-{process}"


def beat(process: str, now: datetime) -> None:
    """This process lives."""
    if not Heartbeat.objects.filter(name=name_of(process)).update(at=now):
        Heartbeat.objects.create(name=name_of(process), at=now)


def living(now: datetime) -> set[str]:
    """The processes that proved their life lately."""
    beats = Heartbeat.objects.filter(name__startswith=name_of(""), at__gte=now - DEAD_AFTER)
    return {name.removeprefix(name_of("")) for name in beats.values_list("name", flat=True)}


def is_living(process: str, now: datetime) -> bool:
    """Whether this process did."""
    return bool(process) and Heartbeat.objects.filter(name=name_of(process), at__gte=now - DEAD_AFTER).exists()


def last_beat(process: str, now: datetime) -> datetime | None:
    """When this process last proved its life; of one that is forgotten, the latest that it can have been. None: there
    is no process.
    """
    if not process:
        return None
    return Heartbeat.objects.filter(name=name_of(process)).values_list("at", flat=True).first() or now - FORGOTTEN_AFTER


def elsewhere(widget_id: int, process: str, now: datetime) -> list[Candidate]:
    """The widget's pages that other living processes hold."""
    rows = list(OpenPage.objects.filter(widget_id=widget_id).exclude(process=process))
    if not rows:
        return []
    alive = living(now)
    return [
        Candidate(
            process=row.process,
            page=row.page,
            is_able=is_able(row.visible, row.active),
            is_obs=bool(row.obs),
            active_at=row.active_at if row.active else None,
            opened_at=row.opened_at,
        )
        for row in rows
        if row.process in alive
    ]


def pass_on(widget_id: int, before: Lease, after: Lease) -> bool:
    """Give the lease on. False when it was given elsewhere meanwhile."""
    return bool(
        WidgetState.objects.filter(pk=widget_id, process=before.process, page=before.page).update(
            process=after.process, page=after.page, turn=F("turn") + 1
        )
    )


def forget_the_dead(now: datetime) -> None:
    """Take away the rows of processes that have not lived for an hour."""
    old = Heartbeat.objects.filter(name__startswith=name_of(""), at__lt=now - FORGOTTEN_AFTER)
    for name in old.values_list("name", flat=True):
        OpenPage.objects.filter(process=name.removeprefix(name_of(""))).delete()
        Heartbeat.objects.filter(name=name).delete()
