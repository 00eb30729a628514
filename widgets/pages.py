"""Pages: what the open overlays of this web process say of themselves, written where all processes see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from widgets import leases
from widgets.leases import BEAT_EVERY, Candidate
from widgets.models import OpenPage, Widget, WidgetState
from widgets.socket import Socket

FACTS = ("process", "version", "obs", "visible", "active", "active_at", "streaming", "sound", "opened_at")


@dataclass
class Pages:
    """The overlays of one process. What changed is written in one go by the Hub's look; `flush` runs in its thread."""

    process: str
    open: dict[tuple[int, str], Socket] = field(default_factory=dict)
    _changed: set[tuple[int, str]] = field(default_factory=set)
    _gone: dict[tuple[int, str], bool] = field(default_factory=dict)  # and whether it was in OBS
    _beat_at: datetime | None = None

    def enter(self, socket: Socket) -> None:
        """An overlay is open; a page that came back on another line is the same page."""
        assert socket.widget_id is not None
        self.open[socket.widget_id, socket.page] = socket
        self.changed(socket)

    def changed(self, socket: Socket) -> None:
        """It said something of itself."""
        if socket.widget_id is not None and self.open.get((socket.widget_id, socket.page)) is socket:
            self._changed.add((socket.widget_id, socket.page))

    def leave(self, socket: Socket) -> None:
        """Its line is closed. Leaving twice changes nothing."""
        if socket.widget_id is not None and self.open.get((socket.widget_id, socket.page)) is socket:
            del self.open[socket.widget_id, socket.page]
            self._changed.discard((socket.widget_id, socket.page))
            self._gone[socket.widget_id, socket.page] = bool(socket.about.obs)

    @property
    def needs_flush(self) -> bool:
        """Whether something is to be written, or this process must prove that it lives."""
        return bool(self._changed or self._gone) or self.is_silent

    @property
    def is_silent(self) -> bool:
        """Whether it holds pages and has not proved its life lately."""
        return bool(self.open) and (self._beat_at is None or timezone.now() - self._beat_at >= BEAT_EVERY)

    def flush(self) -> None:
        """Write what changed since the last time. A widget that was removed has no rows any more."""
        now = timezone.now()
        changed = self._changed
        gone = {key: was_in_obs for key, was_in_obs in self._gone.items() if key not in changed}
        self._changed, self._gone = set(), {}
        try:
            if self.is_silent:
                leases.beat(self.process, now)
                leases.forget_the_dead(now)
                self._beat_at = now
            self._write([socket for key in changed if (socket := self.open.get(key))], now)
            self._forget(gone, now)
        except BaseException:
            # Told again by the next flush.
            self._changed |= changed & self.open.keys()
            self._gone |= {key: was_in_obs for key, was_in_obs in gone.items() if key not in self.open}
            raise

    def _write(self, sockets: Collection[Socket], now: datetime) -> None:
        if not sockets:
            return
        with transaction.atomic():
            there = set(
                Widget.objects.filter(pk__in={socket.widget_id for socket in sockets}).values_list("pk", flat=True)
            )
            rows = [_row(self.process, socket) for socket in sockets if socket.widget_id in there]
            OpenPage.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["widget", "page"], update_fields=FACTS
            )
            in_obs = {row.widget_id for row in rows if row.obs}
            heard = {row.widget_id for row in rows if row.sound == "heard"}
            # Whoever conducts these widgets in another process looks whether a better page is there now.
            alerts = {socket.widget_id for socket in sockets if socket.is_alert}
            conducted = WidgetState.objects.filter(pk__in=alerts).exclude(process__in=["", self.process])
            conducted.update(turn=F("turn") + 1)
            if in_obs:
                WidgetState.objects.filter(pk__in=in_obs).update(seen_in_obs_at=now)
            if heard:
                WidgetState.objects.filter(pk__in=heard).update(sound_heard_at=now)

    def _forget(self, gone: Mapping[tuple[int, str], bool], now: datetime) -> None:
        if left_obs := {widget_id for (widget_id, _page), was_in_obs in gone.items() if was_in_obs}:
            WidgetState.objects.filter(pk__in=left_obs).update(seen_in_obs_at=now)
        pages: dict[int, list[str]] = defaultdict(list)
        for widget_id, page in gone:
            pages[widget_id].append(page)
        for widget_id, left in pages.items():
            OpenPage.objects.filter(widget_id=widget_id, page__in=left, process=self.process).delete()


def candidate_of(process: str, socket: Socket) -> Candidate:
    """An open page of this process as one that may speak."""
    about = socket.about
    return Candidate(
        process=process,
        page=socket.page,
        is_able=leases.is_able(about.visible, about.active),
        is_obs=bool(about.obs),
        active_at=about.active_at if about.active else None,
        opened_at=socket.opened_at,
    )


def _row(process: str, socket: Socket) -> OpenPage:
    about = socket.about
    assert socket.widget_id is not None
    return OpenPage(
        widget_id=socket.widget_id,
        page=socket.page,
        process=process,
        version=socket.version,
        obs=about.obs,
        visible=about.visible,
        active=about.active,
        active_at=about.active_at,
        streaming=about.streaming,
        sound=about.sound,
        opened_at=socket.opened_at,
    )
