"""The suite's databases: SQLite's files in the data folders, or on the server of `DATABASE_URL` one for each folder.

A process that a test starts on a data folder of its own is given a database of its own as well, by `database_of`. What
is not told where its rows are would keep them in SQLite, and never in what `DATABASE_URL` names.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg

# Put aside, in the environment again since the workers of xdist inherit it: nothing may touch a real installation.
if "DATABASE_URL" in os.environ:
    os.environ["PYTEST_DATABASE_URL"] = os.environ.pop("DATABASE_URL")
SERVER = os.environ.get("PYTEST_DATABASE_URL", "")
"""PostgreSQL's address with the name that all names of the suite are made of; "" for SQLite."""

IS_POSTGRES = SERVER != ""
PASSWORD = unquote(urlsplit(SERVER).password or "")
_made: dict[Path, str] = {}
_shared: dict[Path, str] = {}


def url_of(name: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))


def database_of(folder: Path) -> dict[str, str]:
    """The environment of a process whose database belongs to this data folder; it is made when first asked for."""
    if not IS_POSTGRES:
        return {}
    if folder in _shared:
        return {"DATABASE_URL": url_of(_shared[folder])}
    if folder not in _made:
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        name = f"test_{urlsplit(SERVER).path[1:]}_{digest}"
        _on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
        _made[folder] = name
    return {"DATABASE_URL": url_of(_made[folder])}


@atexit.register
def drop_databases() -> None:
    """Drop all that this process made. Workers of xdist end without it: their session calls it."""
    if _made:
        _on_server(*(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in _made.values()))
        _made.clear()


def share(folder: Path, name: object) -> None:
    """Let processes on this data folder work on the test's own database: SQLite's file or PostgreSQL's name."""
    if IS_POSTGRES:
        _shared[folder] = str(name)
    else:
        (folder / "kopilka.sqlite3").symlink_to(str(name))


def open_database(folder: Path) -> AbstractContextManager[Any]:
    """A connection to what belongs to this data folder, where each statement stands for itself."""
    if IS_POSTGRES:
        return closing(psycopg.connect(database_of(folder)["DATABASE_URL"], autocommit=True))
    return closing(sqlite3.connect(folder / "kopilka.sqlite3", timeout=10, isolation_level=None))


@contextmanager
def shut(connection: Any) -> Iterator[None]:
    """While this lasts PostgreSQL lets nobody into the database of this connection, and only it is still there."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (ours,) = cursor.fetchone()
    others = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> {ours}"
    _on_server(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false', others)
    try:
        yield
    finally:
        _on_server(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def _on_server(*statements: str) -> None:
    with psycopg.connect(url_of("postgres"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
