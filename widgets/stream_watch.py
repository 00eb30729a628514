"""Stream watch: whether a streamer's OBS streams, as its overlays say, so that streams begin and end by themselves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from donations.models import Streamer, StreamSession
from donations.obs_streams import hear
from widgets.leases import living
from widgets.models import OpenPage


def watch_streams(streamer_ids: Collection[int], now: datetime) -> None:
    """Hand on what the open overlays of these streamers say, in all web processes.

    So too for streams that OBS began and whose last overlay has closed: they are not among these any more.
    """
    left = StreamSession.objects.open().filter(by_obs=True, obs_left_at=None).values_list("streamer_id", flat=True)
    real = Streamer.objects.real().filter(pk__in={*streamer_ids, *left}).values_list("pk", flat=True)
    said: dict[int, bool | None] = dict.fromkeys(real)
    for streamer_id, streams in _statements(said, now):
        said[streamer_id] = said[streamer_id] or streams
    hear(said, now)


def _statements(streamer_ids: Collection[int], now: datetime) -> list[tuple[int, bool | None]]:
    """Of each streamer whether an OBS says that it streams, and whether one says that it does not."""
    pages = OpenPage.objects.filter(process__in=living(now), widget__streamer__in=streamer_ids).exclude(streaming=None)
    return list(pages.values_list("widget__streamer_id", "streaming").distinct())
