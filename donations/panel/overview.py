"""The first page: is everything all right, and what waits for a decision, what came in."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from donations.health import health_of, worst
from donations.models import Goal
from donations.panel.forms import StreamForm
from donations.panel.membership import MemberRequest, for_members
from donations.panel.sums import sums_in_all_time, sums_of
from donations.periods import calendar_start

LATEST = 6


@require_GET
@for_members
def overview(request: MemberRequest) -> HttpResponse:
    """One line on how all is, how many donations are held, each wallet's health, the sums of today, this stream and all
    time, the latest gifts.
    """
    streamer = request.streamer
    gifts = streamer.donations.all()
    wallets = list(streamer.wallets.active().select_related("state").prefetch_related("tokens").order_by("pk"))
    healths = [(wallet, health_of(wallet)) for wallet in wallets]
    session = streamer.sessions.open().first()
    midnight = calendar_start(Goal.Period.DAY, timezone.now(), streamer.zone)
    context = {
        "healths": healths,
        "worst": worst(health for _wallet, health in healths),
        "troubled": [(wallet, health) for wallet, health in healths if health.level != "ok"],
        "last_read_at": max((health.last_read_at for _w, health in healths if health.last_read_at), default=None),
        "session": session,
        "stream_form": StreamForm(),
        "today": sums_of(gifts.counted().filter(occurred_at__gte=midnight), streamer.currency),
        "of_stream": sums_of(gifts.in_streams().filter(session=session), streamer.currency) if session else None,
        "all_time": sums_in_all_time(streamer),
        "latest": gifts.gifts().newest_first().select_related("wallet")[:LATEST],
        "waiting": gifts.standing().held().count(),
        "has_goals": streamer.goals.active().exists(),
    }
    return render(request, "panel/overview.html", context)
