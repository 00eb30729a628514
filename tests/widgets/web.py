"""The web process as `start` runs it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config.crew import daphne
from tests.conftest import ROOT, free_port
from tests.processes.observed import eventually, surroundings

Server = Callable[[int, str], list[str]]


def uvicorn(port: int, interface: str, *words: str) -> list[str]:
    """The command line of the same application under the other server. Compression would cost 35 KB a socket."""
    options = ["--host", interface, "--port", str(port), "--ws-per-message-deflate", "false", "--log-level", "warning"]
    options += ["--ws-ping-interval", "55"]
    return [sys.executable, "-m", "uvicorn", *options, *words, "config.asgi:application"]


class Web:
    """A web server in a process of its own, over a data folder: daphne, as in every installation, or another."""

    def __init__(self, folder: Path, server: Server = daphne, **options: Any) -> None:
        self.folder = folder
        self.server = server
        self.options = options
        (folder / "static").mkdir(exist_ok=True)
        self.port = free_port()
        self.url = f"ws://127.0.0.1:{self.port}/ws/"
        self.start()

    def start(self) -> None:
        """Start it, or start it again on the same port, and wait until it answers."""
        self.process = subprocess.Popen(
            self.server(self.port, "127.0.0.1"),
            cwd=ROOT,
            env=surroundings(KOPILKA_DATA=str(self.folder)),
            **self.options,
        )
        assert eventually(self._answers, 60), "the web process does not answer"

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the web process died"
        return is_open(self.port)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def is_open(port: int) -> bool:
    """Whether somebody listens on this port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
