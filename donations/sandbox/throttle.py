"""Counts the calls of each wallet and blocks a wallet's history after too many; a restart forgets."""

import time
from collections import defaultdict, deque
from collections.abc import Callable
from threading import Lock

HISTORY = frozenset({"history", "totals", "transaction"})
HISTORY_CALLS = 100
WINDOW = 60
BLOCKED_FOR = 300


class CallCounter:
    """All calls so far, and the largest number of them in any window of 60 seconds."""

    def __init__(self) -> None:
        self.total = 0
        self.peak = 0
        self.recent: deque[float] = deque()

    def add(self, now: float) -> None:
        """One more call at `now` (seconds)."""
        self.total += 1
        self.recent.append(now)
        self.peak = max(self.peak, self.in_window(now))

    def in_window(self, now: float) -> int:
        """Calls in the 60 seconds before `now`."""
        while self.recent and self.recent[0] <= now - WINDOW:
            self.recent.popleft()
        return len(self.recent)


class Throttle:
    """Per wallet: counters by endpoint, one over all history calls, and the end of a block (`clock` gives seconds)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.lock = Lock()
        self.endpoints: dict[int, dict[str, CallCounter]] = defaultdict(lambda: defaultdict(CallCounter))
        self.history: dict[int, CallCounter] = defaultdict(CallCounter)
        self.blocked_until: dict[int, float] = {}

    def admit(self, wallet: int, endpoint: str) -> bool:
        """Counts a call; False if it is a history call of a wallet that is blocked, or becomes so by this one."""
        with self.lock:
            now = self.clock()
            self.endpoints[wallet][endpoint].add(now)
            if endpoint not in HISTORY:
                return True
            self.history[wallet].add(now)
            if now < self.blocked_until.get(wallet, 0):
                return False
            if self.history[wallet].in_window(now) <= HISTORY_CALLS:
                return True
            self.blocked_until[wallet] = now + BLOCKED_FOR
            return False

    def lift(self, wallet: int) -> None:
        """Ends a block and forgets the history calls that led to it."""
        with self.lock:
            self.blocked_until.pop(wallet, None)
            self.history.pop(wallet, None)

    def history_calls(self, wallet: int) -> int:
        """History calls of the last minute."""
        with self.lock:
            return self.history[wallet].in_window(self.clock())

    def counters(self, wallet: int) -> dict[str, dict[str, int]]:
        """`{endpoint: {"total": n, "peak_minute": n}}` since the start."""
        with self.lock:
            calls = self.endpoints[wallet].items()
            return {name: {"total": counter.total, "peak_minute": counter.peak} for name, counter in calls}


throttle = Throttle()
