"""Telling: whoever looks after a wallet hears of its condition once per change, as an event and, if wanted, a letter.

`WalletState.told` is what was told last. It is compared and set under the streamer's mutex, in the transaction that
writes the event and queues the letter: of two workers one finds it told, and what broke off was not told at all.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django_q.tasks import async_task

from donations.condition import CALM, EXPIRES_SOON, Condition, find
from donations.events import Log, writing
from donations.models import Event, InfoToken, WalletState

MOST_AT_ONCE = 1_000
LETTER = "donations.tasks.letter"

QUIET = frozenset({"", Condition.WORKING, Condition.EXPIRES, Condition.EXPIRED})
"""Told last, a good reading brings no news: nothing was wrong, and expiry is a matter of time."""

TO_WRITE_OF = frozenset(
    {
        Condition.EXPIRES,
        Condition.EXPIRED,
        Condition.BLOCKED,
        Condition.FAILING,
        Condition.REFUSED,
        Condition.NO_RIGHT,
        Condition.SPENDING,
        Condition.GONE,
        Condition.LOCKED,
    }
)
"""What a letter is worth. Nobody is written to about what he did himself, or what passes by itself."""


def tell(log: Log, state: WalletState) -> None:
    """Tell the wallet's condition if it is another one than was told last. Within the streamer's transaction.

    A passing fault is no news, and no proof that an earlier trouble is over. That our own reader stands still is not
    told: whoever would tell it stands still too, and after a night of rest every wallet is long due.
    """
    finding = find(state, state.wallet.tokens.order_by("-pk").first(), log.now)
    if finding.condition in (state.told, Condition.STALLED) or (state.error and finding.condition in CALM):
        return
    before, state.told = state.told, finding.condition
    state.save(update_fields=["told"])
    number = log.add(
        Event.Kind.WALLET,
        wallet=state.pk,
        state=finding.condition,
        level=finding.level,
        since=finding.since and finding.since.isoformat(),
        until=finding.until and finding.until.isoformat(),
    )
    if settings.SENDS_MAIL and _is_worth_a_letter(before, finding.condition):
        # A row of the queue, written with all the rest: the letter goes out when this transaction is through.
        async_task(LETTER, log.streamer_id, number)


def tell_reading(log: Log, state: WalletState) -> None:
    """The same after a reading, asking the database nothing when all goes on well."""
    if state.error or state.told not in QUIET:
        tell(log, state)


def tell_of_time(now: datetime) -> None:
    """Tell of the tokens that end soon or have ended. One query finds those of which it was not told."""
    ended = Q(expires_at__lte=now) & ~Q(wallet__state__told=Condition.EXPIRED)
    ends_soon = Q(expires_at__gt=now) & ~Q(wallet__state__told=Condition.EXPIRES)
    untold = InfoToken.objects.working().filter(
        ended | ends_soon, expires_at__lte=now + EXPIRES_SOON, wallet__archived_at=None, wallet__state__error=""
    )
    by_streamer: dict[int, list[int]] = defaultdict(list)
    for streamer_id, wallet_id in untold.values_list("wallet__streamer_id", "wallet_id")[:MOST_AT_ONCE]:
        by_streamer[streamer_id].append(wallet_id)
    for streamer_id, wallet_ids in by_streamer.items():
        with writing(streamer_id) as log:
            for state in WalletState.objects.filter(pk__in=wallet_ids).select_related("wallet").order_by("pk"):
                tell(log, state)


def _is_worth_a_letter(before: str, now: Condition) -> bool:
    is_over = now == Condition.WORKING and before in TO_WRITE_OF - QUIET
    return now in TO_WRITE_OF or is_over
