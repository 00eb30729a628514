"""The panel's pages of an alert's variations: add, change, remove, try on air."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from donations.panel.membership import MemberRequest, for_owners
from widgets.models import Variation, Widget
from widgets.panel.variation_form import VariationForm
from widgets.screen import play_test
from widgets.variation_words import condition_words, look_words
from widgets.variations import are_rivals, in_order

form_page = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Row:
    """A variation in words. `by_chance`: another one may fit the same donation as well as this."""

    variation: Variation
    condition: str
    look: list[str]
    by_chance: bool


def rows_of(widget: Widget) -> list[Row]:
    """The variations of an alert widget, in the order in which they win."""
    variations = in_order(widget.variations.all())
    currency = widget.streamer.currency
    return [
        Row(
            variation,
            condition_words(variation, currency),
            look_words(variation),
            any(are_rivals(variation, other) for other in variations if other != variation),
        )
        for variation in variations
    ]


@form_page
@for_owners
def new_variation(request: MemberRequest, public_id: str) -> HttpResponse:
    """Add one to an alert."""
    widget = _alert(request, public_id)
    form = VariationForm(request.POST or None, widget=widget)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The variation is ready. Try it on air."))
        return redirect(_list_of(widget))
    return render(request, "panel/widgets/variation.html", {"form": form, "widget": widget})


@form_page
@for_owners
def variation(request: MemberRequest, public_id: str, variation_id: str) -> HttpResponse:
    """Change it, from the next alert on."""
    found = _variation(request, public_id, variation_id)
    condition = condition_words(found, request.streamer.currency)
    form = VariationForm(request.POST or None, instance=found, widget=found.widget)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved. The next alert has it."))
        return redirect(_list_of(found.widget))
    context = {"form": form, "widget": found.widget, "variation": found, "condition": condition}
    return render(request, "panel/widgets/variation.html", context)


@require_POST
@for_owners
def remove_variation(request: MemberRequest, public_id: str, variation_id: str) -> HttpResponse:
    """Remove it for good. An alert that plays goes on."""
    found = _variation(request, public_id, variation_id)
    found.delete()
    messages.success(request, _("The variation is removed."))
    return redirect(_list_of(found.widget))


@require_POST
@for_owners
def test_variation(request: MemberRequest, public_id: str, variation_id: str) -> HttpResponse:
    """Play a test alert with it, the real way."""
    found = _variation(request, public_id, variation_id)
    play_test(found.widget, variation=found)
    messages.success(request, _("The test is on its way to the stream. It counts nowhere."))
    return redirect(_list_of(found.widget))


def _list_of(widget: Widget) -> str:
    return reverse("panel-widgets:widget", args=[widget.public_id]) + "#variations"


def _alert(request: MemberRequest, public_id: str) -> Widget:
    alerts = request.streamer.widgets.filter(kind=Widget.Kind.ALERT).select_related("streamer")
    return get_object_or_404(alerts, public_id=public_id)


def _variation(request: MemberRequest, public_id: str, variation_id: str) -> Variation:
    variations = _alert(request, public_id).variations.select_related("widget__streamer")
    return get_object_or_404(variations, public_id=variation_id)
