"""What pages read, with five thousand donations there and with five million.

    uv run python -m tests.benchmarks.reading

One streamer has them all, and is on air. Each query and each page is run in both databases by turns, warm, through the
real settings and the whole of Django; every figure is a median. What carries each, whatever the number of donations:

    goal        its row of GoalTally; the latest of it by newest_of_a_wallet, a walk for each of its wallets, and
                newest_by_hand
    stream      donations_of_a_stream, an index that holds the amounts: as many entries as the stream has donations
    latest      newest_donations; the filters of the panel's list by newest_hidden, _pending, _failed and _by_hand
    top donors  DonorTally by top_donors, the name and the last gift of each by newest_of_a_donor
    all time    its rows of Raised

Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from tests.benchmarks.ledger import fill, open_installation, use

MOST_GROWTH = 2.0


class Name(NamedTuple):
    """What a figure belongs to (a target, or "" for what none is set for), and what was run."""

    target: str
    title: str


@dataclass
class Book:
    """A database with `count` donations. `seconds` are those of each run, by what was run."""

    count: int
    file: Path
    streamer: Any
    goals: dict[str, Any]
    client: Any
    seconds: dict[Name, list[float]] = field(default_factory=lambda: defaultdict(list))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", type=int, default=5_000, help="donations in the small database")
    parser.add_argument("--many", type=int, default=5_000_000, help="donations in the large one")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each database")
    parser.add_argument("--runs", type=int, default=20, help="runs of each query and page in a turn")
    sizes = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kopilka-reading-") as folder:
        open_installation(Path(folder))
        few, many = (open_book(Path(folder), count) for count in (sizes.few, sizes.many))
        for _round in range(sizes.rounds):
            for book in (few, many):
                read(book, sizes.runs)
    return tell(few, many)


def tell(few: Book, many: Book) -> int:
    """Print the table and a line for each target; the exit code."""
    print(f"{'milliseconds':<40}{few.count:>12,}{many.count:>12,}{'growth':>9}")
    worst: dict[str, float] = defaultdict(float)
    for name in few.seconds:
        small, large = (1000 * median(book.seconds[name]) for book in (few, many))
        worst[name.target] = max(worst[name.target], large / small)
        print(f"{name.title:<40}{small:>12.2f}{large:>12.2f}{large / small:>9.2f}")
    worst.pop("")
    for target, growth in worst.items():
        verdict = "met" if growth <= MOST_GROWTH else "missed"
        print(f"{target}: {growth:.2f} times as long (target {MOST_GROWTH:.0f}) {verdict}")
    return 0 if max(worst.values()) <= MOST_GROWTH else 1


def open_book(folder: Path, count: int) -> Book:
    """A database of its own: a streamer with a member, so many donations, and a few more in a second wallet."""
    from django.contrib.auth.models import User
    from django.test import Client

    from donations.models import Goal, Member, Streamer, Wallet
    from donations.tallies import save_goal

    file = folder / f"{count}.sqlite3"
    shutil.copy(folder / "kopilka.sqlite3", file)
    use(file)
    streamer = Streamer.objects.create(slug="anya", name="Аня")
    member = User.objects.create_user("anya")
    Member.objects.create(streamer=streamer, user=member)
    wallet, rare = (
        Wallet.objects.create(streamer=streamer, provider="qiwi", account=f"7900000000{n}", title=f"QIWI {n}")
        for n in (1, 2)
    )
    fill([wallet], count)
    give_rarely(rare)
    first = streamer.donations.order_by("occurred_at").values_list("occurred_at", flat=True)[0]
    goals = {}
    for slug, chosen in (("all", []), ("month", []), ("rare", [rare])):
        period = slug if slug == "month" else "all"
        goal = Goal(streamer=streamer, slug=slug, title=slug, period=period, target_minor=10**12, currency="RUB")
        goal.since = first
        save_goal(goal, chosen)
        goals[slug] = goal
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(member)
    return Book(count, file, streamer, goals, client)


def give_rarely(wallet: Any) -> None:
    """Three gifts at the very beginning, of which everything else is newer."""
    from donations.events import writing
    from donations.ingest import ingest
    from donations.money import Money
    from donations.providers.base import Kind, Payment, Status

    [first] = wallet.streamer.donations.order_by("occurred_at").values_list("occurred_at", flat=True)[:1]
    payments = [
        Payment(f"{n}:IN", Status.SETTLED, Kind.GIFT, Money(100_00, "RUB"), first + timedelta(seconds=n), payer="rare")
        for n in range(3)
    ]
    with writing(wallet.streamer_id) as log:
        ingest(log, wallet, payments, None)


def read(book: Book, runs: int) -> None:
    """Run everything so often, after once for warmth."""
    use(book.file)
    for name, work in works(book):
        work()
        for _run in range(runs):
            start = time.perf_counter()
            work()
            book.seconds[name].append(time.perf_counter() - start)


def works(book: Book) -> Iterator[tuple[Name, Callable[[], object]]]:
    """The queries, and the pages as they are asked for."""
    from donations.panel.donors import ranks
    from donations.panel.sums import sums_of_streams
    from donations.tallies import latest_of, raised
    from widgets.snapshots import LATEST_ON_PAGES, latest_values, totals_value

    streamer, goals = book.streamer, book.goals
    session = streamer.sessions.open().get()
    oldest = streamer.donations.order_by("occurred_at")[40:].first()
    yield Name("goal", "query: what a goal raised"), lambda: raised(goals["month"])
    yield Name("goal", "query: latest of a goal"), lambda: latest_of(goals["all"], LATEST_ON_PAGES)
    yield Name("goal", "query: latest of one for a rare wallet"), lambda: latest_of(goals["rare"], LATEST_ON_PAGES)
    yield Name("stream", "query: the sums of a stream"), lambda: sums_of_streams([session], "RUB")
    yield Name("stream", "query: totals on an overlay"), lambda: totals_value(streamer)
    yield Name("latest", "query: latest on an overlay"), lambda: latest_values(streamer, LATEST_ON_PAGES)
    yield Name("top donors", "query: top donors"), lambda: ranks(streamer, "RUB")
    pages = {
        Name("goal", "page: a goal"): "/@anya/all/",
        Name("goal", "page: a goal of each month"): "/@anya/month/",
        Name("goal", "page: a goal for a rare wallet"): "/@anya/rare/",
        Name("stream", "page: a stream"): f"/panel/streams/{session.pk}/",
        Name("latest", "page: overview"): "/panel/",
        Name("latest", "page: donations"): "/panel/donations/",
        Name("latest", "page: the oldest donations"): f"/panel/donations/?from={oldest.public_id}",
        Name("latest", "page: hidden donations"): "/panel/donations/?state=hidden",
        Name("top donors", "page: top donors"): "/panel/donors/",
        Name("top donors", "page: one donor"): f"/panel/donors/{oldest.public_id}/",
        Name("", "page: 1 or 20 streams"): "/panel/streams/",
        Name("", "page: a search in 20,000 donations"): "/panel/donations/?q=нет%20такого",
    }
    for name, address in pages.items():
        yield name, lambda address=address: answer(book.client, address)


def answer(client: Any, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)


if __name__ == "__main__":
    sys.exit(main())
