"""Mending: what an audit found to differ is made anew from the ledger. Neither donations nor the log are touched."""

from __future__ import annotations

from django.db.models import F, Sum

from donations.events import writing
from donations.models import BalanceCheck, Donation, Streamer
from donations.streams import gather
from donations.tallies import recount_all_time, recount_goals


def mend(streamer: Streamer) -> None:
    """Make everything anew that is kept of the streamer's donations, and tell open pages of the goals.

    It takes the streamer's mutex for as long as it counts: payments wait meanwhile.
    """
    with writing(streamer.pk) as log:
        for session in streamer.sessions.order_by("pk"):
            gather(session)
        Donation.objects.filter(streamer=streamer, currency=streamer.currency).update(base_minor=F("minor"))
        _mend_balances(streamer)
        recount_goals(log)
    recount_all_time(streamer)


def _mend_balances(streamer: Streamer) -> None:
    BalanceCheck.objects.filter(wallet__streamer=streamer).update(ledger_minor=0)
    settled = Donation.objects.filter(wallet__streamer=streamer, status=Donation.Status.SETTLED)
    rows = settled.order_by("wallet_id", "currency").values_list("wallet_id", "currency").annotate(Sum("minor"))
    for wallet_id, currency, minor in list(rows):
        BalanceCheck.objects.update_or_create(wallet_id=wallet_id, currency=currency, defaults={"ledger_minor": minor})
