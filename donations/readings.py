"""Readings: one look at one wallet, from the job to what came of it. None of it touches the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from donations import pace, windows
from donations.checks import DayTotal
from donations.models import Wallet, WalletState
from donations.money import Money
from donations.providers import PROVIDERS
from donations.providers.base import Access, Batch, Payment, Provider, ProviderError, Span


@dataclass(frozen=True, slots=True)
class Job:
    """One reading of one wallet, ready for a thread. `state` is the machine's row as it was claimed.

    `pending` are ids of payments to ask for again, `days` those whose totals it asks for, as far as the pages leave
    calls for them.
    """

    state: WalletState
    started_at: datetime
    access: Access
    span: Span
    with_balance: bool
    pending: Sequence[str]
    days: Sequence[date] = ()

    @property
    def wallet(self) -> Wallet:
        """The wallet with its streamer, as both were when it was claimed."""
        return self.state.wallet

    @property
    def provider(self) -> Provider:
        """What reads it."""
        return PROVIDERS[self.wallet.provider]

    @property
    def key(self) -> tuple[str, int]:
        """What this reading is known by: its claim, which is common to those that were claimed at once, and wallet."""
        return self.state.claim, self.state.pk

    @property
    def bookmark(self) -> Mapping[str, object] | None:
        """Where the last reading left off, where it did."""
        return self.state.bookmark

    @property
    def due_at(self) -> datetime | None:
        """When it was due. Another time in the row afterwards: somebody wants it read again."""
        return self.state.next_poll_at


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: a batch, or the error that ended it; beside a batch one that asks us to wait after it.
    `balances` None: not asked, not told or not allowed.

    `tried` are the pending ones that were asked for again, `asked` what was answered. `days` are those whose totals
    had their turn, `totals` what was answered.
    """

    job: Job
    batch: Batch | None = None
    tried: Sequence[str] = ()
    asked: Sequence[Payment] = ()
    balances: Sequence[Money] | None = None
    missing: str = ""
    days: Sequence[date] = ()
    totals: Sequence[DayTotal] = ()
    error: ProviderError | None = None

    @property
    def calls(self) -> int:
        """How many calls were spent that the provider's limits count; its most where nobody knows."""
        if self.batch is not None:
            return self.batch.calls + len(self.tried) + len(self.days)
        spent = self.error.calls if self.error is not None else None
        return self.job.provider.most_calls if spent is None else spent

    @property
    def payments(self) -> Sequence[Payment]:
        """All that was read and answered, the newest word of each last."""
        return [*self.batch.payments, *self.asked] if self.batch is not None else ()


def note_pace(state: WalletState, outcome: Outcome, now: datetime) -> timedelta:
    """The wallet rests for what was truly spent, from now on: its last call may have been a moment ago.

    Answers its interval as it is now, by which one of the two readers has it next.
    """
    state.rests_until = now + pace.rest(outcome.job.provider, outcome.calls)
    every = pace.interval(outcome.job.wallet, state, now)
    state.hurry = pace.is_fast(every)
    return every


def note_good(state: WalletState, outcome: Outcome, batch: Batch, now: datetime) -> None:
    """What a reading that went well leaves in the machine's row: no trouble, what was read, when it is due again."""
    job = outcome.job
    if state.alerts_from is None:
        state.alerts_from = batch.clock or job.started_at
    if job.with_balance:
        state.balance_read_at = job.started_at
    state.bookmark = dict(batch.bookmark) if batch.bookmark else None
    state.error, state.error_detail, state.error_since, state.error_until = "", "", None, None
    state.fault_count = 0
    every = note_pace(state, outcome, now)
    if batch.more:
        state.next_poll_at = max(job.started_at + job.provider.minimum_interval, state.rests_until or now)
    else:
        state.next_poll_at = job.started_at + every
        windows.note_read(state, job.span, job.started_at)
