"""A wallet of the sandbox, moved from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from donations.providers.base import Access, Credential, Span


@dataclass
class SandboxWallet:
    """A wallet of imaginary money, and the ways to move it from outside."""

    url: str
    id: int
    number: str
    token: str

    @property
    def access(self) -> Access:
        return Access(Credential(self.token), self.number)

    def call(self, method: str, path: str = "", **body: Any) -> Any:
        answer = requests.request(method, f"{self.url}/sandbox/wallets/{self.id}{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def pay(self, roubles_minor: int = 10000, **details: Any) -> list[str]:
        """Lets somebody pay; the ids as our ledger names them."""
        paid = self.call("POST", "/pay", amount=roubles_minor, **details)["payments"]
        return [f"{row['txn_id']}:IN" for row in paid if row["type"] == "IN"]

    def break_by(self, **faults: Any) -> None:
        self.call("PUT", "/faults", **faults)

    def another_token(self, *scopes: str) -> Credential:
        return Credential(self.call("POST", "/tokens", scopes=list(scopes))["token"])

    @property
    def lately(self) -> Span:
        return Span(datetime.now(UTC) - timedelta(days=30), datetime.now(UTC) + timedelta(seconds=5))
