"""Goals: set, change, archive, bring back, and the links to give away."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from donations.models import Goal
from donations.money import Money, percent_of
from donations.panel.goal_form import GoalForm
from donations.panel.membership import MemberRequest, for_owners
from donations.period_words import deadline_words, period_words
from donations.tallies import archive_goal, current_period, raised, save_goal

form_page = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Progress:
    """A goal and how far it is in its current period, with what was there before.

    `percent` tells the truth above 100; `over` is what came beyond the target, or None. `period` and `deadline` are
    words, the latter "" where there is none; `milestones` is how many there are.
    """

    goal: Goal
    raised: Money
    target: Money
    left: Money
    over: Money | None
    percent: int
    count: int
    period: str
    deadline: str
    milestones: int

    @property
    def page(self) -> str:
        """The address of its public page."""
        return settings.PUBLIC_URL + reverse("goal", args=[self.goal.streamer.slug, self.goal.slug])

    @property
    def short(self) -> str:
        """The short address, which stays when the name changes."""
        return settings.PUBLIC_URL + reverse("goal-short", args=[self.goal.public_id])


def progress_of(goal: Goal) -> Progress:
    """From the goal's tally and its offset."""
    tally, currency = raised(goal), goal.currency
    minor = goal.offset_minor + tally.minor
    beyond = minor - goal.target_minor
    return Progress(
        goal=goal,
        raised=Money(minor, currency),
        target=Money(goal.target_minor, currency),
        left=Money(max(-beyond, 0), currency),
        over=Money(beyond, currency) if beyond > 0 else None,
        percent=percent_of(minor, goal.target_minor),
        count=tally.count,
        period=period_words(goal, current_period(goal, timezone.now())),
        deadline=deadline_words(goal.deadline) if goal.deadline else "",
        milestones=goal.milestones.count(),
    )


@require_GET
@for_owners
def goals(request: MemberRequest) -> HttpResponse:
    """Goals that run, newest first; archived ones below."""
    rows = request.streamer.goals.select_related("streamer").order_by("-created_at", "-pk")
    context = {
        "running": [progress_of(goal) for goal in rows if goal.archived_at is None],
        "archived": [progress_of(goal) for goal in rows if goal.archived_at is not None],
    }
    return render(request, "panel/goals.html", context)


@form_page
@for_owners
def new_goal(request: MemberRequest) -> HttpResponse:
    """Set a goal."""
    form = GoalForm(request.POST or None, streamer=request.streamer)
    if request.method == "POST" and form.is_valid():
        save_goal(form.instance, form.cleaned_data["wallets"], form.marks)
        messages.success(request, _("The goal is set. Its link is below."))
        return redirect("panel:goal", form.instance.public_id)
    return render(request, "panel/goal.html", {"form": form})


@form_page
@for_owners
def goal(request: MemberRequest, public_id: str) -> HttpResponse:
    """Change a goal, and take its links."""
    found = _goal(request, public_id)
    form = GoalForm(request.POST or None, instance=found, streamer=request.streamer)
    if request.method == "POST" and form.is_valid():
        save_goal(form.instance, form.cleaned_data["wallets"], form.marks)
        messages.success(request, _("Saved."))
        return redirect("panel:goal", public_id)
    return render(request, "panel/goal.html", {"form": form, "progress": progress_of(_goal(request, public_id))})


@require_POST
@for_owners
def archive(request: MemberRequest, public_id: str) -> HttpResponse:
    """Take it off every page."""
    archive_goal(_goal(request, public_id))
    messages.success(request, _("The goal is archived. Bring it back below whenever you like."))
    return redirect("panel:goals")


@require_POST
@for_owners
def restore(request: MemberRequest, public_id: str) -> HttpResponse:
    """Put an archived goal back on its pages, counted anew."""
    found = _goal(request, public_id)
    found.archived_at = None
    save_goal(found)
    messages.success(request, _("The goal is back."))
    return redirect("panel:goals")


def _goal(request: MemberRequest, public_id: str) -> Goal:
    return get_object_or_404(request.streamer.goals.select_related("streamer"), public_id=public_id)
