"""The ledger: money comes into a wallet, goes from one to another, changes its currency, settles and is taken back."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING
from typing import Any

from django.db import transaction
from django.db.models import Case, F, QuerySet, Sum, When
from django.utils import timezone

from donations.sandbox import txn_ids
from donations.sandbox.kinds import kind_of
from donations.sandbox.models import SCOPES, Row, Token, Wallet
from donations.sandbox.money import CURRENCIES

READ_ONLY = ("profile", "balance", "history")
FIRST_NUMBER = 79990000001


class NotEnoughMoney(Exception):
    """The payer's account holds less than the sum."""


@dataclass(frozen=True)
class Order:
    """
    What is to come into a wallet: `minor` units of `currency`, `repeat` times. `at` is its moment (now if None),
    `settles` is (seconds until then, the status from then on), `appears_after` the seconds until the history tells it.
    """

    minor: int
    currency: str = "RUB"
    comment: str | None = None
    payer: str = field(default_factory=lambda: made_up_phone())
    kind: str = "transfer"
    repeat: int = 1
    at: datetime | None = None
    status: str = "SUCCESS"
    settles: tuple[float, str] | None = None
    appears_after: float = 0


def made_up_phone() -> str:
    """A number of the range that belongs to nobody: 7 999 and seven digits."""
    return f"7999{secrets.randbelow(10**7):07d}"


def open_wallet(nickname: str, number: str | None = None, currency: str = "RUB") -> tuple[Wallet, bool]:
    """The wallet with this nickname and whether it is new. IntegrityError if another wallet has the number."""
    with transaction.atomic():
        wallet = Wallet.objects.filter(nickname=nickname).first()
        if wallet:
            return wallet, False
        return Wallet.objects.create(nickname=nickname, number=number or free_number(), currency=currency), True


def free_number() -> str:
    """The lowest number from FIRST_NUMBER on that no wallet has."""
    taken = set(Wallet.objects.values_list("number", flat=True))
    return next(str(n) for n in range(FIRST_NUMBER, FIRST_NUMBER + len(taken) + 1) if str(n) not in taken)


def issue_token(wallet: Wallet, scopes: Sequence[str] = READ_ONLY) -> Token:
    """A new token of 32 hex digits."""
    return Token.objects.create(
        wallet=wallet, token=secrets.token_hex(16), scopes=[scope for scope in SCOPES if scope in scopes]
    )


def pay(wallet: Wallet, orders: Sequence[Order]) -> list[Row]:
    """Books all orders or none; the rows come back in the orders' order, a conversion's OUT before its IN."""
    with transaction.atomic():
        # Read inside the transaction, so that among writers a later moment gets a later id.
        now = timezone.now()
        moments = [order.at or now for order in orders]
        booked: dict[int, list[Row]] = {}
        for place in sorted(range(len(orders)), key=moments.__getitem__):
            order, at = orders[place], moments[place]
            first = txn_ids.block(at, order.repeat)
            rows = [row for n in range(order.repeat) for row in rows_of(wallet, order, first + n, at, now)]
            booked[place] = Row.objects.bulk_create(rows, batch_size=500)
        return [row for place in range(len(orders)) for row in booked[place]]


def rows_of(wallet: Wallet, order: Order, txn_id: int, at: datetime, now: datetime) -> list[Row]:
    """The unsaved rows of one payment: one, or two for a conversion."""
    wait, settles_to = order.settles or (None, None)
    life = {
        "visible_at": now + timedelta(seconds=order.appears_after) if order.appears_after else at,
        "settles_at": None if wait is None else now + timedelta(seconds=wait),
        "settles_to": settles_to,
    }
    if order.kind == "conversion":
        return conversion_rows(wallet, order, txn_id, at, life)
    return [make_row(wallet, "IN", order, txn_id, at, **life)]


def conversion_rows(wallet: Wallet, order: Order, txn_id: int, at: datetime, life: dict[str, Any]) -> list[Row]:
    """Money of another currency leaves the wallet and the order's money comes in, under one txn_id."""
    bought, sold = CURRENCIES[order.currency], CURRENCIES["USD" if order.currency == "RUB" else "RUB"]
    cost = (order.minor * bought.roubles / sold.roubles).to_integral_value(ROUND_CEILING)
    rate = max(bought.roubles, sold.roubles) / min(bought.roubles, sold.roubles)
    life = {**life, "rate": f"{round(rate, 4).normalize():f}"}
    into = replace(order, payer=wallet.number)
    out_of = replace(into, minor=int(cost), currency=sold.code)
    return [make_row(wallet, "OUT", out_of, txn_id, at, **life), make_row(wallet, "IN", into, txn_id, at, **life)]


def make_row(wallet: Wallet, row_type: str, order: Order, txn_id: int, at: datetime, **life: Any) -> Row:
    """An unsaved row with the account and the comment that its kind has in a live history."""
    kind = kind_of(row_type, order.kind)
    comment = order.comment
    if comment is None and kind.comment:
        comment = kind.comment.format(txn_id=txn_id)
    return Row(
        wallet=wallet,
        type=row_type,
        txn_id=txn_id,
        kind=order.kind,
        status=order.status,
        minor=order.minor,
        currency=order.currency,
        account=kind.account.format(payer=order.payer),
        comment=comment,
        at=at,
        second=int(at.timestamp()),
        **{"visible_at": at, "trm_txn_id": str(int(at.timestamp() * 1000)), **life},
    )


def transfer(payer: Wallet, receiver: Wallet, order: Order, client_id: str) -> int:
    """One wallet pays another: an OUT and an IN row with the same txn_id, which is returned. NotEnoughMoney."""
    with transaction.atomic():
        if balances(payer).get(order.currency, 0) < order.minor:
            raise NotEnoughMoney
        at = timezone.now()
        txn_id = txn_ids.block(at, 1)
        for wallet, row_type, other in ((payer, "OUT", receiver), (receiver, "IN", payer)):
            side = replace(order, payer=other.number)
            make_row(wallet, row_type, side, txn_id, at, trm_txn_id=client_id).save()
        return txn_id


def set_status(wallet: Wallet, txn_id: int, status: str) -> list[Row]:
    """Gives the rows of a transaction another status for good, a reversal too; the balance follows."""
    with transaction.atomic():
        rows = wallet.rows.filter(txn_id=txn_id)
        rows.update(status=status, settles_at=None, settles_to=None)
        return list(rows.as_of(timezone.now()))


def balances(wallet: Wallet) -> dict[str, int]:
    """Minor units by currency: the sum of all rows that are SUCCESS now, the ones the history does not tell yet too."""
    signed = Case(When(type="IN", then=F("minor")), default=-F("minor") - F("commission"))
    held = by_currency(wallet.rows.as_of(timezone.now()).succeeded(), signed)
    return {wallet.currency: 0, **held}


def by_currency(rows: QuerySet[Row], amount: Any) -> dict[str, int]:
    """The sum of an expression over the rows for each currency among them."""
    return dict(rows.order_by("currency").values_list("currency").annotate(sum=Sum(amount)))
