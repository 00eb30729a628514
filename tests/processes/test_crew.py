"""Who works in an installation, and what is kept small or in step for it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from observed import BASE

from config.crew import HEARTBEAT, crew, heartbeat, parse
from config.management.commands.start import schedule_minute
from donations.models import Heartbeat


def test_the_supervisor_loads_no_django():
    program = "import config.crew, sys; sys.exit(' '.join({'django', 'daphne', 'twisted', 'asyncio'} & {*sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=BASE, capture_output=True, text=True, check=False)
    assert loaded.stderr.strip() == ""


@pytest.mark.django_db
def test_the_heartbeat_that_is_watched_is_the_one_that_the_minute_task_writes():
    Heartbeat.objects.create(name="minute", at=timezone.now())
    assert len(list(Heartbeat.objects.raw(HEARTBEAT.replace("SELECT at", "SELECT name, at")))) == 1


def test_a_heart_that_never_beat_is_not_one_that_cannot_be_felt(tmp_path: Path):
    file = tmp_path / "kopilka.sqlite3"
    assert heartbeat(file)() is None
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE donations_heartbeat (name TEXT, at TEXT)")
        connection.commit()
        assert heartbeat(file)() == "never"
        connection.execute("INSERT INTO donations_heartbeat VALUES ('minute', '2026-01-01')")
        connection.commit()
        assert heartbeat(file)() == "2026-01-01"


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
    }
    children = {child.name: child for child in crew(parse(words.split()), environment)}
    assert "interface=0.0.0.0" in " ".join(children["web"].argv)
    assert "--bind 0.0.0.0" in " ".join(children["wallet"].argv)
    assert "DJANGO_SETTINGS_MODULE" not in children["wallet"].env
