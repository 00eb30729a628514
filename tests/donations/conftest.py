"""A wallet of the sandbox as the product sees it, read by a real poller over real HTTP."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

HALF_A_MINUTE = timedelta(seconds=30)


def wait_until(happened: Callable[[], object], patience: float = 30) -> None:
    """Return as soon as it has happened; fail after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@dataclass
class Purse:
    """One wallet on both sides: paid into in the sandbox, read by the product."""

    sandbox: Any
    id: int
    token: str
    wallet: Any

    def pay(self, amount: int = 150_50, comment: str | None = "Привет", **facts: Any) -> list[str]:
        """Somebody pays; the ids as our ledger names them."""
        if isinstance(facts.get("at"), timedelta):
            facts["at"] = (timezone.now() - facts["at"]).isoformat()
        return [f"{row['txn_id']}:IN" for row in self.sandbox.pay(self.id, amount, comment, **facts)]

    def spend(self, amount: int, comment: str = "на хлеб") -> None:
        """The owner pays another wallet, with a token that we never see."""
        token = self.sandbox.call("POST", f"/sandbox/wallets/{self.id}/tokens", {"scopes": ["payments"]})["token"]
        shop = self.sandbox.make_wallet("SHOP")["number"]
        order = {
            "id": str(time.time_ns()),
            "sum": {"amount": amount / 100, "currency": "643"},
            "fields": {"account": shop},
            "comment": comment,
        }
        address = f"{self.sandbox.url}/sinap/api/v2/terms/99/payments"
        requests.post(address, json=order, headers={"Authorization": f"Bearer {token}"}, timeout=10).raise_for_status()

    def settle(self, txn_id: str, status: str = "SUCCESS") -> None:
        number = txn_id.removesuffix(":IN")
        self.sandbox.call("POST", f"/sandbox/wallets/{self.id}/transactions/{number}", {"status": status})

    def break_by(self, **faults: Any) -> None:
        self.sandbox.call("PUT", f"/sandbox/wallets/{self.id}/faults", faults)

    def mend(self) -> None:
        self.sandbox.call("DELETE", f"/sandbox/wallets/{self.id}/faults")

    def books(self) -> dict[str, tuple[int, str, str]]:
        """What truly came in: (minor, currency, status) by our ids."""
        statuses = {"SUCCESS": "settled", "WAITING": "pending", "ERROR": "failed"}
        rows = self.sandbox.call("GET", f"/sandbox/wallets/{self.id}/books")["rows"]
        return {
            f"{row['txn_id']}:IN": (row["amount"], row["currency"], statuses[row["status"]])
            for row in rows
            if row["type"] == "IN"
        }

    def ledger(self) -> dict[str, tuple[int, str, str]]:
        """The same, as the product recorded it."""
        rows = self.wallet.donations.values_list("txn_id", "minor", "currency", "status")
        return {txn_id: (minor, currency, status) for txn_id, minor, currency, status in rows}

    def calls(self, endpoint: str) -> int:
        """How often an endpoint of the sandbox was called for this wallet."""
        calls = self.sandbox.call("GET", f"/sandbox/wallets/{self.id}/books")["calls"]
        return calls[endpoint]["total"] if endpoint in calls else 0

    @property
    def state(self) -> Any:
        """The machine's row, fresh."""
        from donations.models import WalletState

        return WalletState.objects.get(pk=self.wallet.pk)

    def note(self, **facts: object) -> None:
        """Change the machine's row."""
        from donations.models import WalletState

        WalletState.objects.filter(pk=self.wallet.pk).update(**facts)

    def was_read(self, ago: timedelta = timedelta(seconds=5), **facts: object) -> None:
        """As if it had been read so long ago, the wide windows too, and has rested since."""
        then = timezone.now() - ago
        self.note(
            **dict.fromkeys(("last_read_at", "read_3h_at", "read_3d_at", "totals_read_at"), then)
            | {"alerts_from": then, "next_poll_at": then, "rests_until": None}
            | facts
        )

    def claim(self, at: datetime | None = None, fast: bool = True) -> Any:
        """The job of a reading that begins now (or then); None when it is not due."""
        from donations.claims import claim_due

        jobs = [job for job in claim_due(at or timezone.now(), fast, 32) if job.wallet.pk == self.wallet.pk]
        return jobs[0] if jobs else None

    def read(self) -> Any:
        """Read it now, wholly, as if it had rested from the last time; the machine's row afterwards."""
        from donations.pace import make_due
        from donations.polling import Poller

        make_due(self.wallet)
        self.note(rests_until=None)
        poller = Poller(fast=True)
        poller.run_until_idle(HALF_A_MINUTE)
        poller.close()
        return self.state

    def look(self) -> Any:
        """Read it now, the balance too; the machine's row afterwards."""
        self.note(balance_read_at=None)
        return self.read()

    def events(self, *kinds: str) -> list[Any]:
        from donations.models import Event

        rows = Event.objects.filter(streamer=self.wallet.streamer).order_by("seq").select_related("donation")
        return [row for row in rows if not kinds or row.kind in kinds]


def open_purse(sandbox: Any, streamer: Any, poll_seconds: int = 60, **facts: Any) -> Purse:
    """A wallet in the sandbox, connected and never read."""
    from donations.models import InfoToken, Wallet, WalletState

    made = sandbox.make_wallet(f"P{uuid.uuid4().hex[:12].upper()}", **facts)
    wallet = Wallet.objects.create(
        streamer=streamer, provider="qiwi-sandbox", account=made["number"], title="QIWI", poll_seconds=poll_seconds
    )
    WalletState.objects.create(wallet=wallet, next_poll_at=timezone.now(), hurry=poll_seconds < 60)
    token = InfoToken(wallet=wallet, read_only="proven")
    token.put(made["tokens"][0]["token"])
    token.save()
    return Purse(sandbox, made["id"], made["tokens"][0]["token"], wallet)


@pytest.fixture
def purse(sandbox, anya) -> Purse:
    """Anya's wallet in the sandbox, connected and never read."""
    return open_purse(sandbox, anya)


@pytest.fixture
def another_purse(sandbox, anya) -> Callable[..., Purse]:
    """More wallets of Anya, or of the streamer given."""

    def make(streamer: Any = anya, **facts: Any) -> Purse:
        return open_purse(sandbox, streamer, **facts)

    return make
