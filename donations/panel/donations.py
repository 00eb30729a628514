"""Donations: look them through."""

from __future__ import annotations

import re

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from donations.models import Donation
from donations.models.donation import DonationQuerySet
from donations.panel.forms import DonationSearch
from donations.panel.membership import MemberRequest, for_members
from donations.panel.paging import page_of


@require_GET
@for_members
def donations(request: MemberRequest) -> HttpResponse:
    """Newest first; `q` finds words and names, `state` is "held", "hidden", "pending", "failed" or "hand"."""
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


def _with_words(words: str) -> Q:
    # Not icontains: SQLite folds the case of Latin letters alone, its regular expressions are Python's.
    pattern = re.escape(words)
    return Q(words_given__iregex=pattern) | Q(name_given__iregex=pattern)


def _in_state(gifts: DonationQuerySet, state: str) -> DonationQuerySet:
    if state == "held":
        return gifts.standing().held()
    if state == "hidden":
        return gifts.hidden()
    if state in (Donation.Status.PENDING, Donation.Status.FAILED):
        return gifts.filter(status=state)
    if state == "hand":
        return gifts.by_hand()
    return gifts
