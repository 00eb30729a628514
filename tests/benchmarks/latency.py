"""From the commit of a donation to the frame at an overlay's socket, on the embedded default.

    uv run python -m tests.benchmarks.latency

The real web process over a data folder of its own; another process commits 200 donations one by one. Beside it runs
what cannot be beaten with this design: a bare loop that asks the database every 100 ms whether the log has grown.
Exit code 1 when the target is missed.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tests.conftest import ROOT
from tests.databases import open_database
from tests.processes.observed import surroundings
from tests.widgets.page import Page
from tests.widgets.web import Web

TARGET_MS = 200.0
LOOK_EVERY = 0.1
PATIENCE = 30.0


class BareLoop(threading.Thread):
    """Looks at the database like the Hub and does nothing else; `seen` is when each number of donations was seen."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder = folder
        self.seen: list[float] = []
        self.is_over = threading.Event()

    def run(self) -> None:
        with open_database(self.folder) as connection:
            while not self.is_over.wait(LOOK_EVERY):
                (count,) = connection.execute("SELECT coalesce(sum(count), 0) FROM donations_raised").fetchone()
                self.seen += [time.monotonic()] * (count - len(self.seen))


def measure(folder: Path, count: int) -> tuple[list[float], list[float]]:
    """Latencies in ms of the overlay and of the bare loop, one for each donation."""
    environment = surroundings(KOPILKA_DATA=str(folder))
    subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=environment, check=True)
    web = Web(folder)
    words = [sys.executable, "-m", "tests.benchmarks.donor", str(count)]
    donor = subprocess.Popen(words, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert donor.stdin is not None and donor.stdout is not None
    try:
        page = Page(web.url, key=donor.stdout.readline().strip())
        bare = BareLoop(folder)
        bare.start()
        donor.stdin.write("go\n")
        donor.stdin.flush()
        heard = listen(page, count)
        committed = [line.split() for line in donor.stdout.read().splitlines()]
        bare.is_over.set()
        bare.join()
        page.close()
    finally:
        donor.kill()
        donor.wait()
        web.stop()
    overlay = [1000 * (heard[public_id] - float(at)) for public_id, at in committed]
    loop = [1000 * (seen - float(at)) for seen, (_id, at) in zip(bare.seen, committed, strict=True)]
    return overlay, loop


def listen(page: Page, count: int) -> dict[str, float]:
    """When each donation reached the page, by its public id."""
    heard: dict[str, float] = {}
    while len(heard) < count:
        frame = page.hears("events", PATIENCE)
        now = time.monotonic()
        for event in frame["events"]:
            if event["kind"] == "donation":
                heard[event["donation"]["id"]] = now
    return heard


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that is not exceeded by so many percent of them."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def row(title: str, values: Sequence[float]) -> str:
    figures = (percentile(values, 50), percentile(values, 99), max(values))
    return f"{title:<34}" + "".join(f"{figure:9.0f}" for figure in figures)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="donations")
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory(prefix="kopilka-latency-") as folder:
        overlay, loop = measure(Path(folder), count)
    print(f"{f'{count} donations, in ms':<34}{'p50':>9}{'p99':>9}{'max':>9}")
    print(row("a bare look every 100 ms", loop))
    print(row("commit to the overlay's frame", overlay))
    p99 = percentile(overlay, 99)
    is_met = p99 <= TARGET_MS
    print(f"latency: p99 {p99:.0f} ms (target {TARGET_MS:.0f} ms) {'met' if is_met else 'missed'}")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
