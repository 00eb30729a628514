"""A wallet of the sandbox, with both of its sides: what a client of QIWI's API reads, and what moves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import requests

MOSCOW = timezone(timedelta(hours=3))


@dataclass(frozen=True)
class SandboxWallet:
    """One wallet of a running sandbox; `http` keeps its connection between the calls of a test."""

    url: str
    http: requests.Session
    id: int
    number: str
    nickname: str
    token: str

    @classmethod
    def open(cls, url: str, http: requests.Session, nickname: str, **facts: Any) -> SandboxWallet:
        answer = http.post(f"{url}/sandbox/wallets", json={"nickname": nickname, **facts}, timeout=20)
        assert answer.status_code == 201, answer.text
        told = answer.json()
        return cls(url, http, told["id"], told["number"], told["nickname"], told["tokens"][0]["token"])

    def ask(self, path: str, query: Any = None, *, token: str | None = None, timeout: float = 20) -> requests.Response:
        """A GET of QIWI's API as the wallet's owner, or with another token; `{w}` in the path is the number."""
        bearer = {"Authorization": f"Bearer {self.token if token is None else token}"}
        return self.http.get(self.url + path.format(w=self.number), params=query, headers=bearer, timeout=timeout)

    def history(self, version: str = "v2", **query: Any) -> requests.Response:
        return self.ask(f"/payment-history/{version}/persons/{{w}}/payments", {"rows": 50, **query})

    def rows(self, **query: Any) -> list[dict[str, Any]]:
        """The first page of the history."""
        return self.history(**query).json()["data"]

    def pages(self, **query: Any) -> Iterator[dict[str, Any]]:
        """All pages, each asked for with what the one before told."""
        following: dict[str, Any] = {}
        while True:
            page = self.history(**query, **following).json()
            yield page
            if page["nextTxnId"] is None:
                return
            following = {name: page[name] for name in ("nextTxnId", "nextTxnDate")}

    def send(self, body: dict[str, Any], token: str) -> requests.Response:
        """A payment to another wallet, as a client that may pay orders it."""
        bearer = {"Authorization": f"Bearer {token}"}
        return self.http.post(f"{self.url}/sinap/api/v2/terms/99/payments", json=body, headers=bearer, timeout=20)

    def control(self, method: str, path: str = "", body: Any = None) -> requests.Response:
        """A call of the control API about this wallet."""
        return self.http.request(method, f"{self.url}/sandbox/wallets/{self.id}{path}", json=body, timeout=20)

    def pay(self, minor: int = 100_00, **facts: Any) -> list[dict[str, Any]]:
        answer = self.control("POST", "/pay", {"amount": minor, **facts})
        assert answer.status_code == 201, answer.text
        return answer.json()["payments"]

    def set_status(self, txn_id: int, status: str) -> None:
        self.control("POST", f"/transactions/{txn_id}", {"status": status}).raise_for_status()

    def break_by(self, **faults: Any) -> None:
        self.control("PUT", "/faults", faults).raise_for_status()

    def mend(self) -> None:
        self.control("DELETE", "/faults").raise_for_status()

    def books(self) -> dict[str, Any]:
        answer = self.control("GET", "/books")
        answer.raise_for_status()
        return answer.json()

    def another_token(self, *scopes: str) -> str:
        return self.control("POST", "/tokens", {"scopes": list(scopes)}).json()["token"]


def moscow(**ago: float) -> str:
    """A whole second of the past in Moscow, as QIWI writes it."""
    return (datetime.now(MOSCOW) - timedelta(**ago)).replace(microsecond=0).isoformat()
