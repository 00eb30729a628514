"""What the scheduler runs. Ids only as arguments, a deadline inside that is shorter than the task's time-out."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from donations.events import prune
from donations.models import Heartbeat
from donations.polling import Poller

DEADLINE = timedelta(seconds=40)


def minute() -> None:
    """Every minute: beat, read the wallets that are due at a minute or slower, forget events of last month."""
    Heartbeat.objects.update_or_create(name="minute", defaults={"at": timezone.now()})
    poller = Poller(fast=False)
    try:
        poller.run_until_idle(DEADLINE)
    finally:
        poller.close()
    prune(timezone.now())
