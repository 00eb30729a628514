"""Dates of the API: whole seconds with an offset."""

import re
from datetime import datetime, timedelta, timezone, tzinfo

MOSCOW = timezone(timedelta(hours=3))
FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def parse(text: str) -> datetime:
    """`YYYY-MM-DDThh:mm:ss±hh:mm` or with Z, fractions of a second too; ValueError else, also without an offset."""
    if not FORM.fullmatch(text):
        raise ValueError("not a date")
    return datetime.fromisoformat(text)


def show(second: int, zone: tzinfo | None = MOSCOW) -> str:
    """A Unix second in a zone."""
    return datetime.fromtimestamp(second, zone or MOSCOW).isoformat()
