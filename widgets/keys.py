"""Keys of links: renewed with a grace time, revoked, and found when their time is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from donations.events import Log, writing
from donations.models import AccessKey, Event, Streamer
from donations.models.access_key import AccessKeyQuerySet

GRACE = timedelta(hours=24)
LATELY = timedelta(days=7)
"""Longer than a web process may be kept from looking, as by a machine that sleeps."""


def keys_of(streamer: Streamer, purpose: str, subject: str) -> AccessKeyQuerySet:
    """The valid keys of one thing, the newest first: those behind it open it until their grace time is over."""
    keys = streamer.access_keys.valid().filter(purpose=purpose, subject=subject)
    return keys.order_by("-created_at", "-pk")


def rotate(key: AccessKey, grace: timedelta = GRACE) -> AccessKey:
    """A new key to the same thing. The old one, and older ones that still open it, do so for `grace` and no longer."""
    with writing(key.streamer_id) as log:
        new = AccessKey.mint(key.streamer, key.purpose, key.subject, key.label, key.role)
        new.save()
        _end(log, keys_of(key.streamer, key.purpose, key.subject).exclude(pk=new.pk), log.now + grace)
    return new


def revoke(key: AccessKey) -> None:
    """From now on it opens nothing; pages that it opened are closed within a second."""
    with writing(key.streamer_id) as log:
        _end(log, AccessKey.objects.valid().filter(pk=key.pk), log.now)


def revoke_all(log: Log, keys: AccessKeyQuerySet) -> None:
    """So for these valid keys of the streamer whose log this is, in the transaction that makes them useless."""
    _end(log, keys, log.now)


def ended(now: datetime) -> set[int]:
    """The keys whose time was over lately. Asked every second while a page is open: their pages are to be closed."""
    lately = AccessKey.objects.filter(valid_until__gt=now - LATELY, valid_until__lte=now)
    return set(lately.values_list("pk", flat=True))


def _end(log: Log, keys: AccessKeyQuerySet, at: datetime) -> None:
    for key in keys:
        key.valid_until = min(key.valid_until or at, at)
        key.save(update_fields=["valid_until"])
        log.add(Event.Kind.KEYS, key=key.pk, until=key.valid_until.isoformat())
