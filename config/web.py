"""The web server: daphne, fit for thousands of open pages.

    python -m config.web -e tcp:port=8000:interface=127.0.0.1 -v 0 config.asgi:application

Its command line is daphne's. For each frame to each page autobahn draws up lines of debugging that nobody logs, and
Twisted asks the kernel to be woken when the line can be written to although mostly it can be already. Here a frame is
written at once where nothing waits before it, in less than half of the time (`tests.benchmarks.fanout`). The
application does not know: it runs as well under daphne itself, or under another server.
"""

from __future__ import annotations

from typing import Any

# First of all: it chooses the reactor.
from daphne.cli import CommandLineInterface  # isort: skip
from autobahn.twisted import websocket
from autobahn.websocket import protocol
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.tcp import Connection


class Page(WebSocketProtocol):
    """One open page."""

    def serverSend(self, content: str | bytes, binary: bool = False) -> None:
        """Send what the application sends. Nothing is compressed here, which is what autobahn asks for each frame."""
        if isinstance(content, bytes) or self.state != self.STATE_OPEN:
            super().serverSend(content, binary)
        else:
            frame = protocol.PreparedMessage(content.encode(), isBinary=False, applyMask=False, doNotCompress=True)
            self.sendPreparedMessage(frame)

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """Write bytes of whatever frame: what the kernel takes, now; the rest when it has room again."""
        if sync or chopsize or self.send_queue or not is_free(self.transport):
            super().sendData(data, sync, chopsize)
            return
        written = self.transport.writeSomeData(data)
        if not isinstance(written, int):
            self.transport.write(data)  # the line is lost; Twisted finds it so, and tells everybody
        elif written < len(data):
            self.transport.write(data[written:])


def is_free(transport: Any) -> bool:
    """Whether nothing waits to be written to this line before what comes now. Never so of one that is encrypted here,
    where Twisted must see all bytes.
    """
    return (
        isinstance(transport, Connection)
        and bool(transport.connected)
        and not transport.disconnecting
        and not transport.dataBuffer
        and not transport._tempDataBuffer
    )


def draw_up_nothing() -> None:
    """Autobahn paints the parts of its debug lines before it knows whether anybody wants them."""
    for module in (protocol, websocket):
        for name in ("hltype", "hlval", "hlid", "pformat", "_LazyHexFormatter"):
            if hasattr(module, name):
                setattr(module, name, as_it_is)


def as_it_is(value: object) -> object:
    """Not painted."""
    return value


if __name__ == "__main__":
    draw_up_nothing()
    WebSocketFactory.protocol = Page
    CommandLineInterface.entrypoint()
