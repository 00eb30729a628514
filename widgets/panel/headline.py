"""A headline as a streamer writes it, with {name} and {amount} in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from donations.money import format_money


def check_headline(text: str) -> None:
    """Raises `ValidationError` when there are braces that mean nothing."""
    if re.search(r"[{}]", re.sub(r"\{(?:name|amount)\}", "", text)):
        raise ValidationError(_("Only {name} and {amount} may stand in braces."))


@dataclass(frozen=True, slots=True)
class Example:
    """A headline as viewers will see it: `text`, with these in its braces, "" where there is no headline."""

    name: str
    amount: str
    text: str


def example_of(headline: str, minor: int, currency: str) -> Example:
    """With the name of a test alert, and this amount in minor units."""
    given = {"name": _("Kopilka"), "amount": format_money(minor, currency)}
    text = re.sub(r"\{(name|amount)\}", lambda found: given[found[1]], headline)
    return Example(**given, text=text)
