"""Screening: whether the name and words of a gift that arrives are shown, held, or hidden. The money counts at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from donations.events import Log
from donations.models import Donation, DonorMark, Streamer

SCREENED_FIELDS = ["name_shown", "words_shown", "held_at", "held_until", "hidden_at"]


def streamer_of(log: Log) -> Streamer:
    """The streamer as ingest needs it, with `has_marks`: inside `writing`, where its rules stand still. One query."""
    marks = DonorMark.objects.filter(streamer=OuterRef("pk"))
    fields = ("currency", "time_zone", "hold_who", "hold_seconds", "hold_then")
    return Streamer.objects.only(*fields).annotate(has_marks=Exists(marks)).get(pk=log.streamer_id)


def screen(log: Log, streamer: Streamer, arrived: Sequence[Donation], alerts_from: datetime | None) -> None:
    """Hold or hide those of the gifts that arrived which are not to be shown at once, unsaved.

    History (what occurred before `alerts_from`; None: all) is not held, a trusted donor's gifts are not either, and a
    blocked donor's are hidden. `streamer` is as `streamer_of` answers it; one query where it has marks, else none.
    """
    marks = _marks(streamer, arrived)
    for donation in arrived:
        standing = marks.get(donation.donor_key)
        if donation.is_hidden:
            continue
        if standing == DonorMark.Standing.BLOCKED:
            donation.hidden_at = log.now
        elif streamer.hold_who == Streamer.Hold.ALL and standing is None and not is_history(donation, alerts_from):
            donation.held_at, donation.held_until = log.now, _held_until(log.now, streamer)
        else:
            continue
        donation.name_shown, donation.words_shown = "", ""


def is_history(donation: Donation, alerts_from: datetime | None) -> bool:
    """Whether it occurred before its wallet was connected: it rings no bell."""
    return alerts_from is None or donation.occurred_at < alerts_from


def _marks(streamer: Streamer, donations: Sequence[Donation]) -> dict[str, str]:
    keys = {donation.donor_key for donation in donations} - {""}
    if not keys or not streamer.has_marks:  # type: ignore[attr-defined]
        return {}
    return dict(DonorMark.objects.filter(streamer=streamer, donor_key__in=keys).values_list("donor_key", "standing"))


def _held_until(now: datetime, streamer: Streamer) -> datetime | None:
    if streamer.hold_then == Streamer.Then.KEEP or not streamer.hold_seconds:
        return None
    return now + timedelta(seconds=streamer.hold_seconds)
