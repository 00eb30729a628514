"""Line: one WebSocket from its hello to its end. It checks what came in and passes it on."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error
from django.utils import timezone

from donations.models import AccessKey, Goal, Streamer
from donations.seal import new_public_id
from widgets import news, protocol
from widgets.actions import answer
from widgets.control_values import control_snapshot
from widgets.health import HealthValue
from widgets.hub import Hub
from widgets.languages import language_of
from widgets.models import Widget
from widgets.news import Place, Room
from widgets.snapshots import snapshot
from widgets.socket import About, Socket

logger = logging.getLogger("kopilka.hub")

LONGEST_FRAME = 16 * 1024
MOST_FINISHED = 50
LONGEST_ID = 64
LONGEST_PAGE = 16
LONGEST_VERSION = 20
LONGEST_OBS = 20
CLOSE_COME_BACK = 1000


class Nonsense(Exception):
    """A frame that the protocol does not know."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Who a page is: what its key or its goal opened. `subject` is the public id of an overlay's widget, `key` the
    link that opened it, a control room or an overlay.
    """

    streamer: Streamer
    room: Room
    subject: str = ""
    key: AccessKey | None = None


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a guest is answered, and the place in the log from which on it is told more; a control room also from which
    turns of alerts and which health on.
    """

    guest: Guest
    widget: Widget | None
    place: Place
    turns: Mapping[int, int]
    health: HealthValue | None
    text: str


class DeadEnd(AsyncWebsocketConsumer):
    """Denies a WebSocket to an address that has none; without it each such call would leave a traceback in the log."""

    channel_layer_alias = "none"

    async def connect(self) -> None:
        await self.close()


class Line(AsyncWebsocketConsumer):
    """No channel layer and no database hop per frame: one group message per consumer costs 10 to 60 times as much."""

    channel_layer_alias = "none"

    def __init__(self, hub: Hub, version: str) -> None:
        super().__init__()
        self.hub = hub
        self.version = version
        self.socket: Socket | None = None
        self.is_over = False
        self.patience: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope, self.base_send = scope, send
        try:
            await self._listen(receive)
        finally:
            # However it ended: a page that is not there must neither hold a booth nor keep the Hub looking.
            self._stop_waiting()
            if self.socket is not None:
                await self.hub.leave(self.socket)

    async def _listen(self, receive: Any) -> None:
        # Channels' own loop makes two tasks for each frame, and hops to a thread to close old database connections;
        # ours live in threads.
        while (message := await receive())["type"] != "websocket.disconnect":
            if message["type"] == "websocket.connect":
                await self.connect()
            else:
                await self.receive(message.get("text"))

    async def connect(self) -> None:
        await self.accept()
        self.patience = asyncio.create_task(self._wait_for_hello())

    async def _wait_for_hello(self) -> None:
        await asyncio.sleep(protocol.HELLO_SECONDS)
        await self._end(protocol.CLOSE_NO_HELLO)

    def _stop_waiting(self) -> None:
        if self.patience is not None:
            self.patience.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.is_over:
            return
        self._stop_waiting()
        try:
            frame = _parse(text_data)
            if self.socket is None:
                await self._hello(frame)
            else:
                await self._heard(self.socket, frame)
        except Nonsense as error:
            await self._refuse(str(error), protocol.CLOSE_NONSENSE)
        except Error as error:
            # The page comes back, and says again what it had to say.
            logger.warning("a page was sent away, the database is busy or away (%s)", type(error).__name__)
            await self._end(CLOSE_COME_BACK)

    async def _end(self, code: int) -> None:
        self.is_over = True
        if self.socket is not None:
            self.socket.close(code)
        else:
            await self.close(code)

    async def _refuse(self, reason: str, code: int) -> None:
        await self.send(text_data=news.encode({"type": "refused", "reason": reason}))
        await self._end(code)

    async def _hello(self, frame: Mapping[str, Any]) -> None:
        if frame.get("type") != "hello" or frame.get("v") != protocol.VERSION:
            raise Nonsense(f"the first frame must be a hello of version {protocol.VERSION}")
        key, goal = _text(frame, "key"), _text(frame, "goal")
        # An older build has no id; it is told of the new one, and reloads.
        page = _text(frame, "page")[:LONGEST_PAGE] or new_public_id()
        version = _text(frame, "version")[:LONGEST_VERSION]
        playing, speaks = _text(frame, "playing"), frame.get("speaks") is True
        take, finished = _number(frame, "take"), _texts(frame, "finished")
        about = _about(frame.get("about", {}), About())
        epoch, cursor = (value if isinstance(value := frame.get(name), str) else None for name in ("epoch", "cursor"))
        rehearses = frame.get("rehearsal") is True
        welcome = await self.hub.desk.ask(_welcome, key, goal, rehearses, epoch, cursor, self.version)
        if welcome is None:
            await self._refuse("this link opens nothing", protocol.CLOSE_REFUSED)
            return
        self.socket = Socket(
            send=self.base_send,
            streamer_id=welcome.guest.streamer.pk,
            room=welcome.guest.room,
            place=welcome.place,
            widget_id=welcome.widget.pk if welcome.widget else None,
            is_alert=welcome.widget is not None and welcome.widget.kind == Widget.Kind.ALERT,
            key_id=welcome.guest.key.pk if welcome.guest.key is not None else None,
            page=page,
            version=version,
            about=about,
        )
        self.socket.greet(welcome.text)
        await self.hub.enter(self.socket, playing if speaks else "", take, finished, welcome.turns, welcome.health)

    async def _heard(self, socket: Socket, frame: Mapping[str, Any]) -> None:
        match frame.get("type"):
            case "ack":
                socket.acknowledge(_text(frame, "cursor"))
            case "cue" if frame.get("state") in ("started", "progress"):
                await self.hub.heard(socket, _text(frame, "cue"), _number(frame, "take"))
            case "do" if socket.room.is_control and socket.key_id is not None:
                await self._do(socket, socket.key_id, frame)
            case "about":
                self.hub.is_about(socket, _about(frame.get("about"), socket.about))
            case _:
                raise Nonsense("no such frame")

    async def _do(self, socket: Socket, key_id: int, frame: Mapping[str, Any]) -> None:
        """A control, from a control room."""
        ref = _text(frame, "ref")
        if not ref:
            raise Nonsense("a control has a ref")
        headers = dict(self.scope.get("headers", []))
        accepted = headers.get(b"accept-language", b"").decode("latin-1")
        done = await self.hub.read(_done, key_id, frame, ref, accepted)
        self.hub.look_now()
        if done is None:
            await self._refuse("this link opens nothing any more", protocol.CLOSE_REFUSED)
        else:
            socket.write(news.encode(done))


def _done(key_id: int, frame: Mapping[str, Any], ref: str, accepted: str) -> protocol.Done | None:
    """None when the key was taken away since its page opened."""
    keys = AccessKey.objects.valid().filter(pk=key_id, purpose=AccessKey.Purpose.CONTROL)
    key = keys.select_related("streamer").first()
    return answer(key, frame, ref, language_of(accepted, key.streamer.language)) if key is not None else None


def _welcome(key: str, goal_id: str, rehearses: bool, epoch: object, cursor: object, version: str) -> Welcome | None:
    guest = _guest(key, goal_id)
    if guest is not None and rehearses:
        guest = _off_air(guest)
    if guest is None:
        return None
    # The place first, what is shown after it: what changes in between is told again, and never missed.
    newest = news.place_of(guest.streamer.pk)
    turns = news.turns([guest.streamer.pk]).get(guest.streamer.pk, {}) if guest.room.is_control else {}
    widget = _widget(guest)
    if guest.subject and widget is None:
        return None
    place = news.resume(guest.room, guest.streamer.pk, newest, epoch, cursor)
    shown = _snapshot(guest, widget)
    text = news.hello_frame(guest.streamer.pk, guest.room, place, widget, version, shown)
    health: HealthValue | None = None
    if guest.room.is_control:
        health = {"wallets": shown["wallets"], "screens": shown["screens"]}
    return Welcome(guest, widget, place, turns, health, text)


def _snapshot(guest: Guest, widget: Widget | None) -> protocol.SnapshotValue:
    if guest.room.is_control and guest.key is not None:
        return control_snapshot(guest.key, with_amounts=guest.room.with_amounts)
    goal = Goal.objects.get(pk=guest.room.goal_id) if guest.room.goal_id else None
    return snapshot(guest.streamer, widget, goal)


def _guest(key: str, goal_id: str) -> Guest | None:
    if not key:
        goal = Goal.objects.active().filter(public_id=goal_id, is_public=True).select_related("streamer").first()
        return Guest(goal.streamer, Room("public", goal.pk)) if goal else None
    opened = AccessKey.objects.opened_by(key).select_related("streamer").first()
    if opened is None:
        return None
    if opened.purpose == AccessKey.Purpose.CONTROL:
        without = opened.role == AccessKey.Role.WITHOUT_AMOUNTS
        return Guest(opened.streamer, Room("control_without_amounts" if without else "control"), key=opened)
    if opened.purpose == AccessKey.Purpose.OVERLAY and opened.subject:
        return Guest(opened.streamer, Room("overlay"), opened.subject, opened)
    return None


def _off_air(guest: Guest) -> Guest | None:
    """The overlay's guest as that of its shadow; None while nothing was ever rehearsed, and where nothing can be. A
    control room is refused: what is done there must not be meant for the rehearsal and happen on air.
    """
    copy = Widget.objects.filter(rehearses__public_id=guest.subject, rehearses__streamer=guest.streamer)
    widget = copy.select_related("streamer").first() if guest.subject else None
    return Guest(widget.streamer, guest.room, widget.public_id, guest.key) if widget else None


def _widget(guest: Guest) -> Widget | None:
    widgets = Widget.objects.filter(streamer=guest.streamer, public_id=guest.subject)
    return widgets.select_related("streamer__controls", "goal").first()


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
    value = frame.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_ID or not (value.isascii() and value.isprintable()):
        raise Nonsense(f"{name} is a short text")
    return value


def _number(frame: Mapping[str, Any], name: str) -> int:
    value = frame.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise Nonsense(f"{name} is a small number")
    return value


def _about(says: object, before: About) -> About:
    """What a page says of itself now; what it does not say is as before. It is on programme since it first said so."""
    if not isinstance(says, dict):
        raise Nonsense("about is a JSON object")
    obs, visible = _text(says, "obs")[:LONGEST_OBS] or before.obs, says.get("visible", before.visible)
    active, streaming = says.get("active", before.active), says.get("streaming", before.streaming)
    sound = says.get("sound", before.sound)
    if not isinstance(visible, bool) or not all(fact in (None, True, False) for fact in (active, streaming)):
        raise Nonsense("visible, active and streaming are true or false")
    if sound not in get_args(protocol.SoundState):
        raise Nonsense("sound is one of a few words")
    since = before.active_at if before.active else timezone.now()
    return About(obs, visible, active, since if active else None, streaming, sound)


def _texts(frame: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = frame.get(name)
    if values is None:
        return ()
    if not isinstance(values, list) or len(values) > MOST_FINISHED:
        raise Nonsense(f"{name} is a short list")
    return tuple(_text({name: value}, name) for value in values)
