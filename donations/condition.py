"""A wallet's condition: one word for how it fares, found from the machine's notes and its newest token.

What pages say and what the owner is told both come from here. The words for people are in `health`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from donations.models import InfoToken, WalletState

Level = Literal["ok", "warning", "danger"]

EXPIRES_SOON = timedelta(days=14)
PATIENCE = timedelta(minutes=5)
FAULTS_TO_WORRY = 3


class Condition(StrEnum):
    """How a wallet fares. A fault that does not last is no condition of its own: the wallet is still working."""

    WORKING = "working"
    EXPIRES = "expires"
    EXPIRED = "expired"
    RATE_LIMITED = "rate_limited"
    BLOCKED = "blocked"
    FAILING = "failing"
    STALLED = "stalled"  # it is due for long: our own reader does not run
    REFUSED = "refused"
    NO_TOKEN = "no_token"
    NO_RIGHT = "no_right"
    SPENDING = "spending"
    GONE = "gone"
    LOCKED = "locked"  # the key that sealed its token is gone
    ARCHIVED = "archived"


C = Condition
CALM = frozenset({C.WORKING, C.EXPIRES, C.EXPIRED})
"""Nothing keeps the wallet from being read."""

BY_THEMSELVES = frozenset({C.WORKING, C.ARCHIVED, C.RATE_LIMITED})
"""Nothing is to be done about these."""

WARNINGS = frozenset({C.EXPIRES, C.EXPIRED, C.RATE_LIMITED, C.BLOCKED, C.FAILING})

PERMANENT = {
    "TokenRefused": C.REFUSED,
    "WrongSecret": C.REFUSED,
    "ScopeMissing": C.NO_RIGHT,
    "SpendingToken": C.SPENDING,
    "TargetMissing": C.GONE,
    "CannotUnseal": C.LOCKED,
}
"""What the errors mean that stop the reading until a person acts."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition, since when it lasts and until when, where that is known."""

    condition: Condition
    since: datetime | None = None
    until: datetime | None = None

    @property
    def level(self) -> Level:
        """How bad it is."""
        if self.condition in (C.WORKING, C.ARCHIVED):
            return "ok"
        return "warning" if self.condition in WARNINGS else "danger"

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody has to do something about it."""
        return self.condition not in BY_THEMSELVES


def find(state: WalletState, token: InfoToken | None, now: datetime) -> Finding:
    """The condition at `now` of a wallet with these notes; `token` is its newest, whatever became of it."""
    if state.wallet.archived_at is not None:
        return Finding(C.ARCHIVED, since=state.wallet.archived_at)
    if token is not None and token.state == InfoToken.State.REFUSED:
        return Finding(C.REFUSED, since=state.error_since)
    if token is None or token.state != InfoToken.State.WORKING:
        return Finding(C.NO_TOKEN)
    return _trouble(state, now) or _expiry(token, now) or _reading(state, now)


def _trouble(state: WalletState, now: datetime) -> Finding | None:
    if state.error in PERMANENT:
        return Finding(PERMANENT[state.error], since=state.error_since)
    if state.error == "Blocked":
        return Finding(C.BLOCKED, state.error_since, state.error_until)
    if state.error == "RateLimited":
        is_long = _lasts(state, state.error_until or now) or _lasts(state, now)
        return Finding(C.RATE_LIMITED, state.error_since, state.error_until) if is_long else None
    if state.error and state.fault_count >= FAULTS_TO_WORRY and _lasts(state, now):
        return Finding(C.FAILING, since=state.error_since)
    return None


def _lasts(state: WalletState, until: datetime) -> bool:
    """Whether the error is as old at that time as one has patience for."""
    return state.error_since is None or until - state.error_since >= PATIENCE


def _expiry(token: InfoToken, now: datetime) -> Finding | None:
    if token.expires_at is None or token.expires_at - now > EXPIRES_SOON:
        return None
    if token.expires_at <= now:
        return Finding(C.EXPIRED, since=token.expires_at)
    return Finding(C.EXPIRES, until=token.expires_at)


def _reading(state: WalletState, now: datetime) -> Finding:
    due = state.next_poll_at
    if due is None or now - due > max(PATIENCE, 5 * timedelta(seconds=state.wallet.poll_seconds)):
        return Finding(C.STALLED, since=due)
    return Finding(C.WORKING)
