"""Rows as the protocol's values: what a page may know of a donation, a goal, the totals, a widget."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Literal, cast

from django.db.models import Sum
from django.utils import timezone

from donations.condition import find
from donations.models import Donation, Goal, Streamer, Wallet
from donations.money import EXPONENTS, percent_of
from donations.seal import peppered
from donations.tallies import current_period, latest_of, raised, raised_in_all_time
from widgets import protocol
from widgets.cues import on_screen, waiting_behind
from widgets.looks import look_of
from widgets.models import Controls, Cue, Widget
from widgets.options import options_of

LATEST_ON_PAGES = 10


def moment(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds: `2026-11-22T06:00:00.123Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def money_value(minor: int, currency: str) -> protocol.MoneyValue:
    return {"minor": minor, "currency": currency, "exponent": EXPONENTS[currency]}


def donation_value(donation: Donation) -> protocol.DonationValue:
    """The words that are shown now; none when the donation is held, hidden, erased or taken back."""
    veiled = donation.is_held or donation.is_hidden or not donation.is_standing
    return {
        "id": donation.public_id,
        "money": money_value(donation.gross_minor or donation.minor, donation.currency),
        "name": "" if veiled else donation.name_shown,
        "words": "" if veiled else donation.words_shown,
        "hidden": donation.is_hidden,
        "occurred_at": moment(donation.occurred_at),
        "recorded_at": moment(donation.recorded_at),
    }


def goal_value(goal: Goal) -> protocol.GoalValue:
    """Where it stands in its current period."""
    tally = raised(goal)
    minor = goal.offset_minor + tally.minor
    return {
        "id": goal.public_id,
        "title": goal.title,
        "raised": money_value(minor, goal.currency),
        "target": money_value(goal.target_minor, goal.currency),
        "left": money_value(max(goal.target_minor - minor, 0), goal.currency),
        "percent": percent_of(minor, goal.target_minor),
        "count": tally.count,
        "period": period_value(goal),
        "deadline": moment(goal.deadline) if goal.deadline else None,
        "milestones": [
            {"money": money_value(mark.minor, goal.currency), "title": mark.title, "reached": mark.minor <= minor}
            for mark in goal.milestones.all()
        ],
    }


def period_value(goal: Goal) -> protocol.PeriodValue:
    start, end = current_period(goal, timezone.now())
    kind = cast(Literal["all", "stream", "day", "week", "month", "dates"], goal.period)
    return {"kind": kind, "start": moment(start) if start else None, "end": moment(end) if end else None}


def totals_value(streamer: Streamer) -> protocol.TotalsValue:
    """All time comes from the kept sum, the stream's from an index that holds its amounts."""
    all_time = raised_in_all_time(streamer)[streamer.currency].minor
    session = streamer.sessions.open().first()
    of_stream = None
    if session is not None:
        ledger = Donation.objects.in_streams().filter(session=session, currency=streamer.currency)
        of_stream = money_value(ledger.aggregate(sum=Sum("minor"))["sum"] or 0, streamer.currency)
    return {"all": money_value(all_time, streamer.currency), "stream": of_stream}


def latest_values(streamer: Streamer, count: int, goal: Goal | None = None) -> list[protocol.DonationValue]:
    """The newest listed donations first, hidden ones without their words; with `goal`, those that count in it."""
    if goal is not None:
        return donation_values(latest_of(goal, count))
    return donation_values(Donation.objects.filter(streamer=streamer).listed().newest_first()[:count])


def donation_values(rows: Iterable[Donation]) -> list[protocol.DonationValue]:
    return [donation_value(row) for row in rows]


def widget_value(widget: Widget) -> protocol.WidgetValue:
    """The widget's options with the defaults of its kind beneath. An alert page is told with each play."""
    options = {} if widget.kind == Widget.Kind.ALERT else options_of(widget)
    if widget.goal is not None:
        options["goal"] = widget.goal.public_id
    kind = cast(protocol.WidgetKind, widget.kind)
    return {"id": widget.public_id, "kind": kind, "language": widget.streamer.language, "options": options}


def wallet_value(wallet: Wallet) -> protocol.WalletValue:
    """How it fares now. Its number in our database stays ours: pages get a digest of it."""
    finding = find(wallet.state, max(wallet.tokens.all(), key=lambda token: token.pk, default=None), timezone.now())
    return {
        "id": peppered("wallet", str(wallet.pk))[:16],
        "title": wallet.title,
        "state": finding.condition.value,
        "level": finding.level,
        "since": moment(finding.since) if finding.since else None,
        "until": moment(finding.until) if finding.until else None,
        "read_at": moment(wallet.state.last_read_at) if wallet.state.last_read_at else None,
        "next_at": moment(wallet.state.next_poll_at) if wallet.state.next_poll_at else None,
    }


def wallet_values(streamer: Streamer, pks: Collection[int] | None = None) -> list[protocol.WalletValue]:
    """The streamer's wallets that are not archived, or those of `pks`."""
    rows = (
        streamer.wallets.filter(state__isnull=False).select_related("state").prefetch_related("tokens").order_by("pk")
    )
    return [wallet_value(wallet) for wallet in (rows.active() if pks is None else rows.filter(pk__in=pks))]


def cue_value(cue: Cue) -> protocol.CueValue:
    """What the page needs to play it. A test has a donation made up from its figures, a digest has sums."""
    kind = cast(protocol.CueKind, cue.kind)
    if cue.kind == Cue.Kind.DIGEST:
        return {"id": cue.public_id, "kind": kind, "digest": digest_value(cue)}
    if cue.donation is not None:
        return {"id": cue.public_id, "kind": kind, "donation": donation_value(cue.donation)}
    figures = cue.figures
    donation: protocol.DonationValue = {
        "id": cue.public_id,
        "money": money_value(figures["minor"], figures["currency"]),
        "name": figures["name"],
        "words": figures["words"],
        "hidden": False,
        "occurred_at": moment(cue.created_at),
        "recorded_at": moment(cue.created_at),
    }
    return {"id": cue.public_id, "kind": kind, "donation": donation}


def digest_value(cue: Cue) -> protocol.DigestValue:
    """The sums of what was missed, the largest first."""
    sums = [money_value(minor, currency) for currency, minor in cue.figures["sums"].items()]
    largest = sorted(sums, key=lambda money: money["minor"] / 10 ** money["exponent"], reverse=True)
    return {"count": cue.figures["count"], "sums": largest, "since": cue.figures["since"]}


def play_value(cue: Cue, waiting: int) -> protocol.PlayValue:
    """A cue that plays. `waiting`: how many wait behind it."""
    assert cue.started_at is not None and cue.ends_at is not None
    return {
        "cue": cue_value(cue),
        "take": cue.take,
        "look": look_of(cue),
        "started_at": moment(cue.started_at),
        "ends_at": moment(cue.ends_at),
        "waiting": waiting,
    }


def controls_value(streamer: Streamer) -> protocol.ControlsValue:
    """What holds for all widgets now. A panic whose time is over is none, whether or not that was written yet."""
    controls = getattr(streamer, "controls", None) or Controls(streamer=streamer)
    mutes: dict[protocol.Mute, bool] = {
        "sound": controls.mute_sound,
        "speech": controls.mute_speech,
        "effects": controls.mute_effects,
    }
    until = controls.panic_until
    return {
        "paused": controls.paused,
        "mutes": [name for name, is_on in mutes.items() if is_on],
        "panic_until": moment(until) if until is not None and until > timezone.now() else None,
    }


def control_cue_value(cue: Cue) -> protocol.ControlCueValue:
    """An alert as control rooms see it. `at` is when it last came or went, as far as it did."""
    return {
        "id": cue.public_id,
        "widget": cue.widget.public_id,
        "kind": cast(protocol.CueKind, cue.kind),
        "state": cast(protocol.CueState, cue.state),
        "donation": cue.donation.public_id if cue.donation is not None else None,
        "at": moment(cue.finished_at or cue.started_at or cue.created_at),
    }


def waiting_of(streamer_id: int) -> int:
    """How many alerts of a streamer wait, on all widgets."""
    return Cue.objects.to_play().filter(widget__streamer_id=streamer_id).count()


def snapshot(streamer: Streamer, widget: Widget | None, goal: Goal | None) -> protocol.SnapshotValue:
    """Where a page starts from: an overlay with its widget, a public page with its goal."""
    if widget is not None:
        return {"controls": controls_value(widget.streamer), **_overlay_snapshot(streamer, widget)}
    if goal is not None:
        return {"goal": goal_value(goal), "latest": latest_values(streamer, LATEST_ON_PAGES, goal)}
    return {}


def _overlay_snapshot(streamer: Streamer, widget: Widget) -> protocol.SnapshotValue:
    match widget.kind:
        case Widget.Kind.ALERT:
            cue = on_screen(widget.pk)
            return {"play": play_value(cue, waiting_behind(widget.pk)) if cue is not None else None}
        case Widget.Kind.GOAL if widget.goal is not None:
            return {"goal": goal_value(widget.goal)}
        case Widget.Kind.TOTAL:
            return {"totals": totals_value(streamer)}
        case Widget.Kind.LATEST:
            return {"latest": latest_values(streamer, LATEST_ON_PAGES)}
        case _:
            return {}
