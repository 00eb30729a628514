"""Pace: how often a wallet is read, by which of the two readers, and how long its calls last.

A wallet is read at its own interval, or as fast as its service allows while it matters: while its streamer is live, or
somebody looks at an overlay. Faster than once a minute reads the poller, all others the minute task. `hurry` in the
machine's row says that the wallet is the poller's. What one of the two forgets for half a minute the other reads.

Nothing here writes pages or money: no streamer's mutex is needed, and a reading under way sees that it was overtaken.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from donations.models import StreamSession, Wallet, WalletState
from donations.models.wallet import WalletStateQuerySet
from donations.providers import PROVIDERS
from donations.providers.base import Limit, Provider

A_MINUTE = timedelta(minutes=1)
WHILE_IT_MATTERS = timedelta(seconds=5)
WATCHED_FOR = timedelta(minutes=2)
"""Longer than the minute after which an overlay that is still open says so again."""


def interval(wallet: Wallet, state: WalletState, now: datetime) -> timedelta:
    """From one reading to the next: the wallet's own, or shorter while it matters; never below the provider's."""
    matters = state.live or (state.watched_until is not None and state.watched_until > now)
    wanted = timedelta(seconds=wallet.poll_seconds)
    return max(min(wanted, WHILE_IT_MATTERS) if matters else wanted, PROVIDERS[wallet.provider].minimum_interval)


def is_fast(every: timedelta) -> bool:
    """Whether the poller reads at such an interval, rather than the minute task."""
    return every < A_MINUTE


def rest(provider: Provider, calls: int) -> timedelta:
    """How long a wallet must rest after so many calls for its service's limits to be kept."""
    own = (limit for limit in provider.limits if limit.scope in ("wallet", "token"))
    return max((calls * spacing(limit, provider.most_calls) for limit in own), default=timedelta(0))


def spacing(limit: Limit, at_once: int) -> timedelta:
    """How long one call must last where `at_once` of them may fall into one moment.

    Set aside from the limit are those that began last, and once more as many by a poller that was lost and still
    called: of 100 calls a minute, 20 at once, 61 are spread over the minute, and 100 is the most in any minute.
    """
    return limit.per / max(limit.calls - 2 * at_once + 1, 1)


def make_due(wallet: Wallet) -> None:
    """ "Poll now": the wallet is due at once, and a person waits for it. Nothing else."""
    _hasten(WalletState.objects.filter(wallet=wallet), timezone.now())


def keep_step(streamer_id: int, now: datetime) -> None:
    """A stream has begun, ended or was moved: the streamer's wallets are read fast while one is on.

    When it begins they are due; when it ends each falls back to its own interval with its next reading.
    """
    with transaction.atomic():
        states = _active(streamer_id).taken_in_order()
        if is_live(streamer_id):
            _hasten(_healthy(states.filter(live=False)), now)
            states.update(live=True)
        else:
            states.update(live=False)


def is_live(streamer_id: int) -> bool:
    """Whether the streamer's stream is on."""
    return StreamSession.objects.open().filter(streamer=streamer_id).exists()


def watch(streamer_ids: Collection[int], now: datetime) -> None:
    """Somebody looks at overlays of these streamers: their wallets are read fast for two minutes more.

    To be said again once a minute while it is so. Only the first time makes them due.
    """
    with transaction.atomic():
        states = _active(*streamer_ids).taken_in_order()
        unwatched = states.filter(Q(watched_until=None) | Q(watched_until__lt=now))
        _hasten(_healthy(unwatched), now)
        states.update(watched_until=now + WATCHED_FOR)


def _active(*streamer_ids: int) -> WalletStateQuerySet:
    return WalletState.objects.filter(wallet__streamer__in=streamer_ids, wallet__archived_at=None)


def _healthy(states: QuerySet[WalletState]) -> QuerySet[WalletState]:
    """Those that neither wait for a person nor are backing off: nobody's look may cut that short."""
    return states.filter(error="", next_poll_at__isnull=False)


def _hasten(states: QuerySet[WalletState], now: datetime) -> None:
    states.update(next_poll_at=now, hurry=True)
