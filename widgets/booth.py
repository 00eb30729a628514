"""Booth: one alert widget in one web process. It shows on the widget's open pages what is on the screen.

The process whose page speaks also conducts: it begins and ends cues, one at a time, and watches that the page which is
to be heard is alive. All others follow what it writes. `widgets.leases` says which page that is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from django.db import IntegrityError
from django.utils import timezone

from donations.models import StreamSession
from widgets import cues, leases, missed
from widgets.leases import Candidate, Lease, best
from widgets.looks import gap_of, length_of, look_of, may_be_interrupted
from widgets.models import Controls, Cue, WidgetState
from widgets.news import Place, encode, place_of
from widgets.options import options_of
from widgets.pages import candidate_of
from widgets.protocol import STARTED_SECONDS, LeaveReason
from widgets.snapshots import moment, play_value
from widgets.socket import Socket

ASK_EVERY = 1.0
WHETHER_IT_LIVES = 2.0
"""Seconds: so often one who does not conduct looks whether the process that does is alive."""

Answer = TypeVar("Answer")
SendAway = Callable[[Socket], Awaitable[None]]

# One that went back to wait was interrupted, or its page is gone: it plays again. Where it was played by another
# process meanwhile, this take of it is over the same way.
REASONS: dict[Cue.State, LeaveReason] = {
    Cue.State.SHOWN: "over",
    Cue.State.WAITING: "interrupted",
    Cue.State.PLAYING: "interrupted",
}


class InThread(Protocol):
    """Runs database work in the Hub's thread and awaits its answer."""

    async def __call__(self, work: Callable[..., Answer], *arguments: object) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Scene:
    """What the database says of the widget, read in one go.

    `may_play`: neither paused nor in panic. `is_closed`: it plays only on streams, and none is on, or OBS has left the
    one that is. `holder_lives`: the process that has the lease does. `others` are the pages that other processes hold.
    """

    turn: int
    lease: Lease
    is_away: bool
    may_play: bool
    is_panic: bool
    is_closed: bool
    cue: Cue | None
    others: tuple[Candidate, ...]
    holder_lives: bool


@dataclass
class OnScreen:
    """A take of a cue on this process's pages. The times are `time.monotonic()`; `speaker`: who is to be heard."""

    cue: Cue
    speaker: str
    began: float
    ends: float
    started: bool = False
    asked: float | None = None
    next_ask: float = 0.0

    def is_of(self, cue: Cue | None) -> bool:
        """Whether this is that take of that cue."""
        return cue is not None and (cue.public_id, cue.take) == (self.cue.public_id, self.cue.take)

    def is_silent(self, now: float) -> bool:
        """Whether the page that is to be heard has not answered in time."""
        if not self.started:
            return now - self.began > STARTED_SECONDS
        return self.asked is not None and now - self.asked > STARTED_SECONDS

    def is_over(self, now: float) -> bool:
        """Whether it has been on the screen, and heard, for its whole length."""
        return self.started and now >= self.ends

    def wants_asking(self, now: float) -> bool:
        """Whether its page is to be asked if it still plays."""
        return self.started and self.asked is None and now >= self.next_ask


@dataclass
class Booth:
    """`pages` are the widget's open pages in this process, oldest first; `turn` is the widget's turn that was acted
    upon. `is_due`: there is something to do, since the log has news, a page changed, or the database was away.

    All database work goes through `in_thread`; `send_away` closes a page that does not answer. One thing happens at a
    time, since pages come, go and speak in the middle of it.
    """

    widget_id: int
    streamer_id: int
    process: str
    in_thread: InThread
    send_away: SendAway
    pages: list[Socket] = field(default_factory=list)
    on: OnScreen | None = None
    turn: int = -1
    is_due: bool = True
    _conducts: bool = False
    # When there may be something to do although nothing was heard: the next cue after a gap, a process that died.
    _look_at: float | None = None
    _free_at: float = 0.0
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    def needs_a_look(self, turn: int | None) -> bool:
        """Whether `attend` would do something; `turn` is the widget's turn now, None: not known."""
        now = time.monotonic()
        if self.is_due or (turn is not None and turn != self.turn):
            return True
        if self._look_at is not None and now >= self._look_at:
            return True
        on = self.on
        return self._conducts and on is not None and (on.is_over(now) or on.is_silent(now) or on.wants_asking(now))

    async def enter(self, page: Socket, came_at: Place, playing: str, take: int, finished: Sequence[str]) -> None:
        """A page opened, or came back on another line, when the log stood at `came_at`. `playing` is the take that it
        spoke and has still on its screen, `finished` are those that left it while its line was down.
        """
        async with self._one_at_a_time:
            if not page.is_open:
                return
            if not self._conducts:
                await self.in_thread(cues.begin, self.widget_id, came_at.seq)
            self.pages = [*(other for other in self.pages if other.page != page.page), page]
            # Whether it is to speak the next look says: thousands may come in one moment.
            self.is_due = True
            over = [cue for cue in finished if self.on is None or cue != self.on.cue.public_id]
            if over:
                await self.in_thread(cues.end, self.widget_id, over, Cue.State.SHOWN, timezone.now())
            if playing:
                await self._let_go_on(page, playing, take)
            if self.on is not None:
                await self._show(page)

    async def _let_go_on(self, page: Socket, playing: str, take: int) -> None:
        """The page that spoke is back with the same take on its screen: it goes on, where nobody took its place."""
        scene = await self._read()
        if scene is None:
            return
        ours = Lease(self.process, page.page)
        is_free = scene.lease.page == page.page or not self._is_held(scene)
        if self.on is not None or not is_free or not scene.may_play:
            return
        cue = await self.in_thread(cues.play_on, self.widget_id, playing, take, timezone.now())
        if cue is None:
            return
        if scene.lease != ours:
            await self.in_thread(leases.pass_on, self.widget_id, scene.lease, ours)
        self._put_on(cue, page.page, started=True)

    async def leave(self, page: Socket) -> None:
        """A page closed. Its lease is free at once; what it spoke plays again, on the next page or when it is back."""
        async with self._one_at_a_time:
            if page in self.pages:
                self.pages.remove(page)
                await self._attend()

    async def heard(self, page: Socket, cue: str, take: int) -> None:
        """The page that speaks says that the alert plays on it. From another page it means nothing."""
        on = self.on
        if on is not None and on.speaker == page.page and (on.cue.public_id, on.cue.take) == (cue, take):
            on.started, on.asked = True, None

    async def attend(self) -> None:
        """Do what is due."""
        async with self._one_at_a_time:
            await self._attend()

    async def _attend(self) -> None:
        self.is_due = False
        self._look_at = None
        try:
            if self.pages:
                await self.in_thread(cues.take, self.widget_id)
            scene = await self._read()
            if scene is None:
                # The widget was removed.
                self._conducts, self.on = False, None
                return
            scene = await self._settle_lease(scene)
            self.turn = scene.turn
            if self._conducts:
                await self._conduct(scene)
            else:
                await self._follow(scene)
        except BaseException:
            self.is_due = True
            raise

    async def _read(self) -> Scene | None:
        return await self.in_thread(_scene, self.widget_id, self.process)

    def _page(self, page: str) -> Socket | None:
        return next((socket for socket in self.pages if socket.page == page), None)

    # --- who speaks ---------------------------------------------------------------------------------------------------

    async def _settle_lease(self, scene: Scene) -> Scene:
        """See that the best page has the lease, as far as it is for this process to say: between two cues, or when the
        page that had it is gone.
        """
        holder = self._page(scene.lease.page)
        is_mine = holder is not None or scene.lease.process == self.process
        is_held = self._is_held(scene)
        chosen = best([*(candidate_of(self.process, page) for page in self.pages), *scene.others])
        wanted = chosen.lease if chosen is not None else Lease()
        if is_held and scene.cue is not None:
            wanted = Lease(self.process, scene.lease.page) if holder is not None else scene.lease
        if scene.lease != wanted and (is_mine or (not is_held and wanted.process == self.process)):
            if not is_held:
                await self._clear_up(scene, is_mine=is_mine)
            await self.in_thread(leases.pass_on, self.widget_id, scene.lease, wanted)
            scene = await self._read() or scene
        self._conducts = scene.lease.process == self.process and self._page(scene.lease.page) is not None
        is_seen = chosen is not None and chosen.is_able and not scene.is_closed
        if not is_seen and not scene.is_away and (self._conducts or scene.lease == Lease()):
            await self.in_thread(missed.leave, self.widget_id, timezone.now())
        return scene

    def _is_held(self, scene: Scene) -> bool:
        """Whether the page that has the lease is there, as far as this process can know."""
        if self._page(scene.lease.page) is not None:
            return True
        return scene.lease.process != self.process and scene.holder_lives

    async def _clear_up(self, scene: Scene, *, is_mine: bool) -> None:
        """The page that had the lease is gone: what it played plays again. If its process died, nobody was there since
        then.
        """
        if scene.cue is not None:
            await self.in_thread(cues.put_back, self.widget_id)
        died_at = None if is_mine else await self.in_thread(leases.last_beat, scene.lease.process, timezone.now())
        if died_at is not None:
            await self.in_thread(missed.leave, self.widget_id, died_at)

    # --- what is on ---------------------------------------------------------------------------------------------------

    async def _conduct(self, scene: Scene) -> None:
        """End what is over, see that it is heard, begin what is next."""
        speaker = self._page(scene.lease.page)
        assert speaker is not None
        if self.on is not None and not self.on.is_of(scene.cue):
            await self._take_off(scene)
        if self.on is None and scene.cue is not None:
            # Its page is here and has not said that it plays it: it plays again.
            await self.in_thread(cues.put_back, self.widget_id)
        if self.on is not None and scene.is_panic:
            # It began in the moment when the button was pressed: nobody saw it, so it plays when that is over.
            await self.in_thread(cues.put_back, self.widget_id)
            await self._take_off(scene)
        is_ready = candidate_of(self.process, speaker).is_able and not scene.is_closed
        if is_ready and scene.is_away:
            await self.in_thread(missed.arrive, self.widget_id, timezone.now())
        if self.on is not None:
            await self._watch(speaker, scene)
        if is_ready and scene.may_play:
            await self._play_next(scene, speaker)

    async def _watch(self, speaker: Socket, scene: Scene) -> None:
        on, now = self.on, time.monotonic()
        assert on is not None
        if on.is_over(now):
            await self.in_thread(cues.end, self.widget_id, [on.cue.public_id], Cue.State.SHOWN, timezone.now())
            await self._take_off(scene)
        elif on.is_silent(now):
            # It is not heard, so it must not keep others from being heard. If it lives after all, it comes back.
            self.pages.remove(speaker)
            self.is_due = True
            await self.send_away(speaker)
        elif on.wants_asking(now):
            on.asked, on.next_ask = now, now + ASK_EVERY
            speaker.write(encode({"type": "ask", "cue": on.cue.public_id, "take": on.cue.take}))

    async def _play_next(self, scene: Scene, speaker: Socket) -> None:
        """Begin the next cue, when nothing is on and the gap is over, or when one may take the place of what is on."""
        if self.on is None and time.monotonic() < self._free_at:
            self._look_at = self._free_at
            return
        if self.on is not None and not may_be_interrupted(self.on.cue):
            return
        if self.on is None:
            await self.in_thread(missed.sum_up_late, self.widget_id)
            await self.in_thread(cues.take, self.widget_id)
        cue = await self.in_thread(cues.next_to_play, self.widget_id, self.on.cue if self.on else None)
        if cue is None:
            return
        if self.on is not None:
            await self.in_thread(cues.put_back, self.widget_id)
            await self._take_off(scene)
        if await self.in_thread(_play, cue, speaker.place):
            self._put_on(cue, scene.lease.page)
            await self._show(*self.pages)
        else:
            self.is_due = True

    async def _follow(self, scene: Scene) -> None:
        """Another process conducts, or none: show what was written."""
        if self.on is not None and not self.on.is_of(scene.cue):
            await self._take_off(scene)
        if self.on is None and scene.cue is not None and scene.holder_lives:
            self._put_on(scene.cue, scene.lease.page)
            await self._show(*self.pages)
        if self.pages:
            self._look_at = time.monotonic() + WHETHER_IT_LIVES

    # --- what pages are told ------------------------------------------------------------------------------------------

    def _put_on(self, cue: Cue, speaker: str, *, started: bool = False) -> None:
        assert cue.ends_at is not None
        now = time.monotonic()
        left = (cue.ends_at - timezone.now()).total_seconds()
        self.on = OnScreen(cue, speaker, now, now + left, started, next_ask=now + ASK_EVERY)

    async def _show(self, *pages: Socket) -> None:
        assert self.on is not None
        waiting = await self.in_thread(cues.waiting_behind, self.widget_id)
        play, now = play_value(self.on.cue, waiting), moment(timezone.now())
        frames = {
            speaks: encode({"type": "play", "play": play, "speaks": speaks, "now": now}) for speaks in (True, False)
        }
        for page in pages:
            page.write(frames[page.page == self.on.speaker])

    async def _take_off(self, scene: Scene) -> None:
        assert self.on is not None
        cue, self.on = self.on.cue, None
        reason = await self.in_thread(_why, cue)
        self._free_at = time.monotonic() + gap_of(cue.widget).total_seconds()
        self._look_at = self._free_at
        text = encode(
            {
                "type": "leave",
                "cue": cue.public_id,
                "reason": "panic" if scene.is_panic else reason,
                "now": moment(timezone.now()),
            }
        )
        for page in list(self.pages):
            page.write(text)


def _scene(widget_id: int, process: str) -> Scene | None:
    state = WidgetState.objects.select_related("widget").filter(pk=widget_id).first()
    if state is None:
        return None
    now = timezone.now()
    streamer_id = state.widget.streamer_id
    controls = Controls.objects.filter(pk=streamer_id).first()
    is_panic = controls is not None and controls.panic_until is not None and controls.panic_until > now
    only_streaming = options_of(state.widget)["only_streaming"]
    return Scene(
        turn=state.turn,
        lease=Lease(state.process, state.page),
        is_away=state.away_since is not None,
        may_play=not is_panic and not (controls is not None and controls.paused),
        is_panic=is_panic,
        is_closed=only_streaming and not StreamSession.objects.on_air().filter(streamer=streamer_id).exists(),
        cue=cues.on_screen(widget_id),
        others=tuple(leases.elsewhere(widget_id, process, now)),
        holder_lives=state.process == process or leases.is_living(state.process, now),
    )


def _play(cue: Cue, known: Place) -> bool:
    """Begin it; False when it does not wait any more, or another plays, or the log is not the one that its page knows:
    in an older copy waits what was played in the time that was lost.
    """
    if not place_of(cue.widget.streamer_id).continues(known):
        return False
    waiting = max(cues.waiting_behind(cue.widget_id) - 1, 0)
    length = length_of(cue, look_of(cue), waiting)
    now = timezone.now()
    try:
        return cues.play(cue, now, now + length)
    except IntegrityError:
        return False


def _why(cue: Cue) -> LeaveReason:
    """Why a cue left the screen, by what became of it."""
    found = Cue.objects.select_related("donation").filter(pk=cue.pk).first()
    if found is None or (found.donation is not None and not found.donation.is_standing):
        return "taken_back"
    return REASONS.get(Cue.State(found.state), "skipped")
