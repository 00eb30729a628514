"""The pages that anybody may see: home, a streamer's goals, one goal.

They set no cookie and are the same for everyone who speaks the same language, so they may be cached for 5 seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from donations.models import Goal, Streamer, Wallet
from donations.money import format_money
from donations.period_words import deadline_words, period_words
from donations.providers import PROVIDERS
from donations.tallies import current_period
from widgets.protocol import DonationValue, GoalValue, MilestoneValue, MoneyValue
from widgets.snapshots import LATEST_ON_PAGES, goal_value, latest_values

FRESH_SECONDS = 5


@dataclass(frozen=True, slots=True)
class MilestoneFace:
    """A mark on the way. `place` is where it is on the bar, written for SVG; "" where it is not."""

    amount: str
    title: str
    reached: bool
    place: str


@dataclass(frozen=True, slots=True)
class GoalFace:
    """A goal as its page writes it: amounts in words, places on the bar in percent of its length.

    `fill` is what was raised, at most 100. When more came than was asked, `over` says how much and `mark` where on the
    full bar the target was; else they are "" and 100. `period` and `deadline` are words, the latter "" without one.
    """

    id: str
    title: str
    about: str
    address: str
    raised: str
    target: str
    left: str
    over: str
    percent: int
    count: int
    fill: float
    mark: float
    period: str
    deadline: str
    milestones: list[MilestoneFace]

    @property
    def reached(self) -> bool:
        return self.percent >= 100

    @property
    def fill_from(self) -> str:
        """Where the full-length fill begins, so that `fill` of it is seen. Written for SVG, whatever the language."""
        return f"{self.fill - 100:.2f}%"

    @property
    def over_from(self) -> str:
        """Where the part over the target begins."""
        return f"{self.mark:.2f}%"


@dataclass(frozen=True, slots=True)
class GiftFace:
    """A donation as a public page writes it. A hidden one has an amount, but neither name nor words."""

    id: str
    amount: str
    name: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WayToGive:
    """A link to where a donor pays, and the service's own name."""

    title: str
    url: str


def money_words(money: MoneyValue) -> str:
    """The amount as the page's language writes it."""
    return format_money(money["minor"], money["currency"])


def goal_face(goal: Goal, value: GoalValue) -> GoalFace:
    """The figures of `value` beside the words of `goal`."""
    raised, target = value["raised"]["minor"], value["target"]["minor"]
    over = max(raised - target, 0)
    return GoalFace(
        id=goal.public_id,
        title=goal.title,
        about=goal.about,
        address=goal_address(goal),
        raised=money_words(value["raised"]),
        target=money_words(value["target"]),
        left=money_words(value["left"]),
        over=format_money(over, goal.currency) if over else "",
        percent=value["percent"],
        count=value["count"],
        fill=min(100.0, 100 * raised / target),
        mark=100.0 if not over else 100 * target / raised,
        period=period_words(goal, current_period(goal, timezone.now())),
        deadline=deadline_words(goal.deadline) if goal.deadline else "",
        milestones=[milestone_face(mark, max(raised, target)) for mark in value["milestones"]],
    )


def milestone_face(mark: MilestoneValue, length: int) -> MilestoneFace:
    """`length` is what the whole bar stands for."""
    minor = mark["money"]["minor"]
    place = f"{100 * minor / length:.2f}%" if minor < length else ""
    return MilestoneFace(money_words(mark["money"]), mark["title"], mark["reached"], place)


def gift_face(gift: DonationValue) -> GiftFace:
    """One row of the latest gifts."""
    return GiftFace(
        id=gift["id"],
        amount=money_words(gift["money"]),
        name=gift["name"],
        words=gift["words"],
        at=datetime.fromisoformat(gift["occurred_at"]),
    )


def goal_address(goal: Goal) -> str:
    """The path of a goal's page: `/@anya/microphone/`."""
    return reverse("goal", args=[goal.streamer.slug, goal.slug])


def short_address(goal: Goal) -> str:
    """The whole short link of a goal: `https://donate.example.org/g/k3v9…/`."""
    return settings.PUBLIC_URL + reverse("goal-short", args=[goal.public_id])


def ways_to_give(goal: Goal) -> list[WayToGive]:
    """A link for each wallet that the goal counts and that has a page to pay on."""
    wallets: Iterable[Wallet] = goal.wallets.active() if goal.wallets.exists() else goal.streamer.wallets.active()
    providers = [(PROVIDERS[wallet.provider], wallet) for wallet in wallets if wallet.provider in PROVIDERS]
    links = [(provider.title, provider.make_link(wallet.account, None)) for provider, wallet in providers]
    return [WayToGive(title, link.url) for title, link in links if link]


def open_goals(streamer: Streamer) -> list[Goal]:
    """Goals with a public page, newest first."""
    return list(streamer.goals.active().filter(is_public=True).select_related("streamer").order_by("-created_at"))


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, and where to sign in. It lists nobody."""
    _speak(request, None)
    return _page(request, "public/home.html", {})


@require_safe
def streamer_page(request: HttpRequest, streamer: str) -> HttpResponse:
    """A streamer's open goals."""
    owner = Streamer.objects.real().filter(slug=streamer).first()
    if owner is None:
        return _missing(request, None)
    _speak(request, owner)
    with timezone.override(owner.zone):
        goals = [goal_face(goal, goal_value(goal)) for goal in open_goals(owner)]
    return _page(request, "public/streamer.html", {"streamer": owner, "goals": goals})


@require_safe
def goal_page(request: HttpRequest, streamer: str, goal: str) -> HttpResponse:
    """One goal, whole without JavaScript. Archived and private ones are not there."""
    owner = Streamer.objects.real().filter(slug=streamer).first()
    found = owner and owner.goals.active().filter(is_public=True, slug=goal).select_related("streamer").first()
    if owner is None or not found:
        return _missing(request, owner)
    _speak(request, owner)
    with timezone.override(owner.zone):
        face = goal_face(found, goal_value(found))
    context = {
        "streamer": owner,
        "goal": face,
        "gifts": [gift_face(gift) for gift in latest_values(owner, LATEST_ON_PAGES, goal=found)],
        "ways": ways_to_give(found),
        "now": timezone.now(),
        "page_url": settings.PUBLIC_URL + goal_address(found),
        "short_url": short_address(found),
        "latest_limit": LATEST_ON_PAGES,
    }
    return _page(request, "public/goal.html", context)


@require_safe
def short_link(request: HttpRequest, goal: str) -> HttpResponse:
    """`/g/<public id>/` leads to the goal's page."""
    found = Goal.objects.active().filter(is_public=True, public_id=goal).select_related("streamer").first()
    if found is None:
        return _missing(request, None)
    return HttpResponseRedirect(goal_address(found))


def _speak(request: HttpRequest, streamer: Streamer | None) -> None:
    """Choose the page's language: `?lang=`, else the visitor's own, else the streamer's (previews ask for none)."""
    wish = request.GET.get("lang", "")
    if wish in dict(settings.LANGUAGES):
        translation.activate(wish)
    elif streamer and not request.headers.get("Accept-Language") and not _language_cookie(request):
        translation.activate(streamer.language)


def _language_cookie(request: HttpRequest) -> bool:
    return settings.LANGUAGE_COOKIE_NAME in request.COOKIES


def _page(request: HttpRequest, template: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    response = render(request, template, context, status=status)
    response["Content-Language"] = translation.get_language()
    # A language chosen by cookie must not be kept for others.
    patch_cache_control(
        response, max_age=FRESH_SECONDS, **({"private": True} if _language_cookie(request) else {"public": True})
    )
    return response


def _missing(request: HttpRequest, streamer: Streamer | None) -> HttpResponse:
    _speak(request, streamer)
    return _page(request, "public/missing.html", {"streamer": streamer}, status=404)
