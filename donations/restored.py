"""Restored: an older copy of the database was put in place, and its logs are no longer those that pages have seen.

The minute task leaves its last beat in a file too. A database that knows of none so late is an older copy: looked for
at each start, and by the Hub when a log goes back under open pages.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from donations.models import FeedCounter, Heartbeat, WalletState
from donations.seal import new_public_id

LOST_AT_MOST = timedelta(seconds=90)
"""A power cut may cost the database its last commits; that is no older copy."""


def note(at: datetime) -> None:
    """Leave the beat where no copy of the database goes."""
    _file().parent.mkdir(parents=True, exist_ok=True)
    _file().write_text(at.isoformat(), encoding="ascii")


def is_older_copy() -> bool:
    """Whether this installation has lived longer than its database knows."""
    try:
        noted = datetime.fromisoformat(_file().read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    known = Heartbeat.objects.filter(name="minute").values_list("at", flat=True).first()
    return known is not None and noted - known > LOST_AT_MOST


def begin_anew() -> None:
    """Every log gets a new epoch, so that pages draw what is now; what happened up to now is no news any more, since it
    was shown in the time that was lost.
    """
    with transaction.atomic():
        FeedCounter.objects.update(epoch=new_public_id())
        # Its first beat writes it anew.
        _file().unlink(missing_ok=True)
        states = WalletState.objects.exclude(alerts_from=None).filter(wallet__archived_at=None)
        states.taken_in_order().update(alerts_from=timezone.now())


def _file() -> Path:
    return settings.DATA_DIR / "run" / "lived"
