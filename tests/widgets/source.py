"""Pages inside the test's own process: they speak to the Hub itself, so that lines can break in any moment."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from widgets.hub import Hub
from widgets.news import Place, Room, place_of
from widgets.socket import Socket


class Listener:
    """A page that only listens: what it was told, and from where on. It acknowledges everything."""

    def __init__(self, hub: Hub, streamer_id: int, room: Room) -> None:
        self.hub, self.streamer_id, self.room = hub, streamer_id, room
        self.told: list[dict[str, Any]] = []

    async def enter(self) -> None:
        await self.enter_at(await self.hub.read(place_of, self.streamer_id))

    async def enter_at(self, place: Place) -> None:
        """It read the log up to here; meanwhile more may have come."""
        self.entered_at = place
        self.socket = Socket(self._hear, self.streamer_id, self.room, self.entered_at)
        await self.hub.enter(self.socket)

    async def _hear(self, message: dict[str, object]) -> None:
        frame = json.loads(str(message["text"]))
        if frame["type"] == "events":
            self.socket.acknowledge(frame["cursor"])
            self.told += frame["events"]

    def donations(self) -> list[str]:
        return [event["donation"]["id"] for event in self.told if event["kind"] == "donation"]


class Source:
    """An alert box as OBS keeps it open: its lines break and come back, what it shows and has shown stays."""

    def __init__(self, hub: Hub, streamer_id: int, widget_id: int) -> None:
        self.hub, self.streamer_id, self.widget_id = hub, streamer_id, widget_id
        self.socket: Socket | None = None
        self.playing: tuple[str, int] | None = None
        self.finished: list[str] = []
        self.shown: list[str] = []
        self.dropped: list[str] = []
        self._answers: set[asyncio.Task[None]] = set()

    async def connect(self) -> None:
        """Open a line. What still comes over an older one is not heard."""
        self.socket = None
        place = await self.hub.read(place_of, self.streamer_id)

        async def hear(message: dict[str, object]) -> None:
            if self.socket is socket:
                self._hear(json.loads(str(message.get("text", "{}"))))

        alert_box = {"widget_id": self.widget_id, "is_alert": True, "page": "source"}
        socket = Socket(hear, self.streamer_id, Room("overlay"), place, **alert_box)
        self.socket = socket
        cue, take = self.playing or ("", 0)
        await self.hub.enter(socket, cue, take, tuple(self.finished[-50:]))

    async def lose(self, socket: Socket | None) -> None:
        """The Hub hears that this line is gone."""
        if socket is not None:
            if socket is self.socket:
                self.socket = None
            await self.hub.leave(socket)

    def _hear(self, frame: dict[str, Any]) -> None:
        match frame.get("type"):
            case "play":
                self._play(frame["play"])
            case "ask":
                self._answer()
            case "leave" if self.playing and self.playing[0] == frame["cue"]:
                self.playing = None

    def _play(self, play: dict[str, Any]) -> None:
        cue = play["cue"]
        if self.playing != (cue["id"], play["take"]):
            if cue["id"] in self.finished:
                self.dropped.append(cue["id"])
                return
            self.playing = (cue["id"], play["take"])
            self.shown.append(cue["donation"]["id"])
        self._answer()

    def _answer(self) -> None:
        """Kopilka is told that the alert is on the screen. From a task: it is in the middle of telling us."""

        async def say(socket: Socket, cue: str, take: int) -> None:
            await self.hub.heard(socket, cue, take)

        assert self.playing is not None and self.socket is not None
        task = asyncio.create_task(say(self.socket, *self.playing))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    def end_alone(self) -> None:
        """The alert leaves the screen by itself, as it does when nobody says so in time."""
        if self.playing and self.socket is None:
            self.finished.append(self.playing[0])
            self.playing = None
