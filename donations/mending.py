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
    """A balance that was measured from a wrong sum says nothing: the next one is taken as it is."""
    settled = Donation.objects.filter(wallet__streamer=streamer, status=Donation.Status.SETTLED)
    rows = settled.order_by().values_list("wallet_id", "currency").annotate(Sum("minor"))
    true = {(wallet_id, currency): minor for wallet_id, currency, minor in rows}
    for check in BalanceCheck.objects.filter(wallet__streamer=streamer):
        minor = true.pop((check.wallet_id, check.currency), 0)
        if check.ledger_minor != minor:
            check.ledger_minor = minor
            check.drift_minor, check.difference_minor, check.noticed_at = None, 0, None
            check.save()
    BalanceCheck.objects.bulk_create(
        BalanceCheck(wallet_id=wallet_id, currency=currency, ledger_minor=minor)
        for (wallet_id, currency), minor in true.items()
    )
