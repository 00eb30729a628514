"""A storm over a real installation, and then the question whether its ledger still equals the wallets' own books.

    uv run python -m tests.soak --seconds 300 --seed 7

Wallets of the sandbox are paid into at random while every fault of the sandbox comes and goes, `manage.py poll` is
killed with SIGKILL again and again, and idle workers of the task queue now and then. After that comes one calm minute.
Then nothing may be missing, nothing extra, every event numbered without a gap, every kept sum true. It prints the
counts, and exits 1 if the ledger is wrong. The same seed makes the same storm.

What the calm minute must be enough for bounds the storm: a fault lasts a few seconds, and its back-off has to be over;
what appears late or settles late does so within 20 seconds after the storm.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import django

from tests.conftest import SandboxServer
from tests.processes.observed import surroundings

CALM_SECONDS = 60.0
SECONDS_A_WORKER = 90.0
SECONDS_WITH_SLOW_ONES = 200.0


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.soak", description="A storm, and whether the ledger survives it.")
    parser.add_argument("--seconds", type=float, default=300.0, help="how long the storm lasts")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--wallets", type=int, default=50)
    parser.add_argument("--poll-kills", type=int, default=50, help="how often the poller is killed")
    parser.add_argument("--worker-kills", type=int, default=3, help="idle workers killed; 0: fast wallets only")
    parser.add_argument("--payments", type=float, default=5.0, help="payments a second")
    wishes = parser.parse_args(words)
    # A smaller storm would heap its faults on a few wallets, whose back-off is then longer than the calm minute.
    if wishes.wallets < 10:
        parser.error("at least 10 wallets")
    if wishes.seconds < max(
        SECONDS_WITH_SLOW_ONES if wishes.worker_kills else 0, SECONDS_A_WORKER * wishes.worker_kills
    ):
        parser.error("too short for killed workers; give --worker-kills 0 for a short storm")
    return wishes


def main() -> int:
    wishes = parse(sys.argv[1:])
    folder = Path(tempfile.mkdtemp(prefix="kopilka-soak-"))
    sandbox = SandboxServer(folder / "sandbox")
    try:
        environment = surroundings(
            KOPILKA_DATA=str(folder / "data"), KOPILKA_SANDBOX_URL=sandbox.url, DJANGO_SETTINGS_MODULE="config.settings"
        )
        os.environ.clear()
        os.environ.update(environment)
        django.setup()
        # The models can be imported only now.
        from tests.soak.storm import Storm

        storm = Storm(sandbox, folder, wishes)
        try:
            return storm.rage(CALM_SECONDS)
        finally:
            storm.end()
    finally:
        sandbox.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
