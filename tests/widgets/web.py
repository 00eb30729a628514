"""The web process as `start` runs it."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

from config.crew import daphne
from tests.conftest import ROOT, free_port
from tests.processes.observed import eventually, surroundings


class Web:
    """Daphne in a process of its own, over a data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "static").mkdir(exist_ok=True)
        self.port = free_port()
        self.url = f"ws://127.0.0.1:{self.port}/ws/"
        self.start()

    def start(self) -> None:
        """Start it, or start it again on the same port, and wait until it answers."""
        self.process = subprocess.Popen(
            daphne(self.port, "127.0.0.1"), cwd=ROOT, env=surroundings(KOPILKA_DATA=str(self.folder))
        )
        assert eventually(self._answers, 60), "the web process does not answer"

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the web process died"
        return is_open(self.port)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def is_open(port: int) -> bool:
    """Whether somebody listens on this port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
