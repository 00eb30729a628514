"""A ledger of any size in the product's own tables, made by SQLite itself in seconds or a few minutes.

Each streamer is given something every 17 seconds up to now, by each donor about three times, and streams for four hours
of each 24, on air now. So whatever the size, the present looks alike and only the past is longer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from donations.models import Wallet

STEP, ON_AIR, DAY = 17, 4 * 3600, 86_400
GIFTS_OF_A_DONOR = 3

DONATION = {
    "public_id": "lower(hex(randomblob(6)))",
    "streamer_id": "streamer_id",
    "wallet_id": "wallet_id",
    "txn_id": "(20000000000 + n) || ':IN'",
    "status": "'settled'",
    "kind": "'gift'",
    "currency": "CASE WHEN n % 50 THEN 'RUB' ELSE 'USD' END",
    "minor": "100 * (1 + n * 7919 % 5000)",
    "base_minor": "100 * (1 + n * 7919 % 5000) * CASE WHEN n % 50 THEN 1 ELSE 80 END",
    "occurred_at": "datetime(:now - ago, 'unixepoch')",
    "recorded_at": "datetime(:now - ago, 'unixepoch')",
    "settled_at": "datetime(:now - ago, 'unixepoch')",
    "session_id": "(SELECT id FROM stream WHERE stream.streamer_id = gift.streamer_id"
    " AND day = ago / :day AND ago % :day < :on_air)",
    "donor_key": "(SELECT key FROM donor WHERE number = giver * :donors + abs(random() % :donors))",
    "donor_hint": "'42'",
    "name_given": "'Щедрый Лис'",
    "name_shown": "'Щедрый Лис'",
    "words_given": "'Спасибо за стрим! 🎉'",
    "words_shown": "'Спасибо за стрим! 🎉'",
}
"""What is given, column by column, over a `gift`: its number n, seconds ago, streamer, wallet and number of `giver`."""

STEPS = (
    "CREATE TEMP TABLE donor (number INTEGER PRIMARY KEY, key)",
    "WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :givers * :donors)"
    " INSERT INTO donor SELECT n, donor_key(n) FROM number",
    "WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :days)"
    " INSERT INTO donations_streamsession (streamer_id, title, started_at, by_obs, ended_by_hand, ended_at)"
    " SELECT streamer_id, 'Вечер', datetime(:now - n * :day - :on_air, 'unixepoch'), 0, 0,"
    " CASE WHEN n THEN datetime(:now - n * :day, 'unixepoch') END FROM number, giver",
    "CREATE TEMP TABLE stream (streamer_id, day, id, PRIMARY KEY (streamer_id, day)) WITHOUT ROWID",
    "INSERT INTO stream SELECT streamer_id, row_number() OVER (PARTITION BY streamer_id ORDER BY started_at DESC) - 1,"
    " id FROM donations_streamsession",
    "WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :count),"
    " gift AS (SELECT n, (:count - 1 - n) / :givers * :step AS ago, giver, streamer_id, wallet_id"
    " FROM number JOIN giver ON giver = n % :givers)"
    " INSERT INTO donations_donation ({columns}) SELECT {values} FROM gift",
    "INSERT INTO donations_raised (streamer_id, currency, minor, count)"
    " SELECT streamer_id, currency, sum(minor), count(*) FROM donations_donation GROUP BY 1, 2",
    "INSERT INTO donations_donortally (streamer_id, donor_key, currency, minor, count)"
    " SELECT streamer_id, donor_key, currency, sum(minor), count(*) FROM donations_donation GROUP BY 1, 2, 3",
    "DROP TABLE temp.giver",
    "DROP TABLE temp.donor",
    "DROP TABLE temp.stream",
)


def open_installation(folder: Path) -> None:
    """Make this process an installation over an empty folder, on SQLite: real settings, tables and collected files.

    The file is whole afterwards and may be copied.
    """
    for name in [name for name in os.environ if name.startswith("KOPILKA_") or name == "DATABASE_URL"]:
        del os.environ[name]
    # This one is about SQLite, and must touch no real installation's rows.
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {"KOPILKA_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    connection.close()


def use(database: Path) -> None:
    """From now on the product reads and writes this file."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = database


def payer(number: int) -> str:
    """The account of a donor by his number: those of the first wallet come first."""
    return f"+7999{number:07}"


def donors_of(count: int, givers: int) -> int:
    """How many donors each wallet has when `count` donations are given to so many of them."""
    return max(count // givers // GIFTS_OF_A_DONOR, 1)


def fill(wallets: Sequence[Wallet], count: int) -> None:
    """Record `count` donations, to each of these wallets of different streamers in turn, with the sums of all time.

    A goal that is saved afterwards counts them.
    """
    from django.db import connection

    from donations.models import Donation
    from donations.seal import peppered

    connection.close()
    connection.ensure_connection()
    database = connection.connection
    database.create_function("donor_key", 1, lambda number: peppered("donor", f"{wallets[0].provider}:{payer(number)}"))
    figures = {
        "count": count,
        "givers": len(wallets),
        "donors": donors_of(count, len(wallets)),
        "days": count // len(wallets) * STEP // DAY + 1,
        "now": int(time.time()),
        "step": STEP,
        "on_air": ON_AIR,
        "day": DAY,
    }
    columns = _defaults_of(Donation) | DONATION
    # Nothing here has to survive a crash.
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000"):
        database.execute(f"PRAGMA {pragma}")
    database.execute("CREATE TEMP TABLE giver (giver INTEGER PRIMARY KEY, streamer_id, wallet_id)")
    database.executemany(
        "INSERT INTO giver VALUES (?, ?, ?)", [(n, wallet.streamer_id, wallet.pk) for n, wallet in enumerate(wallets)]
    )
    database.execute("BEGIN")
    for step in STEPS:
        database.execute(step.format(columns=", ".join(columns), values=", ".join(columns.values())), figures)
    database.execute("COMMIT")
    connection.close()


def _defaults_of(model: type) -> dict[str, str]:
    """What the model says of columns that have a plain default, in SQL."""
    fields = [field for field in model._meta.concrete_fields if field.has_default() and not callable(field.default)]
    return {
        field.column: f"'{field.default}'" if isinstance(field.default, str) else str(int(field.default))
        for field in fields
    }
