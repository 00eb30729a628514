"""Missed: what came while no page could play is played later, summed up in one alert, or left out, as one wants it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from donations.events import writing
from donations.models import Donation, Event
from widgets.cues import move
from widgets.models import Cue, Widget, WidgetState
from widgets.options import options_of


def leave(widget_id: int, since: datetime) -> None:
    """No page is there that could play. Saying it twice keeps the first time."""
    WidgetState.objects.filter(pk=widget_id, away_since=None).update(away_since=since)


def arrive(widget_id: int, now: datetime) -> None:
    """A page is there again. By the widget's policy, what waits since it was away is left to be played ("all"), all
    missed ("skip"), or missed and summed up when it is too old ("digest").
    """
    state = WidgetState.objects.select_related("widget").get(pk=widget_id)
    if state.away_since is None:
        return
    options = options_of(state.widget)
    policy, minutes = options["missed"], options["missed_minutes"]
    waiting = Cue.objects.to_play().filter(widget_id=widget_id).select_related("event")
    came = [cue for cue in waiting if cue.event is None or cue.event.at >= state.away_since]
    if policy == "skip":
        _miss(state.widget, came, with_digest=False)
    elif policy == "digest":
        oldest = now - timedelta(minutes=minutes)
        _miss(state.widget, [cue for cue in came if cue.event is None or cue.event.at < oldest], with_digest=True)
    WidgetState.objects.filter(pk=widget_id).update(away_since=None)


def sum_up_late(widget_id: int) -> None:
    """Donations that their wallet told of too late to be news: one alert for all of them."""
    late = list(Cue.objects.to_play().filter(widget_id=widget_id, figures__late=True))
    if late:
        widget = Widget.objects.get(pk=widget_id)
        _miss(widget, late, with_digest=options_of(widget)["missed"] != "skip")


def _miss(widget: Widget, cues: Iterable[Cue], *, with_digest: bool) -> None:
    pks = [cue.pk for cue in cues]
    if not pks:
        return
    with writing(widget.streamer_id) as log:
        missed = move(Cue.objects.filter(pk__in=pks, state=Cue.State.WAITING), Cue.State.MISSED, finished_at=log.now)
        figures = _figures(missed)
        if with_digest and figures["count"]:
            log.add(Event.Kind.DIGEST, widget=widget.public_id, **figures)


def _figures(missed: Iterable[Cue]) -> dict[str, Any]:
    """How many donations these were, their sums in minor units by currency, and when the first of them came."""
    sums: dict[str, int] = defaultdict(int)
    alerts = [cue for cue in missed if cue.kind == Cue.Kind.ALERT]
    pks = [cue.donation_id for cue in alerts if cue.donation_id is not None]
    donations = list(Donation.objects.filter(pk__in=pks))
    for donation in donations:
        sums[donation.currency] += donation.gross_minor or donation.minor
    first = min((donation.occurred_at for donation in donations), default=None)
    return {"count": len(donations), "sums": dict(sums), "since": first.isoformat() if first else ""}
