"""The panel's pages of widgets: make, change, link to OBS, try on air."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from donations.models import AccessKey
from donations.panel.membership import MemberRequest, for_owners
from donations.seal import CannotUnseal
from widgets.models import Widget
from widgets.panel.forms import FORMS, WidgetForm
from widgets.panel.grace import GraceForm
from widgets.panel.links import older_links
from widgets.panel.variations import rows_of
from widgets.screen import make_widget, overlay_link, play_test, save_widget

form_page = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Overlay:
    """A widget beside its link ("" when its key cannot be opened) and the size to give it in OBS."""

    widget: Widget
    link: str
    width: int
    height: int


def overlay_of(widget: Widget) -> Overlay:
    """The widget with its link."""
    try:
        link = overlay_link(widget)
    except (CannotUnseal, AccessKey.DoesNotExist):
        link = ""
    return Overlay(widget, link, *FORMS[widget.kind].size)


@require_GET
@for_owners
def widgets(request: MemberRequest) -> HttpResponse:
    """All of them, with their links."""
    rows = request.streamer.widgets.select_related("streamer", "goal").order_by("pk")
    return render(request, "panel/widgets/list.html", {"overlays": [overlay_of(widget) for widget in rows]})


@require_GET
@for_owners
def choose(request: MemberRequest) -> HttpResponse:
    """Which kind is wanted."""
    return render(request, "panel/widgets/choose.html", {"has_goals": request.streamer.goals.active().exists()})


@form_page
@for_owners
def new_widget(request: MemberRequest, kind: str) -> HttpResponse:
    """Make one of this kind."""
    if kind not in FORMS:
        raise Http404
    form = FORMS[kind](request.POST or None, streamer=request.streamer)
    if request.method == "POST" and form.is_valid():
        widget = make_widget(request.streamer, kind, form.cleaned_data["title"], form.goal(), form.options())
        messages.success(request, _("The widget is ready. Put its link into OBS."))
        return redirect("panel-widgets:widget", widget.public_id)
    return render(request, "panel/widgets/widget.html", {"form": form, "kind": Widget.Kind(kind)})


@form_page
@for_owners
def widget(request: MemberRequest, public_id: str) -> HttpResponse:
    """Change it; open overlays take the change over at once."""
    found = _widget(request, public_id)
    form: WidgetForm = FORMS[found.kind](request.POST or None, streamer=request.streamer, widget=found)
    if request.method == "POST" and form.is_valid():
        found.title = form.cleaned_data["title"]
        found.goal = form.goal()
        found.options = {**found.options, **form.options()}
        save_widget(found)
        messages.success(request, _("Saved. Open overlays show it at once."))
        return redirect("panel-widgets:widget", public_id)
    context = {
        "form": form,
        "kind": Widget.Kind(found.kind),
        "overlay": overlay_of(found),
        "older": older_links(found),
        "grace_form": GraceForm(),
    }
    if found.kind == Widget.Kind.ALERT:
        context["variations"] = rows_of(found)
    return render(request, "panel/widgets/widget.html", context)


@require_POST
@for_owners
def test(request: MemberRequest, public_id: str) -> HttpResponse:
    """Play a test alert the real way; no total changes."""
    found = _widget(request, public_id)
    if found.kind != Widget.Kind.ALERT:
        raise Http404
    play_test(found)
    messages.success(request, _("The test is on its way to the stream. It counts nowhere."))
    return redirect("panel-widgets:widget", public_id)


def _widget(request: MemberRequest, public_id: str) -> Widget:
    return get_object_or_404(request.streamer.widgets.select_related("streamer", "goal"), public_id=public_id)
