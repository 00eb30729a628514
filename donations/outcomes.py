"""Outcomes: what came of reading a wallet, written in one short transaction per streamer while its claim holds."""

from __future__ import annotations

import logging
import random
import traceback
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import InterfaceError, OperationalError

from donations import checks
from donations.claims import WINDOW_3D, WINDOW_3H, Job
from donations.events import Log, writing
from donations.ingest import ingest
from donations.models import Balance, Donation, InfoToken, Wallet, WalletState
from donations.money import Money
from donations.oddities import keep_odd_rows
from donations.providers import PROVIDERS
from donations.providers.base import (
    Batch,
    Blocked,
    NonsenseAnswer,
    Payment,
    Provider,
    ProviderError,
    RateLimited,
    TokenRefused,
)

logger = logging.getLogger("kopilka.polling")

LONGEST_BACK_OFF = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: a batch, or the error that ended it. `balances` None: not asked, not told or not allowed.

    `tried` are the pending ones that were asked for again, `asked` what was answered. `totals` are those of the job's
    days that were answered.
    """

    job: Job
    batch: Batch | None = None
    tried: Sequence[str] = ()
    asked: Sequence[Payment] = ()
    balances: Sequence[Money] | None = None
    missing: str = ""
    totals: Sequence[checks.DayTotal] = ()
    error: ProviderError | None = None


def write(outcomes: Iterable[Outcome]) -> None:
    """Write results, one short transaction per streamer. One whose claim is gone is dropped: another reading has it.

    Raises the database's `OperationalError` or `InterfaceError`; then the claims run out and the wallets are read anew.
    """
    by_streamer: dict[int, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_streamer[outcome.job.wallet.streamer_id].append(outcome)
    for streamer_id, group in by_streamer.items():
        try:
            _write_group(streamer_id, group)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # One of them cannot be written; it must not take the others with it.
            for outcome in group:
                _write_alone(streamer_id, outcome)


def _write_group(streamer_id: int, group: Sequence[Outcome]) -> None:
    with writing(streamer_id) as log:
        for outcome in group:
            mine = WalletState.objects.filter(
                pk=outcome.job.wallet.pk, claim=outcome.job.claim, claim_until__gte=log.now
            )
            # Locked, since a "poll now" is written without the streamer's mutex.
            state = mine.select_for_update().first()
            if state is not None:
                _write_one(log, state, outcome)


def _write_alone(streamer_id: int, outcome: Outcome) -> None:
    try:
        _write_group(streamer_id, [outcome])
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        tell_defect("writing", outcome.job, error)
        _write_group(streamer_id, [Outcome(outcome.job, error=NonsenseAnswer(type(error).__name__))])


def _write_one(log: Log, state: WalletState, outcome: Outcome) -> None:
    job = outcome.job
    state.claim, state.claim_until = "", None
    poked = state.next_poll_at != job.due_at
    next_poll_at = state.next_poll_at
    if outcome.batch is None:
        assert outcome.error is not None
        _note_error(log, state, job, outcome.error)
    else:
        _note_reading(log, state, job, outcome.batch, outcome)
    if poked and state.next_poll_at is not None and state.error_until is None:
        # Somebody pressed "poll now" while this reading was on its way.
        state.next_poll_at = next_poll_at
    state.save()


def _note_reading(log: Log, state: WalletState, job: Job, batch: Batch, outcome: Outcome) -> None:
    if state.alerts_from is None:
        state.alerts_from = batch.clock or job.started_at
    new = ingest(log, job.wallet, [*batch.payments, *outcome.asked], state.alerts_from)
    keep_odd_rows(log, job.wallet, batch.bad_rows)
    if outcome.tried:
        Donation.objects.filter(wallet=job.wallet, txn_id__in=outcome.tried).update(asked_at=log.now)
    if outcome.balances is not None:
        _keep_balances(log, job.wallet, outcome.balances)
    if job.with_balance:
        state.balance_read_at = job.started_at
    elif new:
        state.balance_read_at = None
    if outcome.missing:
        _note_missing(job.wallet, outcome.missing)
    state.bookmark = dict(batch.bookmark) if batch.bookmark else None
    state.error, state.error_detail, state.error_since, state.error_until = "", "", None, None
    state.fault_count = 0
    provider = PROVIDERS[job.wallet.provider]
    rest = _rest(provider, batch.calls + len(outcome.tried) + len(outcome.totals))
    if batch.more:
        state.next_poll_at = job.started_at + max(provider.minimum_interval, rest)
        return
    state.next_poll_at = job.started_at + max(_interval(job.wallet), rest)
    state.last_read_at = job.started_at
    if job.span.start <= job.started_at - WINDOW_3H:
        state.read_3h_at = job.started_at
    if job.span.start <= job.started_at - WINDOW_3D:
        state.read_3d_at = job.started_at
    if job.span.start <= job.started_at - checks.reach_of(job.wallet):
        state.read_30d_at = job.started_at
    checks.note_days(state, job.days, job.wallet.streamer.zone, job.started_at)
    checks.compare(log, state, job.wallet, outcome.balances or (), outcome.totals)


def _interval(wallet: Wallet) -> timedelta:
    return max(timedelta(seconds=wallet.poll_seconds), PROVIDERS[wallet.provider].minimum_interval)


def _rest(provider: Provider, calls: int) -> timedelta:
    """How long so many calls must last for the provider's limits to be kept."""
    own = (limit for limit in provider.limits if limit.scope in ("wallet", "token"))
    return max((limit.per * calls / limit.calls for limit in own), default=timedelta(0))


def _note_missing(wallet: Wallet, scope: str) -> None:
    token = InfoToken.objects.working().filter(wallet=wallet).first()
    if token is not None and scope not in token.missing:
        token.missing = [*token.missing, scope]
        token.save(update_fields=["missing"])


def _keep_balances(log: Log, wallet: Wallet, balances: Sequence[Money]) -> None:
    for money in balances:
        newest = Balance.objects.filter(wallet=wallet, currency=money.currency).order_by("-last_seen_at").first()
        if newest is not None and newest.minor == money.minor:
            newest.last_seen_at = log.now
            newest.save(update_fields=["last_seen_at"])
        else:
            Balance.objects.create(
                wallet=wallet,
                currency=money.currency,
                minor=money.minor,
                first_seen_at=log.now,
                last_seen_at=log.now,
            )


def _note_error(log: Log, state: WalletState, job: Job, error: ProviderError) -> None:
    name = type(error).__name__
    if state.error != name:
        state.error, state.error_since = name, log.now
    state.error_detail = str(error)[:120]
    state.error_until = None
    state.fault_count += 1
    if error.permanent:
        state.next_poll_at = None
        if isinstance(error, TokenRefused):
            InfoToken.objects.working().filter(wallet=job.wallet).update(state=InfoToken.State.REFUSED)
    elif isinstance(error, RateLimited | Blocked):
        state.error_until = error.retry_at if isinstance(error, RateLimited) else error.until
        state.next_poll_at = state.error_until
    else:
        state.next_poll_at = log.now + _back_off(job.wallet, state.fault_count)
    logger.warning("wallet %s: %s, %s", job.wallet.pk, name, "stopped" if error.permanent else "next try later")


def _back_off(wallet: Wallet, faults: int) -> timedelta:
    """Doubling from the wallet's own interval up to 5 minutes; jitter keeps wallets from coming back together.

    The jitter only lengthens, so that the provider's interval is kept.
    """
    base = _interval(wallet)
    longest = max(base, LONGEST_BACK_OFF)
    return min(base * 2 ** min(faults - 1, 10), longest) * random.uniform(1.0, 1.2)


def tell_defect(doing: str, job: Job, error: Exception) -> None:
    """A defect of ours must not stop the other wallets. Its message could hold anything, so only the place is told."""
    place = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s wallet %s broke: %s\n%s", doing, job.wallet.pk, type(error).__name__, place)
