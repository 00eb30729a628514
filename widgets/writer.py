"""Writer: puts messages on a line in their order, and never lets its caller wait."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from typing import Any

logger = logging.getLogger("kopilka.hub")

Message = dict[str, object]
Send = Callable[[Message], Awaitable[None]]

CLOSE_WITHIN_SECONDS = 10.0
_OVER = object()


class Writer:
    """One line's `send`, of any ASGI server. Daphne's takes everything at once; uvicorn's waits for a slow client.

    A send is begun here and now, which mostly is its end too, so that thousands of lines cost no task. One that waits
    is finished in a task, and what comes meanwhile waits behind it: how much, is for the caller to bound.
    """

    __slots__ = ("_behind", "_send", "_task", "is_broken")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._behind: deque[Message] | None = None
        self._task: asyncio.Task[None] | None = None
        self.is_broken = False

    def put(self, message: Message) -> None:
        """Send it, or keep it until the messages before it are out."""
        if self._behind is not None:
            self._behind.append(message)
            return
        try:
            steps = self._send(message).__await__()
            # With a default its end raises nothing, which would be a tenth of what a line costs.
            waits_for = next(steps, _OVER)
        except Exception as error:
            self._broke(error)
            return
        if waits_for is _OVER:
            return
        self._behind = deque()
        self._task = asyncio.create_task(self._catch_up(_Begun(steps, waits_for)))

    async def _catch_up(self, begun: _Begun) -> None:
        try:
            await begun
            while self._behind:
                await self._send(self._behind.popleft())
        except Exception as error:
            self._broke(error)
        self._behind = None

    def close(self, code: int) -> None:
        """Close the line. What still waits to be sent is dropped, and a client that takes in nothing waited for only a
        while: what is left of its line then is the server's."""
        if self._task is not None:
            self._task.cancel()
        self._behind = deque()
        self._task = asyncio.create_task(self._close(code))

    async def _close(self, code: int) -> None:
        try:
            async with asyncio.timeout(CLOSE_WITHIN_SECONDS):
                await self._send({"type": "websocket.close", "code": code})
        except Exception as error:
            self._broke(error)

    def _broke(self, error: Exception) -> None:
        # A line that broke in this moment says so itself; the others must not hear of it.
        self.is_broken = True
        logger.debug("a line broke while it was written to: %s", type(error).__name__)


class _Begun:
    """An awaitable whose first step was made outside of the task that finishes it."""

    __slots__ = ("_steps", "_waits_for")

    def __init__(self, steps: Generator[Any, None, None], waits_for: object) -> None:
        self._steps = steps
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, None, None]:
        yield self._waits_for
        yield from self._steps
