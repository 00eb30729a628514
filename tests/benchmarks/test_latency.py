"""The benchmark itself keeps working; how fast it is depends on the machine and is looked at by hand."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT


def test_the_latency_benchmark_measures_and_says_so():
    words = [sys.executable, "-m", "tests.benchmarks.latency", "--count", "20"]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)
    *table, verdict = ran.stdout.splitlines()
    assert [line.split()[0] for line in table] == ["20", "a", "commit"], ran.stderr
    assert verdict.startswith("latency: p99 ")
    assert ran.returncode == (0 if verdict.endswith(" met") else 1)
