"""What can be done with a widget's link: renew it, keep it in a file that waits for the server, end it for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from donations.models import AccessKey
from donations.moments import clock
from donations.panel.membership import MemberRequest, for_owners
from donations.seal import CannotUnseal
from widgets.keys import keys_of, rotate
from widgets.models import Widget
from widgets.panel.grace import GraceForm
from widgets.screen import link_with, overlay_link, remove_widget


@dataclass(frozen=True, slots=True)
class OlderLink:
    """A link that was renewed and still works."""

    link: str
    until: datetime


def older_links(widget: Widget) -> list[OlderLink]:
    """Those of this widget, the newest first."""
    found = []
    for key in keys_of(widget.streamer, AccessKey.Purpose.OVERLAY, widget.public_id).exclude(valid_until=None):
        if key.valid_until is not None:
            try:
                found.append(OlderLink(link_with(widget, key), key.valid_until))
            except CannotUnseal:
                continue
    return found


@require_POST
@for_owners
def renew(request: MemberRequest, public_id: str) -> HttpResponse:
    """A new link; the old one works for a while."""
    widget = _widget(request, public_id)
    renew_link(request, keys_of(widget.streamer, AccessKey.Purpose.OVERLAY, widget.public_id).first())
    return redirect("panel-widgets:widget", public_id)


def renew_link(request: MemberRequest, key: AccessKey | None) -> None:
    """Do so with this one, the newest of what it opens, for the time that the form says; and say what happens now."""
    form = GraceForm(request.POST)
    if key is None or not form.is_valid():
        messages.error(request, _("The link was not renewed. Choose how long the old one works."))
        return
    rotate(key, form.cleaned_data["grace"])
    older = keys_of(key.streamer, key.purpose, key.subject).exclude(valid_until=None).first()
    until = older.valid_until if older else None
    if until is None:
        messages.success(request, _("Here is the new link. The old one opens nothing any more."))
    else:
        words = _("Here is the new link. The old one works until %(time)s: put the new one in its place before that.")
        messages.success(request, words % {"time": clock(until)})


@require_GET
@for_owners
def loader(request: MemberRequest, public_id: str) -> HttpResponse:
    """A small page to be kept beside OBS: it waits until we answer, and then goes to the overlay."""
    widget = _widget(request, public_id)
    try:
        link = overlay_link(widget)
    except (CannotUnseal, AccessKey.DoesNotExist):
        raise Http404 from None
    page = render_to_string("overlays/loader.html", {"link": link, "page": link.partition("#")[0]})
    name = get_valid_filename(f"kopilka-{widget.title[:40]}") + ".html"
    response = HttpResponse(page, content_type="text/html; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@require_POST
@for_owners
def remove(request: MemberRequest, public_id: str) -> HttpResponse:
    """Off the stream for good."""
    widget = _widget(request, public_id)
    remove_widget(widget)
    messages.success(request, _("“%(widget)s” is removed. Take its source out of OBS too.") % {"widget": widget.title})
    return redirect("panel-widgets:widgets")


def _widget(request: MemberRequest, public_id: str) -> Widget:
    return get_object_or_404(request.streamer.widgets.select_related("streamer", "goal"), public_id=public_id)
