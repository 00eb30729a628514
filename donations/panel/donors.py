"""Donors: who gave most, and what one of them gave. The wallet tells them apart, or the name in an entry by hand;
nobody's account is kept or shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from donations.models import Donation, DonorTally, Streamer
from donations.money import Money
from donations.panel.membership import MemberRequest, for_members
from donations.panel.paging import page_of

MOST = 50


@dataclass(frozen=True, slots=True)
class Rank:
    """One donor's place. `newest` is the last that he gave, in whichever currency; it says how he calls himself."""

    place: int
    given: Money
    count: int
    newest: Donation


@require_GET
@for_members
def donors(request: MemberRequest) -> HttpResponse:
    """Those who gave most in one currency: the streamer's own, or the one asked for."""
    currencies = _currencies(request.streamer)
    asked = request.GET.get("currency", "")
    currency = asked if asked in currencies else request.streamer.currency
    context = {
        "currency": currency,
        "currencies": currencies,
        "ranks": ranks(request.streamer, currency),
        "has_donations": request.streamer.donations.gifts().exists(),
        "has_wallets": request.streamer.wallets.active().exists(),
        "most": MOST,
    }
    return render(request, "panel/donors.html", context)


@require_GET
@for_members
def donor(request: MemberRequest, public_id: str) -> HttpResponse:
    """All that the donor of this donation gave."""
    gifts = request.streamer.donations.gifts()
    gift = get_object_or_404(gifts.exclude(donor_key=""), public_id=public_id)
    tallies = request.streamer.donor_tallies.filter(donor_key=gift.donor_key, count__gt=0).order_by("-minor")
    context = {
        "donor": gifts.of_donor(gift.donor_key).newest_first().first(),
        "sums": [Money(tally.minor, tally.currency) for tally in tallies],
        "count": sum(tally.count for tally in tallies),
        "mark": request.streamer.donor_marks.filter(donor_key=gift.donor_key).first(),
        "page": page_of(request, gifts.of_donor(gift.donor_key).select_related("wallet")),
    }
    return render(request, "panel/donor.html", context)


def _currencies(streamer: Streamer) -> list[str]:
    """Those in which anything was given, the streamer's own first."""
    given = streamer.raised.filter(count__gt=0).order_by("currency").values_list("currency", flat=True)
    return [streamer.currency, *(currency for currency in given if currency != streamer.currency)]


def ranks(streamer: Streamer, currency: str) -> list[Rank]:
    """The first of those who gave in this currency."""
    theirs = Donation.objects.filter(streamer=streamer).standing().of_donor(OuterRef("donor_key"))
    top = DonorTally.objects.filter(streamer=streamer, currency=currency, minor__gt=0).order_by("-minor", "pk")
    tallies = list(top.annotate(newest=Subquery(theirs.newest_first().values("pk")[:1]))[:MOST])
    newest = Donation.objects.in_bulk([tally.newest for tally in tallies])
    return [
        Rank(place, Money(tally.minor, tally.currency), tally.count, newest[tally.newest])
        for place, tally in enumerate(tallies, 1)
    ]
