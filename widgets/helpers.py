"""Helpers: who has a link to a streamer's control room. Each has a name, a role, and keys that share its `subject`."""

from __future__ import annotations

from django.conf import settings

from donations.events import writing
from donations.models import AccessKey, Event, Streamer
from donations.models.access_key import AccessKeyQuerySet
from donations.seal import new_public_id

CONTROL = AccessKey.Purpose.CONTROL


def helpers_of(streamer: Streamer) -> AccessKeyQuerySet:
    """The newest valid key of each helper, in the order in which they came."""
    keys = streamer.access_keys.valid().filter(purpose=CONTROL, valid_until=None).exclude(subject="")
    return keys.order_by("created_at", "pk")


def make_helper(streamer: Streamer, name: str, role: str) -> AccessKey:
    """A link to the control room for somebody of this name."""
    with writing(streamer.pk):
        key = AccessKey.mint(streamer, CONTROL, new_public_id(), name, role)
        key.save()
    return key


def rename_helper(key: AccessKey, name: str) -> None:
    """Its links are those of this name from now on; what was done before keeps the name of then."""
    with writing(key.streamer_id) as log:
        AccessKey.objects.filter(streamer_id=key.streamer_id, purpose=CONTROL, subject=key.subject).update(label=name)
        log.add(Event.Kind.KEYS, key=key.pk)


def control_link(key: AccessKey) -> str:
    """The address of the control room with this key behind `#`. Raises `CannotUnseal`."""
    return f"{settings.PUBLIC_URL}/control/#{key.reveal()}"
