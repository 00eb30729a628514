"""What the streamer's people decide of a donation's name and words, and the rule for those that are new."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from donations import moderation
from donations.hiding import hide, unhide
from donations.models import Donation, DonorMark
from donations.moderation import NotPossible
from donations.panel.membership import MemberRequest, for_members, for_owners
from donations.panel.moderation_forms import HoldForm, WordsForm


@require_http_methods(["GET", "HEAD", "POST"])
@for_owners
def holding(request: MemberRequest) -> HttpResponse:
    """Whether new donations wait for somebody before their name and words are shown."""
    form = HoldForm.of(request.streamer, request.POST or None)
    if request.method == "POST" and form.is_valid():
        moderation.set_rule(request.streamer, *form.rule)
        messages.success(request, _("Saved. It holds for what comes from now on."))
        return redirect("panel:holding")
    waiting = request.streamer.donations.standing().held().count()
    return render(request, "panel/holding.html", {"form": form, "waiting": waiting})


@require_POST
@for_members
def hide_donation(request: MemberRequest, public_id: str) -> HttpResponse:
    """Take its name and words off every page."""
    said = _("Hidden: its name and words are off every page. The money still counts.")
    return _decide(request, public_id, hide, said)


@require_POST
@for_members
def show_donation(request: MemberRequest, public_id: str) -> HttpResponse:
    """Show its name and words again."""
    return _decide(request, public_id, unhide, _("Shown again."))


@require_POST
@for_members
def approve_donation(request: MemberRequest, public_id: str) -> HttpResponse:
    """Let a held one be shown, and its alert play."""
    return _decide(request, public_id, moderation.approve, _("Approved: it is shown, and its alert plays in its turn."))


@require_POST
@for_members
def show_without_words(request: MemberRequest, public_id: str) -> HttpResponse:
    """Its name and amount alone."""
    return _decide(request, public_id, moderation.show_without_words, _("It is shown without its words."))


@require_POST
@for_members
def show_as_anonymous(request: MemberRequest, public_id: str) -> HttpResponse:
    """Its words and amount alone."""
    return _decide(request, public_id, moderation.show_as_anonymous, _("It is shown without its name."))


@require_POST
@for_members
def show_as(request: MemberRequest, public_id: str) -> HttpResponse:
    """Another name or other words than were given."""
    form = WordsForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return _back(request, public_id)
    name, words = form.cleaned_data["name"], form.cleaned_data["words"]
    return _decide(
        request,
        public_id,
        lambda donation: moderation.show_as(donation, name, words),
        _("It is shown as you wrote it. What was given is kept here."),
    )


@require_POST
@for_members
def mark_donor(request: MemberRequest, public_id: str, standing: str) -> HttpResponse:
    """Trust or block its donor."""
    said = {
        DonorMark.Standing.TRUSTED: _("Trusted: what this donor gives is shown at once."),
        DonorMark.Standing.BLOCKED: _("Blocked: what this donor gives comes without name, words and alert."),
    }
    if standing not in said:
        raise Http404
    return _decide(
        request,
        public_id,
        lambda donation: moderation.mark(donation, standing, request.user.get_username()),
        said[DonorMark.Standing(standing)],
    )


@require_POST
@for_members
def unmark_donor(request: MemberRequest, public_id: str) -> HttpResponse:
    """Treat its donor like anybody."""
    said = _("This donor is treated like anybody from now on. What was hidden stays so.")
    return _decide(request, public_id, moderation.unmark, said)


def _decide(request: MemberRequest, public_id: str, decision: Callable[[Donation], bool], said: str) -> HttpResponse:
    """Do it and say so, or say that there was nothing to do, or why it cannot be done."""
    try:
        is_done = decision(get_object_or_404(request.streamer.donations, public_id=public_id))
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        if is_done:
            messages.success(request, said)
        else:
            messages.info(request, _("Nothing was changed: it was decided already."))
    return _back(request, public_id)


def _back(request: MemberRequest, public_id: str) -> HttpResponse:
    """To the page it was pressed on, at the same donation."""
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("panel:donations")
    return HttpResponseRedirect(f"{back}#d-{public_id}")
