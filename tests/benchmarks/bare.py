"""What cannot be beaten: the broadcast of the `websockets` package, without compression, and nothing else.

    python -m tests.benchmarks.bare PORT

Reads JSON lines. {"hello": FRAME} is the answer to each page's first frame from now on; any other frame is sent to all
pages, with `now` set to this moment as the Hub does it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

hello = ""
pages: set[ServerConnection] = set()


async def attend(page: ServerConnection) -> None:
    """From its hello to its end; acknowledgements are read and forgotten."""
    with contextlib.suppress(ConnectionClosed):
        await page.recv()
        await page.send(hello)
        pages.add(page)
        async for _ack in page:
            pass
    pages.discard(page)


def obey(words: str) -> None:
    global hello
    frame: dict[str, Any] = json.loads(words)
    if "hello" in frame:
        hello = json.dumps(frame["hello"], ensure_ascii=False, separators=(",", ":"))
    else:
        frame["now"] = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        broadcast(pages, json.dumps(frame, ensure_ascii=False, separators=(",", ":")))


async def main() -> None:
    reader = asyncio.StreamReader(limit=2**24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with serve(attend, "127.0.0.1", int(sys.argv[1]), compression=None, backlog=2048):
        while words := await reader.readline():
            obey(words.decode())


if __name__ == "__main__":
    asyncio.run(main())
