"""A headline as a streamer writes it, with {name} and {amount} in it."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def check_headline(text: str) -> None:
    """Raises `ValidationError` when there are braces that mean nothing."""
    if re.search(r"[{}]", re.sub(r"\{(?:name|amount)\}", "", text)):
        raise ValidationError(_("Only {name} and {amount} may stand in braces."))
