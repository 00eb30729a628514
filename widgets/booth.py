"""Booth: plays the cues of one alert widget, one at a time, on the first of its open pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from django.utils import timezone

from widgets import cues
from widgets.models import Cue
from widgets.news import encode
from widgets.protocol import CueMoved, CueState, CueValue, Play
from widgets.snapshots import cue_value, moment
from widgets.socket import Socket

Tell = Callable[[int, CueMoved], Awaitable[None]]
Answer = TypeVar("Answer")


class InThread(Protocol):
    """Runs database work in the Hub's thread and awaits its answer."""

    async def __call__(self, work: Callable[..., Answer], *arguments: object) -> Answer: ...


@dataclass
class Booth:
    """`current` is the cue that was given to `pages[0]`, the one that plays; empty: nothing is on.

    All database work goes through `in_thread`, and `tell` lets the control room know.
    """

    widget_id: int
    streamer_id: int
    in_thread: InThread
    tell: Tell
    pages: list[Socket] = field(default_factory=list)
    current: str = ""

    async def enter(self, page: Socket, playing: str, finished: Sequence[str]) -> None:
        """A page opened, perhaps coming back with an alert still on its screen and others finished meanwhile."""
        self.pages.append(page)
        for cue in await self.in_thread(cues.finish, self.widget_id, finished):
            await self._tell(cue, "shown")
        if page is self.pages[0]:
            await self.in_thread(cues.put_back, self.widget_id, playing)
            still_on: bool = await self.in_thread(_is_unfinished, self.widget_id, playing)
            self.current = playing if still_on else ""
            if still_on:
                await self.in_thread(cues.start, self.widget_id, playing)
        await self.play_next()

    async def leave(self, page: Socket) -> None:
        """A page closed. What it was playing waits again, for the next page or for this one to come back."""
        was_playing = bool(self.pages) and page is self.pages[0]
        self.pages.remove(page)
        if was_playing:
            self.current = ""
            await self.in_thread(cues.put_back, self.widget_id)
            await self.play_next()

    async def moved(self, page: Socket, cue: str, state: str) -> None:
        """The page says `started` or `finished`. Saying it twice changes nothing."""
        if state == "started":
            if await self.in_thread(cues.start, self.widget_id, cue):
                await self._tell(cue, "playing")
            return
        for shown in await self.in_thread(cues.finish, self.widget_id, [cue]):
            await self._tell(shown, "shown")
        if cue == self.current:
            self.current = ""
        await self.play_next()

    async def play_next(self) -> None:
        """Give the next waiting cue to the page that plays, unless one is on."""
        if self.current or not self.pages:
            return
        cue = await self.in_thread(_next_value, self.widget_id)
        if cue is None or self.current or not self.pages:
            return
        self.current = cue["id"]
        frame: Play = {"type": "play", "cue": cue}
        await self.pages[0].write(encode(frame))

    async def _tell(self, cue: str, state: CueState) -> None:
        donation = await self.in_thread(_donation_of, cue)
        await self.tell(
            self.streamer_id,
            {"type": "cue", "cue": cue, "donation": donation, "state": state, "at": moment(timezone.now())},
        )


def _next_value(widget_id: int) -> CueValue | None:
    cue = cues.next_to_play(widget_id)
    return cue_value(cue) if cue else None


def _is_unfinished(widget_id: int, public_id: str) -> bool:
    return Cue.objects.filter(
        widget_id=widget_id, public_id=public_id, state__in=[Cue.State.WAITING, Cue.State.PLAYING]
    ).exists()


def _donation_of(public_id: str) -> str | None:
    return Cue.objects.filter(public_id=public_id).values_list("donation__public_id", flat=True).first()
