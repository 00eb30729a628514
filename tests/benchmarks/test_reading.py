"""The benchmark itself keeps working; how fast it is depends on the machine and is looked at by hand."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT


def test_the_reading_benchmark_measures_and_says_so():
    words = [sys.executable, "-m", "tests.benchmarks.reading", "--few", "300", "--many", "3000"]
    ran = subprocess.run(
        [*words, "--rounds", "1", "--runs", "2"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("milliseconds"), ran.stderr
    verdicts = lines[-4:]
    assert [line.partition(":")[0] for line in verdicts] == ["goal", "stream", "latest", "top donors"]
    assert ran.returncode == (0 if all(line.endswith(" met") for line in verdicts) else 1)
