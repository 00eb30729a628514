"""Rounds: what is due at a time rather than after an event, once a second while a page is open.

What must also happen while no page is open, the minute task does too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from donations.moderation import release_due
from widgets.controls import let_go
from widgets.keys import ended

Work = Callable[[Collection[int], datetime], None]
"""Takes the ids of the streamers whose pages are open, and the time. Asks before it writes: mostly nothing is due."""

WORKS: tuple[Work, ...] = (release_due, let_go)


def make_rounds(streamer_ids: Collection[int], now: datetime) -> set[int]:
    """Do what is due for these streamers; answers the keys whose time is over, of all streamers. Runs in the Hub's
    thread, without a transaction around it.
    """
    for work in WORKS:
        work(streamer_ids, now)
    return ended(now)
