"""People and services of the provider tests."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from donations.providers.base import Access, Credential, Span
from donations.providers.qiwi import Qiwi

from .sandbox_wallet import SandboxWallet
from .wallet_service import STREAMER, TOKEN, Service

ROOT = Path(__file__).parents[2]


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.close()


@pytest.fixture
def qiwi(service: Service) -> Qiwi:
    """QIWI's adapter, talking to a service that says anything."""
    return Qiwi("qiwi", "QIWI", service.url)


@pytest.fixture
def anya() -> Access:
    """Anya streams; this opens her wallet for reading."""
    return Access(Credential(TOKEN), STREAMER)


@pytest.fixture
def september() -> Span:
    return Span(datetime(2023, 9, 1, tzinfo=UTC), datetime(2023, 9, 30, tzinfo=UTC))


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sandbox as a real process."""
    data = tmp_path_factory.mktemp("sandbox")
    command = [sys.executable, "-m", "donations.sandbox", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        assert "listening on" in line, "the sandbox did not start"
        yield line.split()[-1]
        process.terminate()


numbers = itertools.count(79990100000)


@pytest.fixture
def wallet(sandbox_url: str) -> SandboxWallet:
    """A fresh wallet in the sandbox."""
    number = str(next(numbers))
    made = requests.post(
        f"{sandbox_url}/sandbox/wallets", json={"nickname": f"ANYA{number[-4:]}", "number": number}, timeout=30
    ).json()
    return SandboxWallet(sandbox_url, made["id"], made["number"], made["tokens"][0]["token"])


@pytest.fixture
def sandbox(sandbox_url: str) -> Qiwi:
    """QIWI's adapter, talking to the sandbox."""
    return Qiwi("qiwi-sandbox", "QIWI Sandbox", lambda: sandbox_url, lambda: sandbox_url)
