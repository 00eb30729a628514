"""Donations: look them through, and take a donor's words off the stream."""

from __future__ import annotations

import re

from django.contrib import messages
from django.core.paginator import Paginator
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

A_PAGE = 30


@require_GET
@for_members
def donations(request: MemberRequest) -> HttpResponse:
    """Newest first; `q` finds words and names, `state` is "hidden", "pending", "failed" or "hand"."""
    search = DonationSearch(request.GET)
    found = request.streamer.donations.gifts().newest_first().select_related("wallet")
    if search.is_valid():
        found = _narrowed(found, search.cleaned_data["q"], search.cleaned_data["state"])
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "search": search,
        "states": DonationSearch.STATES,
        "page": Paginator(found, A_PAGE).get_page(request.GET.get("page")),
        "query": query.urlencode(),
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


def _narrowed(found: DonationQuerySet, words: str, state: str) -> DonationQuerySet:
    if words:
        # Not icontains: SQLite folds the case of Latin letters alone, its regular expressions are Python's.
        pattern = re.escape(words)
        found = found.filter(words_given__iregex=pattern) | found.filter(name_given__iregex=pattern)
    if state == "hidden":
        return found.exclude(hidden_at=None)
    if state in (Donation.Status.PENDING, Donation.Status.FAILED):
        return found.filter(status=state)
    if state == "hand":
        return found.by_hand()
    return found


def _donation(request: MemberRequest, public_id: str) -> Donation:
    return get_object_or_404(request.streamer.donations, public_id=public_id)


def _back(request: MemberRequest, public_id: str) -> HttpResponse:
    """To the page it was pressed on, at the same donation."""
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("panel:donations")
    return HttpResponseRedirect(f"{back}#d-{public_id}")
