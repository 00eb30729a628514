"""The benchmark itself keeps working; how fast it is depends on the machine and is looked at by hand."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT


def test_the_polling_benchmark_measures_and_says_so():
    words = [sys.executable, "-m", "tests.benchmarks.polling", "--wallets", "60", "--idle", "200"]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=180)
    *_table, polling, rate, memory, idle = ran.stdout.splitlines()
    for line, name in ((polling, "polling"), (rate, "rate"), (memory, "memory"), (idle, "idle")):
        assert line.startswith(f"{name}: "), ran.stderr
        assert "(target " in line
    assert ran.returncode == (0 if all(line.endswith(" met") for line in (polling, rate, memory, idle)) else 1)
