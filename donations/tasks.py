"""What the scheduler runs. Ids only as arguments, a deadline inside that is shorter than the task's time-out."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone
from django_q.tasks import async_task

from donations import restored
from donations.banks import BANKS, BadFile
from donations.events import prune
from donations.letters import send_letter
from donations.models import Heartbeat
from donations.moderation import release_due
from donations.obs_streams import end_left
from donations.polling import Poller
from donations.providers.base import ProviderError
from donations.rates import keep
from donations.shadows import end_unused
from donations.telling import tell_of_time
from donations.turning import turn_over
from donations.valuing import value_waiting

logger = logging.getLogger("kopilka.tasks")

DEADLINE = timedelta(seconds=50)
RATES, VALUES = "donations.tasks.rates", "donations.tasks.values"


def minute() -> None:
    """Every minute: beat, begin new periods, end the wait of held donations and the streams that OBS has left, read
    the wallets that are due at a minute or slower, tell of tokens that end, forget old events, end rehearsals that
    nobody uses.
    """
    now = timezone.now()
    Heartbeat.objects.update_or_create(name="minute", defaults={"at": now})
    restored.note(now)
    turn_over(timezone.now())
    release_due(None, timezone.now())
    end_left(timezone.now())
    poller = Poller(fast=False)
    try:
        poller.run_until_idle(DEADLINE)
    finally:
        poller.close()
    tell_of_time(timezone.now())
    prune(timezone.now())
    end_unused(timezone.now())


def day() -> None:
    """Once a day: read the files of the banks that the host has switched on, each in a task of its own."""
    for bank in BANKS.values():
        if bank.address:
            async_task(RATES, bank.name)


def rates(name: str) -> None:
    """Read a bank's file, keep its rates, and value the donations that wait for them. When it cannot be had or trusted,
    the rates that are there stay.
    """
    bank = BANKS[name]
    try:
        quotes = bank.read(timezone.now().date())
    except (ProviderError, BadFile) as error:
        logger.warning("No new rates from the %s, the old ones stay: %s (%s)", bank.title, error, type(error).__name__)
        return
    keep(name, bank.currency, quotes)
    value_later()


def value_later() -> None:
    """Have those valued that wait for a rate, in a task of their own: there may be many."""
    async_task(VALUES)


def values() -> None:
    """Value the donations that wait for a rate; what does not fit into one task's time is left to the next."""
    if not value_waiting(timezone.now() + DEADLINE):
        value_later()


def letter(streamer_id: int, number: int) -> None:
    """What the event of that number says of a wallet, by e-mail to its owners."""
    send_letter(streamer_id, number)
