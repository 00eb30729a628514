"""Who works in one installation: the web server, the task queue, the fast poller and the sandbox wallet.

`manage.py start` prepares the data folder and turns into this process (`python -m config.crew ...`), which imports no
Django: about 13 MB instead of 75. On PostgreSQL it turns into `config.crew_on_postgres`, 36 MB with its driver.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sqlite3
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from config.supervisor import Child, Pulse, Supervisor

NOT_FOR_STRANGERS = {
    "DATABASE_URL",
    "DJANGO_SETTINGS_MODULE",
    "KOPILKA_SIGNING_KEY",
    "KOPILKA_SECRET_KEYS",
    "KOPILKA_PEPPER",
    "KOPILKA_EMAIL_URL",
}
LOOPBACK = "127.0.0.1"
BASE_DIR = Path(__file__).resolve().parent.parent
# In seconds. 2,000 pages cost 1 % of a core at 20; nginx ends a line that is silent for 60.
PINGS = ("--ping-interval", "55")
HEARTBEAT = "SELECT at FROM donations_heartbeat WHERE name = 'minute'"


def manage(*words: str) -> list[str]:
    """The command line of one of our own commands."""
    return [sys.executable, str(BASE_DIR / "manage.py"), *words]


def daphne(port: int, interface: str) -> list[str]:
    """The web server. A backlog of 50, the default, turns 2,000 connects into 14 s of retries; at verbosity 1 it prints
    every path that is asked for. A quiet line is pinged before a proxy that waits for a minute would cut it."""
    endpoint = f"tcp:port={port}:interface={interface}:backlog=2048"
    return [sys.executable, "-m", "config.web", "-e", endpoint, "-v", "0", *PINGS, "config.asgi:application"]


def sandbox(port: int, interface: str, data: Path, public_url: str) -> list[str]:
    """The wallet of imaginary money: of the demo, and of the rehearsals in every installation (39 MB).

    Safe on every interface: to clients from elsewhere it shows its pay pages alone; its APIs and switches, which ask
    nobody who he is, answer on loopback only. Outside a demo it is bound to loopback, pay pages and all. Who reaches it
    there moves imaginary money, which nothing but a rehearsal shows: it has a database of its own, none of our keys,
    and no way to us. It may die as often as it likes: nobody waits for it but the rehearsal's page.
    """
    words = ["--port", str(port), "--bind", interface, "--data", str(data / "sandbox"), "--public-url", public_url]
    return [sys.executable, "-m", "donations.sandbox", *words]


def crew(arguments: argparse.Namespace, environment: Mapping[str, str]) -> list[Child]:
    """The children of one installation, in the order of their start; the last one prints the welcome and ends."""
    # The sandbox is a Django site with settings and a database of its own, and has no business with our keys.
    strangers = {name: value for name, value in environment.items() if name not in NOT_FOR_STRANGERS}
    public_url = environment["KOPILKA_SANDBOX_PUBLIC_URL"]
    interface = arguments.interface if arguments.demo else LOOPBACK
    wallet = sandbox(arguments.sandbox_port, interface, arguments.data, public_url)
    welcome = manage("welcome", "--port", str(arguments.port), *(["--demo"] if arguments.demo else []))
    return [
        Child("web", daphne(arguments.port, arguments.interface), environment),
        Child("jobs", manage("qcluster"), environment),
        Child("poll", manage("poll"), environment),
        Child("wallet", wallet, strangers),
        Child("welcome", welcome, environment, once=True),
    ]


def heartbeat(database: Path) -> Callable[[], object | None]:
    """A function that reads when the minute task last ran: its time, "never", or None when SQLite does not tell."""

    def read() -> object | None:
        try:
            with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=rw", uri=True, timeout=2)) as connection:
                row = connection.execute(HEARTBEAT).fetchone()
        except sqlite3.Error:
            return None
        return row[0] if row else "never"

    return read


def parse(words: list[str]) -> argparse.Namespace:
    """What `manage.py start` says to the process that it turns into."""
    parser = argparse.ArgumentParser(prog="config.crew")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--database", type=Path, help="SQLite's file")
    parser.add_argument("--stale-after", type=float, required=True, help="seconds")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--sandbox-port", type=int, required=True)
    parser.add_argument("--interface", required=True)
    parser.add_argument("--launcher", type=int, help="process id that must stay our parent")
    parser.add_argument("--demo", action="store_true")
    return parser.parse_args(words)


def work(arguments: argparse.Namespace, read_heartbeat: Callable[[], object | None]) -> None:
    """Run everything until a signal ends it."""
    children = crew(arguments, {**os.environ, "PYTHONUNBUFFERED": "1"})
    jobs = next(child for child in children if child.name == "jobs")
    pulse = Pulse(jobs, read_heartbeat, arguments.stale_after)
    Supervisor(children, arguments.data / "run", pulse, arguments.launcher).run()


if __name__ == "__main__":
    words = parse(sys.argv[1:])
    work(words, heartbeat(words.database))
