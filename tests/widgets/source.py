"""Pages inside the test's own process: they speak to the Hub itself, so that lines can break in any moment."""

from __future__ import annotations

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
        self.entered_at: Place = await self.hub.read(place_of, self.streamer_id)
        self.socket = Socket(self._hear, self.streamer_id, self.room, self.entered_at)
        await self.hub.enter(self.socket)

    async def _hear(self, message: dict[str, object]) -> None:
        frame = json.loads(str(message["text"]))
        self.socket.acknowledge(frame["cursor"])
        self.told += frame["events"]

    def donations(self) -> list[str]:
        return [event["donation"]["id"] for event in self.told if event["kind"] == "donation"]


class Source:
    """An alert box as OBS keeps it open: its lines break and come back, what it shows and has shown stays."""

    def __init__(self, hub: Hub, streamer_id: int, widget_id: int) -> None:
        self.hub, self.streamer_id, self.widget_id = hub, streamer_id, widget_id
        self.socket: Socket | None = None
        self.playing = ""
        self.finished: list[str] = []
        self.shown: list[str] = []
        self.dropped: list[str] = []

    async def connect(self) -> None:
        """Open a line. What still comes over an older one is not heard."""
        self.socket = None
        place = await self.hub.read(place_of, self.streamer_id)

        async def hear(message: dict[str, object]) -> None:
            if self.socket is socket:
                self._hear(json.loads(str(message.get("text", "{}"))))

        socket = Socket(hear, self.streamer_id, Room("overlay"), place, widget_id=self.widget_id, is_alert=True)
        self.socket = socket
        await self.hub.enter(socket, self.playing, tuple(self.finished[-50:]))

    async def lose(self, socket: Socket | None) -> None:
        """The Hub hears that this line is gone."""
        if socket is not None:
            if socket is self.socket:
                self.socket = None
            await self.hub.leave(socket)

    def _hear(self, frame: dict[str, Any]) -> None:
        if frame.get("type") != "play":
            return
        cue = frame["cue"]["id"]
        if self.playing or cue in self.finished:
            self.dropped.append(cue)
        else:
            self.playing = cue
            self.shown.append(frame["cue"]["donation"]["id"])

    async def start(self) -> None:
        """Kopilka is told that the alert is on the screen, unless the line is down."""
        if self.playing and self.socket is not None:
            await self.hub.cue_moved(self.socket, self.playing, "started")

    async def finish(self) -> None:
        """The alert leaves the screen; Kopilka is told so unless the line is down."""
        if self.playing:
            cue, self.playing = self.playing, ""
            self.finished.append(cue)
            if self.socket is not None:
                await self.hub.cue_moved(self.socket, cue, "finished")
