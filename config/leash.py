"""The leash: kills the process groups it was told of as soon as its owner is gone, whatever ended the owner.

The supervisor runs this file as `python -I -S leash.py` with a pipe as standard input and writes `+<group>` before a
child does anything, `-<group>` once that group is gone. The kernel closes the pipe together with its owner, after a
SIGKILL too, and does so on Linux and macOS. (PR_SET_PDEATHSIG is Linux alone and does not reach grandchildren.)
It imports next to nothing: it is there all the time and should cost nothing.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterable


def groups_left(orders: Iterable[str]) -> set[int]:
    """Follow `+7`, `-7`, one a line, to the end; the groups that nobody took back."""
    groups: set[int] = set()
    for order in orders:
        group = int(order[1:])
        if order.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    return groups


def main() -> None:
    """Wait for the owner's end, then SIGKILL what it left."""
    # A service manager may signal everything it sees; the leash must outlive its owner by a moment.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for group in groups_left(sys.stdin):
        # Gone already; macOS says PermissionError of a group of zombies.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
