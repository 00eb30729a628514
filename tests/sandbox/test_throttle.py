"""A hundred history calls a minute for a wallet; one more shuts its history for five minutes."""

from __future__ import annotations

from donations.sandbox.throttle import Throttle

from .shape import differences, sample
from .wallet import SandboxWallet

TRANSACTION = "/payment-history/v2/transactions/5"
DAY = "?startDate=2026-01-01T00:00:00Z&endDate=2026-01-02T00:00:00Z"


class Clock:
    """Seconds that go on when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_call_after_the_hundredth_is_refused_as_recorded(wallet: SandboxWallet, donor: SandboxWallet) -> None:
    wallet.pay()
    assert {wallet.history(rows=1).status_code for _ in range(98)} == {200}
    assert wallet.ask(f"/payment-history/v1/persons/{{w}}/payments/total{DAY}").status_code == 200
    assert wallet.ask(TRANSACTION).status_code == 404
    refused = wallet.history()
    recorded = sample("rec_error_request_blocked_2018")
    assert refused.status_code == 423
    assert differences(recorded, refused.json()) == []
    for name in ("serviceName", "errorCode", "userMessage"):
        assert refused.json()[name] == recorded[name]
    assert wallet.ask(TRANSACTION).status_code == 423, "all of its history is shut"
    assert wallet.ask("/funding-sources/v2/persons/{w}/accounts").ok, "and nothing else of it"
    donor.pay()
    assert donor.history().ok, "nor anybody else's"
    wallet.mend()
    assert wallet.history().ok


def test_calls_are_counted_by_their_endpoints(wallet: SandboxWallet) -> None:
    wallet.pay()
    for _ in range(3):
        wallet.history()
    wallet.ask(TRANSACTION)
    wallet.ask("/person-profile/v1/profile/current")
    assert wallet.books()["calls"] == {
        "history": {"total": 3, "peak_minute": 3},
        "transaction": {"total": 1, "peak_minute": 1},
        "profile": {"total": 1, "peak_minute": 1},
    }
    again = wallet.http.post(f"{wallet.url}/sandbox/wallets", json={"nickname": wallet.nickname}, timeout=20)
    assert again.json()["history_calls_last_minute"] == 4


def test_the_block_ends_after_five_minutes() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    assert [throttle.admit(1, "history") for _ in range(101)] == [True] * 100 + [False]
    clock.now += 299.9
    assert not throttle.admit(1, "totals")
    clock.now += 0.1
    assert throttle.admit(1, "history")


def test_calls_are_forgotten_after_a_minute() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(60):
        throttle.admit(1, "history")
    clock.now += 60
    assert throttle.history_calls(1) == 0
    assert all(throttle.admit(1, "history") for _ in range(100))
    assert throttle.counters(1) == {"history": {"total": 160, "peak_minute": 100}}
