"""Socket: one open page, as the Hub sees it."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from widgets.news import Place, Room
from widgets.protocol import CLOSE_TOO_SLOW

logger = logging.getLogger("kopilka.hub")

MOST_UNACKNOWLEDGED = 256 * 1024
LONGEST_UNACKNOWLEDGED_SECONDS = 10.0

Send = Callable[[dict[str, object]], Awaitable[None]]


@dataclass(eq=False)
class Socket:
    """Knows how far its page was told the log (`place`), and what the page has not acknowledged yet, in characters.

    `widget_id` is set on overlays, `is_alert` on alert boxes.
    """

    send: Send
    streamer_id: int
    room: Room
    place: Place
    widget_id: int | None = None
    is_alert: bool = False
    is_open: bool = True
    unacknowledged: deque[tuple[str, int, float]] = field(default_factory=deque)
    unacknowledged_size: int = 0

    async def write(self, text: str, cursor: str | None = None) -> None:
        """Send a frame; with `cursor`, the page must acknowledge it. A page that lags too far behind is closed instead.

        What counts is what it was sent before: a single frame may be of any length, else the page could never hear it.
        """
        if not self.is_open:
            return
        if self._lags():
            await self.close(CLOSE_TOO_SLOW)
            return
        if cursor is not None:
            self.unacknowledged.append((cursor, len(text), time.monotonic()))
            self.unacknowledged_size += len(text)
        await self._put({"type": "websocket.send", "text": text})

    def acknowledge(self, cursor: str) -> None:
        """The page has everything up to `cursor`. One that was never sent is ignored."""
        if not any(sent == cursor for sent, _size, _at in self.unacknowledged):
            return
        while self.unacknowledged:
            sent, size, _at = self.unacknowledged.popleft()
            self.unacknowledged_size -= size
            if sent == cursor:
                return

    async def close(self, code: int) -> None:
        """Close with a code of the protocol. The page comes back by its cursor."""
        if self.is_open:
            self.is_open = False
            await self._put({"type": "websocket.close", "code": code})

    async def _put(self, message: dict[str, object]) -> None:
        try:
            await self.send(message)
        except Exception as error:
            # A line that broke in this moment says so itself; the others must not hear of it.
            self.is_open = False
            logger.debug("a socket broke while it was written to: %s", type(error).__name__)

    def _lags(self) -> bool:
        if not self.unacknowledged:
            return False
        waited = time.monotonic() - self.unacknowledged[0][2]
        return self.unacknowledged_size > MOST_UNACKNOWLEDGED or waited > LONGEST_UNACKNOWLEDGED_SECONDS
