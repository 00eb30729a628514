"""Wallets: connect, look after their tokens, read now, archive. A token goes in and never comes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from donations.connecting import (
    AccountNeeded,
    OtherAccount,
    archive_wallet,
    check_token,
    connect,
    poll_now,
    replace_token,
    revoke_token,
    verify,
)
from donations.differences import comparison_of
from donations.health import health_of, right_words, spending_words
from donations.models import InfoToken, Wallet
from donations.oddities import reason_words
from donations.panel.forms import ConnectForm, LettersForm, TokenForm, WalletForm
from donations.panel.membership import MemberRequest, for_owners
from donations.providers.base import Profile, ProviderError, TargetMissing
from donations.refusals import words_for
from donations.seal import CannotUnseal

Found = TypeVar("Found")

form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_GET
@for_owners
def wallets(request: MemberRequest) -> HttpResponse:
    """Each wallet with its health; archived ones below."""
    return _wallets_page(request, LettersForm(instance=request.user))


@require_POST
@for_owners
def letters(request: MemberRequest) -> HttpResponse:
    """Where the owner who asks wants letters, or that he wants none."""
    if not settings.SENDS_MAIL:
        raise Http404
    form = LettersForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    if not form.is_valid():
        return _wallets_page(request, form)
    form.instance.save(update_fields=["email"])
    messages.success(request, _("Saved."))
    return redirect("panel:wallets")


def _wallets_page(request: MemberRequest, letters_form: LettersForm) -> HttpResponse:
    rows = request.streamer.wallets.select_related("state").prefetch_related("tokens").order_by("pk")
    context = {
        "healths": [(wallet, health_of(wallet)) for wallet in rows if wallet.archived_at is None],
        "archived": [wallet for wallet in rows if wallet.archived_at is not None],
        "letters_form": letters_form if settings.SENDS_MAIL else None,
    }
    return render(request, "panel/wallets.html", context)


@sensitive_post_parameters("token")
@form_page
@for_owners
def connect_wallet(request: MemberRequest) -> HttpResponse:
    """Try a token (`check`), or connect its wallet."""
    form = ConnectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if "check" in request.POST:
            _try(form, lambda: _say_found(request, verify(data["provider"], data["token"], data["account"])))
        else:
            wallet = _try(
                form,
                lambda: connect(
                    request.streamer,
                    data["provider"],
                    data["token"],
                    data["account"],
                    data["title"],
                    data["poll_seconds"],
                ),
            )
            if wallet is not None:
                messages.success(request, _("The wallet is connected. Its last 30 days are being read now."))
                return redirect("panel:wallet", wallet.pk)
    return render(request, "panel/connect.html", {"form": form})


@form_page
@for_owners
def wallet(request: MemberRequest, pk: int) -> HttpResponse:
    """One wallet: how it fares, its token, its settings."""
    found = _wallet(request, pk)
    form = WalletForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.instance.save(update_fields=["title", "poll_seconds"])
        messages.success(request, _("Saved."))
        return redirect("panel:wallet", pk)
    return _wallet_page(request, _wallet(request, pk), form, TokenForm())


@sensitive_post_parameters("token")
@require_POST
@for_owners
def replace(request: MemberRequest, pk: int) -> HttpResponse:
    """Put in another token of the same wallet."""
    found = _wallet(request, pk)
    form = TokenForm(request.POST)
    token = _try(form, lambda: replace_token(found, form.cleaned_data["token"])) if form.is_valid() else None
    if token is not None:
        messages.success(request, _("The new token works. The old one is forgotten."))
        return redirect("panel:wallet", pk)
    return _wallet_page(request, found, WalletForm(instance=found), form)


@require_POST
@for_owners
def check(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask the wallet now whether the stored token works and what it may."""
    found = _wallet(request, pk)
    try:
        _say_found(request, check_token(found))
    except InfoToken.DoesNotExist:
        messages.error(request, _("There is no token, so the wallet is not read."))
    except CannotUnseal:
        messages.error(request, _("The stored token cannot be opened: the key that sealed it is gone."))
    except ProviderError as error:
        messages.error(request, words_for(error))
    return redirect("panel:wallet", pk)


@require_POST
@for_owners
def read_now(request: MemberRequest, pk: int) -> HttpResponse:
    """Make the wallet due."""
    if poll_now(_wallet(request, pk)):
        messages.success(request, _("It is read within a few seconds."))
    else:
        messages.warning(request, _("It cannot be read right now. Its state below says why."))
    return redirect("panel:wallet", pk)


@require_POST
@for_owners
def revoke(request: MemberRequest, pk: int) -> HttpResponse:
    """Forget the token."""
    revoke_token(_wallet(request, pk))
    messages.success(request, _("The token is forgotten. The wallet is not read until you put in another one."))
    return redirect("panel:wallet", pk)


@require_POST
@for_owners
def archive(request: MemberRequest, pk: int) -> HttpResponse:
    """Stop reading; the donations stay."""
    archive_wallet(_wallet(request, pk))
    messages.success(request, _("The wallet is archived. Its donations stay. Connect it again whenever you like."))
    return redirect("panel:wallets")


def _wallet(request: MemberRequest, pk: int) -> Wallet:
    return get_object_or_404(request.streamer.wallets.select_related("state").prefetch_related("tokens"), pk=pk)


def _wallet_page(request: MemberRequest, found: Wallet, form: WalletForm, token_form: TokenForm) -> HttpResponse:
    token = found.tokens.working().first()
    context = {
        "wallet": found,
        "health": health_of(found),
        "token": token,
        "spending": spending_words(token.read_only) if token else "",
        "missing": [right_words(right) for right in token.missing] if token else [],
        "odd_rows": found.odd_rows.aggregate(times=Sum("times_seen"))["times"] or 0,
        "oddities": [(row, reason_words(row.reason)) for row in found.odd_rows.order_by("-last_seen_at")[:5]],
        "comparison": comparison_of(found),
        "form": form,
        "token_form": token_form,
    }
    return render(request, "panel/wallet.html", context)


def _try(form: TokenForm, act: Callable[[], Found]) -> Found | None:
    """What came of it, or None with the trouble told at the field that it concerns."""
    try:
        return act()
    except (AccountNeeded, TargetMissing) as error:
        form.add_error("account" if "account" in form.fields else "token", words_for(error))
    except (ProviderError, OtherAccount) as error:
        form.add_error("token", words_for(error))
    return None


def _say_found(request: MemberRequest, profile: Profile) -> None:
    messages.success(request, _("The token works. %(spending)s") % {"spending": spending_words(profile.read_only)})
    if profile.missing:
        rights = ", ".join(right_words(right) for right in profile.missing)
        words = _("It may not read: %(rights)s. Donations are seen all the same.")
        messages.warning(request, words % {"rights": rights})
