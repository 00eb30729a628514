"""What the pages off air write again and again: money, moments, icons."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from donations.health import health_of, worst
from donations.models import Wallet
from donations.moments import day_and_time
from donations.money import Money, format_money

register = template.Library()

CIRCLE = "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18"
ICONS = {
    "overview": "M4 11l8-7 8 7v8.5a1 1 0 0 1-1 1h-4.5V14h-5v6.5H5a1 1 0 0 1-1-1z",
    "donations": "M12 20S4.5 15.6 4.5 10A4.3 4.3 0 0 1 12 7.2 4.3 4.3 0 0 1 19.5 10C19.5 15.6 12 20 12 20z",
    "donors": "M8 4h8v5.5a4 4 0 0 1-8 0zM8 6H4.5v1.5A3.5 3.5 0 0 0 8 11"
    "M16 6h3.5v1.5A3.5 3.5 0 0 1 16 11M12 13.5V20M8 20h8",
    "streams": "M12 12h.01M8.5 15.5a5 5 0 0 1 0-7M15.5 8.5a5 5 0 0 1 0 7M5.6 18.4a9 9 0 0 1 0-12.8"
    "M18.4 5.6a9 9 0 0 1 0 12.8",
    "goals": "M5.5 21V4h13l-3 4.5 3 4.5h-13",
    "wallets": "M18 8V5H6a2 2 0 0 0-2 2v10.5A1.5 1.5 0 0 0 5.5 19h13a1.5 1.5 0 0 0 1.5-1.5v-8"
    "A1.5 1.5 0 0 0 18.5 8H5.5A1.5 1.5 0 0 1 4 6.5M16 13.5h.01",
    "widgets": "M4 5h16v11H4zM9 20h6M12 16v4",
    "ok": f"{CIRCLE}M8.3 12.3l2.6 2.6 4.8-5.2",
    "warning": "M12 4 2.8 19.5h18.4zM12 10v4M12 16.8h.01",
    "danger": f"{CIRCLE}M12 7.5v5.5M12 16.3h.01",
    "info": f"{CIRCLE}M12 11.5v5M12 7.7h.01",
    "back": "M14.5 6l-6 6 6 6",
    "next": "M9.5 6l6 6-6 6",
    "plus": "M12 5v14M5 12h14",
    "copy": "M9 9h11v11H9zM5.5 15H4V4h11v1.5",
    "eye": "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.2a2.8 2.8 0 1 0 0 5.6"
    " 2.8 2.8 0 0 0 0-5.6",
    "hidden": "M4 4l16 16M9.9 5.8A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a16 16 0 0 1-2.6 3.4"
    "M6.3 7.5A15 15 0 0 0 2.5 12"
    "S6 18.5 12 18.5c1.4 0 2.7-.4 3.9-.9",
    "clock": f"{CIRCLE}M12 7v5.3l3.3 2",
    "play": "M7.5 5v14l11-7z",
    "stop": "M7 7h10v10H7z",
    "pause": "M8.5 5.5v13M15.5 5.5v13",
    "skip": "M5 6v12l8.5-6zM13.5 6v12l5.5-6zM19.5 6v12",
    "panic": "M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3zM12 7.5v5.5M12 16.3h.01",
    "speech": "M4.5 5h15v10.5H11L7 19.5v-4H4.5zM8 8.8h8M8 11.7h5",
    "effects": "M12 3l2.3 6.7L21 12l-6.7 2.3L12 21l-2.3-6.7L3 12l6.7-2.3z",
    "more": "M5.5 12h.01M12 12h.01M18.5 12h.01",
    "edit": "M4.5 19.5h4L20 8l-4-4L4.5 15.5zM13.5 6.5l4 4",
    "block": f"{CIRCLE}M5.8 5.8l12.4 12.4",
    "trust": "M12 3l7.5 3v5.5c0 5-3.5 8-7.5 9.5-4-1.5-7.5-4.5-7.5-9.5V6zM8.5 11.8l2.5 2.5 4.5-5",
    "someone": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM5 20c0-3.5 3-5.5 7-5.5s7 2 7 5.5",
    "wordless": "M4.5 5h15v10.5H11L7 19.5v-4H4.5zM9.5 8l5 5M14.5 8l-5 5",
    "bell": "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15zM10 21h4",
    "sound": "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
    "helpers": "M9 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6"
    "M15.5 5a3.2 3.2 0 0 1 0 6M17.5 14.4c2.4.7 4 2.800 4 5.600",
    "bin": "M4.500 7h15M9.500 7V4.500h5V7M6.500 7l1 13h9l1-13M10 11v5M14 11v5",
    "download": "M12 4v11M7.500 10.500 12 15l4.500-4.500M5 20h14",
    "out": "M14 4h6v6M20 4l-9 9M10 5H5v14h14v-5",
    "refresh": "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L20 9M20 4v5h-5",
    "undo": "M8.5 5 4.5 9l4 4M4.5 9h9a6 6 0 0 1 0 12H10",
    "search": "M11 4.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M16 16l4.5 4.5",
    "alert": "M6 17V11a6 6 0 0 1 12 0v6l1.5 2h-15zM10 21.5h4",
    "goal": "M3 10h18v5H3zM3 10h11v5H3z",
    "total": "M7 5h10M7 5l6 7-6 7h10",
    "latest": "M8 6.5h12M8 12h12M8 17.5h12M4 6.5h.01M4 12h.01M4 17.5h.01",
}
"""Paths of 24 by 24, drawn with a line."""


@register.simple_tag
def icon(name: str) -> SafeString:
    """A sign beside words; never the only bearer of a meaning."""
    return format_html('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>', ICONS[name])


@register.simple_tag
def amount(minor: int, currency: str) -> str:
    """Minor units as people write them: `1 500 ₽`."""
    return format_money(minor, currency)


@register.simple_tag(takes_context=True)
def current(context: Context, *addresses: str, exact: bool = False) -> SafeString:
    """Marks a link of a menu as where the reader is: `<a href="{{ address }}"{% current address %}>`.

    More addresses are those of other pages that belong to it.
    """
    path = context["request"].path
    here = path in addresses if exact else path.startswith(addresses)
    return mark_safe(' aria-current="page"' if here else "")


@register.inclusion_tag("panel/_trouble.html", takes_context=True)
def trouble(context: Context, but: Wallet | None = None) -> dict[str, object]:
    """The banner of every panel page: the worst of the wallets that need a person, and how many more. `but` one that
    the page itself shows."""
    request = context["request"]
    streamer = getattr(request, "streamer", None)
    if streamer is None:
        return {}
    wallets = streamer.wallets.active().select_related("state").prefetch_related("tokens").order_by("pk")
    healths = [(wallet, health_of(wallet)) for wallet in wallets if wallet != but]
    troubled = [(wallet, health) for wallet, health in healths if health.finding.needs_a_person]
    worst_of_all = worst(health for _wallet, health in troubled)
    wallet = next((wallet for wallet, health in troubled if health is worst_of_all), None)
    return {"request": request, "wallet": wallet, "health": worst_of_all, "more": len(troubled) - 1}


@register.filter
def written(money: Money) -> str:
    """A `Money` as people write it."""
    return format_money(money.minor, money.currency)


@register.simple_tag
def ago(moment: datetime) -> SafeString:
    """How long ago, or in how long, with the exact time on hover. times.js keeps what is less than a day fresh."""
    local = timezone.localtime(moment)
    exact = f"{date_format(local, 'DATE_FORMAT')}, {local:%H:%M:%S} ({local:%Z})"
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>', moment.isoformat(timespec="seconds"), exact, _ago(local)
    )


@register.simple_tag
def exactly(moment: datetime) -> SafeString:
    """A day and a time of day, for what is history."""
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        f"{local:%H:%M:%S} ({local:%Z})",
        day_and_time(local),
    )


def _ago(moment: datetime) -> str:
    seconds = int((timezone.now() - moment).total_seconds())
    if -60 < seconds < 60:
        return _("just now") if seconds >= 0 else _("in a moment")
    if -3600 < seconds < 0:
        return _("in %(n)d min.") % {"n": -seconds // 60}
    if 0 < seconds < 3600:
        return _("%(n)d min. ago") % {"n": seconds // 60}
    if 0 < seconds < 86400:
        return _("%(n)d hr. ago") % {"n": seconds // 3600}
    return day_and_time(moment)
