"""A process that takes in donations one by one, as the poller does, and says when each was committed.

    python -m tests.benchmarks.donor COUNT

First it prints the key of a new alert box; then it waits for a line on its input, and prints for each donation its
public id and the monotonic time, in seconds, at which its transaction was over.
"""

from __future__ import annotations

import os
import random
import sys
import time
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402

from donations.events import writing  # noqa: E402
from donations.ingest import ingest  # noqa: E402
from donations.models import AccessKey, Donation, Goal, Streamer, Wallet  # noqa: E402
from donations.money import Money  # noqa: E402
from donations.providers.base import Kind, Payment, Status  # noqa: E402
from donations.tallies import save_goal  # noqa: E402
from widgets.screen import make_widget  # noqa: E402

# Uneven pauses, so that commits fall into every part of the Hub's 100 ms.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.18


def set_the_stage() -> tuple[Wallet, str]:
    """A streamer with a wallet, a goal and an alert box; answers the wallet and the box's key."""
    streamer = Streamer.objects.create(slug="bench", name="Bench")
    wallet = Wallet.objects.create(streamer=streamer, provider="qiwi-sandbox", account="79990000001", title="QIWI")
    save_goal(Goal(streamer=streamer, slug="goal", title="Goal", target_minor=100_000_00, currency="RUB"))
    box = make_widget(streamer, "alert", "Alerts")
    return wallet, AccessKey.objects.get(subject=box.public_id).reveal()


def give(wallet: Wallet, number: int) -> tuple[str, float]:
    """Take in one payment in a transaction of its own; answers its public id and when the transaction was over."""
    now = timezone.now()
    payment = Payment(
        txn_id=f"{number}:IN",
        status=Status.SETTLED,
        money=Money(100_00 + number, "RUB"),
        occurred_at=now,
        kind=Kind.GIFT,
        payer="+79990000042",
        words="Спасибо за стрим! 🎉",
    )
    with writing(wallet.streamer_id) as log:
        ingest(log, wallet, [payment], now - timedelta(hours=1))
    committed_at = time.monotonic()
    public_id = Donation.objects.values_list("public_id", flat=True).get(wallet=wallet, txn_id=payment.txn_id)
    return public_id, committed_at


def main() -> None:
    wallet, key = set_the_stage()
    print(key, flush=True)
    sys.stdin.readline()
    pauses = random.Random(1)
    for number in range(int(sys.argv[1])):
        print(*give(wallet, number), flush=True)
        time.sleep(pauses.uniform(SHORTEST_PAUSE, LONGEST_PAUSE))


if __name__ == "__main__":
    main()
