"""Hub: the one object in a web process that knows its open sockets.

While a page is open it looks every 100 ms whether a watched streamer's log has grown, with a raw cursor in a thread of
its own. News are read once, encoded once per room, and the same bytes go to every socket. Nothing runs while no page is
open.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TypeVar

from django.db import Error, InterfaceError, OperationalError, connection
from django.utils import timezone

from donations.pace import watch
from widgets.booth import Booth
from widgets.news import Place, Room, encode, event_frames, places
from widgets.protocol import CLOSE_ANEW, CueMoved
from widgets.socket import Socket

logger = logging.getLogger("kopilka.hub")

LOOK_EVERY = 0.1
AFTER_TROUBLE = 1.0
SAY_WATCHED_EVERY = 60.0
DATABASE_TROUBLE = (OperationalError, InterfaceError)
Answer = TypeVar("Answer")


class Hub:
    """`enter` and `leave` are called by each socket's line; everything else follows from the log.

    Only the look writes news, and it goes by what each socket was told: whoever enters or leaves in any moment hears
    everything once.
    """

    def __init__(self) -> None:
        self._sockets: dict[int, set[Socket]] = defaultdict(set)
        # A booth stays when its last page leaves, since the next page may be on its way in; it is a few hundred bytes.
        self._booths: dict[int, Booth] = {}
        self._thread = ThreadPoolExecutor(1, "hub")
        self._readers = ThreadPoolExecutor(2, "hub-reader")
        self._looking: asyncio.Task[None] | None = None
        self._says_watched_at: dict[int, float] = {}

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

    async def enter(self, socket: Socket, playing: str = "", finished: Sequence[str] = ()) -> None:
        """From now on this socket is sent what happened after its `place`.

        An alert page is given its waiting cues; `playing` and `finished` are what it says of earlier ones.
        """
        self._sockets[socket.streamer_id].add(socket)
        if not self.is_looking:
            self._looking = asyncio.create_task(self._look_while_watched())
        if socket.is_alert and socket.widget_id is not None:
            if socket.widget_id not in self._booths:
                booth = Booth(socket.widget_id, socket.streamer_id, self.in_thread, self._tell_control)
                self._booths[socket.widget_id] = booth
            await self._booths[socket.widget_id].enter(socket, playing, finished)

    async def leave(self, socket: Socket) -> None:
        """The page is gone. Leaving twice changes nothing."""
        socket.is_open = False
        sockets = self._sockets.get(socket.streamer_id, set())
        sockets.discard(socket)
        if not sockets:
            self._sockets.pop(socket.streamer_id, None)
        booth = self._booths.get(socket.widget_id or 0)
        if booth is not None:
            try:
                await booth.leave(socket)
            except Error as error:
                # The booth is due again: the next look, or the next page, makes good what could not be written.
                logger.warning("a page left while the database was away (%s)", type(error).__name__)

    async def cue_moved(self, socket: Socket, cue: str, state: str) -> None:
        """An alert page says that a cue started or finished."""
        booth = self._booths.get(socket.widget_id or 0)
        if booth is not None:
            await booth.moved(socket, cue, state)

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
            await asyncio.sleep(max(began + pause - clock(), 0))

    async def _look(self) -> None:
        # Who is looked after is fixed before the log is read: none of them can know more than what is read then.
        watched = {streamer_id: list(sockets) for streamer_id, sockets in self._sockets.items()}
        found = await self.in_thread(places, list(watched))
        for streamer_id, place in found.items():
            behind = [socket for socket in watched[streamer_id] if socket.place != place and socket.is_open]
            if behind:
                await self._spread(streamer_id, place, behind)
        for booth in list(self._booths.values()):
            if booth.needs_a_look:
                await self._attend(booth)
        await self._say_watched()

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
            await self.in_thread(watch, watched, timezone.now())
            self._says_watched_at |= dict.fromkeys(watched, now + SAY_WATCHED_EVERY)

    async def _spread(self, streamer_id: int, place: Place, sockets: Sequence[Socket]) -> None:
        """Tell these sockets of a streamer what they do not know yet, up to `place`."""
        for booth in self._booths.values():
            if booth.streamer_id == streamer_id:
                booth.is_due = True
        known: dict[int, list[Socket]] = defaultdict(list)
        for socket in sockets:
            if place.continues(socket.place):
                known[socket.place.seq].append(socket)
            else:
                # The log is not the one that this page knows: it comes back and starts anew.
                await socket.close(CLOSE_ANEW)
        for since, group in known.items():
            await self._tell(streamer_id, since, place, group)

    async def _tell(self, streamer_id: int, since: int, place: Place, sockets: Sequence[Socket]) -> None:
        rooms = {socket.room for socket in sockets}
        try:
            frames = await self.in_thread(event_frames, streamer_id, since, place, rooms)
        except DATABASE_TROUBLE:
            raise
        except Exception:
            # Asking again would break again. Figures are absolute: the next news make good for these.
            logger.exception("events %d to %d of streamer %d cannot be told", since + 1, place.seq, streamer_id)
            frames = {}
        for socket in sockets:
            socket.place = place
            if socket.room in frames:
                await socket.write(*frames[socket.room])

    async def _attend(self, booth: Booth) -> None:
        try:
            await booth.attend()
        except DATABASE_TROUBLE:
            raise
        except Exception:
            booth.is_due = False
            logger.exception("the cues of widget %d cannot be played", booth.widget_id)

    async def _tell_control(self, streamer_id: int, frame: CueMoved) -> None:
        text = encode(frame)
        for socket in list(self._sockets.get(streamer_id, ())):
            if socket.room == Room("control"):
                await socket.write(text)


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
