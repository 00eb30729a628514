"""Exact versions: one list, kept where uv looks for it and where pip does, and never an address."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((BASE / "pyproject.toml").read_text())
HOW_TO_RENEW = """Renew both lists together:
    empty constraint-dependencies in pyproject.toml
    uv pip compile --universal pyproject.toml --group dev --group lint --no-annotate --no-header -o constraints.txt
    copy its lines to constraint-dependencies"""
REGISTRIES = re.compile(r"pypi\.org|pythonhosted\.org|registry\.npm|index-url|extra-index|find-links\s*=")


def pins() -> list[str]:
    return (BASE / "constraints.txt").read_text().splitlines()


def direct_dependencies() -> list[str]:
    groups = PROJECT["dependency-groups"]
    return [*PROJECT["project"]["dependencies"], *groups["dev"], *groups["lint"]]


def name_of(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower()


def test_both_lists_of_exact_versions_are_equal():
    assert PROJECT["tool"]["uv"]["constraint-dependencies"] == pins(), HOW_TO_RENEW


def test_every_pin_is_one_exact_version():
    loose = [pin for pin in pins() if not re.fullmatch(r"[a-z0-9-]+==[0-9][\w.]*( ; .+)?", pin)]
    assert loose == []


def test_every_direct_dependency_is_held_with_a_compatible_release():
    loose = [
        requirement
        for requirement in direct_dependencies()
        if not re.fullmatch(r"[\w-]+(\[[a-z]+\])?~=[\d.]+", requirement)
    ]
    assert loose == []


def test_every_direct_dependency_is_pinned():
    assert {name_of(requirement) for requirement in direct_dependencies()} <= {name_of(pin) for pin in pins()}


def test_no_tracked_file_names_a_package_registry():
    if not (BASE / ".git").exists():
        pytest.skip("not a git checkout: nothing says which files are tracked")
    list_files = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(list_files, cwd=BASE, capture_output=True, check=True).stdout.decode()
    files = [BASE / name for name in listed.split("\0") if name and BASE / name != Path(__file__)]
    named = [
        file.name
        for file in files
        if file.is_file() and REGISTRIES.search(file.read_bytes().decode("utf-8", errors="ignore"))
    ]
    assert named == []
