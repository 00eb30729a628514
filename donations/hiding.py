"""Hiding: a donation's name and words leave every page; the money still counts."""

from __future__ import annotations

from django.db.models import Case, F, When

from donations.events import Log, writing
from donations.models import Donation, Event
from donations.models.donation import DonationQuerySet


def hide(donation: Donation) -> bool:
    """Take its name and words from every page, from alerts that wait too. A held one is dropped: its alert never plays.

    Hiding it twice changes nothing. Answers whether it changed anything.
    """
    with writing(donation.streamer_id) as log:
        return bool(put_away(log, Donation.objects.filter(pk=donation.pk)))


def unhide(donation: Donation) -> bool:
    """Show its name and words again as they were shown, or, if it was hidden before that, as they were given. An erased
    one stays as it is.

    Answers whether it changed anything.
    """
    with writing(donation.streamer_id) as log:
        row = Donation.objects.hidden().filter(pk=donation.pk, erased_at=None).first()
        if row is None:
            return False
        row.name_shown = row.name_given if row.name_kept is None else row.name_kept
        row.words_shown = row.words_given if row.words_kept is None else row.words_kept
        row.hidden_at, row.name_kept, row.words_kept = None, None, None
        row.save(update_fields=["hidden_at", "name_shown", "words_shown", "name_kept", "words_kept"])
        log.add(Event.Kind.DONATION_CHANGED, donation=row)
        return True


def put_away(log: Log, donations: DonationQuerySet) -> int:
    """Hide those of them that are not hidden, inside `writing`. Answers how many."""
    rows = list(donations.filter(hidden_at=None))
    Donation.objects.filter(pk__in=[row.pk for row in rows]).update(
        hidden_at=log.now,
        held_at=None,
        held_until=None,
        name_kept=_shown("name_shown"),
        words_kept=_shown("words_shown"),
        name_shown="",
        words_shown="",
    )
    for row in rows:
        log.add(Event.Kind.DONATION_CHANGED, donation=row)
    return len(rows)


def _shown(field: str) -> Case:
    """What is shown, an edited text too; of a held one nothing was."""
    return Case(When(held_at=None, then=F(field)))
