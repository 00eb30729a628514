"""The plan of a storm: what happens at which second. Made from a seed alone, before anything happens."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

BACK_OFF_OF_FAST = 30.0
BACK_OFF_OF_SLOW = 140.0
"""Seconds before the end of the storm after which no fault begins, by the pace of a wallet: what follows a fault must
be over when the calm minute ends."""

LATE_BY = 20.0
"""Seconds after the end of the storm by which everything has been told and has settled."""

SHUT_OUT = 300.0
"""Seconds for which a wallet asks nothing after a 423."""

FAULTS: dict[str, dict[str, Any]] = {
    "slow": {"delay": 2},
    "no answer": {"timeout": True},
    "500": {"status": 500},
    "500 for the balance": {"status": 500, "only": "balance"},
    "500 for the history": {"status": 500, "only": "history"},
    "HTML": {"html": True},
    "cut in the middle": {"truncate": True},
    "no balance": {"null_balance": True},
    "401": {"status": 401},
    "423": {"status": 423},
    "429": {"status": 429, "retry_after": 5},
}
"""Every fault that the sandbox has."""

CURRENCIES = ("RUB", "RUB", "RUB", "RUB", "USD", "EUR", "KZT")
OTHER_KINDS = ("card_refund", "agent", "terminal", "conversion", "payment_system", "provider_payout")
WORDS = (
    "Привет!",
    "",
    None,
    "<script>alert(1)</script>",
    "مرحبا",
    "👨‍👩‍👧‍👦",
    "a\u200bb",
    "x" * 900,
    "З\u0301а\u0301лго",
)


@dataclass(frozen=True, order=True)
class Act:
    """At `second` of the storm, `verb` befalls a wallet (by its number among all)."""

    second: float
    verb: str
    wallet: int = 0
    facts: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Sizes:
    """How big a storm is to be. Every wallet from `fast` on is read once a minute, those before it every 5 seconds."""

    seconds: float
    wallets: int
    fast: int
    payments: float
    poll_kills: int


def plan(seed: int, sizes: Sizes) -> list[Act]:
    """All acts in the order of their time."""
    chance = random.Random(seed)
    acts = [*_payments(chance, sizes), *_faults(chance, sizes), *_kills(chance, sizes), *_haste(chance, sizes)]
    return sorted(acts)


def counts(acts: list[Act]) -> Counter[str]:
    """How often each verb comes."""
    return Counter(act.verb for act in acts)


def _payments(chance: random.Random, sizes: Sizes) -> Iterator[Act]:
    for _ in range(int(sizes.seconds * sizes.payments)):
        second = chance.uniform(0, sizes.seconds)
        facts: dict[str, Any] = {
            "amount": chance.choice([1, 50, 10_00, 150_50, 99_999_99, chance.randrange(1, 10_000_00)]),
            "currency": chance.choice(CURRENCIES),
            "comment": chance.choice(WORDS),
        }
        left = sizes.seconds - second
        match chance.randrange(20):
            case 0:
                facts["appears_after"] = round(chance.uniform(1, min(60, left + LATE_BY)), 1)
            case 1:
                # An older date, and with it an older id, that is told only now.
                facts["ago"] = chance.uniform(1, 400)
                facts["appears_after"] = 1
            case 2 | 3:
                after = round(chance.uniform(1, min(90, left + LATE_BY)), 1)
                facts["settles"] = {"after": after, "to": chance.choice(["SUCCESS", "SUCCESS", "ERROR"])}
            case 4:
                facts["kind"] = chance.choice(OTHER_KINDS)
            case 5:
                facts["repeat"] = chance.choice([2, 3, 60])
            case 6:
                facts["reversed_after"] = chance.uniform(3, 20)
        yield Act(second, "pay", chance.randrange(sizes.wallets), facts)


def _faults(chance: random.Random, sizes: Sizes) -> Iterator[Act]:
    """Every fault once and then at random, each on a wallet that has no other at the time."""
    names = list(FAULTS)
    free_at = [0.0] * sizes.wallets
    for number in range(max(len(names), int(sizes.seconds / 3))):
        name = names[number] if number < len(names) else chance.choice(names)
        wallet = chance.randrange(sizes.wallets)
        last = sizes.seconds - (BACK_OFF_OF_FAST if wallet < sizes.fast else BACK_OFF_OF_SLOW)
        begins = chance.uniform(0, max(last, 1.0))
        if number < len(names):
            # Those that must come: on a fast wallet, from the beginning on.
            wallet, begins = number % sizes.fast, chance.uniform(0, 2)
        elif name == "423":
            continue
        lasts = chance.uniform(3, 12)
        begins = max(begins, free_at[wallet])
        if begins > max(last, 3.0) and number >= len(names):
            continue
        free_at[wallet] = begins + lasts + 1
        yield Act(begins, "break", wallet, {"name": name})
        yield Act(begins + lasts, "mend", wallet, {"name": name})
        if name == "401" or (name == "423" and sizes.seconds < SHUT_OUT):
            yield Act(begins + lasts + 0.5, "new token", wallet)


def _kills(chance: random.Random, sizes: Sizes) -> Iterator[Act]:
    for number in range(sizes.poll_kills):
        share = sizes.seconds / sizes.poll_kills
        yield Act(number * share + chance.uniform(0.6, 1.0) * share, "kill the poller")


def _haste(chance: random.Random, sizes: Sizes) -> Iterator[Act]:
    for _ in range(int(sizes.seconds)):
        yield Act(chance.uniform(0, sizes.seconds), "poll now", chance.randrange(sizes.wallets))
