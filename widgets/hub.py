"""Hub: the one object in a web process that knows its open sockets.

While a page is open it looks every 100 ms, and at once after what was done in a control room, whether a watched
streamer's log has grown or an alert moved, with a raw cursor in a thread of its own. News are read once, encoded once
per room, and the same bytes go to every socket. Nothing runs while no page is open.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TypeVar

from django.db import Error, InterfaceError, OperationalError, connection
from django.utils import timezone

from donations.pace import watch
from donations.restored import begin_anew
from donations.seal import new_public_id
from widgets import cues
from widgets.booth import Booth
from widgets.desk import Desk
from widgets.health import HealthValue, health_of_streamers
from widgets.news import MOST_CUES, Place, Room, cue_frames, encode, event_frames, places, turns
from widgets.pages import Pages
from widgets.protocol import CLOSE_ANEW, CLOSE_REFUSED, CLOSE_TOO_SLOW
from widgets.rounds import make_rounds
from widgets.snapshots import moment
from widgets.socket import About, Socket
from widgets.stream_watch import watch_streams

logger = logging.getLogger("kopilka.hub")

LOOK_EVERY = 0.1
AFTER_TROUBLE = 1.0
ROUNDS_EVERY = 1.0
SLOW_ROUNDS_EVERY = 3.0
HEALTH_EVERY = 1.0
SAY_WATCHED_EVERY = 60.0
DATABASE_TROUBLE = (OperationalError, InterfaceError)
Answer = TypeVar("Answer")


class Hub:
    """`enter` and `leave` are called by each socket's line; everything else follows from the log.

    Only the look writes news, and it goes by what each socket was told: whoever enters or leaves in any moment hears
    everything once.
    """

    def __init__(self) -> None:
        self.process = new_public_id()[:8]
        self._pages = Pages(self.process)
        self._sockets: dict[int, set[Socket]] = defaultdict(set)
        # A booth stays when its last page leaves, since the next page may be on its way in; it is a few hundred bytes.
        self._booths: dict[int, Booth] = {}
        self._thread = ThreadPoolExecutor(1, "hub")
        self._readers = ThreadPoolExecutor(2, "hub-reader")
        self._clerk = ThreadPoolExecutor(1, "hub-clerk")
        self._writing: asyncio.Task[None] | None = None
        self.desk = Desk(self.read)
        self._looking: asyncio.Task[None] | None = None
        self._rest: asyncio.Future[None] | None = None
        self._hurried = False
        # Up to where all pages of a streamer were told, None: not all are there yet. Whoever enters takes it away.
        self._settled: dict[int, Place | None] = {}
        self._says_watched_at: dict[int, float] = {}
        self._next_rounds = 0.0
        self._next_slow_rounds = 0.0
        # The turns that control rooms were told of, by streamer and widget.
        self._told: dict[int, dict[int, int]] = {}
        # How wallets and screens fared when they were told last.
        self._health: dict[int, HealthValue] = {}
        self._next_health = 0.0

    @property
    def is_looking(self) -> bool:
        """Whether the log is being watched, which is so while a page is open."""
        return self._looking is not None and not self._looking.done()

    async def in_thread(self, work: Callable[..., Answer], *arguments: object) -> Answer:
        """Run database work in the Hub's thread, one after another."""
        return await _run(self._thread, work, *arguments)

    async def read(self, work: Callable[..., Answer], *arguments: object) -> Answer:
        """Read for one page in another thread, so that many that connect do not delay the look at the log."""
        return await _run(self._readers, work, *arguments)

    async def enter(
        self,
        socket: Socket,
        playing: str = "",
        take: int = 0,
        finished: Sequence[str] = (),
        turns_known: Mapping[int, int] | None = None,
        health_known: HealthValue | None = None,
    ) -> None:
        """From now on this socket is sent what happened after its `place`; a control room, what moved after the turns
        that it knows, and health that is not as it knows it.

        An alert box says of earlier cues: it speaks this take of `playing` still, others it `finished`.
        """
        came_at = socket.place  # a look may bring it further while something is awaited here
        self._sockets[socket.streamer_id].add(socket)
        self._settled.pop(socket.streamer_id, None)
        if not self.is_looking:
            self._looking = asyncio.create_task(self._look_while_watched())
        if socket.room.is_control:
            told = self._told.setdefault(socket.streamer_id, {})
            for widget_id, turn in (turns_known or {}).items():
                told[widget_id] = min(turn, told.get(widget_id, turn))
            if health_known is not None and self._health.setdefault(socket.streamer_id, health_known) != health_known:
                # The others know another one: all are told once more.
                del self._health[socket.streamer_id]
        if socket.widget_id is not None:
            self._pages.enter(socket)
        if socket.is_alert and socket.widget_id is not None:
            await self._prove_life()
            await self._booth(socket.widget_id, socket.streamer_id).enter(socket, came_at, playing, take, finished)

    async def _prove_life(self) -> None:
        """A lease of a process that nobody knows to be alive would be taken from it."""
        if self._pages.is_silent:
            await self._flush()

    async def _flush(self) -> None:
        await _run(self._clerk, self._pages.flush)

    def _booth(self, widget_id: int, streamer_id: int) -> Booth:
        if widget_id not in self._booths:
            self._booths[widget_id] = Booth(widget_id, streamer_id, self.process, self.in_thread, self._send_away)
        return self._booths[widget_id]

    async def _send_away(self, socket: Socket) -> None:
        """A page does not answer. If it lives, it comes back."""
        self._pages.leave(socket)
        socket.close(CLOSE_TOO_SLOW)

    async def leave(self, socket: Socket) -> None:
        """The page is gone. Leaving twice changes nothing."""
        socket.is_open = False
        sockets = self._sockets.get(socket.streamer_id, set())
        sockets.discard(socket)
        if socket.room.is_control and not any(other.room.is_control for other in sockets):
            self._told.pop(socket.streamer_id, None)
            self._health.pop(socket.streamer_id, None)
        if not sockets:
            self._sockets.pop(socket.streamer_id, None)
            self._settled.pop(socket.streamer_id, None)
        self._pages.leave(socket)
        booth = self._booths.get(socket.widget_id or 0)
        try:
            if booth is not None or not sockets:
                # Before its lease is given on, and before nobody looks any more: no other may count on a page that is
                # gone.
                await self._flush()
        except Error as error:
            logger.warning("a page left while the database was away (%s)", type(error).__name__)
        try:
            if booth is not None:
                await booth.leave(socket)
        except Error as error:
            # The booth is due again: the next look, or the next page, makes good what could not be written.
            logger.warning("an alert box left while the database was away (%s)", type(error).__name__)

    async def heard(self, socket: Socket, cue: str, take: int) -> None:
        """An alert page says that this take is on its screen."""
        booth = self._booths.get(socket.widget_id or 0)
        if booth is not None:
            await booth.heard(socket, cue, take)

    def is_about(self, socket: Socket, about: About) -> None:
        """An overlay says something of itself."""
        socket.about = about
        self._pages.changed(socket)
        booth = self._booths.get(socket.widget_id or 0)
        if booth is not None:
            booth.is_due = True

    def look_now(self) -> None:
        """Somebody did something here: what came of it is told at once, not at the next look."""
        self._hurried = True
        if self._rest is not None:
            _end(self._rest)

    async def _look_while_watched(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._sockets:
            began, pause = clock(), AFTER_TROUBLE
            try:
                await self._look()
                pause = LOOK_EVERY
            except DATABASE_TROUBLE as error:
                logger.warning("the database is busy or away (%s); looking again", type(error).__name__)
            except Exception:
                logger.exception("a look at the log broke; looking again")
            # From one beginning to the next, so that a look with news does not delay those that follow.
            await self._rest_until(began + pause)

    async def _rest_until(self, then: float) -> None:
        """Until then by the loop's clock, unless somebody hurries, or did while the last look was taken."""
        loop = asyncio.get_running_loop()
        self._rest = loop.create_future()
        alarm = loop.call_at(then, _end, self._rest)
        if self._hurried:
            _end(self._rest)
        try:
            await self._rest
        finally:
            alarm.cancel()
        self._hurried = False

    async def _look(self) -> None:
        streamer_ids = list(self._sockets)
        # Who entered is looked after from this moment on: none of them can know more than what is read now.
        entered = {key: list(sockets) for key, sockets in self._sockets.items() if self._settled.get(key) is None}
        self._settled |= dict.fromkeys(entered)
        found, moved = await self.in_thread(_places_and_turns, streamer_ids, self._whose_alerts_are_watched())
        for streamer_id, place in found.items():
            if streamer_id in entered:
                await self._settle(streamer_id, place, entered[streamer_id])
            elif self._settled.get(streamer_id) not in (None, place):
                await self._settle(streamer_id, place, list(self._sockets[streamer_id]))
        for booth in list(self._booths.values()):
            if booth.needs_a_look(moved.get(booth.streamer_id, {}).get(booth.widget_id)):
                await self._attend(booth)
        for streamer_id in list(self._told):
            await self._tell_control(streamer_id, moved.get(streamer_id, {}))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_down())
        await self._tell_health()
        await self._make_rounds(streamer_ids)

    async def _settle(self, streamer_id: int, place: Place, sockets: Sequence[Socket]) -> None:
        """Bring all these to `place`, so that the next looks need not ask each of thousands where it stands."""
        behind = [socket for socket in sockets if socket.place != place and socket.is_open]
        if behind:
            await self._spread(streamer_id, place, behind)
        if streamer_id in self._settled:
            self._settled[streamer_id] = place

    async def _write_down(self) -> None:
        """Which pages are open, and whose. While many donations are written SQLite may let another writer wait for
        seconds: no news wait for it.
        """
        try:
            if self._pages.needs_flush:
                await self._flush()
            await self._say_watched()
        except DATABASE_TROUBLE as error:
            logger.warning("the database is busy or away (%s); writing again", type(error).__name__)
        except Exception:
            logger.exception("what is known of open pages cannot be written")

    def _whose_alerts_are_watched(self) -> list[int]:
        return list({booth.streamer_id for booth in self._booths.values()} & self._sockets.keys() | self._told.keys())

    async def _make_rounds(self, streamer_ids: Sequence[int]) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._next_rounds:
            self._next_rounds = now + ROUNDS_EVERY
            await self._refuse(await self.in_thread(make_rounds, streamer_ids, timezone.now()))
        if now >= self._next_slow_rounds:
            self._next_slow_rounds = now + SLOW_ROUNDS_EVERY
            await self.in_thread(watch_streams, streamer_ids, timezone.now())
            await self._part_with_the_slow()

    async def _refuse(self, ended: set[int]) -> None:
        """The pages that these keys opened show nothing and say nothing any more."""
        if not ended:
            return
        for socket in [socket for sockets in self._sockets.values() for socket in sockets if socket.key_id in ended]:
            socket.write(encode({"type": "refused", "reason": "this link opens nothing any more"}))
            socket.close(CLOSE_REFUSED)

    async def _part_with_the_slow(self) -> None:
        """A page that owes too much is closed although nothing more is to be said to it, and none that was closed is
        kept until its line has ended, which it may never do while its client reads nothing."""
        for socket in [socket for sockets in self._sockets.values() for socket in sockets if socket.is_lost]:
            socket.close(CLOSE_TOO_SLOW)
            await self.leave(socket)

    async def _say_watched(self) -> None:
        """Once a minute: whose overlays and control rooms are open, so that their wallets are read often.

        A public page does not count: strangers do not set the pace.
        """
        now = asyncio.get_running_loop().time()
        watched = [
            streamer_id
            for streamer_id, sockets in self._sockets.items()
            if now >= self._says_watched_at.get(streamer_id, 0.0)
            and any(socket.room.audience != "public" for socket in sockets)
        ]
        if watched:
            await _run(self._clerk, watch, watched, timezone.now())
            self._says_watched_at |= dict.fromkeys(watched, now + SAY_WATCHED_EVERY)

    async def _spread(self, streamer_id: int, place: Place, sockets: Sequence[Socket]) -> None:
        """Tell these sockets of a streamer what they do not know yet, up to `place`."""
        for booth in self._booths.values():
            if booth.streamer_id == streamer_id:
                booth.is_due = True
        if any(place.is_older_copy_of(socket.place) for socket in sockets):
            # Before its pages come back: nothing that the copy calls waiting is to be played.
            logger.warning("an older copy of the database was put in place; the log begins anew")
            await self.in_thread(begin_anew)
            await self.in_thread(cues.forget)
        known: dict[int, list[Socket]] = defaultdict(list)
        for socket in sockets:
            if place.continues(socket.place):
                known[socket.place.seq].append(socket)
            else:
                # The log is not the one that this page knows: it comes back and starts anew.
                socket.close(CLOSE_ANEW)
        if streamer_id in self._told:
            # A control room sees what waits although no alert box is open.
            await self.in_thread(cues.take_all, streamer_id)
        for since, group in known.items():
            await self._tell(streamer_id, since, place, group)

    async def _tell(self, streamer_id: int, since: int, place: Place, sockets: Sequence[Socket]) -> None:
        rooms: dict[Room, list[Socket]] = defaultdict(list)
        for socket in sockets:
            rooms[socket.room].append(socket)
        try:
            frames = await self.in_thread(event_frames, streamer_id, since, place, list(rooms))
        except DATABASE_TROUBLE:
            raise
        except Exception:
            # Asking again would break again. Figures are absolute: the next news make good for these.
            logger.exception("events %d to %d of streamer %d cannot be told", since + 1, place.seq, streamer_id)
            frames = {}
        for room, inside in rooms.items():
            frame = frames.get(room)
            for socket in inside:
                socket.place = place
                if frame is not None:
                    socket.write(*frame)

    async def _attend(self, booth: Booth) -> None:
        try:
            await booth.attend()
        except DATABASE_TROUBLE:
            raise
        except Exception:
            booth.is_due = False
            logger.exception("the cues of widget %d cannot be played", booth.widget_id)

    async def _tell_control(self, streamer_id: int, moved: Mapping[int, int]) -> None:
        """The alerts that moved since the control rooms of this streamer were told of any."""
        told = self._told[streamer_id]
        behind = {widget_id: told.get(widget_id, 0) for widget_id, turn in moved.items() if turn != told.get(widget_id)}
        if not behind:
            return
        rooms = [socket for socket in self._sockets.get(streamer_id, ()) if socket.room.is_control]
        frames = await self.in_thread(cue_frames, streamer_id, behind)
        told |= {widget_id: moved[widget_id] for widget_id in behind}
        if len(frames) > MOST_CUES:
            # They come back and draw what is now.
            for socket in rooms:
                socket.close(CLOSE_TOO_SLOW)
            return
        for text in frames:
            for socket in rooms:
                socket.write(text)

    async def _tell_health(self) -> None:
        """Once a second, while a control room is open: how wallets and screens fare, if they fare otherwise than they
        did.
        """
        clock = asyncio.get_running_loop().time()
        if not self._told or clock < self._next_health:
            return
        self._next_health = clock + HEALTH_EVERY
        for streamer_id, health in (await self.in_thread(health_of_streamers, list(self._told))).items():
            if health == self._health.get(streamer_id) or streamer_id not in self._told:
                continue
            self._health[streamer_id] = health
            text = encode({"type": "health", **health, "now": moment(timezone.now())})
            for socket in list(self._sockets.get(streamer_id, ())):
                if socket.room.is_control:
                    socket.write(text)


def _end(rest: asyncio.Future[None]) -> None:
    if not rest.done():
        rest.set_result(None)


def _places_and_turns(
    streamer_ids: Sequence[int], with_alerts: Sequence[int]
) -> tuple[dict[int, Place], dict[int, dict[int, int]]]:
    """Where these logs stand, and the turns of these streamers' alert widgets."""
    return places(streamer_ids), turns(with_alerts) if with_alerts else {}


async def _run(executor: Executor, work: Callable[..., Answer], *arguments: object) -> Answer:
    return await asyncio.get_running_loop().run_in_executor(executor, lambda: _cleanly(work, *arguments))


def _cleanly(work: Callable[..., Answer], *arguments: object) -> Answer:
    """A connection on which something failed is not used again: the thread's next work opens another.

    One that the server ended while it was idle, as by a restart, is replaced at once: all that is done here can be done
    twice.
    """
    was_open = connection.connection is not None
    try:
        return work(*arguments)
    except Error:
        was_ended = was_open and not connection.is_usable()
        connection.close()
        if not was_ended:
            raise
    return work(*arguments)
