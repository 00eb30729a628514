"""Where the rows are kept: a file of SQLite in the data folder, or PostgreSQL where `DATABASE_URL` names one."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SCHEMES = ("postgres", "postgresql")
IN_WORDS = (
    "DATABASE_URL must be an address such as postgres://user:password@host:5432/database, with signs like / # @ % "
    "in the password written as %2F %23 %40 %25. Without DATABASE_URL everything is kept in SQLite."
)


def sqlite(file: Path) -> dict[str, object]:
    """Django's settings for this file."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "OPTIONS": {
            # Every transaction takes the write lock at once: a reader that turns writer would fail without waiting.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-8000;"
                "PRAGMA mmap_size=134217728;PRAGMA journal_size_limit=67108864;"
                # A page that many payments change is written back once: after 64 MB of changes, not after 4.
                "PRAGMA wal_autocheckpoint=16000;"
            ),
        },
        "TEST": {"NAME": file.with_name("test.sqlite3")},
    }


def postgres(url: str) -> dict[str, object]:
    """Django's settings for `postgres://user:password@host:port/name?option=value`; raises `ImproperlyConfigured`.

    It is read as libpq reads it, to which the supervisor gives it as it is; django-environ takes a plus for a blank.
    Nothing of a wrong address is repeated, for any part of it may be the password.
    """
    try:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query.replace("+", "%2B"), strict_parsing=bool(parts.query)))
        facts = {
            "NAME": unquote(parts.path[1:]),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": parts.port or "",
        }
    except ValueError:
        raise ImproperlyConfigured(IN_WORDS) from None
    name_is_odd = not facts["NAME"] or any(sign in str(facts["NAME"]) for sign in "/@:")
    if parts.scheme not in SCHEMES or name_is_odd or parts.fragment:
        raise ImproperlyConfigured(IN_WORDS)
    return {
        "ENGINE": "django.db.backends.postgresql",
        **facts,
        "OPTIONS": {
            "application_name": "kopilka",
            "connect_timeout": 10,
            # As long as SQLite waits for its lock; and who stops in the middle of a transaction gives its locks back.
            "options": "-c lock_timeout=20s -c idle_in_transaction_session_timeout=60s",
            **options,
        },
        # Each request has a thread of its own here, so none of them would find a connection that another has kept. The
        # threads that live long, the Hub's and the poller's, keep theirs anyway.
        "CONN_MAX_AGE": 0,
    }
