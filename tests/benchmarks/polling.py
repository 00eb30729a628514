"""Twenty thousand wallets a minute, with balance and history each, by one worker.

    uv run python -m tests.benchmarks.polling

A canned service in its own process answers after 50 ms with ten full rows; in 5 % of the polls one of them is new.
Beside it what cannot be beaten with the same library: a bare loop that makes the same calls with as many threads and
parses the same bodies, without a database. And what it costs to find nothing due among 100,000 wallets.
Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks.canned_wallets import ONE_IN
from tests.conftest import ROOT
from tests.processes.observed import surroundings

SECONDS_FOR_20_000 = 60.0
LEAST_SHARE = 0.5
MEGABYTES = 300.0
TICK_MS = 50.0
CALLS_PER_WALLET = 2
WORKER = "tests.benchmarks.poll_worker"


@contextmanager
def canned_wallets() -> Iterator[str]:
    """The service's address, while it runs."""
    words = [sys.executable, "-m", "tests.benchmarks.canned_wallets"]
    service = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert service.stdout is not None
    try:
        yield service.stdout.readline().split()[-1]
    finally:
        service.kill()
        service.wait()


def measure(wallets: int, idle: int) -> dict[str, dict[str, float]]:
    """The figures of each part, in one data folder."""
    with tempfile.TemporaryDirectory(prefix="kopilka-polling-") as folder, canned_wallets() as address:
        environment = surroundings(KOPILKA_DATA=folder, KOPILKA_SANDBOX_URL=address)

        def run(*words: str) -> str:
            """What a process of its own says."""
            command = [sys.executable, *words]
            ran = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
            return ran.stdout

        run("manage.py", "migrate", "-v", "0")
        parts = {"idle": idle, "stage": wallets, "poll": wallets, "bare": wallets}
        found = {part: json.loads(run("-m", WORKER, part, str(count))) for part, count in parts.items()}
    assert found["poll"]["read"] == wallets, "not every wallet was read"
    assert found["poll"]["new"] == (wallets + ONE_IN - 1) // ONE_IN, "not every new payment was recorded, once"
    return found


def row(title: str, wallets: int, figures: dict[str, float]) -> str:
    calls = CALLS_PER_WALLET * wallets / figures["seconds"]
    return f"{title:<34}{figures['seconds']:9.1f}{figures['busy']:9.1f}{calls:9.0f}{figures['megabytes']:9.0f}"


def verdict(name: str, figure: str, target: str, is_met: bool) -> bool:
    print(f"{name}: {figure} (target {target}) {'met' if is_met else 'missed'}")
    return is_met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wallets", type=int, default=20_000, help="that are due")
    parser.add_argument("--idle", type=int, default=100_000, help="wallets that are not")
    asked = parser.parse_args()
    found = measure(asked.wallets, asked.idle)
    polled, bare, idle = found["poll"], found["bare"], found["idle"]
    seconds = SECONDS_FOR_20_000 * asked.wallets / 20_000
    share = bare["seconds"] / polled["seconds"]
    print(f"{f'{asked.wallets} wallets':<34}{'seconds':>9}{'cpu':>9}{'calls/s':>9}{'MB':>9}")
    print(row("a bare loop over the same line", asked.wallets, bare))
    print(row("the poller", asked.wallets, polled))
    print(f"a tick with {asked.idle} that are not due: {idle['usual']:.1f} ms, at most {idle['slowest']:.1f}")
    met = [
        verdict("polling", f"{polled['seconds']:.1f} s", f"{seconds:.1f} s", polled["seconds"] <= seconds),
        verdict("rate", f"{share:.0%} of the bare loop", f"{LEAST_SHARE:.0%}", share >= LEAST_SHARE),
        verdict("memory", f"{polled['megabytes']:.0f} MB", f"{MEGABYTES:.0f} MB", polled["megabytes"] <= MEGABYTES),
        verdict("idle", f"{idle['slowest']:.1f} ms", f"{TICK_MS:.0f} ms", idle["slowest"] <= TICK_MS),
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
