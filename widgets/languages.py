"""Languages: in which of ours somebody is spoken to who is not signed in."""

from __future__ import annotations

from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header


def language_of(accepted: str, otherwise: str) -> str:
    """The first of ours that an Accept-Language header names, whatever a cookie says; else `otherwise`."""
    for wish, _weight in parse_accept_lang_header(accepted):
        try:
            return get_supported_language_variant(wish)
        except LookupError:
            continue
    return otherwise
