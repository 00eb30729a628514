"""The panel's page of helpers: named links to the control room, made, renamed, renewed and revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from donations.events import writing
from donations.models import AccessKey
from donations.panel.membership import MemberRequest, for_owners
from donations.seal import CannotUnseal
from widgets.helpers import CONTROL, control_link, helpers_of, make_helper, rename_helper
from widgets.keys import keys_of, revoke_all
from widgets.models import Deed
from widgets.panel.grace import GraceForm
from widgets.panel.links import renew_link

MAY = {
    AccessKey.Role.OWNER: gettext_lazy("Everything in the control room, also what happens to new donations."),
    AccessKey.Role.MODERATOR: gettext_lazy("Shows, hides, skips and replays, and sees the amounts."),
    AccessKey.Role.WITHOUT_AMOUNTS: gettext_lazy("The same, and never sees an amount."),
}
"""One sentence each. None of them enters money, changes links or becomes an owner of the panel."""


class NameForm(forms.Form):
    """Who it is."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)


class HelperForm(NameForm):
    """Who it is and what the link may."""

    role = forms.ChoiceField(
        label=gettext_lazy("May"),
        choices=[(role.value, format_lazy("{}: {}", role.label, may)) for role, may in MAY.items()],
        initial=AccessKey.Role.MODERATOR,
        widget=forms.RadioSelect,
    )


@dataclass(frozen=True, slots=True)
class Helper:
    """One row of the page. `link` is "" when its key cannot be opened; `older` says until when earlier ones work."""

    key: AccessKey
    link: str
    may: str
    older: list[datetime]
    last_deed_at: datetime | None
    name_form: NameForm


@require_GET
@for_owners
def helpers(request: MemberRequest) -> HttpResponse:
    """All of them, with their links."""
    return _page(request, HelperForm())


@require_POST
@for_owners
def make(request: MemberRequest) -> HttpResponse:
    """A link for somebody new."""
    form = HelperForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    make_helper(request.streamer, form.cleaned_data["name"], form.cleaned_data["role"])
    words = _("Here is the link for %(name)s. Send it in private: whoever has it may do the same.")
    messages.success(request, words % {"name": form.cleaned_data["name"]})
    return redirect("panel-helpers:helpers")


@require_POST
@for_owners
def rename(request: MemberRequest, public_id: str) -> HttpResponse:
    """Call the helper otherwise; the link stays."""
    key = _key(request, public_id)
    form = NameForm(request.POST)
    if form.is_valid():
        rename_helper(key, form.cleaned_data["name"])
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("A helper needs a name of at most 80 characters."))
    return redirect("panel-helpers:helpers")


@require_POST
@for_owners
def renew(request: MemberRequest, public_id: str) -> HttpResponse:
    """A new link; the old one works for a while."""
    renew_link(request, _key(request, public_id))
    return redirect("panel-helpers:helpers")


@require_POST
@for_owners
def revoke_links(request: MemberRequest, public_id: str) -> HttpResponse:
    """All links of this helper open nothing from now on."""
    key = _key(request, public_id)
    with writing(request.streamer.pk) as log:
        revoke_all(log, keys_of(request.streamer, CONTROL, public_id))
    messages.success(request, _("The link of %(name)s opens nothing any more.") % {"name": key.label})
    return redirect("panel-helpers:helpers")


def _key(request: MemberRequest, public_id: str) -> AccessKey:
    return get_object_or_404(helpers_of(request.streamer), subject=public_id)


def _page(request: MemberRequest, form: HelperForm) -> HttpResponse:
    keys = list(helpers_of(request.streamer))
    deeds = Deed.objects.filter(key__streamer=request.streamer).values("key__subject").annotate(last=Max("at"))
    last = {row["key__subject"]: row["last"] for row in deeds.order_by()}
    context = {
        "helpers": [_helper(request, key, last.get(key.subject)) for key in keys],
        "form": form,
        "grace_form": GraceForm(),
    }
    return render(request, "panel/helpers.html", context)


def _helper(request: MemberRequest, key: AccessKey, last_deed_at: datetime | None) -> Helper:
    try:
        link = control_link(key)
    except CannotUnseal:
        link = ""
    older = keys_of(request.streamer, CONTROL, key.subject).exclude(valid_until=None)
    ends = [end for end in older.values_list("valid_until", flat=True) if end is not None]
    may = str(MAY[AccessKey.Role(key.role or AccessKey.Role.OWNER)])
    return Helper(key, link, may, ends, last_deed_at, NameForm(initial={"name": key.label}, auto_id=False))
