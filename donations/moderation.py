"""Moderation: what a streamer's people decide of the names and words that their pages show. Money is never touched.

Each is one short transaction with the events that make every page right; doing it twice changes nothing more. All
answer whether they changed anything. Taking a donation off the pages, a held one too, is `hiding.hide`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from donations.events import Log, writing
from donations.hiding import put_away
from donations.models import Donation, DonorMark, Event, Streamer
from donations.models.donation import DonationQuerySet
from donations.words import LONGEST_NAME, LONGEST_WORDS, clean

LONGEST_HOLD = 24 * 60 * 60
"""Seconds."""

STILL_TO_COME = timedelta(hours=1)
"""What a donor gave so lately may still wait for its alert: it is hidden with him when he is blocked."""

MOST_AT_ONCE = 500


class NotPossible(Exception):
    """What was asked for cannot be; the message says why, to the person who asked and in his language."""


def set_rule(streamer: Streamer, who: str, seconds: int, then: str) -> bool:
    """Who is held from now on (`Streamer.Hold`), for how many seconds (0: until a person decides), and what happens
    then (`Streamer.Then`). What is held already stays held until a person decides or its time is over.

    Raises `ValidationError` by field: `who`, `seconds`, `then`.
    """
    _check_rule(who, seconds, then)
    rule = {"hold_who": who, "hold_seconds": seconds, "hold_then": then}
    with writing(streamer.pk) as log:
        is_new = bool(Streamer.objects.filter(pk=streamer.pk).exclude(**rule).update(**rule))
        if is_new:
            log.add(Event.Kind.HOLD, who=who, seconds=seconds, then=then)
    for name, value in rule.items():
        setattr(streamer, name, value)
    return is_new


def _check_rule(who: str, seconds: int, then: str) -> None:
    wrong: dict[str, str] = {}
    if who not in Streamer.Hold.values:
        wrong["who"] = _("Choose whose donations are held.")
    if not 0 <= seconds <= LONGEST_HOLD:
        wrong["seconds"] = _("Write a number of seconds, at most a day.")
    if then not in Streamer.Then.values:
        wrong["then"] = _("Choose what happens then.")
    if wrong:
        raise ValidationError(wrong)


def approve(donation: Donation) -> bool:
    """Let a held one be shown as it was given; its alert takes its place in the queue."""
    with writing(donation.streamer_id) as log:
        row = Donation.objects.held().filter(pk=donation.pk).first()
        return row is not None and _show(log, row, row.name_given, row.words_given)


def show_as(donation: Donation, name: str | None = None, words: str | None = None) -> bool:
    """Show it with another name or other words than were given; what was given stays. None leaves what is shown.

    A held one is let on by it, with what was given where that is left. Raises `NotPossible` for one that is hidden,
    erased, or did not stay.
    """
    with writing(donation.streamer_id) as log:
        row = Donation.objects.get(pk=donation.pk)
        if row.is_hidden:
            raise NotPossible(_("It is hidden. Show it again first."))
        if not row.is_standing:
            raise NotPossible(_("There is nothing to show: this money has not arrived, or was taken back."))
        now = (row.name_given, row.words_given) if row.is_held else (row.name_shown, row.words_shown)
        return _show(
            log,
            row,
            now[0] if name is None else clean(name, LONGEST_NAME),
            now[1] if words is None else clean(words, LONGEST_WORDS),
        )


def show_without_words(donation: Donation) -> bool:
    """Show its name and no words. Raises `NotPossible`, as `show_as` does."""
    return show_as(donation, words="")


def show_as_anonymous(donation: Donation) -> bool:
    """Show its words and no name. Raises `NotPossible`, as `show_as` does."""
    return show_as(donation, name="")


def _show(log: Log, row: Donation, name: str, words: str) -> bool:
    was_held = row.is_held
    if row.is_hidden:  # erased while it was held
        name = words = ""
    if not was_held and (row.name_shown, row.words_shown) == (name, words):
        return False
    row.held_at, row.held_until, row.name_shown, row.words_shown = None, None, name, words
    row.save(update_fields=["held_at", "held_until", "name_shown", "words_shown"])
    if was_held:
        log.add(Event.Kind.APPROVED, donation=row)
    log.add(Event.Kind.DONATION_CHANGED, donation=row)
    return True


def release_due(streamer_ids: Collection[int] | None, now: datetime) -> None:
    """Do with those whose time to decide is over what their streamer's rule says now; None: of all streamers.

    The rule of now rather than of when they came: who turns to "hide them" in the middle of a raid means those that
    wait too. One query by an index, which mostly finds nothing.
    """
    due = Donation.objects.held().filter(held_until__lte=now)
    for streamer_id in sorted(set(due.values_list("streamer_id", flat=True)[:MOST_AT_ONCE])):
        if streamer_ids is None or streamer_id in streamer_ids:
            _release(streamer_id, now)


def _release(streamer_id: int, now: datetime) -> None:
    with writing(streamer_id) as log:
        then = Streamer.objects.values_list("hold_then", flat=True).get(pk=streamer_id)
        due = Donation.objects.held().filter(streamer_id=streamer_id, held_until__lte=now)
        rows = list(due.order_by("held_until", "pk")[:MOST_AT_ONCE])
        if then == Streamer.Then.DROP:
            put_away(log, Donation.objects.filter(pk__in=[row.pk for row in rows]))
        elif then == Streamer.Then.SHOW:
            for row in rows:
                _show(log, row, row.name_given, row.words_given)
        else:
            _keep(log, rows)


def _keep(log: Log, rows: Collection[Donation]) -> None:
    """They wait for a person from now on."""
    Donation.objects.filter(pk__in=[row.pk for row in rows]).update(held_until=None)
    for row in rows:
        log.add(Event.Kind.DONATION_CHANGED, donation=row)


def mark(donation: Donation, standing: str, by_name: str) -> bool:
    """Say once and for all how the gifts of its donor are to be treated (`DonorMark.Standing`).

    Trusted: those that are held are shown, and none will be held. Blocked: this one is hidden, with those that are held
    or came within the last hour; what comes will be hidden too. What a member enters by hand is shown all the same.
    Raises `NotPossible` where the donor is not known.
    """
    with writing(donation.streamer_id) as log:
        theirs = _of_its_donor(donation)
        facts = {"standing": DonorMark.Standing(standing), "at": log.now, "by_name": by_name[:150]}
        marks = DonorMark.objects.filter(streamer_id=log.streamer_id, donor_key=donation.donor_key)
        is_new = not marks.filter(standing=standing).exists()
        if is_new:
            marks.update_or_create(streamer_id=log.streamer_id, donor_key=donation.donor_key, defaults=facts)
        if standing == DonorMark.Standing.BLOCKED:
            lately = Q(recorded_at__gte=log.now - STILL_TO_COME)
            moved = put_away(log, theirs.standing().filter(Q(pk=donation.pk) | Q(held_at__isnull=False) | lately))
        else:
            moved = sum(_show(log, row, row.name_given, row.words_given) for row in theirs.held())
        if is_new and not moved:
            # Control rooms show it beside the donation.
            log.add(Event.Kind.DONATION_CHANGED, donation=donation)
        return is_new or bool(moved)


def unmark(donation: Donation) -> bool:
    """Treat its donor's gifts like anybody's from now on; what was hidden stays so. Raises `NotPossible` as `mark`."""
    with writing(donation.streamer_id) as log:
        _of_its_donor(donation)
        deleted, _rows = DonorMark.objects.filter(streamer_id=log.streamer_id, donor_key=donation.donor_key).delete()
        if deleted:
            log.add(Event.Kind.DONATION_CHANGED, donation=donation)
        return bool(deleted)


def _of_its_donor(donation: Donation) -> DonationQuerySet:
    if not donation.donor_key:
        raise NotPossible(_("The wallet does not say who gave this, so this donor cannot be told from others."))
    return Donation.objects.filter(streamer_id=donation.streamer_id).of_donor(donation.donor_key).order_by("pk")
