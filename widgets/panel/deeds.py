"""What was done in the control room: who, when, and with which donation."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from donations.panel.membership import MemberRequest, for_owners

A_PAGE = 50

WORDS = {
    "approve": _("let a held donation be shown"),
    "hide": _("hid a donation"),
    "unhide": _("showed a hidden donation again"),
    "without_words": _("showed a donation without its message"),
    "anonymous": _("showed a donation without its name"),
    "edit": _("changed the name or message shown"),
    "block": _("blocked a donor"),
    "trust": _("trusted a donor"),
    "unmark": _("treats a donor like anybody again"),
    "skip": _("skipped an alert"),
    "skip_all": _("skipped the alerts that waited"),
    "replay": _("played an alert again"),
    "pause": _("paused the alerts"),
    "mute": _("muted the alerts"),
    "panic": _("pressed the panic button"),
    "stream": _("started a stream"),
    "test": _("sent a test alert"),
    "hold": _("changed which donations are held"),
}
OFF_WORDS = {
    "pause": _("let the alerts go on"),
    "mute": _("unmuted the alerts"),
    "panic": _("ended the panic"),
    "stream": _("stopped a stream"),
}


@require_GET
@for_owners
def deeds(request: MemberRequest) -> HttpResponse:
    """Newest first."""
    rows = request.streamer.deeds.select_related("donation").order_by("-at", "-pk")
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    told = [(deed, (OFF_WORDS if deed.facts.get("on") is False else WORDS)[deed.action]) for deed in page.object_list]
    return render(request, "panel/deeds.html", {"page": page, "rows": told})
