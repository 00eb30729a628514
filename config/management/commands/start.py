"""`manage.py start`: prepare the data folder, then run and watch everything that an installation needs."""

from __future__ import annotations

import fcntl
import ipaddress
import os
import socket
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, ProgrammingError, connection, connections
from django.utils import timezone
from django_q.models import Schedule
from django_q.tasks import async_task

from config.crew import BASE_DIR, LOOPBACK
from donations import restored
from widgets import cues

MINUTE, DAY = "donations.tasks.minute", "donations.tasks.day"
AFTER_THE_BANKS = time(15, tzinfo=UTC)
"""In Moscow and Kyiv the rates of the next day are out by then."""

EVERYWHERE = "0.0.0.0"


class Command(BaseCommand):
    """Prepares, then becomes the supervisor by exec: same process id, a sixth of the memory."""

    help = "Prepare the data folder, then run the web server, the task queue and the poller until Ctrl-C."
    # They import every page; the web server does that anyway, and says so.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="show everything, with a wallet of imaginary money")
        parser.add_argument(
            "--host", metavar="ADDRESS", help="the name or IPv4 address by which others reach this machine"
        )
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--sandbox-port", type=int, help="where the wallet of imaginary money listens (port + 100)")

    def handle(self, *args: Any, **options: Any) -> None:
        launcher = os.getppid() if "UV" in os.environ else None
        host = options["host"] or LOOPBACK
        port = options["port"]
        interface = interface_for(host)
        try:
            lock_data_folder(settings.DATA_DIR / "run")
            check_port(interface, port, "--port")
            sandbox_port = sandbox_port_for(interface, options)
            self.stdout.write("Kopilka: preparing the database and the pages ...")
            check_database()
            prepare()
        except KeyboardInterrupt:
            sys.exit(130)
        words = [
            f"--data={settings.DATA_DIR}",
            *([f"--database={connection.settings_dict['NAME']}"] if connection.vendor == "sqlite" else []),
            f"--stale-after={settings.STALE_AFTER}",
            f"--port={port}",
            f"--sandbox-port={sandbox_port}",
            f"--interface={interface}",
            *([f"--launcher={launcher}"] if launcher else []),
            *(["--demo"] if options["demo"] else []),
        ]
        become_the_supervisor(words, environment(host, port, sandbox_port, options["demo"]))


def refuse(words: str) -> NoReturn:
    """End with code 1 and one line that says why and what to do."""
    sys.exit(f"Kopilka cannot start: {words}")


def interface_for(host: str) -> str:
    """Which interface to listen on. Loopback, unless others are to reach us by `host`."""
    if host in ("localhost", LOOPBACK):
        return LOOPBACK
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if "/" in host or ":" in host:
            refuse(f"--host takes a name or an address alone, without a scheme or a port, not {host}")
        return EVERYWHERE
    if address.version != 4 or address.is_unspecified:
        refuse(f"--host {host} is no address to put in a link; give a name or IPv4 address, such as 192.168.1.20")
    return EVERYWHERE


def lock_data_folder(run_dir: Path) -> None:
    """Hold the folder's lock for as long as this process lives, through exec too, but not its children."""
    run_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(run_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(descriptor, 20).decode().strip() or "unknown"
        refuse(
            f"it already runs on {run_dir.parent} (process {owner}). "
            "Stop that one first, or set KOPILKA_DATA to another folder."
        )
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    os.set_inheritable(descriptor, True)


def sandbox_port_for(interface: str, options: Mapping[str, Any]) -> int:
    """Where the wallet of imaginary money listens. Only a demo's is ever typed by a person: in other installations a
    free port will do, and a neighbour on the usual one keeps nobody from starting."""
    port = options["sandbox_port"] or options["port"] + 100
    if options["demo"] or options["sandbox_port"]:
        check_port(interface if options["demo"] else LOOPBACK, port, "--sandbox-port")
    elif not is_free(LOOPBACK, port):
        return free_port()
    return port


def is_free(interface: str, port: int) -> bool:
    """Whether this port can be listened on."""
    try:
        _listen(interface, port)
    except (OSError, OverflowError):
        return False
    return True


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    return _listen(LOOPBACK, 0)


def _listen(interface: str, port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((interface, port))
        return int(probe.getsockname()[1])


def check_port(interface: str, port: int, option: str) -> None:
    """Refuse in words when the port cannot be listened on."""
    if not 0 < port < 65536:
        refuse(f"{option} {port} is no port; ports are 1 to 65535.")
    try:
        _listen(interface, port)
    except PermissionError:
        refuse(f"port {port} is reserved for the system. Choose one above 1023 with {option}.")
    except OSError:
        refuse(f"port {port} is taken by another program. Stop that program, or choose another with {option}.")


def check_database() -> None:
    """Refuse in words when nobody answers at DATABASE_URL, or lets us in. The driver's words hold no password."""
    try:
        connection.ensure_connection()
    except (OperationalError, ProgrammingError) as error:
        refuse(f"its database cannot be opened: {' '.join(str(error).split())}")


def prepare() -> None:
    """Bring tables, static files and the schedule up to date."""
    call_command("migrate", verbosity=0, interactive=False)
    if restored.is_older_copy():
        restored.begin_anew()
        cues.forget()
    call_command("collectstatic", verbosity=0, interactive=False)
    schedule_minute()
    schedule_day()
    connections.close_all()


def schedule_minute() -> None:
    """Have the minute task run every minute, and once as soon as there is a worker."""
    # Without next_run: a start must not push the next run away.
    Schedule.objects.update_or_create(
        name="minute", defaults={"func": MINUTE, "schedule_type": Schedule.MINUTES, "minutes": 1, "repeats": -1}
    )
    async_task(MINUTE)


def schedule_day() -> None:
    """Have the daily task run every day, and once as soon as there is a worker: what it reads may be new settings."""
    today = datetime.combine(timezone.now().date(), AFTER_THE_BANKS)
    daily = {"func": DAY, "schedule_type": Schedule.DAILY, "repeats": -1}
    Schedule.objects.update_or_create(name="day", defaults=daily, create_defaults=daily | {"next_run": today})
    async_task(DAY)


def environment(host: str, port: int, sandbox_port: int, demo: bool) -> dict[str, str]:
    """The children's environment: addresses follow from --host and --port unless they were set.

    This process has read its settings already, with the default address. That is harmless: nothing that it does before
    it turns into the supervisor needs an address, and those who do are started with this.
    """
    addresses = {
        "KOPILKA_URL": f"http://{host}:{port}",
        "KOPILKA_SANDBOX_URL": f"http://{LOOPBACK}:{sandbox_port}",
        "KOPILKA_SANDBOX_PUBLIC_URL": f"http://{host if demo else LOOPBACK}:{sandbox_port}",
    }
    ours = {"KOPILKA_DATA": str(settings.DATA_DIR), "KOPILKA_DEMO": "1" if demo else "0"}
    return {**addresses, **os.environ, **ours}


def become_the_supervisor(words: list[str], variables: dict[str, str]) -> NoReturn:
    """Replace this program by the crew's; only the lock stays open. It finds DATABASE_URL in its environment, since
    everybody can read a command line."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.chdir(BASE_DIR)
    crew = "config.crew" if connection.vendor == "sqlite" else "config.crew_on_postgres"
    os.execve(sys.executable, [sys.executable, "-m", crew, *words], variables)
