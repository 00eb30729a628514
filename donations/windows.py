"""Windows: how far back a reading goes, and what it then counts as having read. `polling` says why that is enough."""

from __future__ import annotations

from datetime import datetime, timedelta

from donations import checks
from donations.models import WalletState
from donations.providers import PROVIDERS
from donations.providers.base import Span

OVERLAP = timedelta(minutes=10)
WINDOW_3H, EVERY_15_MINUTES = timedelta(hours=3), timedelta(minutes=15)
WINDOW_3D, EVERY_DAY = timedelta(days=3), timedelta(days=1)
CLOCK_MARGIN = timedelta(minutes=10)


def is_older(moment: datetime | None, age: timedelta, now: datetime) -> bool:
    """Whether something happened so long ago, or never."""
    return moment is None or now - moment >= age


def span_of(state: WalletState, now: datetime) -> Span:
    """What a reading that begins now must cover."""
    provider = PROVIDERS[state.wallet.provider]
    end = now + CLOCK_MARGIN
    if state.last_read_at is None:
        return Span(now - provider.first_read, end)
    widest = timedelta(0)
    if is_older(state.read_3h_at, EVERY_15_MINUTES, now):
        widest = WINDOW_3H
    if is_older(state.read_3d_at, EVERY_DAY, now):
        widest = WINDOW_3D
    if checks.is_reread_due(state, now):
        widest = checks.REACH
    # After an outage as far back as it began, however long it was: nothing of it was ever read.
    since_last = min(now, state.last_read_at) - OVERLAP
    return Span(min(since_last, now - min(widest, provider.first_read)), end)


def note_read(state: WalletState, span: Span, at: datetime) -> None:
    """The span was read whole by a reading that began at `at`."""
    state.last_read_at = at
    if span.start <= at - WINDOW_3H:
        state.read_3h_at = at
    if span.start <= at - WINDOW_3D:
        state.read_3d_at = at
    if span.start <= at - checks.reach_of(state.wallet):
        state.read_30d_at = at
