"""`manage.py welcome`: wait until the pages answer, then say where they are. `start` calls it."""

from __future__ import annotations

import http.client
import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from donations.invitations import set_up_link
from widgets.demo import seed

PATIENCE = 60.0
"""Seconds to wait for a server."""


class Command(BaseCommand):
    """Prints one link to begin with, the public address and how to change it."""

    help = "Print the address and, where one is needed, a link to sign in."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="make the demo's streamer if need be, and sign in")
        parser.add_argument("--port", type=int, default=8000, help="where the web server listens on this machine")

    def handle(self, *args: Any, **options: Any) -> None:
        wait_for(f"http://127.0.0.1:{options['port']}/")
        if options["demo"]:
            wait_for(f"{settings.SANDBOX_URL}/sandbox/health")
        self.stdout.write(banner(demo_lines() if options["demo"] else real_lines()))


def demo_lines() -> list[tuple[str, str]]:
    """What a visitor needs to know. One link: the bare address is not one."""
    return [
        ("Open the stage", seed()),
        ("", "You are signed in by this link. All money here is imaginary."),
        ("Public address", f"{urlsplit(settings.PUBLIC_URL).netloc} (KOPILKA_URL or --host changes it)"),
    ]


def real_lines() -> list[tuple[str, str]]:
    """What the host needs to know: the way in at first, the address later."""
    address = ("Public address", f"{settings.PUBLIC_URL} (set KOPILKA_URL to change it)")
    if get_user_model().objects.filter(is_superuser=True, is_active=True).exists():
        return [address]
    return [("Set it up", set_up_link()), ("", "This link works once, within one hour."), address]


def banner(lines: list[tuple[str, str]]) -> str:
    """Lines under each other, values aligned."""
    rows = [*lines, ("Data", str(settings.DATA_DIR)), ("Stop", "Ctrl-C")]
    width = max(len(label) for label, _ in rows)
    return "\n".join(["", "  Kopilka is running.", "", *(f"  {label:<{width}}  {value}" for label, value in rows), ""])


def wait_for(address: str) -> None:
    """Return when something answers HTTP at `address`, with any status."""
    parts = urlsplit(address)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(parts.netloc, timeout=5)
        try:
            connection.request("GET", parts.path)
            connection.getresponse()
            return
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        finally:
            connection.close()
    raise CommandError(f"Nothing answers at {address} after {PATIENCE:.0f} s; the lines above should say why.")
