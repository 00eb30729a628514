"""The sandbox, spoken to by its control API: wallets of imaginary money are opened, paid into and made to fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import requests
from django.conf import settings

PROVIDER = "qiwi-sandbox"
CURRENCIES = ("RUB", "UAH", "KZT", "USD", "EUR")
"""What its wallets can hold."""

TIMEOUTS = (2, 8)

Order = dict[str, object]
"""A payment that is to come: `amount` in minor units, `currency`, and what else its control API takes."""


class SandboxSilent(Exception):
    """The sandbox did not answer, or not as it should."""


def spoken(currency: str) -> str:
    """This currency where its wallets can hold it, else roubles."""
    return currency if currency in CURRENCIES else "RUB"


def open_wallet(nickname: str, currency: str = "RUB") -> dict[str, Any]:
    """The wallet of this nickname, made with this currency when it is not there: `id`, `number`, `tokens`."""
    return ask("POST", "/sandbox/wallets", {"nickname": nickname, "currency": currency})


def pay(account: str, orders: Sequence[Mapping[str, object]]) -> list[dict[str, Any]]:
    """Let all of these payments come into the wallet of this number, or none; answers its rows."""
    return ask("POST", f"{_address(account)}/pay", {"payments": orders})["payments"]


def break_for(account: str, seconds: float) -> None:
    """The service of this wallet fails for so long, whatever it is asked."""
    ask("PUT", f"{_address(account)}/faults", {"status": 500, "until": seconds})


def _address(account: str) -> str:
    known = ask("GET", "/sandbox/wallets")["wallets"]
    ids = [row["id"] for row in known if row["number"] == account]
    if not ids:
        raise SandboxSilent
    return f"/sandbox/wallets/{ids[0]}"


def ask(method: str, path: str, body: object = None) -> dict[str, Any]:
    """One call of its control API. Raises `SandboxSilent`."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, settings.SANDBOX_URL + path, json=body, timeout=TIMEOUTS)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            return found
    except requests.RequestException:
        # Not chained: its text holds the address and the wallet's number.
        raise SandboxSilent from None
