"""Line: one WebSocket from its hello to its end. It checks what came in and passes it on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from donations.models import AccessKey, Goal, Streamer
from widgets import news, protocol
from widgets.hub import Hub
from widgets.models import Widget
from widgets.news import Room
from widgets.socket import Socket

LONGEST_FRAME = 16 * 1024
MOST_FINISHED = 50
LONGEST_ID = 64


class Nonsense(Exception):
    """A frame that the protocol does not know."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Who a page is: what its key or its goal opened."""

    streamer: Streamer
    room: Room
    widget: Widget | None = None


class Line(AsyncWebsocketConsumer):
    """No channel layer and no database hop per frame: one group message per consumer costs 10 to 60 times as much."""

    channel_layer_alias = "none"

    def __init__(self, hub: Hub, version: str) -> None:
        super().__init__()
        self.hub = hub
        self.version = version
        self.socket: Socket | None = None
        self.patience: asyncio.TimerHandle | None = None

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Channels' own closes old database connections on each frame, which is a thread's hop; ours live in threads.
        match message["type"]:
            case "websocket.connect":
                await self.websocket_connect(message)
            case "websocket.receive":
                await self.websocket_receive(message)
            case "websocket.disconnect":
                await self.websocket_disconnect(message)

    async def connect(self) -> None:
        await self.accept()
        loop = asyncio.get_running_loop()
        self.patience = loop.call_later(protocol.HELLO_SECONDS, lambda: loop.create_task(self._hang_up()))

    async def _hang_up(self) -> None:
        if self.socket is None:
            await self.close(protocol.CLOSE_NO_HELLO)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            frame = _parse(text_data)
            if self.socket is None:
                await self._hello(frame)
            else:
                await self._heard(self.socket, frame)
        except Nonsense as error:
            await self._refuse(str(error), protocol.CLOSE_NONSENSE)

    async def websocket_disconnect(self, message: Mapping[str, Any]) -> None:
        if self.patience is not None:
            self.patience.cancel()
        if self.socket is not None:
            await self.hub.leave(self.socket)
        raise StopConsumer

    async def _refuse(self, reason: str, code: int) -> None:
        await self.send(text_data=news.encode({"type": "refused", "reason": reason}))
        await self.close(code)

    async def _hello(self, frame: Mapping[str, Any]) -> None:
        if frame.get("type") != "hello" or frame.get("v") != protocol.VERSION:
            raise Nonsense(f"the first frame must be a hello of version {protocol.VERSION}")
        playing, finished = _text(frame, "playing"), _texts(frame, "finished")
        guest = await self.hub.read(_guest, _text(frame, "key"), _text(frame, "goal"))
        if guest is None:
            await self._refuse("this link opens nothing", protocol.CLOSE_REFUSED)
            return
        streamer_id = guest.streamer.pk
        place = await self.hub.place(streamer_id)
        hello = await self.hub.read(news.hello_frame, guest.streamer, guest.room, place, guest.widget, self.version)
        socket = Socket(
            send=self.base_send,
            streamer_id=streamer_id,
            room=guest.room,
            widget_id=guest.widget.pk if guest.widget else None,
            is_alert=guest.widget is not None and guest.widget.kind == Widget.Kind.ALERT,
        )
        await socket.write(hello)
        since = news.can_replay(guest.room, place, frame.get("epoch"), frame.get("cursor"))
        if since is not None:
            missed = await self.hub.read(news.event_frames, streamer_id, since, place, [guest.room])
            for text in missed.values():
                await socket.write(text, news.cursor_of(guest.room, streamer_id, place))
        self.socket = socket
        await self.hub.enter(socket, place, playing, finished)

    async def _heard(self, socket: Socket, frame: Mapping[str, Any]) -> None:
        match frame.get("type"):
            case "ack":
                socket.acknowledge(_text(frame, "cursor"))
            case "cue" if frame.get("state") in ("started", "finished"):
                await self.hub.cue_moved(socket, _text(frame, "cue"), frame["state"])
            case _:
                raise Nonsense("no such frame")


def _guest(key: str, goal_id: str) -> Guest | None:
    if not key:
        goal = Goal.objects.active().filter(public_id=goal_id, is_public=True).select_related("streamer").first()
        return Guest(goal.streamer, Room("public", goal.pk)) if goal else None
    opened = AccessKey.objects.opened_by(key).select_related("streamer").first()
    if opened is None:
        return None
    if opened.purpose == AccessKey.Purpose.CONTROL:
        return Guest(opened.streamer, Room("control"))
    widget = (
        Widget.objects.filter(streamer=opened.streamer, public_id=opened.subject)
        .select_related("streamer", "goal")
        .first()
    )
    return Guest(opened.streamer, Room("overlay"), widget) if widget else None


def _parse(text: str | None) -> Mapping[str, Any]:
    if text is None or len(text) > LONGEST_FRAME:
        raise Nonsense("a frame is a short JSON text")
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        raise Nonsense("a frame is JSON") from None
    if not isinstance(frame, dict):
        raise Nonsense("a frame is a JSON object")
    return frame


def _text(frame: Mapping[str, Any], name: str) -> str:
    value = frame.get(name) or ""
    if not isinstance(value, str) or len(value) > LONGEST_ID:
        raise Nonsense(f"{name} is a short text")
    return value


def _texts(frame: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = frame.get(name) or []
    if not isinstance(values, list) or len(values) > MOST_FINISHED:
        raise Nonsense(f"{name} is a short list")
    return tuple(_text({name: value}, name) for value in values)
