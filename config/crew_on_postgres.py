"""The crew of an installation on PostgreSQL: the same, with its heartbeat read there. Imports no Django either."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import psycopg

from config.crew import HEARTBEAT, parse, work

PATIENCE = 2.0
"""Seconds for one look: the supervisor has one thread, and has more to do than to wait for a server."""


class Heartbeat:
    """Call it to learn when the minute task last ran: its time, "never", or None when the server does not tell.

    It keeps one connection, and opens another after an error. `url` is read by libpq and appears nowhere.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection | None = None
        # What ends a look that neither answers nor fails: a table that is locked, a server that stands still.
        signal.signal(signal.SIGALRM, _give_up)

    def __call__(self) -> object | None:
        try:
            return self._look_in_time()
        except (psycopg.Error, TimeoutError):
            self._hang_up()
            return None

    def _look_in_time(self) -> object:
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        try:
            return self._look()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _look(self) -> object:
        if self._connection is None:
            self._connection = psycopg.connect(self._url, autocommit=True, application_name="kopilka supervisor")
        row = self._connection.execute(HEARTBEAT, prepare=False).fetchone()
        return row[0] if row else "never"

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _give_up(number: int, frame: FrameType | None) -> None:
    raise TimeoutError


if __name__ == "__main__":
    work(parse(sys.argv[1:]), Heartbeat(os.environ["DATABASE_URL"]))
