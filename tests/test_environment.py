"""Every environment variable that is read stands in the README's table of settings, and every row has a reader."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| *`([A-Z][A-Z0-9_]*)`", re.MULTILINE)

SET_BY_OTHERS = {
    "DJANGO_SETTINGS_MODULE",  # Django's own; we set it
    "UV",  # `uv run` says by it that it is our parent
}
"""Read, but not for anybody to set."""

KNOWN_EVERYWHERE = {"DATABASE_URL"}
"""Ours to read under the name that it has everywhere."""


def environment_of(node: ast.AST) -> bool:
    return ast.unparse(node) == "os.environ"


def reads(tree: ast.AST) -> Iterator[ast.expr]:
    """The expressions that name a variable which is read; `os.environ` itself where it is used in another way."""
    understood: set[ast.AST] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="env")), args=[name, *_]):
                yield name
            case ast.Call(func=ast.Name(id="env"), args=[name, *_]):
                yield name
            case ast.Call(func=ast.Attribute(value=there, attr="get" | "pop" | "setdefault"), args=[name, *_]) if (
                environment_of(there)
            ):
                understood.add(there)
                yield name
            case ast.Call(func=function, args=[name, *_]) if ast.unparse(function) in ("os.getenv", "getenv"):
                yield name
            case ast.Subscript(value=there, slice=name) if environment_of(there):
                understood.add(there)
                yield name
            case ast.Compare(left=name, ops=[ast.In() | ast.NotIn()], comparators=[there]) if environment_of(there):
                understood.add(there)
                yield name
            case ast.Dict():
                # `{**os.environ, ...}`: the whole of it, for our own processes.
                understood.update(value for key, value in zip(node.keys, node.values, strict=True) if key is None)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and environment_of(node) and node not in understood:
            yield node


@cache
def readers() -> dict[str, set[str]]:
    """Variable: the files that read it. What cannot be told from the source stands under its expression."""
    found: dict[str, set[str]] = {}
    for path in (path for room in ("config", "donations", "widgets") for path in (ROOT / room).rglob("*.py")):
        for name in reads(ast.parse(path.read_text(encoding="utf-8"))):
            known = isinstance(name, ast.Constant) and isinstance(name.value, str)
            where = str(path.relative_to(ROOT))
            found.setdefault(name.value if known else ast.unparse(name), set()).add(where)
    return found


def rows() -> list[str]:
    return ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))


def test_there_is_something_to_look_at():
    assert {"KOPILKA_DATA", "KOPILKA_URL", "KOPILKA_SECRET_KEYS"} <= readers().keys()


def test_every_variable_can_be_told_from_the_source():
    assert {name: files for name, files in readers().items() if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name)} == {}


def test_every_variable_that_is_read_stands_in_the_readme():
    assert readers().keys() - SET_BY_OTHERS - set(rows()) == set()


def test_no_row_of_the_readme_is_without_a_reader():
    assert set(rows()) - readers().keys() == set()


def test_no_variable_stands_in_the_readme_twice():
    assert len(rows()) == len(set(rows()))


def test_our_own_variables_begin_alike():
    assert {name for name in readers() if not name.startswith("KOPILKA_")} <= SET_BY_OTHERS | KNOWN_EVERYWHERE
