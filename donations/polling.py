"""Polling: claim the wallets that are due, read them over HTTP in threads, hand the results to ingest.

Which window is read when, and why that is enough. Every reading goes back 10 minutes; once in 15 minutes 3 hours;
once a day 3 days; after an outage as far as the last good reading and 10 minutes more; the first reading 30 days. A row
that appears late with an older id and date is thus found within the window that covers its date, and uniqueness in the
database makes reading it again harmless. What is pending is asked again by its id with growing gaps for 45 days. That
is the bound on lateness.

What a reading costs: one history call for each 50 rows in the window, and a balance call when a minute has passed since
the last one or when money came. QIWI allows 100 history calls a minute: at one reading in 5 seconds that is 12, the
wider windows add a few.

No HTTP happens inside a transaction, and a result is written only while its claim still holds.
"""

from __future__ import annotations

import logging
import random
import traceback
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from donations.events import Log, writing
from donations.ingest import ingest, keep_odd_rows
from donations.models import Balance, Donation, InfoToken, Wallet, WalletState
from donations.money import Money
from donations.providers import PROVIDERS
from donations.providers.base import (
    Access,
    Batch,
    Blocked,
    Credential,
    NonsenseAnswer,
    Payment,
    ProviderError,
    RateLimited,
    ScopeMissing,
    Span,
    TokenRefused,
)
from donations.seal import CannotUnseal

logger = logging.getLogger("kopilka.polling")

A_MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=40)
OVERLAP = timedelta(minutes=10)
WINDOW_3H, EVERY_15_MINUTES = timedelta(hours=3), timedelta(minutes=15)
WINDOW_3D, EVERY_DAY = timedelta(days=3), timedelta(days=1)
CLOCK_MARGIN = timedelta(minutes=10)
PENDING_FOR = timedelta(days=45)
LONGEST_BACK_OFF = timedelta(minutes=5)
# The minute task starts a few milliseconds later each minute: without this it would find each wallet not yet due.
MINUTE_LEEWAY = timedelta(seconds=5)
THREADS = 32


@dataclass(frozen=True, slots=True)
class Job:
    """One reading of one wallet, ready for a thread: it touches no database."""

    wallet: Wallet
    claim: str
    due_at: datetime
    started_at: datetime
    access: Access
    span: Span
    bookmark: Mapping[str, object] | None
    with_balance: bool
    pending: Sequence[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: a batch, or the error that ended it. `balances` None: not asked or not allowed."""

    job: Job
    batch: Batch | None = None
    asked: Sequence[Payment] = ()
    balances: Sequence[Money] | None = None
    missing: str = ""
    error: ProviderError | None = None


# --- claiming ---------------------------------------------------------------------------------------------------------


def make_due(wallet: Wallet) -> None:
    """ "Poll now": the wallet is due at once, and a person waits for it. Nothing else."""
    WalletState.objects.filter(wallet=wallet).update(next_poll_at=timezone.now(), hurry=True)


def claim_due(now: datetime, fast: bool, most: int) -> list[Job]:
    """Claim up to `most` due wallets for this process, by one conditional UPDATE, and make their jobs.

    `fast`: those read more often than once a minute and those a person waits for; otherwise the rest.
    """
    claim = uuid.uuid4().hex
    free = Q(claim_until=None) | Q(claim_until__lt=now)
    in_a_hurry = Q(wallet__poll_seconds__lt=60) | Q(hurry=True)
    horizon = now if fast else now + MINUTE_LEEWAY
    due = WalletState.objects.filter(
        free, in_a_hurry if fast else ~in_a_hurry, next_poll_at__lte=horizon, wallet__archived_at=None
    )
    first = due.order_by("next_poll_at").values("pk")[:most]
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
        with_balance="balance" not in token.missing and _older(state.balance_read_at, A_MINUTE, now),
        pending=_pending_to_ask(wallet, now),
    )


def _give_up(state: WalletState, error: str) -> None:
    """Nobody reads this wallet until a person acts."""
    WalletState.objects.filter(pk=state.pk, claim=state.claim).update(
        claim="", claim_until=None, next_poll_at=None, error=error, error_since=timezone.now() if error else None
    )


def _older(moment: datetime | None, age: timedelta, now: datetime) -> bool:
    return moment is None or now - moment >= age


def _span(state: WalletState, now: datetime) -> Span:
    provider = PROVIDERS[state.wallet.provider]
    end = now + CLOCK_MARGIN
    if state.last_read_at is None:
        return Span(now - provider.first_read, end)
    start = min(now, state.last_read_at) - OVERLAP
    if _older(state.read_3h_at, EVERY_15_MINUTES, now):
        start = min(start, now - WINDOW_3H)
    if _older(state.read_3d_at, EVERY_DAY, now):
        start = min(start, now - WINDOW_3D)
    return Span(max(start, now - provider.first_read), end)


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


# --- reading: HTTP only -----------------------------------------------------------------------------------------------


def fetch(job: Job) -> Outcome:
    """Read one wallet. Runs in a thread, touches no database, raises nothing."""
    provider = PROVIDERS[job.wallet.provider]
    try:
        batch = provider.read(job.access, job.span, job.bookmark)
        asked = [payment for txn_id in job.pending if (payment := provider.read_one(job.access, txn_id))]
        if not job.with_balance:
            return Outcome(job, batch, asked, batch.balances)
        try:
            return Outcome(job, batch, asked, batch.balances or provider.balances(job.access))
        except ScopeMissing as error:
            return Outcome(job, batch, asked, missing=error.scope)
        except ProviderError:
            # The history is what counts; the balance is asked again at the next reading.
            return Outcome(job, batch, asked)
    except ProviderError as error:
        return Outcome(job, error=error)
    except Exception as error:
        # A defect of ours must not stop the other wallets. Its message could hold anything, so only the place is told.
        place = "".join(traceback.format_tb(error.__traceback__))
        logger.error("reading wallet %s broke: %s\n%s", job.wallet.pk, type(error).__name__, place)
        return Outcome(job, error=NonsenseAnswer(type(error).__name__))


# --- writing ----------------------------------------------------------------------------------------------------------


def write(outcomes: Iterable[Outcome]) -> None:
    """Write results, one short transaction per streamer. One whose claim is gone is dropped: another reading has it."""
    by_streamer: dict[int, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_streamer[outcome.job.wallet.streamer_id].append(outcome)
    for streamer_id, group in by_streamer.items():
        with writing(streamer_id) as log:
            for outcome in group:
                state = WalletState.objects.filter(pk=outcome.job.wallet.pk, claim=outcome.job.claim).first()
                if state is not None:
                    _write_one(log, state, outcome)


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
    if poked and state.next_poll_at is not None:
        # Somebody pressed "poll now" while this reading was on its way.
        state.next_poll_at = next_poll_at
    state.save()


def _note_reading(log: Log, state: WalletState, job: Job, batch: Batch, outcome: Outcome) -> None:
    if state.alerts_from is None:
        state.alerts_from = batch.clock or job.started_at
    new = ingest(log, job.wallet, [*batch.payments, *outcome.asked], state.alerts_from)
    keep_odd_rows(log, job.wallet, batch.bad_rows)
    if job.pending:
        Donation.objects.filter(wallet=job.wallet, txn_id__in=job.pending).update(asked_at=log.now)
    if outcome.balances is not None:
        state.balance_read_at = job.started_at
        _keep_balances(log, job.wallet, outcome.balances)
    elif new:
        state.balance_read_at = None
    if outcome.missing:
        _note_missing(job.wallet, outcome.missing)
    state.bookmark = dict(batch.bookmark) if batch.bookmark else None
    state.error, state.error_detail, state.error_since, state.error_until = "", "", None, None
    state.fault_count = 0
    if batch.more:
        state.next_poll_at = job.started_at + PROVIDERS[job.wallet.provider].minimum_interval
        return
    state.next_poll_at = job.started_at + _interval(job.wallet)
    state.last_read_at = job.started_at
    if job.span.start <= job.started_at - WINDOW_3H:
        state.read_3h_at = job.started_at
    if job.span.start <= job.started_at - WINDOW_3D:
        state.read_3d_at = job.started_at


def _interval(wallet: Wallet) -> timedelta:
    return max(timedelta(seconds=wallet.poll_seconds), PROVIDERS[wallet.provider].minimum_interval)


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
    """Doubling from the wallet's own interval up to 5 minutes; jitter keeps wallets from coming back together."""
    base = _interval(wallet)
    longest = max(base, LONGEST_BACK_OFF)
    return min(base * 2 ** min(faults - 1, 10), longest) * random.uniform(0.8, 1.2)


# --- the loop ---------------------------------------------------------------------------------------------------------


@dataclass
class Poller:
    """Keeps up to `THREADS` readings on their way, and writes what has come back in lists."""

    fast: bool
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "poll"))
    under_way: dict[Future[Outcome], Job] = field(default_factory=dict)

    def start_due(self) -> int:
        """Claim what is due and there is a thread for; answers how many readings started."""
        room = THREADS - len(self.under_way)
        jobs = claim_due(timezone.now(), self.fast, room) if room else []
        for job in jobs:
            self.under_way[self.pool.submit(fetch, job)] = job
        return len(jobs)

    def write_finished(self, patience: float) -> int:
        """Wait up to `patience` seconds for a reading to end, and write all that have; answers how many."""
        if not self.under_way:
            return 0
        finished, _running = wait(self.under_way, timeout=patience, return_when=FIRST_COMPLETED)
        for future in finished:
            del self.under_way[future]
        write([future.result() for future in finished])
        return len(finished)

    def run_until_idle(self, patience: timedelta) -> None:
        """Read everything that is due, at most for `patience`; what is on its way then loses its claim by time."""
        deadline = timezone.now() + patience
        while timezone.now() < deadline and (self.start_due() or self.under_way):
            self.write_finished(0.2)

    def close(self) -> None:
        """Let the threads go without waiting for a slow wallet."""
        self.pool.shutdown(wait=False, cancel_futures=True)
