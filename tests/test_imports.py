"""Imports go down only: config, widgets, the money's pages, polling, ingest, events, models. Read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("config", "donations", "widgets")

FLOORS = (
    ("donations.money", "donations.words", "donations.seal"),
    ("donations.providers", "donations.banks"),
    ("donations.models", "donations.migrations"),
    ("donations.events",),
    ("donations.periods", "donations.rates", "donations.pace", "donations.lookup"),
    (
        "donations.tallies",
        "donations.hiding",
        "donations.moderation",
        "donations.screening",
        "donations.restored",
        "donations.shadows",
    ),
    ("donations.streams", "donations.turning"),
    ("donations.obs_streams", "donations.oddities"),
    ("donations.condition", "donations.moments"),
    ("donations.telling",),
    ("donations.ingest", "donations.valuing"),
    ("donations.corrections", "donations.checks"),
    ("donations.balances", "donations.windows"),
    ("donations.readings",),
    ("donations.limits",),
    ("donations.claims", "donations.quiet"),
    ("donations.outcomes",),
    ("donations.polling",),
    ("donations.health",),
    ("donations.letters",),
    ("donations.tasks",),
    ("donations",),  # pages, commands, and what they share
    ("widgets",),
    ("config",),
)
"""From the ground up. A module stands on the floor of the longest name that fits."""

LEDGER = {
    *("condition", "events", "hiding", "models", "moderation", "money", "obs_streams", "pace", "restored", "seal"),
    "shadows",
    *("streams", "tallies", "words"),
}
"""What everything on the screen may know of the money."""

SCREEN_MAY = {
    "widgets.admin": {"admin"},  # one look for all of the host's rows
    "widgets.demo": {"connecting", "invitations", "polling"},  # it connects a wallet as a person would
    "widgets.panel": {"moments", "panel", "providers"},  # one panel, which says what a service of the rehearsal said
    "widgets.rehearsal": {"connecting"},  # and so does this
    "widgets.public": {"period_words", "providers"},  # which time the figures are of, and where a donor pays
}
"""And what single ones of its modules may know beyond that."""

GROUND_OF_CONFIG = {"config.build", "config.csp"}
"""Facts about this build and its headers, which import nothing of ours and may be asked from below."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def product() -> dict[str, Path]:
    """Every module of the product by its name."""
    files = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return {name_of(path): path for path in files} | {"manage": ROOT / "manage.py"}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(product()[module].read_text(encoding="utf-8"))


def imported(module: str) -> Iterator[str]:
    """The full names of what a module imports, of ours the module rather than the name in it."""
    package = module if product()[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield whole if whole in product() else base


def ours(module: str) -> set[str]:
    return {name for name in imported(module) if name.split(".")[0] in ROOMS} - {module}


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def floor(module: str) -> int:
    fits = [(len(name), number) for number, names in enumerate(FLOORS) for name in names if within(module, name)]
    return max(fits)[1]


def modules(*packages: str) -> list[str]:
    return [module for module in product() if within(module, *packages)]


SANDBOX = "donations.sandbox"


def test_there_is_something_to_look_at():
    assert {"donations.polling", "widgets.hub", "config.settings", "donations.sandbox.server"} <= product().keys()
    assert ours("donations.ingest") >= {"donations.tallies", "donations.models", "donations.events"}


def test_imports_go_down_only():
    wrong = [
        f"{module} imports {name}"
        for module in modules(*ROOMS)
        if not within(module, SANDBOX)
        for name in ours(module) - GROUND_OF_CONFIG
        if floor(name) > floor(module)
    ]
    assert wrong == []


def test_nothing_goes_round_in_a_circle():
    # A package gives the names of its own modules, which is no way up.
    graph = {module: {name for name in ours(module) if not within(module, name)} for module in product()}
    TopologicalSorter(graph).prepare()


def test_the_money_knows_nothing_of_the_screen():
    assert [name for name in modules("donations") if any(within(found, "widgets") for found in ours(name))] == []


def test_the_screen_knows_the_ledger_and_little_more():
    wrong = []
    for module in modules("widgets"):
        more = set().union(*(names for name, names in SCREEN_MAY.items() if within(module, name)))
        allowed = [f"donations.{name}" for name in LEDGER | more]
        wrong += [
            f"{module} imports {name}"
            for name in ours(module)
            if within(name, "donations", "config") and name not in GROUND_OF_CONFIG and not within(name, *allowed)
        ]
    assert wrong == []


def test_what_config_lends_to_others_imports_nothing_of_ours():
    assert [ours(module) for module in GROUND_OF_CONFIG] == [set(), set()]


def test_the_supervisor_imports_neither_django_nor_pages():
    for module in ("config.crew", "config.crew_on_postgres", "config.supervisor", "config.leash"):
        assert not any(within(name, "django", "donations", "widgets") for name in imported(module)), module


def test_providers_know_no_database():
    for module in modules("donations.providers"):
        for name in imported(module):
            allowed = {"django.conf"} if module == "donations.providers" else set()
            assert not within(name, "django") or name in allowed, f"{module} imports {name}"
        assert all(within(name, "donations.providers", "donations.money") for name in ours(module)), module


def test_the_sandbox_shares_nothing_with_us():
    for module in modules(SANDBOX):
        assert all(within(name, SANDBOX) for name in ours(module)), f"{module} imports {ours(module)}"
    strangers = [module for module in product() if not within(module, SANDBOX)]
    assert [module for module in strangers if any(within(name, SANDBOX) for name in ours(module))] == []


def test_product_code_imports_nothing_of_the_tests():
    assert [module for module in product() if any(within(name, "tests", "pytest") for name in imported(module))] == []


def test_nothing_is_imported_inside_a_function():
    wrong = [
        f"{module}:{inner.lineno}"
        for module in product()
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom) or _imports_by_name(inner)
    ]
    assert wrong == []


def _imports_by_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in (
        "__import__",
        "import_module",
        "importlib.import_module",
    )
