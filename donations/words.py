"""A donor's name and words as they may be stored: text that every database, page and font survives."""

from __future__ import annotations

import unicodedata

LONGEST_NAME = 200
LONGEST_WORDS = 2000

_KEPT_MARKS = frozenset("\u200c\u200d\u200e\u200f\u061c") | frozenset(map(chr, range(0xE0020, 0xE0080)))
"""The invisible marks that emoji, flags and right-to-left text are made with."""


def clean(text: str, longest: int) -> str:
    """`text` without control characters, direction overrides, lone surrogates, and runs of blanks; at most `longest`.

    Line breaks and tabs become blanks. What a person sees of an honest text stays as it was.
    """
    sound = text.encode("utf-8", "ignore").decode()
    plain = sound if sound.isprintable() else "".join(c for c in sound if c.isspace() or _is_kept(c))
    return " ".join(plain.split())[:longest].strip()


def _is_kept(c: str) -> bool:
    if unicodedata.category(c) == "Cn":
        # Not known to this Python: an emoji of a later Unicode, unless it is one of those that never become characters.
        return not (0xFDD0 <= ord(c) <= 0xFDEF or ord(c) & 0xFFFE == 0xFFFE)
    return c in _KEPT_MARKS or unicodedata.category(c) not in ("Cc", "Cf", "Co")
