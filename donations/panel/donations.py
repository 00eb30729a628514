"""Donations: look them through, and take a donor's words off the stream."""

from __future__ import annotations

import re

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from donations.hiding import hide, unhide
from donations.models import Donation
from donations.models.donation import DonationQuerySet
from donations.panel.forms import DonationSearch
from donations.panel.membership import MemberRequest, for_members
from donations.panel.paging import page_of


@require_GET
@for_members
def donations(request: MemberRequest) -> HttpResponse:
    """Newest first; `q` finds words and names, `state` is "hidden", "pending", "failed" or "hand"."""
    search = DonationSearch(request.GET)
    asked = search.cleaned_data if search.is_valid() else {"q": "", "state": ""}
    ledger = _in_state(request.streamer.donations.gifts().select_related("wallet"), asked["state"])
    context = {
        "search": search,
        "states": DonationSearch.STATES,
        "page": page_of(request, ledger, _with_words(asked["q"]) if asked["q"] else None),
        "has_wallets": request.streamer.wallets.active().exists(),
    }
    return render(request, "panel/donations.html", context)


@require_POST
@for_members
def hide_donation(request: MemberRequest, public_id: str) -> HttpResponse:
    """Take its name and words off every page."""
    hide(_donation(request, public_id))
    messages.success(request, _("Hidden: its name and words are off every page. The money still counts."))
    return _back(request, public_id)


@require_POST
@for_members
def show_donation(request: MemberRequest, public_id: str) -> HttpResponse:
    """Show its name and words again."""
    unhide(_donation(request, public_id))
    messages.success(request, _("Shown again."))
    return _back(request, public_id)


def _with_words(words: str) -> Q:
    # Not icontains: SQLite folds the case of Latin letters alone, its regular expressions are Python's.
    pattern = re.escape(words)
    return Q(words_given__iregex=pattern) | Q(name_given__iregex=pattern)


def _in_state(gifts: DonationQuerySet, state: str) -> DonationQuerySet:
    if state == "hidden":
        return gifts.hidden()
    if state in (Donation.Status.PENDING, Donation.Status.FAILED):
        return gifts.filter(status=state)
    if state == "hand":
        return gifts.by_hand()
    return gifts


def _donation(request: MemberRequest, public_id: str) -> Donation:
    return get_object_or_404(request.streamer.donations, public_id=public_id)


def _back(request: MemberRequest, public_id: str) -> HttpResponse:
    """To the page it was pressed on, at the same donation."""
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("panel:donations")
    return HttpResponseRedirect(f"{back}#d-{public_id}")
