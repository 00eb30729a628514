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

import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from donations import claims
from donations.checks import DayTotal, span_of_day
from donations.claims import Job, claim_due
from donations.models import WalletState
from donations.money import Money
from donations.outcomes import Outcome, tell_defect, write
from donations.providers import PROVIDERS
from donations.providers.base import Batch, NonsenseAnswer, Payment, Provider, ProviderError, ScopeMissing

THREADS = 32


def fetch(job: Job) -> Outcome:
    """Read one wallet. Runs in a thread, touches no database, raises nothing."""
    provider = PROVIDERS[job.wallet.provider]
    try:
        batch = provider.read(job.access, job.span, job.bookmark)
        tried, asked = _ask_again(provider, job)
        balances, missing = _ask_balances(provider, job, batch)
        totals = _ask_totals(provider, job, batch)
        return Outcome(job, batch, tried, asked, balances, missing, totals)
    except ProviderError as error:
        return Outcome(job, error=error)
    except Exception as error:
        tell_defect("reading", job, error)
        return Outcome(job, error=NonsenseAnswer(type(error).__name__))


# The history is what counts: an error in the three that follow leaves it as it was read.


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


def _ask_totals(provider: Provider, job: Job, batch: Batch) -> list[DayTotal]:
    """What the service says came in on the job's days. Nothing while rows are left: they could not be compared."""
    totals: list[DayTotal] = []
    for day in () if batch.more else job.days:
        try:
            told = provider.totals(job.access, span_of_day(day, job.wallet.streamer.zone))
        except ProviderError:
            break
        if told is None:
            break
        totals.append((day, told))
    return totals


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
        if time.monotonic() - self.kept_at >= claims.LEASE.total_seconds() / 4:
            self._my_claims().update(claim_until=timezone.now() + claims.LEASE)
            self.kept_at = time.monotonic()

    def _my_claims(self) -> QuerySet[WalletState]:
        return WalletState.objects.filter(claim__in={job.claim for job in self.under_way.values()})
