import sys
from collections.abc import Callable, Iterable
from threading import Condition, Event
from time import monotonic
from typing import Any

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

# Set when the server ends: who holds an answer back on purpose stops waiting.
stopping = Event()


class Handler(WSGIRequestHandler):
    """A connection that stays open, answers without delay and logs nothing: a path here holds a wallet's number."""

    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Silent; the site has a log of its own."""


class Server(ThreadedWSGIServer):
    """A thread per connection: slow answers hold up nobody else."""

    request_queue_size = 256

    def __init__(self, bind: str, port: int) -> None:
        """OSError if the address cannot be had."""
        super().__init__((bind, port), Handler, ipv6=":" in bind)
        self.url = f"http://{f'[{bind}]' if ':' in bind else bind}:{self.server_port}"
        self.busy = 0
        self.idle = Condition()

    def set_app(self, application: Callable[..., Iterable[bytes]] | None) -> None:
        """Serves the application and counts the requests that are in it."""
        if application is None:
            return super().set_app(None)

        def counted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            with self.idle:
                self.busy += 1
            try:
                return application(environ, start_response)
            finally:
                with self.idle:
                    self.busy -= 1
                    self.idle.notify_all()

        return super().set_app(counted)

    def wait_idle(self, seconds: float) -> None:
        """Waits until no request is being answered, at most so long."""
        until = monotonic() + seconds
        with self.idle:
            while self.busy and (left := until - monotonic()) > 0:
                self.idle.wait(left)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news, and an exception's message may quote what must not be told."""
        error = sys.exc_info()[0]
        if error and not issubclass(error, ConnectionError):
            print(f"sandbox: a connection failed: {error.__name__}", file=sys.stderr)
