"""Rows as control rooms see them: with what was given, what was decided of it, and what became of its alerts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal, cast

from django.db.models import Q

from donations.models import AccessKey, Donation, DonorMark, Streamer
from donations.models.stream_session import OBS_PATIENCE
from donations.seal import peppered
from widgets import protocol
from widgets.cues import OPEN
from widgets.health import health_values
from widgets.models import Cue
from widgets.snapshots import control_cue_value, controls_value, moment, money_value, waiting_of

NEWEST = 50
MOST_OPEN = 500


def control_donation_values(
    streamer: Streamer, rows: Iterable[Donation], *, with_amounts: bool
) -> list[protocol.ControlDonationValue]:
    """These donations of one streamer, with their alerts and their donors' marks, in a constant number of queries."""
    rows = list(rows)
    cues: dict[int | None, list[Cue]] = defaultdict(list)
    for cue in Cue.objects.filter(donation__in=rows).select_related("widget", "donation").order_by("event_seq", "pk"):
        cues[cue.donation_id].append(cue)
    keys = {row.donor_key for row in rows if row.donor_key}
    marks = DonorMark.objects.filter(streamer=streamer, donor_key__in=keys).values_list("donor_key", "standing")
    standings = dict(marks) if keys else {}
    return [
        _control_donation_value(row, cues[row.pk], standings.get(row.donor_key, ""), with_amounts=with_amounts)
        for row in rows
    ]


def _control_donation_value(
    donation: Donation, cues: list[Cue], standing: str, *, with_amounts: bool
) -> protocol.ControlDonationValue:
    money = money_value(donation.gross_minor or donation.minor, donation.currency) if with_amounts else None
    veiled = donation.is_held or donation.is_hidden or not donation.is_standing
    erased = donation.erased_at is not None
    return {
        "id": donation.public_id,
        "money": money,
        "name": "" if veiled else donation.name_shown,
        "words": "" if veiled else donation.words_shown,
        "given": {
            "name": "" if erased else donation.name_given,
            "words": "" if erased else donation.words_given,
        },
        "hidden": donation.is_hidden,
        "held": donation.is_held,
        "held_until": moment(donation.held_until) if donation.is_held and donation.held_until else None,
        "gone": not donation.is_standing,
        "donor": peppered("donor-in-control", donation.donor_key)[:16] if donation.donor_key else "",
        "standing": cast(Literal["", "trusted", "blocked"], standing),
        "occurred_at": moment(donation.occurred_at),
        "recorded_at": moment(donation.recorded_at),
        "cues": [control_cue_value(cue) for cue in cues],
    }


def role_of(key: AccessKey) -> protocol.Role:
    """What this link may. Those that were made before there were roles are owners'."""
    return cast(protocol.Role, key.role or AccessKey.Role.OWNER.value)


def hold_value(streamer: Streamer) -> protocol.HoldValue:
    """The streamer's rule of now."""
    return {
        "who": cast(Literal["nobody", "all"], streamer.hold_who),
        "seconds": streamer.hold_seconds,
        "then": cast(Literal["show", "drop", "keep"], streamer.hold_then),
    }


def stream_value(streamer: Streamer) -> protocol.StreamValue | None:
    """The stream that is on."""
    session = streamer.sessions.open().first()
    if session is None:
        return None
    left = session.obs_left_at if session.by_obs else None
    return {
        "title": session.title,
        "started_at": moment(session.started_at),
        "by_obs": session.by_obs,
        "ends_at": moment(left + OBS_PATIENCE) if left else None,
    }


def control_snapshot(key: AccessKey, *, with_amounts: bool) -> protocol.SnapshotValue:
    """Where the control room of this link starts from."""
    streamer = Streamer.objects.select_related("controls").get(pk=key.streamer_id)
    came = Q(status=Donation.Status.SETTLED) | Q(status=Donation.Status.FAILED, settled_at__isnull=False)
    gifts = Donation.objects.filter(streamer=streamer).gifts().filter(came).newest_first()
    newest = list(gifts[:NEWEST])
    seen = {row.pk for row in newest}
    # Those that wait for a decision are seen however old they are.
    newest += [row for row in gifts.held()[:NEWEST] if row.pk not in seen]
    others = Cue.objects.filter(widget__streamer=streamer, state__in=OPEN).exclude(donation__in=newest)
    # What plays comes before what waits.
    first = list(others.order_by("state", "event_seq").values_list("pk", flat=True)[:MOST_OPEN])
    tests = Cue.objects.filter(pk__in=first).select_related("widget", "donation").order_by("state", "event_seq")
    return {
        "me": {"name": key.label, "role": role_of(key)},
        "streamer": streamer.name,
        "language": streamer.language,
        "controls": controls_value(streamer),
        "donations": control_donation_values(streamer, newest, with_amounts=with_amounts),
        "waiting": waiting_of(streamer.pk),
        "tests": [control_cue_value(cue) for cue in tests],
        "stream": stream_value(streamer),
        "hold": hold_value(streamer),
        **health_values(streamer),
    }
