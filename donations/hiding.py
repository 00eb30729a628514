"""Hiding: a donation's name and words leave every page; the money still counts."""

from __future__ import annotations

from donations.events import writing
from donations.models import Donation, Event


def hide(donation: Donation) -> None:
    """Take its name and words from every page, from alerts that wait too. Hiding it twice changes nothing."""
    with writing(donation.streamer_id) as log:
        hidden = Donation.objects.filter(pk=donation.pk, hidden_at=None).update(
            hidden_at=log.now, name_shown="", words_shown=""
        )
        if hidden:
            log.add(Event.Kind.DONATION_CHANGED, donation=donation)


def unhide(donation: Donation) -> None:
    """Show its name and words again as they were given. An erased one stays as it is."""
    with writing(donation.streamer_id) as log:
        row = Donation.objects.filter(pk=donation.pk, erased_at=None).exclude(hidden_at=None).first()
        if row is None:
            return
        Donation.objects.filter(pk=row.pk).update(
            hidden_at=None, name_shown=row.name_given, words_shown=row.words_given
        )
        log.add(Event.Kind.DONATION_CHANGED, donation=donation)
