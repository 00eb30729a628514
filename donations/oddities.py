"""Oddities: what cannot be recorded is set aside by the name of its field, without its value, and the rest goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from donations.events import Log
from donations.models import Donation, OddRow, Wallet
from donations.money import MOST_MINOR
from donations.providers.base import BadRow, Payment

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_ID = Donation._meta.get_field("txn_id").max_length or 0
CLOCKS_DIFFER_BY = timedelta(days=1)


def oddity_of(payment: Payment, now: datetime) -> BadRow | None:
    """Why this payment cannot be recorded; None for a sound one."""
    money, gross = payment.money, payment.gross
    if not 0 < len(payment.txn_id) <= LONGEST_ID or not payment.txn_id.isprintable():
        return BadRow(("txn_id",), "no id, or one that cannot be kept")
    if not 0 < money.minor <= MOST_MINOR:
        return BadRow(("money",), "nothing, or more than there is")
    if gross is not None and (gross.currency != money.currency or not 0 < gross.minor <= MOST_MINOR):
        return BadRow(("gross",), "not an amount in the same currency")
    if payment.occurred_at.tzinfo is None or not EARLIEST <= payment.occurred_at <= now + CLOCKS_DIFFER_BY:
        return BadRow(("occurred_at",), "a time without a zone, long ago or to come")
    return None


def keep_odd_rows(log: Log, wallet: Wallet, rows: Iterable[BadRow]) -> None:
    """Count rows that could not be understood, by their field names and the reason, without values."""
    seen = Counter((", ".join(sorted(row.fields))[:400], row.reason[:120]) for row in rows)
    for (fields, reason), times in seen.items():
        oddity, _new = OddRow.objects.get_or_create(
            wallet=wallet, fields=fields, reason=reason, defaults={"last_seen_at": log.now}
        )
        OddRow.objects.filter(pk=oddity.pk).update(times_seen=F("times_seen") + times, last_seen_at=log.now)


def reason_words(reason: str) -> str:
    """A kept reason in the active language. The service's own name of a field is a reason too, and stays as it is."""
    known = {
        "not a row": _("not a row"),
        "no id, or one that cannot be kept": _("no id, or one that cannot be kept"),
        "nothing, or more than there is": _("nothing, or more than there is"),
        "not an amount in the same currency": _("not an amount in the same currency"),
        "a time without a zone, long ago or to come": _("a time without a zone, long ago or to come"),
        "another currency than before": _("another currency than before"),
    }
    return known.get(reason, reason)
