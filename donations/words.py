"""A donor's name and words as they may be stored: text that every database, page and font survives."""

from __future__ import annotations

import unicodedata

LONGEST_NAME = 200
LONGEST_WORDS = 2000

_KEPT_CONTROLS = "\n\u200d\ufe0f\u200e\u200f\u200c"
"""Line breaks, and the invisible marks that emoji and right-to-left text are made with."""


def clean(text: str, longest: int) -> str:
    """`text` without control characters, direction overrides, lone surrogates, and runs of blanks; at most `longest`.

    Line breaks become blanks. What a person sees of an honest text stays as it was.
    """
    sound = text.encode("utf-8", "ignore").decode()
    plain = "".join(c for c in sound if c in _KEPT_CONTROLS or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cn"))
    return " ".join(plain.split())[:longest].strip()
