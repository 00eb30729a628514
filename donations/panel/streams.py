"""Streams: start, stop, name, and what each brought."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from donations.models import StreamSession
from donations.moments import clock
from donations.panel.forms import StreamForm, StreamTimesForm
from donations.panel.membership import MemberRequest, for_members
from donations.panel.sums import sums_of_streams
from donations.streams import (
    StreamAlreadyOn,
    StreamBackwards,
    StreamsOverlap,
    move_stream,
    start_stream,
    stop_stream,
)

A_PAGE = 20


@require_GET
@for_members
def streams(request: MemberRequest) -> HttpResponse:
    """Newest first, each with its sum."""
    page = Paginator(request.streamer.sessions.order_by("-started_at", "-pk"), A_PAGE).get_page(request.GET.get("page"))
    sums = sums_of_streams(page.object_list, request.streamer.currency)
    context = {
        "page": page,
        "rows": [(session, sums[session.pk]) for session in page.object_list],
        "session": request.streamer.sessions.open().first(),
        "stream_form": StreamForm(),
    }
    return render(request, "panel/streams.html", context)


@require_POST
@for_members
def start(request: MemberRequest) -> HttpResponse:
    """The stream begins now."""
    form = StreamForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for error in form.errors.get("title", [])))
        return redirect("panel:streams")
    try:
        start_stream(request.streamer, form.cleaned_data["title"])
        messages.success(request, _("The stream is on until you stop it. Donations belong to it."))
    except StreamAlreadyOn:
        messages.info(request, _("The stream is already on."))
    return redirect("panel:overview")


@require_POST
@for_members
def stop(request: MemberRequest) -> HttpResponse:
    """The stream is over."""
    if stop_stream(request.streamer):
        messages.success(request, _("The stream is over. Its sum is kept below."))
    else:
        messages.info(request, _("No stream is on."))
    return redirect("panel:streams")


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def stream(request: MemberRequest, pk: int) -> HttpResponse:
    """Rename a stream, and correct when it began and ended."""
    session = get_object_or_404(request.streamer.sessions, pk=pk)
    form = StreamTimesForm(request.POST or None, instance=get_object_or_404(request.streamer.sessions, pk=pk))
    if request.method == "POST" and form.is_valid() and _change(session, form):
        messages.success(request, _("Saved."))
        return redirect("panel:streams")
    sums = sums_of_streams([session], request.streamer.currency)[session.pk]
    return render(request, "panel/stream.html", {"session": session, "sums": sums, "form": form})


def _change(session: StreamSession, form: StreamTimesForm) -> bool:
    """Do what a valid form says. False where its times fit no other stream's; then it says so."""
    data = form.cleaned_data
    try:
        if {"started_at", "ended_at"} & set(form.changed_data):
            move_stream(session, data["started_at"], data["ended_at"])
    except StreamBackwards:
        form.add_error("ended_at", _("It has to end later than it began."))
        return False
    except StreamsOverlap as refusal:
        other = refusal.other
        words = _("“%(stream)s” was on then, from %(start)s to %(end)s. Two streams cannot overlap.")
        start = clock(other.started_at)
        end = clock(other.ended_at) if other.ended_at else _("now")
        title = other.title or _("Without a title")
        form.add_error("started_at", words % {"stream": title, "start": start, "end": end})
        return False
    StreamSession.objects.filter(pk=session.pk).update(title=data["title"])
    return True
