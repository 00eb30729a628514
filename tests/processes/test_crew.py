"""Who works in an installation, and what is kept small or in step for it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from observed import BASE

from config import crew_on_postgres
from config.crew import HEARTBEAT, crew, heartbeat, parse
from config.crew_on_postgres import Heartbeat
from config.management.commands.start import schedule_minute
from donations import models
from tests.databases import IS_POSTGRES, database_of, open_database

HEAVY = {"django", "daphne", "twisted"}


def test_the_supervisor_loads_no_django():
    for crew_of, heavy in (("crew", HEAVY | {"asyncio", "psycopg"}), ("crew_on_postgres", HEAVY)):
        program = f"import config.{crew_of}, sys; sys.exit(' '.join({heavy} & {{*sys.modules}}))"
        loaded = subprocess.run([sys.executable, "-c", program], cwd=BASE, capture_output=True, text=True, check=False)
        assert loaded.stderr.strip() == ""


@pytest.mark.django_db
def test_the_heartbeat_that_is_watched_is_the_one_that_the_minute_task_writes():
    models.Heartbeat.objects.create(name="minute", at=timezone.now())
    assert len(list(models.Heartbeat.objects.raw(HEARTBEAT.replace("SELECT at", "SELECT name, at")))) == 1


@pytest.fixture
def read_heartbeat(tmp_path: Path) -> Callable[[], object | None]:
    """As the supervisor reads it in the database of this data folder."""
    if IS_POSTGRES:
        return Heartbeat(database_of(tmp_path)["DATABASE_URL"])
    return heartbeat(tmp_path / "kopilka.sqlite3")


def test_a_heart_that_never_beat_is_not_one_that_cannot_be_felt(
    read_heartbeat: Callable[[], object | None], tmp_path: Path
):
    assert read_heartbeat() is None
    with open_database(tmp_path) as connection:
        connection.execute("CREATE TABLE donations_heartbeat (name TEXT, at TEXT)")
        assert read_heartbeat() == "never"
        connection.execute("INSERT INTO donations_heartbeat VALUES ('minute', '2026-01-01')")
        assert read_heartbeat() == "2026-01-01"
        connection.execute("ALTER TABLE donations_heartbeat RENAME TO away")
        assert read_heartbeat() is None
        connection.execute("ALTER TABLE away RENAME TO donations_heartbeat")
        assert read_heartbeat() == "2026-01-01"


def test_a_server_that_is_away_or_stands_still_keeps_the_supervisor_from_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crew_on_postgres, "PATIENCE", 0.2)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        read = Heartbeat(f"postgres://anyone:secret@127.0.0.1:{server.getsockname()[1]}/kopilka")
        assert read() is None  # nobody listens
        server.listen()
        assert read() is None  # somebody does, and never answers


@pytest.mark.django_db
def test_a_start_makes_the_task_run_now_and_does_not_move_its_next_run():
    schedule_minute()
    later = timezone.now() + timedelta(seconds=17)
    Schedule.objects.update(next_run=later)
    schedule_minute()
    assert Schedule.objects.get(name="minute").next_run == later
    assert OrmQ.objects.count() == 2


def test_the_sandbox_can_be_paid_from_where_the_pages_are_read():
    words = "--data=/d --database=/d/k --stale-after=90 --port=8000 --sandbox-port=8100 --interface=0.0.0.0 --demo"
    environment = {
        "KOPILKA_SANDBOX_PUBLIC_URL": "http://kopilka.test:8100",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": "postgres://kopilka:secret@127.0.0.1/kopilka",
    }
    children = {child.name: child for child in crew(parse(words.split()), environment)}
    assert "interface=0.0.0.0" in " ".join(children["web"].argv)
    assert "--bind 0.0.0.0" in " ".join(children["wallet"].argv)
    assert not {"DJANGO_SETTINGS_MODULE", "DATABASE_URL"} & children["wallet"].env.keys()
    assert children["jobs"].env == environment


def test_outside_a_demo_the_sandbox_is_reachable_from_this_machine_alone():
    words = "--data=/d --database=/d/k --stale-after=90 --port=8000 --sandbox-port=8100 --interface=0.0.0.0"
    environment = {"KOPILKA_SANDBOX_PUBLIC_URL": "http://127.0.0.1:8100"}
    children = {child.name: child for child in crew(parse(words.split()), environment)}
    assert "interface=0.0.0.0" in " ".join(children["web"].argv)
    assert "--bind 127.0.0.1" in " ".join(children["wallet"].argv)
