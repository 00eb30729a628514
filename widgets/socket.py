"""Socket: one open page, as the Hub sees it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from widgets.news import Room
from widgets.protocol import CLOSE_TOO_SLOW

MOST_UNACKNOWLEDGED_BYTES = 256 * 1024
LONGEST_UNACKNOWLEDGED_SECONDS = 10.0

Send = Callable[[dict[str, object]], Awaitable[None]]


@dataclass(eq=False)
class Socket:
    """Knows what its page has not acknowledged yet. `widget_id` is set on overlays, `is_alert` on alert boxes."""

    send: Send
    streamer_id: int
    room: Room
    widget_id: int | None = None
    is_alert: bool = False
    is_open: bool = True
    unacknowledged: deque[tuple[str, int, float]] = field(default_factory=deque)
    unacknowledged_bytes: int = 0

    async def write(self, text: str, cursor: str | None = None) -> None:
        """Send a frame. With `cursor`, the page must acknowledge it; one that lags too far behind is closed."""
        if not self.is_open:
            return
        if cursor is not None:
            self.unacknowledged.append((cursor, len(text), time.monotonic()))
            self.unacknowledged_bytes += len(text)
        if self._lags():
            await self.close(CLOSE_TOO_SLOW)
            return
        await self.send({"type": "websocket.send", "text": text})

    def acknowledge(self, cursor: str) -> None:
        """The page has everything up to `cursor`. One that was never sent is ignored."""
        if not any(sent == cursor for sent, _size, _at in self.unacknowledged):
            return
        while self.unacknowledged:
            sent, size, _at = self.unacknowledged.popleft()
            self.unacknowledged_bytes -= size
            if sent == cursor:
                return

    async def close(self, code: int) -> None:
        """Close with a code of the protocol. The page comes back by its cursor."""
        if self.is_open:
            self.is_open = False
            await self.send({"type": "websocket.close", "code": code})

    def _lags(self) -> bool:
        if not self.unacknowledged:
            return False
        waited = time.monotonic() - self.unacknowledged[0][2]
        return self.unacknowledged_bytes > MOST_UNACKNOWLEDGED_BYTES or waited > LONGEST_UNACKNOWLEDGED_SECONDS
