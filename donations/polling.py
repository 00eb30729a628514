"""Polling: claim the wallets that are due, read them over HTTP in threads, hand the results to ingest.

Which window is read when, and why that is enough. Every reading goes back 10 minutes; once in 15 minutes 3 hours;
once a day 3 days; after an outage as far as the last good reading and 10 minutes more; the first reading 30 days. A row
that appears late with an older id and date is thus found within the window that covers its date, and uniqueness in the
database makes reading it again harmless. What is pending is asked again by its id with growing gaps for 45 days. That
is the bound on lateness.

What a reading costs: one history call for each 50 rows in the window, and a balance call when a minute has passed since
the last one or when money came. QIWI allows 100 history calls a minute: at one reading in 5 seconds that is 12, the
wider windows add a few. After a reading of many pages the wallet rests for as long as its calls are worth.

No HTTP happens inside a transaction, and a result is written only while its claim still holds. The process that reads
keeps its claims; those of a process that died run out.
"""

from __future__ import annotations

import logging
import random
import time
import traceback
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import Q, QuerySet
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
    Provider,
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
    """What came of a job: a batch, or the error that ended it. `balances` None: not asked, not told or not allowed.

    `tried` are the pending ones that were asked for again, `asked` what was answered.
    """

    job: Job
    batch: Batch | None = None
    tried: Sequence[str] = ()
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
        with_balance="balance" not in token.missing and _older(state.balance_read_at, A_MINUTE, now),
        pending=_pending_to_ask(wallet, now),
    )


def _give_up(state: WalletState, error: str) -> None:
    """Nobody reads this wallet until a person acts."""
    logger.warning("wallet %s: %s, stopped", state.pk, error or "no token to read it with")
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
    widest = timedelta(0)
    if _older(state.read_3h_at, EVERY_15_MINUTES, now):
        widest = WINDOW_3H
    if _older(state.read_3d_at, EVERY_DAY, now):
        widest = WINDOW_3D
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


# --- reading: HTTP only -----------------------------------------------------------------------------------------------


def fetch(job: Job) -> Outcome:
    """Read one wallet. Runs in a thread, touches no database, raises nothing."""
    provider = PROVIDERS[job.wallet.provider]
    try:
        batch = provider.read(job.access, job.span, job.bookmark)
        tried, asked = _ask_again(provider, job)
        balances, missing = _ask_balances(provider, job, batch)
        return Outcome(job, batch, tried, asked, balances, missing)
    except ProviderError as error:
        return Outcome(job, error=error)
    except Exception as error:
        _tell_defect("reading", job, error)
        return Outcome(job, error=NonsenseAnswer(type(error).__name__))


# The history is what counts: an error in the two that follow leaves it as it was read.


def _ask_again(provider: Provider, job: Job) -> tuple[list[str], list[Payment]]:
    """The pending ones that were asked for, and what was answered. The first error ends it; the rest has its turn."""
    tried: list[str] = []
    asked: list[Payment] = []
    for txn_id in job.pending:
        tried.append(txn_id)
        try:
            payment = provider.read_one(job.access, txn_id)
        except ProviderError:
            break
        if payment:
            asked.append(payment)
    return tried, asked


def _ask_balances(provider: Provider, job: Job, batch: Batch) -> tuple[Sequence[Money] | None, str]:
    """What lies in the wallet, None where that is not known, and the right that is missing or ""."""
    if batch.balances is not None or not job.with_balance:
        return batch.balances, ""
    try:
        return provider.balances(job.access), ""
    except ScopeMissing as error:
        return None, error.scope
    except ProviderError:
        return None, ""


def _tell_defect(doing: str, job: Job, error: Exception) -> None:
    """A defect of ours must not stop the other wallets. Its message could hold anything, so only the place is told."""
    place = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s wallet %s broke: %s\n%s", doing, job.wallet.pk, type(error).__name__, place)


# --- writing ----------------------------------------------------------------------------------------------------------


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
        _tell_defect("writing", outcome.job, error)
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
    rest = _rest(provider, batch.calls + len(outcome.tried))
    if batch.more:
        state.next_poll_at = job.started_at + max(provider.minimum_interval, rest)
        return
    state.next_poll_at = job.started_at + max(_interval(job.wallet), rest)
    state.last_read_at = job.started_at
    if job.span.start <= job.started_at - WINDOW_3H:
        state.read_3h_at = job.started_at
    if job.span.start <= job.started_at - WINDOW_3D:
        state.read_3d_at = job.started_at


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


# --- the loop ---------------------------------------------------------------------------------------------------------


@dataclass
class Poller:
    """Keeps up to `THREADS` readings on their way, and writes what has come back in lists."""

    fast: bool
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "poll"))
    under_way: dict[Future[Outcome], Job] = field(default_factory=dict)
    kept_at: float = 0.0

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
        self._keep_claims()
        finished, _running = wait(self.under_way, timeout=patience, return_when=FIRST_COMPLETED)
        for future in finished:
            del self.under_way[future]
        write([future.result() for future in finished])
        return len(finished)

    def run_until_idle(self, patience: timedelta) -> None:
        """Read everything that is due, at most for `patience`."""
        deadline = timezone.now() + patience
        while timezone.now() < deadline and (self.start_due() or self.under_way):
            self.write_finished(0.2)

    def close(self) -> None:
        """Let the threads go without waiting for a slow wallet. It is due at once, for a poller that has the time."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        self._my_claims().update(claim="", claim_until=None, hurry=True)
        self.under_way.clear()

    def _keep_claims(self) -> None:
        """A long reading must not be taken for a dead one: it would begin anew for ever, beside itself."""
        if time.monotonic() - self.kept_at >= LEASE.total_seconds() / 4:
            self._my_claims().update(claim_until=timezone.now() + LEASE)
            self.kept_at = time.monotonic()

    def _my_claims(self) -> QuerySet[WalletState]:
        return WalletState.objects.filter(claim__in={job.claim for job in self.under_way.values()})
