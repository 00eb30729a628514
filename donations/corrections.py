"""Corrections: donations entered by hand, and every later change of one by a person, with who and when.

Each is one short transaction in which the donation, its history, all sums and the log change together. A payment of a
wallet stays what its service says: only where it counts may be changed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from donations import tallies
from donations.events import Log, writing
from donations.models import Correction, Donation, Event, Streamer
from donations.models.correction import FACTS
from donations.money import MOST_MINOR, Money
from donations.oddities import EARLIEST, LONGEST_ID
from donations.rates import freeze
from donations.seal import peppered
from donations.streams import place_in_streams
from donations.tallies import Standing
from donations.words import LONGEST_NAME, LONGEST_WORDS, clean

CLOCK_MARGIN = timedelta(minutes=5)
"""How far the clock of who enters it may be ahead of ours."""

CHANGED_FIELDS = [
    *("status", "minor", "currency", "base_minor", "occurred_at", "session"),
    *("name_given", "name_shown", "name_kept", "words_given", "words_shown", "words_kept", "donor_key"),
    *("counts", "in_stream", "listed", "alerts"),
]


class NotByHand(Exception):
    """It came from a wallet: its money, time, words and status are the service's; only its ticks may be changed."""


class ChangedSince(Exception):
    """What was to be undone is no longer so: it was changed again, or undone already. Undo the newest first."""


class NothingToUndo(Exception):
    """An entry is taken back rather than undone, and what the wallet said is not ours to undo."""


@dataclass(frozen=True, slots=True)
class Ticks:
    """Where a donation counts: goals and all sums, its stream, lists on pages; and whether it plays an alert now."""

    counts: bool = True
    in_stream: bool = True
    listed: bool = True
    alerts: bool = True


def enter(
    streamer: Streamer,
    by: User,
    nonce: str,
    money: Money,
    occurred_at: datetime,
    name: str = "",
    words: str = "",
    ticks: Ticks = Ticks(),
) -> Donation:
    """Enter a donation by hand: cash, another service. The same `nonce` again gives the same donation, unchanged.

    It plays its alert whenever it occurred: its author ticked it. Raises `ValidationError` by field: `amount`,
    `occurred_at`, `nonce`.
    """
    with writing(streamer.pk) as log:
        entered = Donation.objects.by_hand().filter(streamer=streamer, txn_id=nonce).first()
        if entered is not None:
            return entered
        if not 0 < len(nonce) <= LONGEST_ID:
            raise ValidationError({"nonce": _("This form has lost its number. Open it anew.")})
        donation = Donation(
            streamer=streamer,
            txn_id=nonce,
            status=Donation.Status.SETTLED,
            kind="gift",
            recorded_at=log.now,
            settled_at=log.now,
            **_checked(log, money, occurred_at, name, words),
            **asdict(ticks),
        )
        _follow(log, donation, FACTS)
        donation.save(force_insert=True)
        Correction.between(None, donation, Correction.What.ENTERED, **_signed(log, by)).save()
        log.add(Event.Kind.DONATION, donation=donation, alert=ticks.alerts)
        tallies.apply(log, [tallies.Change(None, Standing.of(donation))])
        return donation


def edit(
    donation: Donation,
    by: User,
    *,
    money: Money | None = None,
    occurred_at: datetime | None = None,
    name: str | None = None,
    words: str | None = None,
    counts: bool | None = None,
    in_stream: bool | None = None,
    listed: bool | None = None,
) -> Correction | None:
    """Change what is given, leave the rest; None when that changes nothing.

    Raises `NotByHand`, and `ValidationError` by field: `amount`, `occurred_at`.
    """
    with writing(donation.streamer_id) as log:
        row = _fresh(donation)
        ticks = {"counts": counts, "in_stream": in_stream, "listed": listed}
        facts = _checked(log, money, occurred_at, name, words)
        if facts and row.wallet_id is not None:
            raise NotByHand
        facts |= {tick: value for tick, value in ticks.items() if value is not None}
        return _change(log, row, facts, Correction.What.EDITED, by)


def reverse(donation: Donation, by: User) -> Correction | None:
    """Take an entry back: it counts nowhere, leaves every page and stays in the ledger. None when it was taken back.

    Raises `NotByHand`.
    """
    with writing(donation.streamer_id) as log:
        row = _fresh(donation)
        if row.wallet_id is not None:
            raise NotByHand
        return _change(log, row, {"status": Donation.Status.FAILED.value}, Correction.What.REVERSED, by)


def undo(correction: Correction, by: User) -> Correction:
    """Put back what it changed, as a new correction that names it. An undone one can be undone in its turn.

    Raises `NothingToUndo`, and `ChangedSince` when any of it is no longer as this correction left it.
    """
    with writing(correction.donation.streamer_id) as log:
        row = _fresh(correction.donation)
        if not correction.is_undoable:
            raise NothingToUndo
        is_undone = Correction.objects.filter(undoes=correction).exists()
        if is_undone or not correction.stands_in(row):
            raise ChangedSince
        facts = dict(correction.before)
        if "occurred_at" in facts:
            facts["occurred_at"] = datetime.fromisoformat(facts["occurred_at"])
        undone = _change(log, row, facts, Correction.What.UNDONE, by, undoes=correction)
        assert undone is not None  # what it changed is as it left it, and that is not what it was before
        return undone


def _fresh(donation: Donation) -> Donation:
    """As it is now, under the streamer's mutex, with all that its standing is made from."""
    return Donation.objects.select_related("session").get(pk=donation.pk)


def _signed(log: Log, by: User) -> dict[str, Any]:
    return {"at": log.now, "by": by, "by_name": by.get_username()}


def _change(
    log: Log, row: Donation, facts: Mapping[str, Any], what: str, by: User, undoes: Correction | None = None
) -> Correction | None:
    before = copy(row)
    for name, value in facts.items():
        setattr(row, name, value)
    correction = Correction.between(before, row, what, undoes=undoes, **_signed(log, by))
    if correction.is_empty:
        return None
    _follow(log, row, correction.after)
    row.save(update_fields=CHANGED_FIELDS)
    correction.save()
    if before.is_standing or row.is_standing:
        log.add(Event.Kind.DONATION_CHANGED, donation=row)
    tallies.apply(log, [tallies.Change(Standing.of(before), Standing.of(row))])
    return correction


def _follow(log: Log, row: Donation, changed: Collection[str]) -> None:
    """Let follow from the facts that changed, unsaved, what pages show, who gave it, its stream and its value."""
    if "name_given" in changed:
        row.donor_key = peppered("donor", f"hand:{row.name_given.casefold()}") if row.name_given else ""
    if "name_given" in changed:
        row.name_shown, row.name_kept = "" if row.is_hidden else row.name_given, None
    if "words_given" in changed:
        row.words_shown, row.words_kept = "" if row.is_hidden else row.words_given, None
    if "occurred_at" in changed:
        place_in_streams(row.streamer_id, [row])
    if "minor" in changed or "currency" in changed or "occurred_at" in changed:
        freeze(log, [row])


def _checked(
    log: Log, money: Money | None, occurred_at: datetime | None, name: str | None, words: str | None
) -> dict[str, Any]:
    """What is given, as columns; raises `ValidationError` by field."""
    facts: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    if money is not None:
        facts |= {"minor": money.minor, "currency": money.currency}
        if money.minor <= 0:
            wrong["amount"] = _("Write an amount greater than zero.")
        elif money.minor > MOST_MINOR:
            wrong["amount"] = _("This amount is too large.")
    if occurred_at is not None:
        facts["occurred_at"] = occurred_at
        if occurred_at > log.now + CLOCK_MARGIN:
            wrong["occurred_at"] = _("This moment is still to come. Write when you were given it.")
        elif occurred_at < EARLIEST:
            wrong["occurred_at"] = _("This was too long ago. Check the year.")
    if name is not None:
        facts["name_given"] = clean(name, LONGEST_NAME)
    if words is not None:
        facts["words_given"] = clean(words, LONGEST_WORDS)
    if wrong:
        raise ValidationError(wrong)
    return facts
