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

    So too for streams that OBS began, whose last overlay may have closed: they are not among these any more. Where
    neither is, nothing is to be done, which two queries find.
    """
    begun = StreamSession.objects.open().filter(by_obs=True).values_list("streamer_id", flat=True)
    said: dict[int, bool | None] = dict.fromkeys(begun)
    for streamer_id, streams in _statements({*streamer_ids, *said}, now):
        said[streamer_id] = said.get(streamer_id) or streams
    if said:
        real = Streamer.objects.real().filter(pk__in=said).values_list("pk", flat=True)
        hear({streamer_id: said[streamer_id] for streamer_id in real}, now)


def _statements(streamer_ids: Collection[int], now: datetime) -> set[tuple[int, bool | None]]:
    """Of each streamer whether an OBS says that it streams, and whether one says that it does not."""
    pages = OpenPage.objects.filter(widget__streamer__in=streamer_ids).exclude(streaming=None)
    rows = list(pages.values_list("widget__streamer_id", "streaming", "process").distinct())
    alive = living(now) if rows else ()
    return {(streamer_id, streams) for streamer_id, streams, process in rows if process in alive}
