"""New payments into SQLite, with a few donations there and with a million.

    uv run python -m tests.benchmarks.ingest

50 streamers, each on air and with three goals that every payment matches; batches of 50 payments, one streamer after
another, each batch in a transaction of its own: one event for each donation and one for each goal. Beside it runs what
cannot be beaten: the same donations, events and sums of donors, written by bare `executemany` into the same tables.
Every figure is the median of rounds that go to each of the databases in turn. Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.ledger import donors_of, fill, open_installation, payer, use

BATCH, KNOWN = 50, 45
LEAST_A_SECOND = 2000.0
MOST_GROWTH = 1.2
GOALS = ("all", "month", "stream")

BARE = (
    "INSERT INTO donations_donation VALUES ({marks})",
    "INSERT INTO donations_event VALUES ({marks})",
    "INSERT INTO donations_donortally (streamer_id, donor_key, currency, minor, count) VALUES ({marks})"
    " ON CONFLICT (streamer_id, donor_key, currency) DO UPDATE SET minor = excluded.minor, count = excluded.count",
)
LAST_DONATIONS = "SELECT * FROM donations_donation WHERE streamer_id = %s ORDER BY id DESC LIMIT %s"
LAST_EVENTS = "SELECT * FROM donations_event WHERE streamer_id = %s ORDER BY seq DESC LIMIT %s"
LAST_DONORS = (
    "SELECT DISTINCT tally.streamer_id, tally.donor_key, tally.currency, tally.minor, tally.count"
    f" FROM ({LAST_DONATIONS}) AS donation JOIN donations_donortally AS tally USING (streamer_id, donor_key, currency)"
)


@dataclass
class Book:
    """A database with `count` donations, and a copy of it for the bare way. Costs are seconds a payment, by round."""

    count: int
    ours: Path
    bare: Path
    wallets: list[Any]
    seen: int = 0
    our_costs: list[float] = field(default_factory=list)
    bare_costs: list[float] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(1))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", type=int, default=10_000, help="donations in the small database")
    parser.add_argument("--many", type=int, default=1_000_000, help="donations in the large one")
    parser.add_argument("--streamers", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=9, help=f"of a batch of {BATCH} payments for each streamer")
    sizes = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kopilka-ingest-") as folder:
        open_installation(Path(folder))
        few, many = (open_book(Path(folder), count, sizes.streamers) for count in (sizes.few, sizes.many))
        for _round in range(sizes.rounds):
            for book in (few, many):
                take_in(book)
                write_bare(book)
    print(f"{'microseconds a payment':<40}{sizes.few:>12,}{sizes.many:>12,}{'growth':>9}")
    print(row("bare executemany of the same rows", few.bare_costs, many.bare_costs))
    print(row("ingest", few.our_costs, many.our_costs))
    a_second = 1 / median(many.our_costs)
    growth = median(many.our_costs) / median(few.our_costs)
    met = [a_second >= LEAST_A_SECOND, growth <= MOST_GROWTH]
    print(f"ingest rate: {a_second:,.0f} payments a second (target {LEAST_A_SECOND:,.0f}) {verdict(met[0])}")
    print(f"ingest growth: {growth:.2f} times the cost (target {MOST_GROWTH}) {verdict(met[1])}")
    return 0 if all(met) else 1


def row(title: str, few: Sequence[float], many: Sequence[float]) -> str:
    small, large = 1e6 * median(few), 1e6 * median(many)
    return f"{title:<40}{small:>12.0f}{large:>12.0f}{large / small:>9.2f}"


def verdict(is_met: bool) -> str:
    return "met" if is_met else "missed"


def open_book(folder: Path, count: int, streamers: int) -> Book:
    """A database of its own with so many donations to the streamers, and its copy."""
    from django.db import connection

    from donations.models import Goal, Streamer, Wallet
    from donations.tallies import save_goal

    ours, bare = folder / f"{count}.sqlite3", folder / f"{count}-bare.sqlite3"
    connection.close()
    shutil.copy(folder / "kopilka.sqlite3", ours)
    use(ours)
    wallets = []
    for number in range(streamers):
        streamer = Streamer.objects.create(slug=f"streamer-{number}", name=f"Streamer {number}")
        wallets.append(
            Wallet.objects.create(streamer=streamer, provider="qiwi", account=f"7900{number:07}", title="QIWI")
        )
    fill(wallets, count)
    for wallet in wallets:
        first = wallet.streamer.donations.order_by("occurred_at").first().occurred_at
        for period in GOALS:
            goal = Goal(
                streamer=wallet.streamer,
                slug=period,
                title=period,
                period=period,
                target_minor=10**9,
                currency="RUB",
                since=first,
            )
            save_goal(goal)
    connection.close()
    shutil.copy(ours, bare)
    return Book(count, ours, bare, wallets)


def take_in(book: Book) -> None:
    """A batch for each streamer by our own way."""
    from django.db import connection
    from django.utils import timezone

    from donations.events import writing
    from donations.ingest import ingest

    use(book.ours)
    connection.ensure_connection()
    batches = list(new_batches(book))
    start = time.perf_counter()
    for wallet, payments in batches:
        with writing(wallet.streamer_id) as log:
            ingest(log, wallet, payments, timezone.now() - timedelta(hours=1))
    book.our_costs.append((time.perf_counter() - start) / (len(book.wallets) * BATCH))


def new_batches(book: Book) -> Iterator[tuple[Any, list[Any]]]:
    """What the polls of one round bring: each batch from 50 people, of whom 45 have given before."""
    from django.utils import timezone

    from donations.money import Money
    from donations.providers.base import Kind, Payment, Status

    donors = donors_of(book.count, len(book.wallets))
    for number, wallet in enumerate(book.wallets):
        known = book.dice.sample(range(number * donors, (number + 1) * donors), min(KNOWN, donors))
        strangers = range(10**6 + book.seen, 10**6 + book.seen + BATCH - len(known))
        book.seen += BATCH
        yield (
            wallet,
            [
                Payment(
                    txn_id=f"{30_000_000_000 + book.seen + place}:IN",
                    status=Status.SETTLED,
                    kind=Kind.GIFT,
                    money=Money(book.dice.randrange(100, 500_000), "RUB"),
                    occurred_at=timezone.now(),
                    payer=payer(donor),
                    words="Спасибо за стрим! 🎉",
                )
                for place, donor in enumerate([*known, *strangers])
            ],
        )


def write_bare(book: Book) -> None:
    """The rows that the last round has made, batch by batch, into the copy."""
    from django.db import connection

    use(book.ours)
    batches = [rows_of_last_batch(wallet.streamer_id) for wallet in book.wallets]
    use(book.bare)
    connection.ensure_connection()
    database = connection.connection
    start = time.perf_counter()
    for tables in batches:
        database.execute("BEGIN IMMEDIATE")
        for statement, rows in zip(BARE, tables, strict=True):
            database.executemany(statement.format(marks=", ".join("?" * len(rows[0]))), rows)
        database.execute("COMMIT")
    book.bare_costs.append((time.perf_counter() - start) / (len(book.wallets) * BATCH))


def rows_of_last_batch(streamer_id: int) -> list[list[Any]]:
    """For each of `BARE`."""
    from django.db import connection

    with connection.cursor() as cursor:
        return [
            cursor.execute(statement, [streamer_id, *more]).fetchall()
            for statement, more in (
                (LAST_DONATIONS, [BATCH]),
                (LAST_EVENTS, [BATCH + len(GOALS)]),
                (LAST_DONORS, [BATCH]),
            )
        ]


if __name__ == "__main__":
    sys.exit(main())
