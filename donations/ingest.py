"""Ingest: payments in, donations, tallies and events out, in one short transaction per streamer.

The same payment may come any number of times, in any order and state: it is one donation for ever, by the database's
own uniqueness of (wallet, txn_id). What is pending is kept, and neither shown nor counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import copy
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F

from donations import tallies
from donations.events import Log
from donations.lookup import look_up
from donations.models import BalanceCheck, Correction, Donation, Event, Wallet
from donations.models.donation import DonationQuerySet
from donations.oddities import keep_odd_rows, oddity_of
from donations.providers.base import BadRow, Payment, Status
from donations.rates import set_values
from donations.screening import SCREENED_FIELDS, is_history, screen, streamer_of
from donations.seal import peppered
from donations.streams import place_in_streams
from donations.tallies import Standing
from donations.words import LONGEST_NAME, LONGEST_WORDS, clean

Row = tuple[Donation, Donation | None]
"""A donation and what it was before; None for a new one."""

CHANGED_FIELDS = ["status", "kind", "minor", "gross_minor", "base_minor", "settled_at", *SCREENED_FIELDS]


def ingest(log: Log, wallet: Wallet, payments: Iterable[Payment], alerts_from: datetime | None) -> int:
    """Record what is new or has changed, inside `writing`. Answers how many donations were new.

    What occurred before `alerts_from` is history: it counts where it may, and rings no bell (None: all is history).
    """
    odd: list[BadRow] = []
    latest = {payment.txn_id: payment for payment in _sound(payments, log.now, odd)}
    known = {row.txn_id: row for row in _known(wallet, latest)}
    new: list[Donation] = []
    changed: list[tuple[Donation, Donation]] = []
    for txn_id, payment in latest.items():
        row = known.get(txn_id)
        if row is None:
            new.append(_new_donation(log, wallet, payment))
        elif row.currency != payment.money.currency:
            odd.append(BadRow(("currency",), "another currency than before"))
        elif _differs(row, payment):
            changed.append((row, copy(row)))
            _set_facts(log, row, payment)
    keep_odd_rows(log, wallet, odd)
    if new or changed:
        _write(log, wallet, new, changed, alerts_from)
    return len(new)


def _write(
    log: Log,
    wallet: Wallet,
    new: Sequence[Donation],
    changed: Sequence[tuple[Donation, Donation]],
    alerts_from: datetime | None,
) -> None:
    streamer = streamer_of(log)
    set_values(streamer, [*new, *(row for row, before in changed if row.minor != before.minor)])
    place_in_streams(wallet.streamer_id, new)
    rows: list[Row] = [*((row, None) for row in new), *changed]
    arrived = [row for row, before in rows if row.is_standing and not (before and _stood(before))]
    screen(log, streamer, arrived, alerts_from)
    Donation.objects.bulk_create(new)
    Donation.objects.bulk_update([row for row, _before in changed], CHANGED_FIELDS)
    _keep_history(log, changed)
    _enter_beside_balance(wallet, rows)
    _account(log, rows, {donation.txn_id for donation in arrived}, alerts_from)


def _sound(payments: Iterable[Payment], now: datetime, odd: list[BadRow]) -> Iterator[Payment]:
    """Those that can be recorded; `odd` is told of the others."""
    for payment in payments:
        if oddity := oddity_of(payment, now):
            odd.append(oddity)
        else:
            yield payment


def _known(wallet: Wallet, txn_ids: Iterable[str]) -> DonationQuerySet:
    return Donation.objects.filter(wallet=wallet, txn_id__in=list(txn_ids)).select_related("session")


Facts = tuple[object, ...]
"""What can change about a payment, as it is recorded: status, kind, minor units, currency."""


def facts_of(payment: Payment) -> Facts:
    """What `ingest` would record of it."""
    return payment.status.value, payment.kind.value, payment.money.minor, payment.money.currency


def recorded_facts(keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], Facts]:
    """What is recorded under these (wallet, txn_id), by one index look-up each."""
    query = (
        "SELECT d.wallet_id, d.txn_id, d.status, d.kind, d.minor, d.currency"
        " FROM wanted CROSS JOIN donations_donation d"
        " WHERE d.wallet_id = wanted.wallet_id AND d.txn_id = wanted.name"
    )
    return {(wallet_id, txn_id): (status, *facts) for wallet_id, txn_id, status, *facts in look_up(keys, query)}


def _new_donation(log: Log, wallet: Wallet, payment: Payment) -> Donation:
    name = clean(payment.name, LONGEST_NAME)
    words = clean(payment.words, LONGEST_WORDS)
    payer = clean(payment.payer, LONGEST_NAME)
    donation = Donation(
        streamer_id=wallet.streamer_id,
        wallet=wallet,
        txn_id=payment.txn_id,
        currency=payment.money.currency,
        occurred_at=payment.occurred_at,
        recorded_at=log.now,
        donor_key=peppered("donor", f"{wallet.provider}:{payer}") if payer else "",
        donor_hint=payer[-2:],
        name_given=name,
        name_shown=name,
        words_given=words,
        words_shown=words,
    )
    _set_facts(log, donation, payment)
    return donation


def _differs(row: Donation, payment: Payment) -> bool:
    return (row.status, row.kind, row.minor, row.currency) != facts_of(payment)


def _set_facts(log: Log, donation: Donation, payment: Payment) -> None:
    donation.status = payment.status.value
    donation.kind = payment.kind.value
    donation.minor = payment.money.minor
    donation.gross_minor = payment.gross.minor if payment.gross else None
    if payment.status is Status.SETTLED and donation.settled_at is None:
        donation.settled_at = log.now


def _keep_history(log: Log, changed: Iterable[tuple[Donation, Donation]]) -> None:
    """What the service says otherwise after the money had arrived is a correction; that it arrives at last is none."""
    Correction.objects.bulk_create(
        Correction.between(before, donation, Correction.What.WALLET, at=log.now)
        for donation, before in changed
        if before.settled_at is not None
    )


def _enter_beside_balance(wallet: Wallet, rows: Iterable[Row]) -> None:
    """Keep what the ledger holds of the wallet: every row that has settled, a gift or not."""
    sums: dict[str, int] = defaultdict(int)
    for donation, before in rows:
        sums[donation.currency] += _settled(donation) - (_settled(before) if before else 0)
    for currency, minor in sums.items():
        kept = BalanceCheck.objects.filter(wallet=wallet, currency=currency)
        if minor and not kept.update(ledger_minor=F("ledger_minor") + minor):
            BalanceCheck.objects.create(wallet=wallet, currency=currency, ledger_minor=minor)


def _settled(donation: Donation) -> int:
    return donation.minor if donation.status == Donation.Status.SETTLED else 0


def _account(log: Log, rows: Sequence[Row], arrived: Collection[str], alerts_from: datetime | None) -> None:
    """`arrived` are the `txn_id` of those that stand now and were never announced."""
    changes: list[tallies.Change] = []
    history = 0
    for donation, before in sorted(rows, key=lambda row: (row[0].occurred_at, row[0].txn_id)):
        if not donation.is_standing and not (before and before.is_standing):
            continue
        changes.append(tallies.Change(Standing.of(before) if before else None, Standing.of(donation)))
        if donation.txn_id not in arrived:
            log.add(Event.Kind.DONATION_CHANGED, donation=donation)
        elif is_history(donation, alerts_from):
            history += 1
        else:
            fresh = _is_fresh(log, donation)
            alerts = donation.alerts and not donation.is_hidden
            # One that is no news any more is summed up with others like it.
            figures: dict[str, Any] = {"alert": alerts and fresh, "late": alerts and not fresh}
            if donation.is_held:
                figures["held"] = True
            log.add(Event.Kind.DONATION, donation=donation, **figures)
    if history:
        log.add(Event.Kind.HISTORY, count=history)
    tallies.apply(log, changes)


def _stood(before: Donation) -> bool:
    """Whether it was announced before this change: a reversal that is taken back rings no second bell."""
    if before.settled_at is None:
        return False
    return before.kind == "gift" or before.corrections.filter(before__kind="gift").exists()


def _is_fresh(log: Log, donation: Donation) -> bool:
    """Whether it came soon enough to be announced as if it happened now."""
    return log.now - donation.occurred_at < timedelta(minutes=settings.ALERT_AGE_MINUTES)
