"""The benchmark itself keeps working; how fast it is depends on the machine and is looked at by hand."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT


def test_the_ingest_benchmark_measures_and_says_so():
    words = [sys.executable, "-m", "tests.benchmarks.ingest", "--few", "100", "--many", "1000", "--streamers", "2"]
    ran = subprocess.run([*words, "--rounds", "1"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    *table, rate, growth = ran.stdout.splitlines()
    assert [line.split()[0] for line in table] == ["microseconds", "bare", "ingest"], ran.stderr
    assert rate.startswith("ingest rate: ")
    assert growth.startswith("ingest growth: ")
    assert ran.returncode == (0 if rate.endswith(" met") and growth.endswith(" met") else 1)
