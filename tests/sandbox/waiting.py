"""How a test waits for what the clock brings."""

from __future__ import annotations

import time
from collections.abc import Callable


def comes_true(ask: Callable[[], bool], seconds: float = 30) -> bool:
    """Asks again and again until the answer is yes; False if it is not within so many seconds."""
    until = time.monotonic() + seconds
    while not (true := ask()) and time.monotonic() < until:
        time.sleep(0.05)
    return true
