"""Quiet readings: those that brought nothing new, which nearly all do. Many are noted at once, and no page hears of it.

Without a change there is no event, so the streamer's mutex is not needed: one short transaction writes the machine's
rows, each only while its claim holds. Whatever may be a change goes the usual way, through `outcomes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from donations import checks
from donations.balances import newest_balances
from donations.ingest import Facts, facts_of, recorded_facts
from donations.models import Balance, WalletState
from donations.readings import Outcome, note_good

NOTED = ("last_read_at", "read_3h_at", "read_3d_at", "read_30d_at", "balance_read_at", "rests_until")


def write_quiet(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Note those that brought nothing new; answers the others, of which nothing is written yet."""
    calm = [outcome for outcome in outcomes if _seems_calm(outcome)]
    uneven = checks.uneven([o.job.wallet.pk for o in calm if o.balances is not None])
    calm = [outcome for outcome in calm if outcome.job.wallet.pk not in uneven]
    known = recorded_facts([(o.job.wallet.pk, payment.txn_id) for o in calm for payment in o.payments])
    balances = newest_balances([(o.job.wallet.pk, money.currency) for o in calm for money in o.balances or ()])
    quiet = [o for o in calm if _is_known(o, known) and _lies_as_before(o, balances)]
    if quiet:
        seen = [balances[o.job.wallet.pk, money.currency][0] for o in quiet for money in o.balances or ()]
        _note(quiet, seen)
    noted = {outcome.job.key for outcome in quiet}
    return [outcome for outcome in outcomes if outcome.job.key not in noted]


def _seems_calm(outcome: Outcome) -> bool:
    """Whether nothing but a payment or a balance can be new in it."""
    state, batch = outcome.job.state, outcome.batch
    return (
        batch is not None
        and not (batch.bad_rows or batch.more or batch.bookmark or outcome.tried or outcome.missing or outcome.job.days)
        and not (state.error or state.bookmark or state.reread_asked_at)
        and state.alerts_from is not None
    )


def _is_known(outcome: Outcome, known: dict[tuple[int, str], Facts]) -> bool:
    wallet_id = outcome.job.wallet.pk
    return all(known.get((wallet_id, payment.txn_id)) == facts_of(payment) for payment in outcome.payments)


def _lies_as_before(outcome: Outcome, balances: dict[tuple[int, str], tuple[int, int]]) -> bool:
    newest = (balances.get((outcome.job.wallet.pk, money.currency), (0, None))[1] for money in outcome.balances or ())
    return all(before == money.minor for before, money in zip(newest, outcome.balances or (), strict=True))


def _note(outcomes: Sequence[Outcome], balances: Sequence[int]) -> None:
    wanted = ", ".join(f"{name} = %s" for name in NOTED)
    with transaction.atomic():
        now = timezone.now()
        with connection.cursor() as cursor:
            # In one order, so that two writers of the same wallets wait for one another rather than in a circle.
            cursor.executemany(
                "UPDATE donations_walletstate SET claim = '', claim_until = NULL,"
                # Another time than when it was claimed: somebody wants it read again, which must not be lost.
                " hurry = CASE WHEN next_poll_at = %s THEN %s ELSE hurry END,"
                " next_poll_at = CASE WHEN next_poll_at = %s THEN %s ELSE next_poll_at END,"
                f" {wanted} WHERE wallet_id = %s AND claim = %s AND claim_until >= %s",
                [_row(outcome, now) for outcome in sorted(outcomes, key=lambda o: o.job.state.pk)],
            )
        Balance.objects.filter(pk__in=balances).update(last_seen_at=now)


def _row(outcome: Outcome, now: datetime) -> list[Any]:
    job, batch = outcome.job, outcome.batch
    state: WalletState = copy(job.state)
    assert batch is not None
    note_good(state, outcome, batch, now)
    told = connection.ops.adapt_datetimefield_value
    due_at = told(job.due_at)
    return [
        *(due_at, state.hurry, due_at, told(state.next_poll_at)),
        *(told(getattr(state, name)) for name in NOTED),
        *(state.pk, job.state.claim, told(now)),
    ]
