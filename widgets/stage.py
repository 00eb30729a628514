"""The stage of the demo: a made-up stream with the real overlays on it, and buttons that give imaginary money.

It exists only while `settings.DEMO` is on, and only for a streamer's members. Every gift goes the long way: the page
asks here, this asks the sandbox over HTTP, and polling finds the payment in the wallet as it would find a real one.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from donations.models import AccessKey, Donation, Streamer, Wallet
from donations.money import EXPONENTS, format_money, minor_units
from donations.streams import StreamAlreadyOn, start_stream, stop_stream
from widgets import sandbox
from widgets.models import Widget
from widgets.public import goal_address, open_goals
from widgets.screen import overlay_link, save_widget
from widgets.stage_words import gift_words

WORKERS = ("poll", "jobs")
BELIEVABLE = (50, 100, 100, 150, 200, 200, 300, 500, 500, 700, 1000, 1500)
"""What people give, in major units; the frequent sums stand twice."""

MOST_AT_ONCE = 50
LONGEST_WORDS = 500
LARGEST_GIFT = 1_000_000

Page = Callable[[HttpRequest, Streamer], HttpResponseBase]


def demo_member(page: Page) -> Callable[[HttpRequest], HttpResponseBase]:
    """Only in a demo, and only for members of a streamer: the page gets the streamer with the sandbox wallet."""

    @wraps(page)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        if not settings.DEMO:
            raise Http404
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        streamer = (
            Streamer.objects.filter(members=request.user, wallets__provider=sandbox.PROVIDER).order_by("pk").first()
        )
        if streamer is None:
            raise Http404
        return page(request, streamer)

    return never_cache(guarded)


@require_GET
@demo_member
def stage(request: HttpRequest, streamer: Streamer) -> HttpResponse:
    """The page itself."""
    widgets = _first_widgets(streamer)
    alert = widgets.get(Widget.Kind.ALERT)
    context = {
        "streamer": streamer,
        "overlays": [_overlay(widget) for widget in widgets.values()],
        "sound_on": alert is not None and alert.options.get("sound") is True,
        "public_page": _public_page(streamer, widgets.get(Widget.Kind.GOAL)),
        "key": _control_key(streamer).reveal(),
        "sandbox_page": settings.SANDBOX_PUBLIC_URL,
        "exponent": EXPONENTS[streamer.currency],
        "is_live": streamer.sessions.open().exists(),
        "quick_gifts": [_quick_gift(amount, streamer.currency) for amount in (100, 5000)],
        "words": _page_words(),
    }
    return render(request, "stage/stage.html", context)


@require_POST
@demo_member
def give(request: HttpRequest, streamer: Streamer) -> JsonResponse:
    """Pay the sandbox wallet: `{"amount_minor": 10000, "comment": "…", "repeat": 1}`.

    `amount_minor` null: believable sums of our choice; `comment` null: words of our choice.
    Answers `{"gifts": [{"txn", "minor", "at"}]}`, `at` with microseconds by the sandbox's clock; 400 and 502 carry
    `error` in words.
    """
    try:
        orders = _orders(json.loads(request.body), streamer)
        return JsonResponse({"gifts": _pay(_wallet(streamer), orders)}, status=201)
    except (ValueError, ValidationError) as wrong:
        words = wrong.message if isinstance(wrong, ValidationError) else _("This could not be understood.")
        return JsonResponse({"error": words}, status=400)
    except sandbox.SandboxSilent:
        return JsonResponse({"error": _("The sandbox does not answer. Nothing was paid.")}, status=502)


@require_GET
@demo_member
def gifts(request: HttpRequest, streamer: Streamer) -> JsonResponse:
    """Which of the payments `?txn=…&txn=…` were seen: `{"gifts": [{"txn", "donation", "minor", "recorded_at"}]}`."""
    asked = {f"{txn}:IN": txn for txn in request.GET.getlist("txn")[:500]}
    seen = Donation.objects.filter(wallet=_wallet(streamer), txn_id__in=asked)
    return JsonResponse(
        {
            "gifts": [
                {
                    "txn": asked[donation.txn_id],
                    "donation": donation.public_id,
                    "minor": donation.minor,
                    "recorded_at": donation.recorded_at.isoformat(),
                }
                for donation in seen
            ]
        }
    )


@require_POST
@demo_member
def stream(request: HttpRequest, streamer: Streamer) -> JsonResponse:
    """`{"on": true}` starts the stream, false stops it. Asking twice changes nothing."""
    on = _switch(request)
    if on:
        with contextlib.suppress(StreamAlreadyOn):
            start_stream(streamer, _("The stage"))
    else:
        stop_stream(streamer)
    return JsonResponse({"on": on})


@require_POST
@demo_member
def sound(request: HttpRequest, streamer: Streamer) -> JsonResponse:
    """`{"on": true}` lets the alert be heard, false mutes it. The open overlay takes it over at once."""
    on = _switch(request)
    widget = _first_widgets(streamer).get(Widget.Kind.ALERT)
    if widget is None:
        raise Http404
    widget.options["sound"] = on
    save_widget(widget)
    return JsonResponse({"on": on})


@require_GET
@demo_member
def workers(request: HttpRequest, streamer: Streamer) -> JsonResponse:
    """The processes that may be killed here: `{"workers": [{"name": "poll", "pid": 4711}]}`, pid null when dead."""
    return JsonResponse({"workers": [{"name": name, "pid": living_pid(name)} for name in WORKERS]})


@require_POST
@demo_member
def kill(request: HttpRequest, streamer: Streamer) -> JsonResponse:
    """SIGKILL one living worker, by chance: `{"name": "poll", "pid": 4711}`. 409 when none lives."""
    living = [(name, pid) for name in WORKERS if (pid := living_pid(name))]
    if not living:
        return JsonResponse({"error": _("There is no worker to kill right now.")}, status=409)
    name, pid = secrets.choice(living)
    os.kill(pid, signal.SIGKILL)
    return JsonResponse({"name": name, "pid": pid})


def _switch(request: HttpRequest) -> bool:
    try:
        return json.loads(request.body)["on"] is True
    except (ValueError, TypeError, KeyError):
        raise BadRequest from None


def living_pid(name: str) -> int | None:
    """The process id that `start` wrote for this worker, if it lives."""
    try:
        pid = int((settings.DATA_DIR / "run" / f"{name}.pid").read_text())
        if pid > 1:  # 0 and below would mean whole process groups
            os.kill(pid, 0)
            return pid
    except (OSError, ValueError):
        pass
    return None


def _first_widgets(streamer: Streamer) -> dict[str, Widget]:
    """The oldest widget of each kind, in the order of the kinds."""
    oldest = {widget.kind: widget for widget in streamer.widgets.order_by("-pk")}
    return {kind: oldest[kind] for kind in Widget.Kind.values if kind in oldest}


def _overlay(widget: Widget) -> dict[str, str]:
    """Its link for OBS, and `frame`, the same without the host: the stage may be open under another name."""
    link = overlay_link(widget)
    address = urlsplit(link)
    return {
        "kind": widget.kind,
        "title": widget.get_kind_display(),
        "link": link,
        "frame": f"{address.path}#{address.fragment}",
    }


def _public_page(streamer: Streamer, bar: Widget | None) -> str:
    """The page of the goal that is on the stream; without one, the streamer's."""
    goal = bar.goal if bar else None
    if goal is None or goal not in open_goals(streamer):
        return reverse("streamer", args=[streamer.slug])
    return goal_address(goal)


def _quick_gift(amount: int, currency: str) -> dict[str, object]:
    minor = amount * minor_units(currency)
    return {"minor": minor, "text": format_money(minor, currency)}


def _control_key(streamer: Streamer) -> AccessKey:
    known = streamer.access_keys.valid().filter(purpose=AccessKey.Purpose.CONTROL, label="stage").first()
    if known is None:
        known = AccessKey.mint(streamer, AccessKey.Purpose.CONTROL, label="stage")
        known.save()
    return known


def _wallet(streamer: Streamer) -> Wallet:
    return streamer.wallets.filter(provider=sandbox.PROVIDER).earliest("pk")


def _orders(wish: object, streamer: Streamer) -> list[sandbox.Order]:
    """The wish as payments for the sandbox. ValueError: it makes no sense; ValidationError: with words for a person."""
    if not isinstance(wish, dict):
        raise ValueError
    amount, comment, repeat = wish.get("amount_minor"), wish.get("comment"), wish.get("repeat", 1)
    if not _is_count(repeat, 1, MOST_AT_ONCE) or not (comment is None or isinstance(comment, str)):
        raise ValueError
    largest = LARGEST_GIFT * minor_units(streamer.currency)
    if amount is not None and not _is_count(amount, 1, largest):
        raise ValidationError(_("Give an amount between 1 and 1,000,000."))
    if comment and len(comment) > LONGEST_WORDS:
        raise ValidationError(_("At most 500 characters, please."))
    return [_order(amount, comment, streamer) for _nth in range(repeat)]


def _is_count(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _order(amount: int | None, comment: str | None, streamer: Streamer) -> sandbox.Order:
    return {
        "amount": amount or secrets.choice(BELIEVABLE) * minor_units(streamer.currency),
        "currency": streamer.currency,
        "comment": gift_words(streamer.language) if comment is None else comment,
    }


def _pay(wallet: Wallet, orders: list[sandbox.Order]) -> list[dict[str, object]]:
    rows = sandbox.pay(wallet.account, orders)
    return [{"txn": str(row["txn_id"]), "minor": row["amount"], "at": row["at"]} for row in rows]


def _page_words() -> dict[str, str]:
    """What the stage's JavaScript says, by the name that it knows."""
    return {
        "paid": _("paid"),
        "seen": _("seen after %s s"),
        "aired": _("on air after %s s"),
        "queued": _("on air after %s s in the queue"),
        "on_its_way": _("on its way…"),
        "waiting": _("waits its turn…"),
        "sum_open": _("Given here: %(given)s. Recorded so far: %(seen)s."),
        "sum_whole": _("Given here: %(given)s. Recorded: %(seen)s. Nothing is lost."),
        "killed": _("%(name)s: killed (process %(pid)s). Give something now."),
        "back": _("%(name)s: back after %(seconds)s s (process %(pid)s)."),
        "lost_server": _("Kopilka does not answer. Try again in a moment."),
        "no_amount": _("Write an amount such as 250 or 99.50."),
        "sound_on": _("Sound: on"),
        "sound_off": _("Sound: off"),
        "stream_on": _("Stop the stream"),
        "stream_off": _("Start the stream"),
        "poll": _("Wallet reader"),
        "jobs": _("Background cluster"),
    }
