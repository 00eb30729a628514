"""Limits of the whole installation: what all its processes together may ask of a service, kept in `CallLimit` rows.

A row says until when all calls are spoken for. A claim moves that on by what its readings may cost at most, as far as
it fits; what a reading did not need is given back. The rows are shared by all processes and survive a restart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from donations import pace
from donations.models import CallLimit
from donations.providers import PROVIDERS
from donations.providers.base import Provider
from donations.readings import Outcome


@dataclass(frozen=True, slots=True)
class Allowance:
    """A provider's limit for the installation: how long each call lasts, and how far calls may be spoken for ahead.

    A quarter of the limit may fall into one moment, or one reading where that is more.
    """

    name: str
    calls: int
    spacing: timedelta
    ahead: timedelta

    @classmethod
    def of(cls, provider: Provider) -> Allowance | None:
        """None where the service counts nothing for a whole installation."""
        limit = next((limit for limit in provider.limits if limit.scope == "instance"), None)
        if limit is None:
            return None
        at_once = max(provider.most_calls, limit.calls // 4)
        spacing = pace.spacing(limit, at_once)
        return cls(provider.name, provider.most_calls, spacing, at_once * spacing)

    def fit(self, free_at: datetime, now: datetime) -> int:
        """How many readings fit when calls are spoken for until `free_at`."""
        return max((now + self.ahead - max(free_at, now)) // (self.calls * self.spacing), 0)


def reserve(provider: Provider, readings: int, now: datetime) -> int:
    """Speak for the calls of up to so many readings, in the claim's transaction; answers of how many."""
    allowance = Allowance.of(provider)
    if allowance is None or not readings:
        return readings
    row, _new = CallLimit.objects.get_or_create(name=provider.name, defaults={"free_at": now})
    fit = min(readings, allowance.fit(row.free_at, now))
    free_at = max(row.free_at, now) + fit * allowance.calls * allowance.spacing
    # Another process that was quicker leaves nothing for this look; the next comes soon.
    return fit if CallLimit.objects.filter(pk=row.pk, free_at=row.free_at).update(free_at=free_at) else 0


def give_back(provider: Provider, calls: int) -> None:
    """So many calls that were spoken for are not made."""
    allowance = Allowance.of(provider)
    if allowance is not None and calls:
        CallLimit.objects.filter(pk=provider.name).update(free_at=F("free_at") - calls * allowance.spacing)


def give_back_unspent(outcomes: Iterable[Outcome]) -> None:
    """What these readings had spoken for and did not spend."""
    unspent: dict[str, int] = defaultdict(int)
    for outcome in outcomes:
        unspent[outcome.job.wallet.provider] += outcome.job.provider.most_calls - outcome.calls
    for name, calls in unspent.items():
        give_back(PROVIDERS[name], calls)


def exhausted(now: datetime) -> list[str]:
    """The providers of which not one more reading fits: their wallets must not stand before those of others."""
    allowances = {name: found for name, provider in PROVIDERS.items() if (found := Allowance.of(provider))}
    rows = CallLimit.objects.in_bulk(list(allowances)) if allowances else {}
    return [name for name, row in rows.items() if not allowances[name].fit(row.free_at, now)]
