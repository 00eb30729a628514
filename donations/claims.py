"""Claims: which wallets are due, taken for one process by one conditional UPDATE, and made into its jobs."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from donations import checks
from donations.models import Donation, InfoToken, Wallet, WalletState
from donations.providers import PROVIDERS
from donations.providers.base import Access, Credential, Span
from donations.seal import CannotUnseal

logger = logging.getLogger("kopilka.polling")

A_MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=40)
OVERLAP = timedelta(minutes=10)
WINDOW_3H, EVERY_15_MINUTES = timedelta(hours=3), timedelta(minutes=15)
WINDOW_3D, EVERY_DAY = timedelta(days=3), timedelta(days=1)
CLOCK_MARGIN = timedelta(minutes=10)
PENDING_FOR = timedelta(days=45)
# The minute task starts a few milliseconds later each minute: without this it would find each wallet not yet due.
MINUTE_LEEWAY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Job:
    """One reading of one wallet, ready for a thread: it touches no database. `days`: those whose totals it asks for."""

    wallet: Wallet
    claim: str
    due_at: datetime
    started_at: datetime
    access: Access
    span: Span
    bookmark: Mapping[str, object] | None
    with_balance: bool
    pending: Sequence[str]
    days: Sequence[date] = ()


def make_due(wallet: Wallet) -> None:
    """ "Poll now": the wallet is due at once, and a person waits for it. Nothing else."""
    WalletState.objects.filter(wallet=wallet).update(next_poll_at=timezone.now(), hurry=True)


def claim_due(now: datetime, fast: bool, most: int) -> list[Job]:
    """Claim up to `most` due wallets for this process, by one conditional UPDATE, and make their jobs.

    `fast`: those read more often than once a minute and those a person waits for; otherwise all of a minute or slower.
    """
    claim = uuid.uuid4().hex
    free = Q(claim_until=None) | Q(claim_until__lt=now)
    # Neither a person's haste nor the leeway ends a time that the service told us to wait.
    welcome = Q(error_until=None) | Q(error_until__lte=now)
    ours = Q(wallet__poll_seconds__lt=60) | Q(hurry=True) if fast else Q(wallet__poll_seconds__gte=60)
    horizon = now if fast else now + MINUTE_LEEWAY
    due = WalletState.objects.filter(free, welcome, ours, next_poll_at__lte=horizon, wallet__archived_at=None)
    first = due.order_by("next_poll_at").values("pk")[:most]
    if not first.exists():
        # An UPDATE takes SQLite's write lock even when it finds nothing, and the poller looks five times a second.
        return []
    if not WalletState.objects.filter(free, pk__in=first).update(claim=claim, claim_until=now + LEASE, hurry=False):
        return []
    states = WalletState.objects.filter(claim=claim).select_related("wallet__streamer")
    return [job for state in states if (job := _make_job(state, now))]


def _make_job(state: WalletState, now: datetime) -> Job | None:
    wallet = state.wallet
    token = InfoToken.objects.working().filter(wallet=wallet).first()
    if token is None or wallet.provider not in PROVIDERS:
        _give_up(state, "")
        return None
    try:
        credential = Credential(token.reveal(), token.base_url)
    except CannotUnseal:
        _give_up(state, "CannotUnseal")
        return None
    assert state.next_poll_at is not None
    return Job(
        wallet=wallet,
        claim=state.claim,
        due_at=state.next_poll_at,
        started_at=now,
        access=Access(credential, wallet.account),
        span=_span(state, now),
        bookmark=state.bookmark,
        with_balance="balance" not in token.missing and _is_balance_due(state, now),
        pending=_pending_to_ask(wallet, now),
        days=checks.days_to_ask(state, wallet.streamer.zone, now),
    )


def _give_up(state: WalletState, error: str) -> None:
    """Nobody reads this wallet until a person acts."""
    logger.warning("wallet %s: %s, stopped", state.pk, error or "no token to read it with")
    WalletState.objects.filter(pk=state.pk, claim=state.claim).update(
        claim="", claim_until=None, next_poll_at=None, error=error, error_since=timezone.now() if error else None
    )


def _older(moment: datetime | None, age: timedelta, now: datetime) -> bool:
    return moment is None or now - moment >= age


def _is_balance_due(state: WalletState, now: datetime) -> bool:
    return _older(state.balance_read_at, A_MINUTE, now) or checks.is_balance_due(state, now)


def _span(state: WalletState, now: datetime) -> Span:
    provider = PROVIDERS[state.wallet.provider]
    end = now + CLOCK_MARGIN
    if state.last_read_at is None:
        return Span(now - provider.first_read, end)
    widest = timedelta(0)
    if _older(state.read_3h_at, EVERY_15_MINUTES, now):
        widest = WINDOW_3H
    if _older(state.read_3d_at, EVERY_DAY, now):
        widest = WINDOW_3D
    if checks.is_reread_due(state, now):
        widest = checks.REACH
    # After an outage as far back as it began, however long it was: nothing of it was ever read.
    since_last = min(now, state.last_read_at) - OVERLAP
    return Span(min(since_last, now - min(widest, provider.first_read)), end)


def _pending_to_ask(wallet: Wallet, now: datetime) -> list[str]:
    """Ids of pending payments too old for the usual window, each asked when a quarter of its age has passed again."""
    rows = Donation.objects.filter(
        wallet=wallet, status=Donation.Status.PENDING, occurred_at__gt=now - PENDING_FOR, occurred_at__lt=now - OVERLAP
    ).values_list("txn_id", "occurred_at", "asked_at")
    return [
        txn_id
        for txn_id, occurred_at, asked_at in rows
        if asked_at is None or now - asked_at >= max(A_MINUTE, (asked_at - occurred_at) / 4)
    ][:5]
