"""`manage.py poll`: reads the wallets that are read more often than once a minute, or that a person waits for."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections

from donations.polling import Poller

logger = logging.getLogger("kopilka.poll")

LOOK_EVERY = 0.2


class Command(BaseCommand):
    help = "Read the fast wallets, until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()

        def ask_to_stop(number: int, frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, ask_to_stop)
        signal.signal(signal.SIGINT, ask_to_stop)
        poller = Poller(fast=True)
        while not stop.is_set():
            try:
                poller.start_due()
                # A reading that ends is written at once; with none on its way the loop just looks again soon.
                if not poller.write_finished(LOOK_EVERY):
                    stop.wait(0 if poller.under_way else LOOK_EVERY)
            except (OperationalError, InterfaceError):
                logger.warning("the database is busy or away; trying again")
                close_old_connections()
                stop.wait(1)
        poller.close()
