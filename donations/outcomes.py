"""Outcomes: what came of reading wallets, written in short transactions while their claims hold."""

from __future__ import annotations

import logging
import random
import traceback
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from django.db import InterfaceError, OperationalError

from donations import checks
from donations.balances import keep_balances
from donations.events import Log, writing
from donations.ingest import ingest
from donations.limits import give_back_unspent
from donations.models import Donation, InfoToken, Wallet, WalletState
from donations.oddities import keep_odd_rows
from donations.providers.base import Batch, Blocked, NonsenseAnswer, ProviderError, RateLimited, TokenRefused
from donations.quiet import write_quiet
from donations.readings import Job, Outcome, note_good, note_pace
from donations.telling import tell_reading

logger = logging.getLogger("kopilka.polling")

LONGEST_BACK_OFF = timedelta(minutes=5)
PASSING = {"PassingFault", "NonsenseAnswer", "RateLimited", "Blocked"}


def write(outcomes: Sequence[Outcome]) -> None:
    """Write results: the quiet ones together, the others in one short transaction per streamer.

    One whose claim is gone is dropped: another reading has it. Raises the database's `OperationalError` or
    `InterfaceError`; then the claims run out and the wallets are read anew.
    """
    give_back_unspent(outcomes)
    by_streamer: dict[int, list[Outcome]] = defaultdict(list)
    for outcome in _write_quiet(outcomes):
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


def _write_quiet(outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    try:
        return write_quiet(outcomes)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # One of them cannot even be looked up; which one it is shows when each goes its usual way.
        logger.warning("readings cannot be noted together (%s); each by itself", type(error).__name__)
        return outcomes


def _write_group(streamer_id: int, group: Sequence[Outcome]) -> None:
    with writing(streamer_id) as log:
        # In the order in which all take these rows; what is locked from here on is the streamer's or the wallet's own.
        for outcome in sorted(group, key=lambda outcome: outcome.job.state.pk):
            mine = WalletState.objects.filter(
                pk=outcome.job.wallet.pk, claim=outcome.job.state.claim, claim_until__gte=log.now
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
    wish = state.next_poll_at, state.hurry
    if outcome.batch is not None:
        _note_reading(log, state, outcome, outcome.batch)
    if outcome.error is not None:
        _note_error(log, state, outcome, outcome.error)
    if poked and state.next_poll_at is not None and state.error_until is None:
        # Somebody pressed "poll now" while this reading was on its way.
        state.next_poll_at, state.hurry = wish
    state.save()
    tell_reading(log, state)


def _note_reading(log: Log, state: WalletState, outcome: Outcome, batch: Batch) -> None:
    wallet = outcome.job.wallet
    note_good(state, outcome, batch, log.now)
    new = ingest(log, wallet, outcome.payments, state.alerts_from)
    if new and not outcome.job.with_balance:
        state.balance_read_at = None
    keep_odd_rows(log, wallet, batch.bad_rows)
    if outcome.tried:
        Donation.objects.filter(wallet=wallet, txn_id__in=outcome.tried).update(asked_at=log.now)
    if outcome.balances is not None:
        keep_balances(log, wallet, outcome.balances)
    if outcome.missing:
        _note_missing(wallet, outcome.missing)
    if not batch.more:
        checks.note_days(state, outcome.days, wallet.streamer.zone, outcome.job.started_at)
        checks.compare(log, state, wallet, outcome.balances or (), outcome.totals)


def _note_missing(wallet: Wallet, scope: str) -> None:
    token = InfoToken.objects.working().filter(wallet=wallet).first()
    if token is not None and scope not in token.missing:
        token.missing = [*token.missing, scope]
        token.save(update_fields=["missing"])


def _note_error(log: Log, state: WalletState, outcome: Outcome, error: ProviderError) -> None:
    wallet, name = outcome.job.wallet, type(error).__name__
    every = note_pace(state, outcome, log.now)
    # One passing fault after another, of whatever kind, is the same trouble: it goes on since it began.
    if state.error != name and not {state.error, name} <= PASSING:
        state.error_since = log.now
    state.error = name
    state.error_detail = str(error)[:120]
    state.error_until = None
    state.fault_count += 1
    if error.permanent:
        state.next_poll_at = None
        if isinstance(error, TokenRefused):
            InfoToken.objects.working().filter(wallet=wallet).update(state=InfoToken.State.REFUSED)
    elif isinstance(error, RateLimited | Blocked):
        state.error_until = error.retry_at if isinstance(error, RateLimited) else error.until
        state.next_poll_at = state.error_until
    else:
        state.next_poll_at = log.now + back_off(every, state.fault_count)
    logger.warning("wallet %s: %s, %s", wallet.pk, name, "stopped" if error.permanent else "next try later")


def back_off(every: timedelta, faults: int) -> timedelta:
    """Doubling from the wallet's own interval up to 5 minutes; jitter keeps wallets from coming back together.

    The jitter only lengthens, so that the provider's interval is kept.
    """
    longest = max(every, LONGEST_BACK_OFF)
    return min(every * 2 ** min(faults - 1, 10), longest) * random.uniform(1.0, 1.2)


def tell_defect(doing: str, job: Job, error: Exception) -> None:
    """A defect of ours must not stop the other wallets. Its message could hold anything, so only the place is told."""
    place = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s wallet %s broke: %s\n%s", doing, job.wallet.pk, type(error).__name__, place)
