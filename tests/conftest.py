"""The cast, introduced once, and the stage it plays on."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, expect, sync_playwright

from tests.chromium import ARGUMENTS, HOW_TO_GET_ONE, find_chromium, find_headless
from tests.databases import drop_databases

ROOT = Path(__file__).resolve().parent.parent
LONG = "LONG" in os.environ
"""By hand, as CONTRIBUTING.md says: more payments and longer histories than fit into a suite."""


@pytest.fixture(scope="session", autouse=True)
def quickly_emptied() -> Iterator[None]:
    """The tables, after a test with threads or processes: Django would ask hundreds of times for permissions that
    nobody needs; and TRUNCATE of PostgreSQL makes 300 files anew, for a second where DELETE takes 10 ms."""
    from django.contrib.contenttypes.models import ContentType
    from django.core.management.commands import flush
    from django.db import OperationalError
    from django.db.backends.postgresql.operations import DatabaseOperations

    def forget(*facts: object) -> None:
        ContentType.objects.clear_cache()

    def delete(ours: object, style: object, tables: list[str], **options: object) -> list[str]:
        return [f'DELETE FROM "{table}"' for table in tables]

    def again_after_a_deadlock(ours: Any, statements: list[str]) -> None:
        """With what the web process writes of a page that was closed just now."""
        execute = super(DatabaseOperations, ours).execute_sql_flush
        for _try in range(2):
            with suppress(OperationalError):
                return execute(statements)
        return execute(statements)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "emit_post_migrate_signal", forget)
        patch.setattr(DatabaseOperations, "sql_flush", delete)
        patch.setattr(DatabaseOperations, "execute_sql_flush", again_after_a_deadlock, raising=False)
        yield


@pytest.fixture
def anya(db):
    """Anya streams in Russian and collects roubles."""
    from donations.models import Streamer

    return Streamer.objects.create(slug="anya", name="Аня", language="ru", time_zone="Europe/Moscow", currency="RUB")


@pytest.fixture
def anya_owner(anya, django_user_model):
    """Anya herself, who may do everything for Anya."""
    from donations.models import Member

    user = django_user_model.objects.create_user("anya", password="correct horse anya")
    Member.objects.create(streamer=anya, user=user, role=Member.Role.OWNER)
    return user


@pytest.fixture
def boris(db):
    """Boris streams in Ukrainian on the same installation, and must never see Anya's things."""
    from donations.models import Streamer

    return Streamer.objects.create(slug="boris", name="Борис", language="uk", time_zone="Europe/Kyiv", currency="UAH")


@pytest.fixture
def boris_owner(boris, django_user_model):
    """Boris himself."""
    from donations.models import Member

    user = django_user_model.objects.create_user("boris", password="correct horse boris")
    Member.objects.create(streamer=boris, user=user, role=Member.Role.OWNER)
    return user


@pytest.fixture
def host(db, django_user_model):
    """The host who runs the installation for both of them."""
    return django_user_model.objects.create_superuser("host", password="correct horse host")


@pytest.fixture
def wallet(anya):
    """Anya's wallet in the sandbox: connected an hour ago, read every minute, with a working token."""
    from django.utils import timezone

    from donations.models import InfoToken, Wallet, WalletState

    wallet = Wallet.objects.create(streamer=anya, provider="qiwi-sandbox", account="79990000001", title="QIWI")
    an_hour_ago = timezone.now() - timedelta(hours=1)
    WalletState.objects.create(
        wallet=wallet, next_poll_at=timezone.now(), alerts_from=an_hour_ago, last_read_at=an_hour_ago
    )
    token = InfoToken(wallet=wallet, read_only="proven")
    token.put("0123456789abcdef0123456789abcdef")
    token.save()
    return wallet


@pytest.fixture
def goal(anya):
    """Anya collects 10,000 roubles for a microphone, since an hour ago."""
    from django.utils import timezone

    from donations.models import Goal
    from donations.tallies import save_goal

    goal = Goal(
        streamer=anya,
        slug="mic",
        title="Новый микрофон",
        target_minor=10_000_00,
        currency="RUB",
        since=timezone.now() - timedelta(hours=1),
    )
    save_goal(goal)
    return goal


@pytest.fixture(autouse=True)
def no_content_type_of_another_test() -> None:
    """One that a test made and took back with its rows is still in Django's cache."""
    from django.contrib.contenttypes.models import ContentType

    ContentType.objects.clear_cache()


THE_LONG_ONES = ("test_spine", "tests/soak", "tests/processes", "test_stage", "test_secrets", "test_on_air", "machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that take long begin first, so that the others fill the time beside them."""
    items.sort(key=lambda item: next((n for n, long in enumerate(THE_LONG_ONES) if long in item.nodeid), 99))


def pytest_unconfigure() -> None:
    drop_databases()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SandboxServer:
    """The sandbox as a real process, spoken to by its control API."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "donations.sandbox", "--port", "0", "--data", str(folder)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        first_line = self.process.stdout.readline()
        assert "listening on" in first_line, first_line
        self.url = first_line.split()[-1]

    def call(self, method: str, path: str, body: object = None) -> dict:
        answer = requests.request(method, self.url + path, json=body, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def make_wallet(self, nickname: str, **facts: object) -> dict:
        return self.call("POST", "/sandbox/wallets", {"nickname": nickname, **facts})

    def pay(self, wallet_id: object, amount: int, comment: str | None = None, **facts: object) -> list[dict]:
        body = {"amount": amount, "comment": comment, **facts}
        return self.call("POST", f"/sandbox/wallets/{wallet_id}/pay", body)["payments"]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture(scope="session")
def sandbox_server(tmp_path_factory) -> Iterator[SandboxServer]:
    """One sandbox for the whole session; each test makes wallets of its own in it."""
    server = SandboxServer(tmp_path_factory.mktemp("sandbox"))
    yield server
    server.stop()


@pytest.fixture
def sandbox(sandbox_server, settings) -> SandboxServer:
    """The sandbox, and `qiwi-sandbox` wallets read from it."""
    settings.SANDBOX_URL = sandbox_server.url
    settings.SANDBOX_PUBLIC_URL = sandbox_server.url
    return sandbox_server


@pytest.fixture(scope="module")
def chromium(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A running browser; without one on the machine a skip that says how to get it.

    A module says `WHOLE_BROWSER = True` where what it shows must be shown in the one that people have.
    For one module only: while it is open, an event loop runs in the test's thread. Django would refuse the ORM there.
    """
    path = find_chromium() if getattr(request.module, "WHOLE_BROWSER", False) else find_headless()
    if path is None:
        pytest.skip(HOW_TO_GET_ONE)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        expect.set_options(timeout=20_000)
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
