"""Socket: one open page, as the Hub sees it."""

from __future__ import annotations

import time
from dataclasses import InitVar, dataclass, field
from datetime import datetime

from django.utils import timezone

from widgets.debt import Debt
from widgets.encoded import Encoded
from widgets.news import Place, Room
from widgets.protocol import CLOSE_TOO_SLOW
from widgets.writer import Send, Writer


@dataclass(frozen=True, slots=True)
class About:
    """What an overlay said of itself last. `obs`: its OBS version, "" elsewhere. `active`: on programme, since
    `active_at` if it is; None: it did not tell. `streaming`: whether its OBS streams, None: it may not know.
    """

    obs: str = ""
    visible: bool = True
    active: bool | None = None
    active_at: datetime | None = None
    streaming: bool | None = None
    sound: str = "unknown"


@dataclass(eq=False, slots=True)
class Socket:
    """Knows how far its page was told the log (`place`), and what the page has not acknowledged yet.

    `widget_id` is set on overlays, `is_alert` on alert boxes, `key_id` where a key opened the page; `page` is the id
    that an overlay gave itself and keeps while its lines come and go, `version` the build that it runs.
    """

    send: InitVar[Send]
    streamer_id: int
    room: Room
    place: Place
    widget_id: int | None = None
    is_alert: bool = False
    key_id: int | None = None
    page: str = ""
    version: str = ""
    about: About = About()
    opened_at: datetime = field(default_factory=timezone.now)
    is_open: bool = True
    _debt: Debt = field(default_factory=Debt)
    _writer: Writer = field(init=False)

    def __post_init__(self, send: Send) -> None:
        self._writer = Writer(send)

    def greet(self, text: str) -> None:
        """Send the answer to the hello. It may be of any length, and is never acknowledged: it does not count."""
        self._writer.put({"type": "websocket.send", "text": text})

    def write(self, text: Encoded, cursor: str = "", events: int = 1) -> None:
        """Send a frame. A page that lags too far behind is closed instead; it comes back by its cursor.

        What counts is what it was sent before: a single frame may be of any length, else the page could never hear it.
        """
        writer, debt, now = self._writer, self._debt, time.monotonic()
        if not self.is_open or writer.is_broken:
            self.is_open = False
            return
        if debt.is_too_large(now):
            self.close(CLOSE_TOO_SLOW)
            return
        debt.add(cursor, text.size, events, now)
        writer.put({"type": "websocket.send", "text": text})

    @property
    def is_lost(self) -> bool:
        """Whether it is closed, or should be since it owes too much."""
        return not self.is_open or self._debt.is_too_large(time.monotonic())

    def acknowledge(self, cursor: str) -> None:
        """The page has everything up to `cursor`."""
        self._debt.pay(cursor)

    def close(self, code: int) -> None:
        """Close with a code of the protocol. The page comes back by its cursor."""
        if self.is_open:
            self.is_open = False
            self._writer.close(code)
