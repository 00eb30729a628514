"""Claims: which wallets are due, taken for one process by one conditional UPDATE, and made into its jobs.

What a reading may cost at most is spoken for in the claim: `rests_until` of the wallet for the limits that its service
counts per wallet or token, a `CallLimit` row for those of the whole installation. So neither a poller that is killed
in the middle, nor "poll now" pressed again and again, nor a claim that ran out can exceed a limit. Two streamers may
have connected the same account: its service counts their calls together, so such twins are read one after the other.
"""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from donations import checks, limits, pace
from donations.events import writing
from donations.models import Donation, InfoToken, WalletState
from donations.pace import A_MINUTE
from donations.providers import PROVIDERS
from donations.providers.base import Access, Credential
from donations.readings import Job
from donations.seal import CannotUnseal
from donations.telling import tell
from donations.windows import OVERLAP, is_older, span_of

logger = logging.getLogger("kopilka.polling")

LEASE = timedelta(seconds=40)
PENDING_FOR = timedelta(days=45)
MOST_PENDING = 5
FORGOTTEN = timedelta(seconds=30)
# The minute task starts a few milliseconds later each minute: without this it would find each wallet not yet due.
MINUTE_LEEWAY = timedelta(seconds=5)


def claim_due(now: datetime, fast: bool, most: int, most_faulty: int | None = None) -> list[Job]:
    """Claim up to `most` due wallets for this process, the longest due first, and make their jobs.

    `fast`: those that are in a hurry; otherwise all others. What nobody has minded for half a minute is for both:
    the poller reads on while the task queue is bricked, and the other way round.
    `most_faulty`: how many of them may have failed the last time.
    """
    # Looked for first: an UPDATE takes SQLite's write lock even when it finds nothing, and the poller looks often.
    found = _find_due(now, fast, most, most_faulty)
    if not found:
        return []
    faulty = [pk for pk, _provider, faults in found if faults]
    too_many = set(faulty[most_faulty:]) if most_faulty is not None else set()
    wanted = {pk: provider for pk, provider, _faults in found if pk not in too_many}
    claim = uuid.uuid4().hex
    with transaction.atomic():
        WalletState.objects.filter(*_free(now), pk__in=wanted).taken_in_order()
        alone = _without_busy_twins(wanted, now)
        by_provider: dict[str, list[int]] = defaultdict(list)
        for pk in filter(alone.__contains__, wanted):
            by_provider[wanted[pk]].append(pk)
        # One after another by name, as everyone takes the rows of their limits.
        claimed = sum(_take(claim, name, pks, now) for name, pks in sorted(by_provider.items()))
    if not claimed:
        return []
    mine = WalletState.objects.filter(claim=claim, pk__in=[pk for pk, _provider, _faults in found])
    return _make_jobs(list(mine.select_related("wallet__streamer")), now)


def _find_due(now: datetime, fast: bool, most: int, most_faulty: int | None) -> list[tuple[int, str, int]]:
    """Wallets that could be claimed, each with its provider's name and how often it failed in a row."""
    free = WalletState.objects.filter(*_free(now), wallet__archived_at=None)
    free = free.exclude(wallet__provider__in=limits.exhausted(now)).order_by("next_poll_at")
    if most_faulty == 0:
        free = free.filter(fault_count=0)
    # Each by an index of its own, so that the poller does not look through all that the minute task has to do.
    ours = free.filter(hurry=fast, next_poll_at__lte=now if fast else now + MINUTE_LEEWAY)
    forgotten = free.filter(hurry=not fast, next_poll_at__lt=now - FORGOTTEN)
    found = list(ours.values_list("pk", "wallet__provider", "fault_count")[:most])
    room = most - len(found)
    return found + list(forgotten.values_list("pk", "wallet__provider", "fault_count")[:room]) if room else found


def _free(now: datetime) -> tuple[Q, ...]:
    """Neither being read, nor told to wait by its service, nor resting. Nobody's haste ends any of these."""
    return (
        Q(claim_until=None) | Q(claim_until__lt=now),
        Q(error_until=None) | Q(error_until__lte=now),
        Q(rests_until=None) | Q(rests_until__lte=now),
    )


def _without_busy_twins(pks: Collection[int], now: datetime) -> set[int]:
    """Those whose account no other streamer's wallet is being read of or rests of; of twins that are both due, one."""
    account = {"wallet__provider": OuterRef("wallet__provider"), "wallet__account": OuterRef("wallet__account")}
    busy = WalletState.objects.filter(Q(claim_until__gte=now) | Q(rests_until__gt=now), **account)
    alone = WalletState.objects.filter(~Exists(busy.exclude(pk=OuterRef("pk"))), pk__in=pks)
    rows = alone.values_list("wallet__provider", "wallet__account", "pk")
    return set({(provider, account): pk for provider, account, pk in rows}.values())


def _take(claim: str, provider_name: str, pks: Sequence[int], now: datetime) -> int:
    """Claim these wallets of one provider that are still free, and speak for their calls; answers how many."""
    free = WalletState.objects.filter(*_free(now))
    provider = PROVIDERS.get(provider_name)
    if provider is None:
        return free.filter(pk__in=pks).update(claim=claim, claim_until=now + LEASE)
    fit = limits.reserve(provider, len(pks), now)
    taken = free.filter(pk__in=pks[:fit]).update(
        claim=claim, claim_until=now + LEASE, rests_until=now + pace.rest(provider, provider.most_calls)
    )
    limits.give_back(provider, (fit - taken) * provider.most_calls)
    return taken


def _make_jobs(states: Sequence[WalletState], now: datetime) -> list[Job]:
    ids = [state.pk for state in states]
    tokens = {token.wallet_id: token for token in InfoToken.objects.working().filter(wallet__in=ids)}
    pending = _pending_to_ask(ids, now)
    jobs = (_make_job(state, tokens.get(state.pk), pending[state.pk], now) for state in states)
    return [job for job in jobs if job]


def _make_job(state: WalletState, token: InfoToken | None, pending: Sequence[str], now: datetime) -> Job | None:
    if token is None or state.wallet.provider not in PROVIDERS:
        _give_up(state, "")
        return None
    try:
        credential = Credential(token.reveal(), token.base_url)
    except CannotUnseal:
        _give_up(state, "CannotUnseal")
        return None
    return Job(
        state=state,
        started_at=now,
        access=Access(credential, state.wallet.account),
        span=span_of(state, now),
        with_balance="balance" not in token.missing and _is_balance_due(state, now),
        pending=pending,
        days=checks.days_to_ask(state, state.wallet.streamer.zone, now),
    )


def _give_up(state: WalletState, error: str) -> None:
    """Nobody reads this wallet until a person acts. Without an error of its own the earlier one stays noted."""
    logger.warning("wallet %s: %s, stopped", state.pk, error or "no token to read it with")
    with writing(state.wallet.streamer_id) as log:
        notes = {"error": error, "error_since": log.now} if error else {}
        mine = WalletState.objects.filter(pk=state.pk, claim=state.claim)
        if mine.update(claim="", claim_until=None, next_poll_at=None, **notes):
            tell(log, WalletState.objects.select_related("wallet").get(pk=state.pk))


def _is_balance_due(state: WalletState, now: datetime) -> bool:
    return is_older(state.balance_read_at, A_MINUTE, now) or checks.is_balance_due(state, now)


def _pending_to_ask(wallet_ids: Collection[int], now: datetime) -> dict[int, list[str]]:
    """Ids of pending payments too old for the usual window, each asked when a quarter of its age has passed again."""
    rows = Donation.objects.filter(
        wallet__in=wallet_ids,
        status=Donation.Status.PENDING,
        occurred_at__gt=now - PENDING_FOR,
        occurred_at__lt=now - OVERLAP,
    ).values_list("wallet_id", "txn_id", "occurred_at", "asked_at")
    found: dict[int, list[str]] = defaultdict(list)
    for wallet_id, txn_id, occurred_at, asked_at in rows:
        its_turn = asked_at is None or now - asked_at >= max(A_MINUTE, (asked_at - occurred_at) / 4)
        if its_turn and len(found[wallet_id]) < MOST_PENDING:
            found[wallet_id].append(txn_id)
    return found
