"""Balances: what lay in a wallet, a row when the amount changed, with when it was first and last seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from donations.events import Log
from donations.lookup import look_up
from donations.models import Balance, Wallet
from donations.money import Money

Newest = dict[tuple[int, str], tuple[int, int]]
"""The id and minor units of the newest row, by wallet and currency."""


def keep_balances(log: Log, wallet: Wallet, balances: Sequence[Money]) -> None:
    """Note what lies in the wallet now."""
    newest = newest_balances([(wallet.pk, money.currency) for money in balances])
    same: list[int] = []
    for money in balances:
        pk, minor = newest.get((wallet.pk, money.currency), (None, None))
        if pk is not None and minor == money.minor:
            same.append(pk)
        else:
            Balance.objects.create(
                wallet=wallet,
                currency=money.currency,
                minor=money.minor,
                first_seen_at=log.now,
                last_seen_at=log.now,
            )
    Balance.objects.filter(pk__in=same).update(last_seen_at=log.now)


def newest_balances(keys: Collection[tuple[int, str]]) -> Newest:
    """The newest row of each of these (wallet, currency). One index look-up a key."""
    rows = look_up(
        keys,
        "SELECT b.wallet_id, b.currency, b.id, b.minor FROM wanted CROSS JOIN donations_balance b"
        " WHERE b.id = (SELECT id FROM donations_balance WHERE wallet_id = wanted.wallet_id AND currency = wanted.name"
        " ORDER BY id DESC LIMIT 1)",
    )
    return {(wallet_id, currency): (pk, minor) for wallet_id, currency, pk, minor in rows}
