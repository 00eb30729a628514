"""What the polling benchmark runs in processes of its own, so that none is measured with another's memory.

    python -m tests.benchmarks.poll_worker stage|poll|bare|idle COUNT

Each prints one JSON object. `stage` makes COUNT wallets that are due, each with its rows and balance known; `poll`
reads them all, `bare` makes the same calls and parses the same bodies without a database; `idle` makes COUNT that are
not due, and looks for due ones.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from donations.claims import claim_due  # noqa: E402
from donations.models import Balance, BalanceCheck, Donation, InfoToken, Streamer, Wallet, WalletState  # noqa: E402
from donations.polling import THREADS, Poller  # noqa: E402
from donations.providers.base import Span  # noqa: E402
from donations.providers.http import Headers, Line  # noqa: E402
from donations.providers.qiwi import ROWS, windows  # noqa: E402
from tests.benchmarks.canned_wallets import FIRST, IDS_PER_WALLET  # noqa: E402
from tests.benchmarks.canned_wallets import ROWS as KNOWN  # noqa: E402

SECRET = "0123456789abcdef0123456789abcdef"
AN_HOUR = timedelta(hours=1)
TICKS = 50


def stage(count: int, due: bool = True) -> dict[str, object]:
    """So many streamers with one wallet each, read a minute ago. None is due again while the others are read."""
    now = timezone.now()
    first = FIRST if due else FIRST - count
    streamers = Streamer.objects.bulk_create(
        (Streamer(slug=f"s{first + n}", name=f"Streamer {n}") for n in range(count)), batch_size=5000
    )
    wallets = Wallet.objects.bulk_create(
        (
            Wallet(streamer=streamer, provider="qiwi-sandbox", account=str(first + n), title="QIWI", poll_seconds=3600)
            for n, streamer in enumerate(streamers)
        ),
        batch_size=5000,
    )
    ages = ("last_read_at", "read_3h_at", "read_3d_at", "totals_read_at", "alerts_from", "balance_read_at")
    read = dict.fromkeys(ages, now - timedelta(minutes=1))
    next_poll_at = now if due else now + AN_HOUR
    WalletState.objects.bulk_create(
        (WalletState(wallet=wallet, next_poll_at=next_poll_at, **read) for wallet in wallets), batch_size=5000
    )
    token = InfoToken()
    token.put(SECRET)
    InfoToken.objects.bulk_create(
        (InfoToken(wallet=wallet, sealed=token.sealed, tail=token.tail) for wallet in wallets), batch_size=5000
    )
    if due:
        Donation.objects.bulk_create(known(wallets, now), batch_size=5000)
        seen = {"currency": "RUB", "minor": 8_74, "first_seen_at": now, "last_seen_at": now}
        Balance.objects.bulk_create((Balance(wallet=wallet, **seen) for wallet in wallets), batch_size=5000)
        ledger = (KNOWN + 1) * 150_50
        even = {"currency": "RUB", "ledger_minor": ledger, "drift_minor": 8_74 - ledger}
        BalanceCheck.objects.bulk_create((BalanceCheck(wallet=wallet, **even) for wallet in wallets), batch_size=5000)
    return {}


def known(wallets: list[Wallet], now: datetime) -> Iterator[Donation]:
    """What the service shows of each wallet was recorded before, but for what will be new."""
    for n, wallet in enumerate(wallets):
        for place in range(KNOWN + 1):
            yield Donation(
                streamer_id=wallet.streamer_id,
                wallet=wallet,
                txn_id=f"{n * IDS_PER_WALLET + place}:IN",
                status="settled",
                kind="gift",
                currency="RUB",
                minor=150_50,
                base_minor=150_50,
                occurred_at=now - AN_HOUR,
                recorded_at=now - AN_HOUR,
                settled_at=now - AN_HOUR,
            )


def poll(count: int) -> dict[str, object]:
    """Read every wallet once, as the minute task does."""
    before = Donation.objects.count()
    began = timezone.now()
    poller = Poller(fast=False)
    seconds, busy = timed(lambda: poller.run_until_idle(timedelta(minutes=30)))
    poller.close()
    read = WalletState.objects.filter(last_read_at__gte=began, error="", claim="").count()
    new = Donation.objects.count() - before
    return {"seconds": seconds, "busy": busy, "read": read, "new": new, "megabytes": megabytes()}


def bare(count: int) -> dict[str, object]:
    """The same calls over the same line by as many threads, and nothing else."""
    line, headers = Line(), Headers({"Authorization": f"Bearer {SECRET}"})
    now = timezone.now()
    params = {"rows": ROWS, "operation": "IN", **windows(Span(now - timedelta(minutes=11), now))[0]}

    def look(n: int) -> None:
        number = FIRST + n
        history = f"{settings.SANDBOX_URL}/payment-history/v2/persons/{number}/payments"
        assert line.ask(history, headers, params).good
        assert line.ask(f"{settings.SANDBOX_URL}/funding-sources/v2/persons/{number}/accounts", headers).good

    with ThreadPoolExecutor(THREADS) as pool:
        seconds, busy = timed(lambda: list(pool.map(look, range(count))))
    return {"seconds": seconds, "busy": busy, "megabytes": megabytes()}


def idle(count: int) -> dict[str, object]:
    """One tick: a look by the poller and one by the minute task; the slowest and the usual one in milliseconds."""
    stage(count, due=False)
    ticks = []
    for _ in range(TICKS):
        began = time.perf_counter()
        assert not claim_due(timezone.now(), True, 128) and not claim_due(timezone.now(), False, 128)
        ticks.append(1000 * (time.perf_counter() - began))
    return {"slowest": max(ticks), "usual": sorted(ticks)[TICKS // 2]}


def timed(work: object) -> tuple[float, float]:
    """Seconds that it took, and seconds of this process's processor time."""
    began, busy = time.perf_counter(), time.process_time()
    work()  # type: ignore[operator]
    return time.perf_counter() - began, time.process_time() - busy


def megabytes() -> float:
    """The most that this process ever had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps({"stage": stage, "poll": poll, "bare": bare, "idle": idle}[sys.argv[1]](int(sys.argv[2]))))
