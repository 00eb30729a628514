"""The web process: pages by Django, `/ws/` by the Hub. It depends on no particular server."""

from __future__ import annotations

import gc
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
pages = get_asgi_application()

# Models can be imported only once Django is set up.
from config.build import build_version  # noqa: E402
from widgets.hub import Hub  # noqa: E402
from widgets.line import DeadEnd, Line  # noqa: E402


async def lifespan(
    scope: Mapping[str, Any],
    receive: Callable[[], Awaitable[Mapping[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """There is nothing to begin or to end: the Hub looks while a page is open. Servers that ask want an answer."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


application = ProtocolTypeRouter(
    {
        "http": pages,
        "lifespan": lifespan,
        "websocket": URLRouter(
            [path("ws/", Line.as_asgi(hub=Hub(), version=build_version())), re_path("", DeadEnd.as_asgi())]
        ),
    }
)

# What was imported stays: to look through it again and again while thousands of pages come is in vain.
gc.collect()
gc.freeze()
