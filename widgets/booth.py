"""Booth: plays the cues of one alert widget, one at a time, on the first of its open pages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from django.utils import timezone

from widgets import cues
from widgets.models import Cue
from widgets.news import encode
from widgets.protocol import CueMoved, CueState, Play
from widgets.snapshots import cue_value, moment
from widgets.socket import Socket

# A page that never says `finished` would keep every later alert off the stream.
LONGEST_ALERT_SECONDS = 120.0

Tell = Callable[[int, CueMoved], Awaitable[None]]
Answer = TypeVar("Answer")


class InThread(Protocol):
    """Runs database work in the Hub's thread and awaits its answer."""

    async def __call__(self, work: Callable[..., Answer], *arguments: object) -> Answer: ...


@dataclass
class Booth:
    """`current` is the cue on the screen of `pages[0]`, the page that plays; empty: nothing is on.

    All database work goes through `in_thread`, and `tell` lets the control room know. One thing happens at a time,
    since pages come, go and speak in the middle of database work. `is_due`: something is still to be done, because the
    log has news or the database was away.
    """

    widget_id: int
    streamer_id: int
    in_thread: InThread
    tell: Tell
    pages: list[Socket] = field(default_factory=list)
    current: str = ""
    is_due: bool = True
    _given_at: float = 0.0
    # Cues may be marked as playing that no page plays: so it is when the server starts and when a page goes.
    _may_have_orphans: bool = True
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def needs_a_look(self) -> bool:
        """Whether `attend` would do something."""
        return bool(self.pages) and (self.is_due or self._is_overdue)

    @property
    def _is_overdue(self) -> bool:
        return bool(self.current) and time.monotonic() - self._given_at > LONGEST_ALERT_SECONDS

    async def enter(self, page: Socket, playing: str, finished: Sequence[str]) -> None:
        """A page opened, perhaps coming back with an alert still on its screen and others finished meanwhile."""
        async with self._one_at_a_time:
            if not page.is_open:
                return
            self.pages.append(page)
            await self.in_thread(cues.begin, self.widget_id, page.place.seq)
            if len(self.pages) == 1:
                await self.in_thread(cues.take, self.widget_id)
                await self.in_thread(cues.miss_old, self.widget_id, playing)
            await self._finish(finished)
            if playing:
                await self._let_play_on(page, playing)
            await self._play_on()

    async def _let_play_on(self, page: Socket, playing: str) -> None:
        """A page that came back with a cue on its screen plays on, unless another plays something else.

        Its old line may still be open here, as the page that was given this cue.
        """
        is_ours: bool = await self.in_thread(_is_ours, self.widget_id, playing)
        if not is_ours:
            return
        await self.in_thread(cues.start, self.widget_id, playing)
        if page is self.pages[0] or self.current in ("", playing):
            self.pages.remove(page)
            self.pages.insert(0, page)
            self._give(playing)

    async def leave(self, page: Socket) -> None:
        """A page closed. What it was playing waits again, for the next page or for this one to come back."""
        async with self._one_at_a_time:
            if page not in self.pages:
                return
            if page is self.pages[0]:
                self.current = ""
            self.pages.remove(page)
            self._may_have_orphans = True
            await self._play_on()

    async def moved(self, page: Socket, cue: str, state: str) -> None:
        """The page says `started` or `finished`. Saying it twice changes nothing."""
        async with self._one_at_a_time:
            if state == "started":
                if await self.in_thread(cues.start, self.widget_id, cue):
                    await self._tell(cue, "playing")
                return
            await self._finish([cue])
            if self.pages and page is self.pages[0] and cue == self.current:
                self.current = ""
            await self._play_on()

    async def attend(self) -> None:
        """Take what is new in the log, and play the next cue unless one is on."""
        async with self._one_at_a_time:
            if self._is_overdue:
                await self._finish([self.current])
                self.current = ""
            await self._play_on()

    async def _finish(self, public_ids: Sequence[str]) -> None:
        for cue in await self.in_thread(cues.finish, self.widget_id, public_ids):
            await self._tell(cue, "shown")

    async def _play_on(self) -> None:
        self.is_due = False
        try:
            if self._may_have_orphans:
                await self.in_thread(cues.put_back, self.widget_id, self.current)
                self._may_have_orphans = False
            await self.in_thread(cues.take, self.widget_id)
            if self.pages and not self.current:
                await self._play_next(self.pages[0])
        except BaseException:
            self.is_due = True
            raise

    async def _play_next(self, page: Socket) -> None:
        frame = await self.in_thread(_next_frame, self.widget_id)
        if frame is not None:
            self._give(frame["cue"]["id"])
            await page.write(encode(frame))

    def _give(self, cue: str) -> None:
        self.current = cue
        self._given_at = time.monotonic()

    async def _tell(self, cue: str, state: CueState) -> None:
        donation = await self.in_thread(_donation_of, cue)
        await self.tell(
            self.streamer_id,
            {"type": "cue", "cue": cue, "donation": donation, "state": state, "at": moment(timezone.now())},
        )


def _next_frame(widget_id: int) -> Play | None:
    cue = cues.next_to_play(widget_id)
    if cue is None:
        return None
    behind = Cue.objects.to_play().filter(widget_id=widget_id).count() - 1
    return {"type": "play", "cue": cue_value(cue), "waiting": max(behind, 0)}


def _is_ours(widget_id: int, public_id: str) -> bool:
    return Cue.objects.filter(widget_id=widget_id, public_id=public_id).exists()


def _donation_of(public_id: str) -> str | None:
    return Cue.objects.filter(public_id=public_id).values_list("donation__public_id", flat=True).first()
