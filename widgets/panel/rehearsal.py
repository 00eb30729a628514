"""The panel's page "Rehearse off air": overlays in rehearsal mode, what can be given on them, and what came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from donations import moderation
from donations.models import Donation, Streamer
from donations.panel.membership import MemberRequest, for_owners
from donations.providers.base import ProviderError
from widgets.models import Cue
from widgets.panel.widgets import overlay_of
from widgets.rehearsal import end, prepare, rehearse
from widgets.sandbox import SandboxSilent
from widgets.scenarios import SCENARIOS
from widgets.shadow import is_on, shadow_of

LATEST = 40
STATES = {
    Cue.State.HELD: gettext_lazy("held"),
    Cue.State.WAITING: gettext_lazy("waits its turn"),
    Cue.State.PLAYING: gettext_lazy("on the screen"),
    Cue.State.SHOWN: gettext_lazy("shown"),
    Cue.State.SKIPPED: gettext_lazy("skipped"),
    Cue.State.MISSED: gettext_lazy("missed"),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """An overlay in rehearsal mode: `link` for OBS, `path` the same without the host (the panel may be open under
    another name), its size in px."""

    title: str
    link: str
    path: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Happened:
    """A donation of the rehearsal, and what became of it in words."""

    donation: Donation
    state: str


@require_GET
@for_owners
def rehearsal(request: MemberRequest) -> HttpResponse:
    """Everything that a rehearsal needs; before it has begun, the button that begins it."""
    shadow = shadow_of(request.streamer)
    on = is_on(shadow)
    happened = _happened(shadow) if shadow is not None and on else []
    context = {
        "is_on": on,
        "has_widgets": request.streamer.widgets.exists(),
        "frames": _frames(request.streamer) if on else [],
        "scenarios": SCENARIOS.values(),
        "happened": happened,
        "some_are_held": any(row.donation.is_held for row in happened),
    }
    return render(request, "panel/widgets/rehearsal.html", context)


@require_POST
@for_owners
def begin(request: MemberRequest) -> HttpResponse:
    """Begin it, or bring it in step with what is on air."""
    return _attempt(request, lambda: prepare(request.streamer), _("It shows what is on air now. Give something."))


@require_POST
@for_owners
def give(request: MemberRequest) -> HttpResponse:
    """One of the scenarios, by its name."""
    scenario = SCENARIOS.get(request.POST.get("scenario", ""))
    if scenario is None:
        raise Http404
    return _attempt(request, lambda: rehearse(request.streamer, scenario), _("Given. It arrives within seconds."))


@require_POST
@for_owners
def approve(request: MemberRequest) -> HttpResponse:
    """Let all that is held in the rehearsal on its screen."""
    shadow = shadow_of(request.streamer)
    for donation in shadow.donations.held().order_by("pk") if shadow else ():
        moderation.approve(donation)
    return redirect("panel-widgets:rehearsal")


@require_POST
@for_owners
def finish(request: MemberRequest) -> HttpResponse:
    """Throw it away."""
    end(request.streamer)
    messages.success(request, _("The rehearsal is over, and nothing of it is left."))
    return redirect("panel-widgets:rehearsal")


def _attempt(request: MemberRequest, work: Callable[[], object], done: str) -> HttpResponse:
    try:
        work()
        messages.success(request, done)
    except (SandboxSilent, ProviderError):
        words = _("The wallet of imaginary money does not answer. It comes back by itself: try again in a moment.")
        messages.error(request, words)
    return redirect("panel-widgets:rehearsal")


def _frames(streamer: Streamer) -> list[Frame]:
    """One for each widget whose link can be opened."""
    rows = streamer.widgets.select_related("streamer", "goal").order_by("pk")
    overlays = [overlay for overlay in map(overlay_of, rows) if overlay.link]
    return [_frame(overlay.widget.title, overlay.link, overlay.width, overlay.height) for overlay in overlays]


def _frame(title: str, link: str, width: int, height: int) -> Frame:
    address = urlsplit(link)._replace(query="rehearsal")
    return Frame(title, address.geturl(), address._replace(scheme="", netloc="").geturl(), width, height)


def _happened(shadow: Streamer) -> list[Happened]:
    donations = list(shadow.donations.newest_first()[:LATEST])
    cues = Cue.objects.filter(donation__in=donations).order_by("pk").values_list("donation_id", "state")
    states = dict(cues)
    return [Happened(donation, _state(donation, states.get(donation.pk))) for donation in donations]


def _state(donation: Donation, cue: str | None) -> str:
    if donation.status == Donation.Status.FAILED:
        return _("taken back")
    if donation.is_held:
        return str(STATES[Cue.State.HELD])
    return str(STATES[Cue.State(cue)]) if cue else _("arrived")
