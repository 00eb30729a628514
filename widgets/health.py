"""Health: how wallets and screens fare now, as control rooms see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TypedDict, cast

from django.utils import timezone

from config.build import build_version
from donations.models import Streamer, StreamSession
from widgets import leases, protocol
from widgets.models import OpenPage, Widget
from widgets.snapshots import moment, wallet_values

MISSED_FOR = timedelta(days=7)
"""So long after OBS showed a widget last, it is missed on a stream."""


class HealthValue(TypedDict):
    """The fields of a `health` frame that change."""

    wallets: list[protocol.WalletValue]
    screens: list[protocol.ScreenValue]


def health_values(streamer: Streamer) -> HealthValue:
    """Everything, in a constant number of queries."""
    return {"wallets": wallet_values(streamer), "screens": screen_values(streamer)}


def health_of_streamers(streamer_ids: Collection[int]) -> dict[int, HealthValue]:
    """That of each of these."""
    return {streamer.pk: health_values(streamer) for streamer in Streamer.objects.filter(pk__in=streamer_ids)}


def screen_values(streamer: Streamer) -> list[protocol.ScreenValue]:
    """Each widget, with the pages that show it in any web process that lives."""
    now = timezone.now()
    widgets = list(Widget.objects.filter(streamer=streamer).select_related("state").order_by("pk"))
    alive = leases.living(now)
    pages: dict[int, list[OpenPage]] = defaultdict(list)
    for row in OpenPage.objects.filter(widget__in=widgets, process__in=alive).order_by("opened_at", "page"):
        pages[row.widget_id].append(row)
    is_on = StreamSession.objects.open().filter(streamer=streamer).exists()
    build = build_version()
    return [_screen_value(widget, pages[widget.pk], is_on, build, now) for widget in widgets]


def _screen_value(
    widget: Widget, pages: list[OpenPage], is_on: bool, build: str, now: datetime
) -> protocol.ScreenValue:
    state = getattr(widget, "state", None)
    seen, heard = (state.seen_in_obs_at, state.sound_heard_at) if state is not None else (None, None)
    was_there = seen is not None and seen > now - MISSED_FOR
    return {
        "widget": widget.public_id,
        "kind": cast(protocol.WidgetKind, widget.kind),
        "title": widget.title,
        "pages": [
            {
                "id": page.page,
                "obs": page.obs,
                "visible": page.visible,
                "active": page.active,
                "streaming": page.streaming,
                "sound": cast(protocol.SoundState, page.sound),
                "stale": page.version != build,
                "speaks": state is not None and (state.process, state.page) == (page.process, page.page),
                "opened_at": moment(page.opened_at),
            }
            for page in pages
        ],
        "absent": is_on and was_there and not any(page.obs for page in pages),
        "seen_in_obs_at": moment(seen) if seen else None,
        "sound_heard_at": moment(heard) if heard else None,
    }
