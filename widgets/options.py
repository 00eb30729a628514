"""The options of each kind of widget, and what they are while nobody has changed them."""

from __future__ import annotations

from typing import Any

from widgets.models import Widget

ALERT_DEFAULTS: dict[str, object] = {
    "duration_ms": 7000,
    "sound": False,
    "volume": 0.8,
    "headline": "",  # with {name} and {amount}; "" is the page's own
    "minimum_minor": 0,  # units of the streamer's base currency, as all of these
    "gap_ms": 500,
    "interrupt_from_minor": 0,  # 0: none interrupts
    "missed": "digest",  # or "all", "skip"
    "missed_minutes": 10,
    "only_streaming": False,
}
TOTAL_DEFAULTS: dict[str, object] = {"scope": "stream", "title": ""}
LATEST_DEFAULTS: dict[str, object] = {"count": 5}
DEFAULT_OPTIONS: dict[str, dict[str, object]] = {
    Widget.Kind.ALERT: ALERT_DEFAULTS,
    Widget.Kind.GOAL: {},
    Widget.Kind.TOTAL: TOTAL_DEFAULTS,
    Widget.Kind.LATEST: LATEST_DEFAULTS,
}


def options_of(widget: Widget) -> dict[str, Any]:
    """All options of a widget: its own where it has them."""
    return {**DEFAULT_OPTIONS[widget.kind], **widget.options}
