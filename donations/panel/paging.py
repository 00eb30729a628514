"""Pages of a list of donations, newest first: as fast at the millionth as at the first, since an index is walked.

A page begins at a donation, which is never deleted, so that nothing moves while more come in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Q

from donations.models import Donation
from donations.models.donation import DonationQuerySet
from donations.panel.membership import MemberRequest

A_PAGE = 30
MOST_LOOKED_AT = 20_000
"""Donations that one page looks at for what no index finds."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some donations, and the queries of the links to newer and older ones, "" where there are none.

    `looked_until`: so far back it was looked for something; `older` goes on from there.
    """

    rows: list[Donation]
    newer: str
    older: str
    looked_until: datetime | None = None


def page_of(request: MemberRequest, ledger: DonationQuerySet, sought: Q | None = None) -> Page:
    """The page that begins at the donation `from`, or that ends above the donation `above`, or else the newest.

    An index has to carry `ledger` newest first; `sought` is asked of each donation on the way, of so many at most.
    """
    start = _named(request, "from")
    if start is None and (below := _named(request, "above")):
        start = _start_of_page_above(ledger, sought, below)
    rest = (_older(ledger, start) if start else ledger).newest_first()
    stop = rest[MOST_LOOKED_AT:].first() if sought else None
    found = list((_newer(rest, stop) if stop else rest).filter(sought or Q())[: A_PAGE + 1])
    is_full = len(found) > A_PAGE
    following = found[A_PAGE] if is_full else stop
    return Page(
        rows=found[:A_PAGE],
        newer=_link(request, above=start) if start and _newer(ledger, start).exists() else "",
        older=_link(request, **{"from": following}) if following else "",
        looked_until=stop.occurred_at if stop and not is_full else None,
    )


def _start_of_page_above(ledger: DonationQuerySet, sought: Q | None, below: Donation) -> Donation | None:
    """None for the newest page, when there is less than a page above."""
    way = _newer(ledger, below).order_by("occurred_at", "id")
    if sought is None:
        return way[A_PAGE - 1 :].first()
    last = way[MOST_LOOKED_AT - 1 :].first()
    return (_older(way, last) if last else way).filter(sought)[A_PAGE - 1 :].first() or last


def _older(rows: DonationQuerySet, than: Donation) -> DonationQuerySet:
    """That donation and those after it in the list. A range first: an index is entered there."""
    return rows.filter(occurred_at__lte=than.occurred_at).exclude(occurred_at=than.occurred_at, pk__gt=than.pk)


def _newer(rows: DonationQuerySet, than: Donation) -> DonationQuerySet:
    """Those before it in the list, without itself."""
    return rows.filter(occurred_at__gte=than.occurred_at).exclude(occurred_at=than.occurred_at, pk__lte=than.pk)


def _named(request: MemberRequest, name: str) -> Donation | None:
    public_id = request.GET.get(name, "")
    return request.streamer.donations.filter(public_id=public_id).first() if public_id.isalnum() else None


def _link(request: MemberRequest, **place: Donation) -> str:
    kept = {name: value for name, value in request.GET.items() if name not in ("from", "above")}
    return urlencode(kept | {name: donation.public_id for name, donation in place.items()})
