"""Quiet readings: those that brought nothing new, which nearly all do. Many are noted at once, and no page hears of it.

Without a change there is no event, so the streamer's mutex is not needed: one short transaction writes the machine's
rows, each only while its claim holds. Whatever may be a change goes the usual way, through `outcomes`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from donations import checks
from donations.balances import Newest, newest_balances
from donations.ingest import Facts, facts_of, recorded_facts
from donations.models import Balance, WalletState
from donations.readings import Outcome, note_good
from donations.telling import QUIET

NOTED = ("last_read_at", "read_3h_at", "read_3d_at", "read_30d_at", "balance_read_at", "rests_until")


def write_quiet(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Note those that brought nothing new; answers the others, of which nothing is written yet."""
    calm = [outcome for outcome in outcomes if _seems_calm(outcome)]
    known = recorded_facts([(o.job.wallet.pk, payment.txn_id) for o in calm for payment in o.payments])
    even = checks.even_balances([o.job.wallet.pk for o in calm if o.balances])
    balances = newest_balances([(o.job.wallet.pk, money.currency) for o in calm for money in o.balances or ()])
    quiet = [o for o in calm if _is_known(o, known) and _lies_as_before(o, balances, even)]
    if quiet:
        _note(quiet, balances)
    noted = {outcome.job.key for outcome in quiet}
    return [outcome for outcome in outcomes if outcome.job.key not in noted]


def _seems_calm(outcome: Outcome) -> bool:
    """Whether nothing but a payment or a balance can be new in it."""
    state, batch = outcome.job.state, outcome.batch
    return (
        batch is not None
        and outcome.error is None
        and not (batch.bad_rows or batch.more or batch.bookmark or outcome.tried or outcome.missing or outcome.job.days)
        and not (state.error or state.bookmark or state.reread_asked_at)
        and state.alerts_from is not None
        and state.told in QUIET
    )


def _is_known(outcome: Outcome, known: dict[tuple[int, str], Facts]) -> bool:
    wallet_id = outcome.job.wallet.pk
    return all(known.get((wallet_id, payment.txn_id)) == facts_of(payment) for payment in outcome.payments)


def _lies_as_before(outcome: Outcome, newest: Newest, even: dict[tuple[int, str], int]) -> bool:
    """Whether all balances are those of the last time, and those that the ledger explains."""
    wallet_id = outcome.job.wallet.pk
    told = [((wallet_id, money.currency), money.minor) for money in outcome.balances or ()]
    return all(key in newest and newest[key][1] == minor == even.get(key) for key, minor in told)


def _note(outcomes: Sequence[Outcome], newest: Newest) -> None:
    wanted = ", ".join(f"{name} = %s" for name in NOTED)
    with transaction.atomic():
        now = timezone.now()
        held = _held([outcome.job.key for outcome in outcomes], now)
        mine = [outcome for outcome in outcomes if outcome.job.key in held]
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE donations_walletstate SET claim = '', claim_until = NULL,"
                # Another time than when it was claimed: somebody wants it read again, which must not be lost.
                " hurry = CASE WHEN next_poll_at = %s THEN %s ELSE hurry END,"
                " next_poll_at = CASE WHEN next_poll_at = %s THEN %s ELSE next_poll_at END,"
                f" {wanted} WHERE wallet_id = %s",
                [_row(outcome, now) for outcome in mine],
            )
        seen = [newest[o.job.wallet.pk, money.currency][0] for o in mine for money in o.balances or ()]
        Balance.objects.filter(pk__in=seen).update(last_seen_at=now)


def _held(keys: Collection[tuple[str, int]], now: datetime) -> set[tuple[str, int]]:
    """Those of these readings whose claim holds; their rows are locked, in the order in which all take them."""
    rows = WalletState.objects.filter(pk__in=[pk for _claim, pk in keys], claim_until__gte=now).order_by("pk")
    return set(rows.select_for_update().values_list("claim", "pk"))


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
        state.pk,
    ]
