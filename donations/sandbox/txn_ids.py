"""Transaction ids: 11 digits that grow with time over all wallets, as in every recorded history."""

from datetime import UTC, datetime

from donations.sandbox.models import Row

FIRST = 26_000_000_000
ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)
PER_SECOND = 20


def block(at: datetime, count: int) -> int:
    """
    The first of `count` free ids in a row for rows of the moment `at`: above the ids of older rows, below those of
    younger ones. Where the rows around leave no room, above all. Call it inside the transaction that writes the rows.
    """
    older = Row.objects.filter(at__lte=at).order_by("-at", "-txn_id").values_list("txn_id", flat=True).first() or 0
    younger = Row.objects.filter(at__gt=at).order_by("at", "txn_id").values_list("txn_id", flat=True).first()
    natural = FIRST + int((at - ORIGIN).total_seconds() * PER_SECOND)
    for start in (max(natural, older + 1), older + 1):
        if (younger is None or start + count <= younger) and is_free(start, count):
            return start
    return (Row.objects.order_by("-txn_id").values_list("txn_id", flat=True).first() or FIRST) + 1


def is_free(start: int, count: int) -> bool:
    """Whether no row has one of these ids."""
    return not Row.objects.filter(txn_id__gte=start, txn_id__lt=start + count).exists()
