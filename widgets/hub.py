"""Hub: the one object in a web process that knows its open sockets.

While a page is open it looks every 100 ms whether a watched streamer's log has grown, with a raw cursor in a thread of
its own. News are read once, encoded once per room, and the same bytes go to every socket. Nothing runs while no page is
open.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import DatabaseError, connection

from widgets import cues
from widgets.booth import Booth
from widgets.news import Place, Room, cursor_of, encode, event_frames, place_of, places
from widgets.protocol import CLOSE_ANEW, CueMoved
from widgets.socket import Socket

logger = logging.getLogger("kopilka.hub")

LOOK_EVERY = 0.1
AFTER_TROUBLE = 1.0
Answer = TypeVar("Answer")


class Hub:
    """`enter` and `leave` are called by each socket's line; everything else follows from the log."""

    def __init__(self) -> None:
        self._sockets: dict[int, set[Socket]] = defaultdict(set)
        self._places: dict[int, Place] = {}
        self._booths: dict[int, Booth] = {}
        self._thread = ThreadPoolExecutor(1, "hub")
        self._readers = ThreadPoolExecutor(2, "hub-reader")
        self._looking: asyncio.Task[None] | None = None

    async def in_thread(self, work: Callable[..., Answer], *arguments: object) -> Answer:
        """Run database work in the Hub's thread, one after another."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*arguments))

    async def read(self, work: Callable[..., Answer], *arguments: object) -> Answer:
        """Read for one page in another thread, so that many that connect do not delay the look at the log."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, lambda: work(*arguments))

    async def place(self, streamer_id: int) -> Place:
        """Where the streamer's log stands for its open sockets; where none is open, where it stands now."""
        if streamer_id in self._sockets:
            return self._places[streamer_id]
        return await self.read(place_of, streamer_id)

    async def enter(self, socket: Socket, place: Place, playing: str = "", finished: tuple[str, ...] = ()) -> None:
        """From now on this socket, which knows everything up to `place`, is sent what happens.

        An alert page is given its waiting cues; `playing` and `finished` are what it says of earlier ones.
        """
        if socket.streamer_id not in self._sockets:
            self._places[socket.streamer_id] = place
        self._sockets[socket.streamer_id].add(socket)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_while_watched())
        if socket.is_alert and socket.widget_id is not None:
            booth = self._booths.get(socket.widget_id)
            if booth is None:
                booth = Booth(socket.widget_id, socket.streamer_id, self.in_thread, self._tell_control)
                self._booths[socket.widget_id] = booth
            await self.in_thread(cues.take, socket.widget_id, place.seq)
            await booth.enter(socket, playing, finished)
        await self._catch_up(socket, place)

    async def _catch_up(self, socket: Socket, place: Place) -> None:
        """The log may have been spread to the others between this socket's hello and its entry."""
        now = self._places.get(socket.streamer_id, place)
        if now.seq > place.seq:
            frames = await self.in_thread(event_frames, socket.streamer_id, place.seq, now, [socket.room])
            for frame in frames.values():
                await self._write(socket, frame, cursor_of(socket.room, socket.streamer_id, now))

    async def leave(self, socket: Socket) -> None:
        """The page is gone."""
        socket.is_open = False
        sockets = self._sockets.get(socket.streamer_id, set())
        sockets.discard(socket)
        if not sockets:
            self._sockets.pop(socket.streamer_id, None)
            self._places.pop(socket.streamer_id, None)
        booth = self._booths.get(socket.widget_id or 0)
        if booth is not None and socket in booth.pages:
            await booth.leave(socket)
            if not booth.pages:
                self._booths.pop(booth.widget_id, None)

    async def cue_moved(self, socket: Socket, cue: str, state: str) -> None:
        """An alert page says that a cue started or finished."""
        booth = self._booths.get(socket.widget_id or 0)
        if booth is not None:
            await booth.moved(socket, cue, state)

    async def _look_while_watched(self) -> None:
        while self._sockets:
            try:
                await self._look()
                await asyncio.sleep(LOOK_EVERY)
            except DatabaseError as error:
                logger.warning("the database is busy or away (%s); looking again", type(error).__name__)
                await self.in_thread(connection.close)
                await asyncio.sleep(AFTER_TROUBLE)
            except Exception:
                logger.exception("a look at the log broke; looking again")
                await asyncio.sleep(AFTER_TROUBLE)

    async def _look(self) -> None:
        found = await self.in_thread(places, list(self._sockets))
        for streamer_id, place in found.items():
            if streamer_id in self._sockets and place != self._places.get(streamer_id):
                await self._spread(streamer_id, place)

    async def _spread(self, streamer_id: int, place: Place) -> None:
        """Read what is new once, and write it to every socket of the streamer."""
        before = self._places.get(streamer_id) or Place(place.epoch, place.seq)
        sockets = list(self._sockets[streamer_id])
        if (before.epoch and place.epoch != before.epoch) or place.seq < before.seq:
            # The log is not the one that these pages know: they come back and start anew.
            self._places[streamer_id] = place
            for socket in sockets:
                await socket.close(CLOSE_ANEW)
            return
        rooms = {socket.room for socket in sockets}
        frames = await self.in_thread(event_frames, streamer_id, before.seq, place, rooms)
        self._places[streamer_id] = place
        for socket in list(self._sockets.get(streamer_id, ())):
            frame = frames.get(socket.room)
            if frame is not None:
                await self._write(socket, frame, cursor_of(socket.room, streamer_id, place))
        for booth in [booth for booth in self._booths.values() if booth.streamer_id == streamer_id]:
            await self.in_thread(cues.take, booth.widget_id, place.seq)
            await booth.play_next()

    async def _write(self, socket: Socket, frame: str, cursor: str) -> None:
        try:
            await socket.write(frame, cursor)
        except Exception as error:
            # A line that broke in this moment says so itself; the others must not wait for it.
            logger.debug("a socket broke while it was written to: %s", type(error).__name__)

    async def _tell_control(self, streamer_id: int, frame: CueMoved) -> None:
        text = encode(frame)
        for socket in list(self._sockets.get(streamer_id, ())):
            if socket.room == Room("control"):
                await socket.write(text)
