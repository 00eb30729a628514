"""Who is signed in for which streamer: the one way in which panel pages get `request.streamer`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from donations.models import Member, Streamer

CHOSEN = "streamer"
"""The session's key for the slug of the streamer that a member of several works for."""

Params = ParamSpec("Params")


class MemberRequest(HttpRequest):
    """A request of a signed-in member. Every row that a page reads or changes is reached from `streamer`."""

    user: User
    streamer: Streamer
    member: Member
    memberships: list[Member]


View = Callable[Concatenate[MemberRequest, Params], HttpResponse]
GuardedView = Callable[Concatenate[HttpRequest, Params], HttpResponse]


def for_members(view: View[Params]) -> GuardedView[Params]:
    """Owners and moderators. The page speaks in the streamer's time zone and is kept by no cache."""

    @wraps(view)
    def guarded(plain: HttpRequest, *args: Params.args, **kwargs: Params.kwargs) -> HttpResponse:
        request = cast(MemberRequest, plain)
        request.memberships = list(request.user.member_set.select_related("streamer").order_by("streamer__name", "pk"))
        if not request.memberships:
            return _without_streamer(request)
        chosen = request.session.get(CHOSEN)
        request.member = next((m for m in request.memberships if m.streamer.slug == chosen), request.memberships[0])
        request.streamer = request.member.streamer
        with timezone.override(request.streamer.zone):
            return view(request, *args, **kwargs)

    return never_cache(login_required(guarded))


def for_owners(view: View[Params]) -> GuardedView[Params]:
    """Owners alone: wallets, tokens, goals, links of widgets."""

    @wraps(view)
    def guarded(request: MemberRequest, *args: Params.args, **kwargs: Params.kwargs) -> HttpResponse:
        if request.member.role != Member.Role.OWNER:
            raise PermissionDenied(_("Only the owner of this streamer may do this. You are signed in as a moderator."))
        return view(request, *args, **kwargs)

    return for_members(guarded)


@require_POST
@for_members
def switch(request: MemberRequest) -> HttpResponse:
    """Work for another of the member's streamers from now on."""
    chosen = request.POST.get("streamer")
    if chosen not in [member.streamer.slug for member in request.memberships]:
        raise Http404
    request.session[CHOSEN] = chosen
    return redirect("panel:overview")


def _without_streamer(request: MemberRequest) -> HttpResponse:
    if request.user.is_superuser:
        return HttpResponseRedirect("/host/")
    return render(request, "panel/no_streamer.html", status=403)
