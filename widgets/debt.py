"""Debt: what a page was sent and has not acknowledged."""

from __future__ import annotations

from widgets.protocol import ACK_EVENTS

MOST_BYTES = 256 * 1024
LONGEST_OWED_SECONDS = 10.0


class Debt:
    """Frames in their order; times are monotonic seconds. `size` is in bytes.

    A page that never reads is bounded by the bytes, since every frame counts, and one that reads but is stuck by the
    time. A quiet page that hears little is never behind: it owes nothing before `ACK_EVENTS` came.
    """

    __slots__ = ("_events", "_frames", "_owed_since", "size")

    def __init__(self) -> None:
        self._frames: list[tuple[str, int, int, float]] = []
        self._events = 0
        self._owed_since: float | None = None
        self.size = 0

    def add(self, cursor: str, size: int, events: int, now: float) -> None:
        """A frame was sent; `cursor` is "" where it has none."""
        self._frames.append((cursor, size, events, now))
        self.size += size
        self._events += events
        if self._owed_since is None and self._events >= ACK_EVENTS:
            self._owed_since = now

    def pay(self, cursor: str) -> None:
        """The page has everything up to `cursor`, and what came behind it without one until `ACK_EVENTS` were full.

        Such frames make it acknowledge too, with the last cursor that it has, which may be acknowledged already.
        """
        paid = next((n for n, frame in enumerate(self._frames, 1) if frame[0] == cursor), 0)
        events = sum(frame[2] for frame in self._frames[:paid])
        for behind, _size, count, _at in self._frames[paid:]:
            if behind or events >= ACK_EVENTS:
                break
            paid, events = paid + 1, events + count
        self.size -= sum(frame[1] for frame in self._frames[:paid])
        self._events -= events
        del self._frames[:paid]
        self._owed_since = self._when_it_became_due()

    def _when_it_became_due(self) -> float | None:
        events = 0
        for _cursor, _size, count, at in self._frames:
            events += count
            if events >= ACK_EVENTS:
                return at
        return None

    def is_too_large(self, now: float) -> bool:
        """Whether its page is too slow to be sent more."""
        if self._owed_since is not None and now - self._owed_since > LONGEST_OWED_SECONDS:
            return True
        # A single frame may be of any length, else its page could never hear it.
        return self.size > MOST_BYTES and self.size - self._frames[0][1] > MOST_BYTES
