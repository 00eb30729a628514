from django import template
from django.utils.translation import get_language

from donations.sandbox.money import CURRENCIES

register = template.Library()


@register.filter
def money(minor: int, code: str) -> str:
    """Minor units as people of the page's language write them: `1 500 ₽`, `1,500.50 ₽`; no decimals when whole."""
    group, point = (",", ".") if get_language() == "en" else ("\u202f", ",")
    whole, rest = divmod(abs(minor), 100)
    text = f"{whole:,}".replace(",", group) + (f"{point}{rest:02d}" if rest else "")
    return f"{'−' if minor < 0 else ''}{text}\u00a0{CURRENCIES[code].sign}"


@register.filter
def masked(number: str) -> str:
    """A phone number of which the middle is not told."""
    return f"+{number[:-10]}\u00a0{number[-10:-7]}\u00a0•••\u00a0••\u00a0{number[-2:]}"


@register.filter
def sign(code: str) -> str:
    """The sign of a currency."""
    return CURRENCIES[code].sign
