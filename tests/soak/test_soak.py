"""The short form of the soak: three kills, every fault once."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT


def test_the_ledger_survives_a_storm():
    words = [sys.executable, "-m", "tests.soak", "--seconds", "12", "--seed", "7", "--wallets", "10"]
    ran = subprocess.run(
        [*words, "--poll-kills", "3", "--worker-kills", "0"], cwd=ROOT, capture_output=True, text=True, timeout=180
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "kill the poller: 3" in ran.stdout
