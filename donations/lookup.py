"""Look-up: many rows by their two-part keys in one query, an index look-up for each key, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain, islice
from typing import Any

from django.db import connection

KEYS_AT_ONCE = 1000
"""Two parameters each; SQLite takes 32,766."""


def look_up(keys: Collection[tuple[int, str]], query: str) -> Iterator[tuple[Any, ...]]:
    """The rows of `query`, which reads FROM wanted CROSS JOIN a table; `wanted` has the columns wallet_id and name.

    CROSS JOIN, because SQLite then goes through the few that are wanted first, whatever it thinks of the table's size;
    a row-value IN would scan the table.
    """
    rest = iter(keys)
    while some := list(islice(rest, KEYS_AT_ONCE)):
        marks = ", ".join(["(%s, %s)"] * len(some))
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH wanted (wallet_id, name) AS (VALUES {marks}) {query}", list(chain.from_iterable(some))
            )
            yield from cursor.fetchall()
