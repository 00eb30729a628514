"""Polling: claim the wallets that are due, read them over HTTP in threads, hand the results to ingest.

Which window is read when, and why that is enough. Every reading goes back 10 minutes; once in 15 minutes 3 hours;
once a day 3 days; after an outage as far as the last good reading and 10 minutes more; the first reading 30 days. A row
that appears late with an older id and date is thus found within the window that covers its date, and uniqueness in the
database makes reading it again harmless. What is pending is asked again by its id with growing gaps for 45 days. That
is the bound on lateness.

The ledger is also held beside the balance and the service's own sum of each day (`checks`). A difference that the next
reading does not clear has the last 30 days read again, and once more with growing gaps from an hour while it stays.

What a reading costs: one history call for each 50 rows in the window, one for each pending payment that is asked again
(5 at most), one for each day that is compared (3 at most, once a day), and a balance call when a minute has passed
since the last one or when money came. QIWI allows 100 history calls a minute and a wallet (the balance does not count).
A reading makes 20 of them at most; what is left of a longer history comes with the next. At one reading in 5 seconds
that is 12 a minute, and the wide windows add theirs only where they hold more than 50 rows. After a reading the wallet
rests for as long as its calls are worth (`pace.spacing`: 0.98 s each), so that it makes 61 a minute in the long run,
whoever asks for it how often; the 20 of the reading that began last and the 20 of one whose poller was lost can come on
top, which is 100 in any minute. A person who connects a token or has it checked spends one call more each time.

No HTTP happens inside a transaction, and a result is written only while its claim still holds. The process that reads
keeps its claims; those of a process that died run out.

One slow wallet holds one thread, for 23 seconds a call at most. Wallets that failed the last time get half of the
threads together, so that a service which hangs for many delays the others once, and then no more.

Most readings bring nothing new; those are noted many at once (`quiet`). So one process reads 20,000 wallets a minute,
half of its work being the HTTP itself.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from queue import Empty, SimpleQueue

from django.db import transaction
from django.utils import timezone

from donations import claims
from donations.checks import DayTotal, span_of_day
from donations.claims import claim_due
from donations.models import WalletState
from donations.models.wallet import WalletStateQuerySet
from donations.money import Money
from donations.outcomes import tell_defect, write
from donations.providers.base import Batch, Blocked, NonsenseAnswer, Payment, ProviderError, RateLimited, ScopeMissing
from donations.readings import Job, Outcome

THREADS = 64
AHEAD = 64
"""Claimed beyond the readings that have a thread, so that none of them waits for a claim."""

MOST_FAULTY = THREADS // 2
WRITTEN_AT_ONCE = 256
GATHERED_FOR = 0.05
"""Seconds for which a busy poller waits for more results: writing many costs little more than writing one."""


def fetch(job: Job) -> Outcome:
    """Read one wallet. Runs in a thread, touches no database, raises nothing."""
    try:
        batch = job.provider.read(job.access, job.span, job.bookmark)
        waits: list[ProviderError] = []
        tried, asked = _ask_again(job, job.provider.most_calls - batch.calls, waits)
        balances, missing = _ask_balances(job, batch)
        days, totals = _ask_totals(job, batch, job.provider.most_calls - batch.calls - len(tried), waits)
        return Outcome(job, batch, tried, asked, balances, missing, days, totals, error=waits[0] if waits else None)
    except ProviderError as error:
        return Outcome(job, error=error)
    except Exception as error:
        tell_defect("reading", job, error)
        return Outcome(job, error=NonsenseAnswer(type(error).__name__))


# The history is what counts: an error in the three that follow leaves it as it was read. `waits` is told where the
# service asks us to wait with all calls that its limits count; after that none is made.


def _ask_again(job: Job, most_calls: int, waits: list[ProviderError]) -> tuple[list[str], list[Payment]]:
    """The pending ones that were asked for, and what was answered. The first error ends it; the rest has its turn."""
    tried: list[str] = []
    asked: list[Payment] = []
    for txn_id in job.pending[:most_calls]:
        tried.append(txn_id)
        try:
            payment = job.provider.read_one(job.access, txn_id)
        except ProviderError as error:
            waits += _that_wait(error)
            break
        if payment:
            asked.append(payment)
    return tried, asked


def _that_wait(error: ProviderError) -> list[ProviderError]:
    return [error] if isinstance(error, RateLimited | Blocked) else []


def _ask_balances(job: Job, batch: Batch) -> tuple[Sequence[Money] | None, str]:
    """What lies in the wallet, None where that is not known, and the right that is missing or ""."""
    if batch.balances is not None or not job.with_balance:
        return batch.balances, ""
    try:
        return job.provider.balances(job.access), ""
    except ScopeMissing as error:
        return None, error.scope
    except ProviderError:
        return None, ""


def _ask_totals(
    job: Job, batch: Batch, most_calls: int, waits: list[ProviderError]
) -> tuple[Sequence[date], list[DayTotal]]:
    """The days that there are calls for, and what was answered. The first error ends it, for these days too.

    None while rows are left: they could not be compared.
    """
    days = () if batch.more or waits else job.days[:most_calls]
    totals: list[DayTotal] = []
    for day in days:
        try:
            told = job.provider.totals(job.access, span_of_day(day, job.wallet.streamer.zone))
        except ProviderError as error:
            waits += _that_wait(error)
            break
        if told is not None:
            totals.append((day, told))
    return days, totals


@dataclass
class Poller:
    """Keeps up to `THREADS` readings on their way, and writes what has come back in lists."""

    fast: bool
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "poll"))
    under_way: dict[tuple[str, int], Job] = field(default_factory=dict)
    finished: SimpleQueue[Outcome] = field(default_factory=SimpleQueue)
    kept_at: float = 0.0

    def start_due(self) -> int:
        """Claim what is due and there is room for; answers how many readings started."""
        room = THREADS + AHEAD - len(self.under_way)
        # A claim costs the same for many as for one.
        if room < AHEAD:
            return 0
        faulty = sum(job.state.fault_count > 0 for job in self.under_way.values())
        jobs = claim_due(timezone.now(), self.fast, room, max(MOST_FAULTY - faulty, 0))
        for job in jobs:
            self.under_way[job.key] = job
            self.pool.submit(self._read, job)
        return len(jobs)

    def write_finished(self, patience: float) -> int:
        """Wait up to `patience` seconds for a reading to end, and write all that have; answers how many."""
        if not self.under_way:
            return 0
        self._keep_claims()
        outcomes = self._come_back(patience)
        for outcome in outcomes:
            self.under_way.pop(outcome.job.key, None)
        write(outcomes)
        return len(outcomes)

    def run_until_idle(self, patience: timedelta) -> None:
        """Read everything that is due, at most for `patience`."""
        deadline = timezone.now() + patience
        while timezone.now() < deadline and (self.start_due() or self.under_way):
            self.write_finished(0.2)

    def close(self) -> None:
        """Let the threads go without waiting for a slow wallet. It is due at once, for a poller that has the time."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        with transaction.atomic():
            self._my_claims().taken_in_order().update(claim="", claim_until=None, hurry=True)
        self.under_way.clear()

    def _read(self, job: Job) -> None:
        self.finished.put(fetch(job))

    def _come_back(self, patience: float) -> list[Outcome]:
        outcomes: list[Outcome] = []
        try:
            outcomes.append(self.finished.get(timeout=patience))
            if len(self.under_way) > THREADS / 2:
                time.sleep(GATHERED_FOR)
            while len(outcomes) < WRITTEN_AT_ONCE:
                outcomes.append(self.finished.get_nowait())
        except Empty:
            pass
        return outcomes

    def _keep_claims(self) -> None:
        """A long reading must not be taken for a dead one: it would begin anew for ever, beside itself."""
        if time.monotonic() - self.kept_at >= claims.LEASE.total_seconds() / 4:
            with transaction.atomic():
                self._my_claims().taken_in_order().update(claim_until=timezone.now() + claims.LEASE)
            self.kept_at = time.monotonic()

    def _my_claims(self) -> WalletStateQuerySet:
        mine = self.under_way.keys()
        return WalletState.objects.filter(pk__in={pk for _claim, pk in mine}, claim__in={claim for claim, _pk in mine})
