"""A program under observation: what it says, and which processes belong to it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.databases import database_of

BASE = Path(__file__).resolve().parent.parent.parent
Found = TypeVar("Found")


def eventually(find: Callable[[], Found], seconds: float = 30.0) -> Found:
    """Ask again and again until the answer is true; the last answer after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := find()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def pids_with(variable: str, value: str) -> set[int]:
    """Every living process that has `variable=value` in its environment, however far from its first parent."""
    if not Path("/proc/self/environ").exists():
        listed = subprocess.run(["ps", "-Aeww", "-o", "pid=,command="], capture_output=True, text=True).stdout
        return {int(line.split()[0]) for line in listed.splitlines() if f"{variable}={value} " in f"{line} "}
    wanted = f"{variable}={value}".encode()
    found = set()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in environment.read_bytes().split(b"\0"):
                found.add(int(environment.parent.name))
        except OSError:
            continue
    return found


def pid_of(name: str, run_dir: Path) -> int | None:
    """What the pid file of a child says; None while there is none."""
    try:
        return int((run_dir / f"{name}.pid").read_text())
    except (FileNotFoundError, ValueError):
        return None


def surroundings(**variables: str) -> dict[str, str]:
    """The environment without what belongs to this test run, with `variables` and the database of their data folder."""
    ours = ("KOPILKA_", "DJANGO_", "PYTEST_")
    rest = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    database = database_of(Path(variables["KOPILKA_DATA"])) if "KOPILKA_DATA" in variables else {}
    return {**rest, **database, **variables}


class Observed:
    """A started program with `environment`; `marker` is a variable in it by which all of its processes are known."""

    def __init__(self, argv: list[str], environment: dict[str, str], marker: str) -> None:
        self.marker = (marker, environment[marker])
        self.lines: list[str] = []
        self.spoken = threading.Condition()
        self.process = subprocess.Popen(
            argv,
            cwd=BASE,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.spoken:
                self.lines.append(line.rstrip("\n"))
                self.spoken.notify_all()

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    def hear(self, words: str, seconds: float = 30.0, times: int = 1) -> str:
        """Wait for a line with `words`, or fail with all that was said."""

        def heard() -> list[str]:
            return [line for line in self.lines if words in line]

        with self.spoken:
            self.spoken.wait_for(lambda: len(heard()) >= times, seconds)
            assert len(heard()) >= times, f"{words!r} was not said:\n{self.said}"
            return heard()[times - 1]

    def living(self) -> set[int]:
        return pids_with(*self.marker)

    def is_alone(self, seconds: float = 10.0) -> bool:
        """Whether all of its processes are gone within `seconds`."""
        return eventually(lambda: not self.living(), seconds)

    def end(self) -> None:
        """Leave nothing behind after a test, whatever became of it; what is born meanwhile, neither."""
        eventually(self._kill_all)
        self.process.wait(timeout=30)

    def _kill_all(self) -> bool:
        for pid in self.living():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not self.living()
