"""The benchmark itself keeps working; how fast it is depends on the machine and is looked at by hand."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

TINY = "--servers daphne --sockets 20 --rounds 1 --connect 20 --connect-rounds 1 --idle-seconds 1 --steady 10"
NAMES = ["connecting 20", "memory", "idle", "fan-out 20", "steady", "steady p99"]


def test_the_fan_out_benchmark_measures_and_says_so():
    words = [sys.executable, "-m", "tests.benchmarks.fanout", *TINY.split(), "--steady-seconds", "1"]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)
    verdicts = [line for line in ran.stdout.splitlines() if line.endswith((" met", " missed"))]
    assert [line.partition(":")[0] for line in verdicts] == [f"daphne {name}" for name in NAMES], ran.stderr
    assert "daphne steady: every page heard all, in order met" in verdicts
    assert ran.returncode == (0 if all(line.endswith(" met") for line in verdicts) else 1)
