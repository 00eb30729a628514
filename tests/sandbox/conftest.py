"""Wallets of imaginary money, a new one for each test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
import requests

from tests.conftest import SandboxServer

from .wallet import SandboxWallet


@pytest.fixture(scope="session")
def http() -> Iterator[requests.Session]:
    """Connections to the sandbox that stay open."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def wallet(sandbox_server: SandboxServer, http: requests.Session) -> SandboxWallet:
    """Anya's, with a token that reads profile, balance and history."""
    return SandboxWallet.open(sandbox_server.url, http, f"ANYA-{secrets.token_hex(4)}")


@pytest.fixture
def donor(sandbox_server: SandboxServer, http: requests.Session) -> SandboxWallet:
    """A viewer's, whose only token may pay too."""
    scopes = ["profile", "balance", "history", "payments"]
    return SandboxWallet.open(sandbox_server.url, http, f"DONOR-{secrets.token_hex(4)}", scopes=scopes)
