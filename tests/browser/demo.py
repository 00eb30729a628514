"""`start --demo` as a person starts it: a real process on free ports, with its own data folder."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import requests

from tests.conftest import ROOT, free_port
from tests.processes.observed import surroundings

LINK = re.compile(r"http://\S+/welcome/#\S+")


class Demo:
    """A running demo. `link` is the one link that it printed; `output` everything that it has said so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        port, sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.sandbox_url = f"http://127.0.0.1:{sandbox_port}"
        self.output: list[str] = []
        self._has_link = threading.Event()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "start", "--demo", f"--port={port}", f"--sandbox-port={sandbox_port}"],
            cwd=ROOT,
            env=surroundings(KOPILKA_DATA=str(folder)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        if not self._has_link.wait(240):
            self.stop()
            raise AssertionError("the demo printed no link:\n" + "".join(self.output))

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)
            if found := LINK.search(line):
                self.link = found.group()
                self._has_link.set()

    def pid_of(self, name: str) -> int:
        """The process of a worker: web, jobs, poll or wallet (the sandbox)."""
        return int((self.folder / "run" / f"{name}.pid").read_text())

    def kill(self, name: str) -> None:
        """SIGKILL, without a word."""
        os.kill(self.pid_of(name), signal.SIGKILL)

    def idle_workers(self) -> list[int]:
        """The processes of django-q2's cluster below its leader and its sentinel."""
        leader = self.pid_of("jobs")
        below = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        parents = {int(pid): int(parent) for pid, parent in (line.split() for line in below.splitlines())}
        sentinels = [pid for pid, parent in parents.items() if parent == leader]
        return sorted(pid for pid, parent in parents.items() if parent in sentinels)

    def sandbox(self, method: str, path: str, body: object = None) -> dict:
        answer = requests.request(method, self.sandbox_url + path, json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def wallet_id(self) -> object:
        """The one wallet of the demo's streamer."""
        wallets = self.sandbox("GET", "/sandbox/wallets")["wallets"]
        return next(wallet["id"] for wallet in wallets if wallet["nickname"] == "LISA")

    def pay(self, amount: int, comment: str) -> None:
        """A donor gives `amount` kopecks."""
        body = {"amount": amount, "comment": comment}
        self.sandbox("POST", f"/sandbox/wallets/{self.wallet_id()}/pay", body)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
