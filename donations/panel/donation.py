"""One donation: enter it by hand, look at it, correct it, take it back, and undo any of that."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from donations.corrections import ChangedSince, NotByHand, NothingToUndo, Ticks, edit, enter, reverse, undo
from donations.models import Donation, Member
from donations.panel.donation_forms import EntryForm, NewEntryForm, TicksForm
from donations.panel.history import history_of, reversal_in
from donations.panel.membership import MemberRequest, for_members, for_owners
from donations.panel.moderation_forms import WordsForm

form_page = require_http_methods(["GET", "HEAD", "POST"])


@form_page
@for_owners
def enter_donation(request: MemberRequest) -> HttpResponse:
    """Cash, or what came through another service. A form that is sent twice enters one donation."""
    form = NewEntryForm(request.POST) if request.method == "POST" else NewEntryForm.opened(request.streamer)
    if form.is_valid():
        is_known = request.streamer.donations.by_hand().filter(txn_id=form.cleaned_data["nonce"]).exists()
        donation = _entered(request, form)
        if donation is not None and is_known:
            messages.info(request, _("This form was entered already, and counts once. For another one open it anew."))
        elif donation is not None:
            messages.success(request, _("The donation is entered."))
        if donation is not None:
            return redirect("panel:donation", donation.public_id)
    return render(request, "panel/new_donation.html", {"form": form})


@require_GET
@for_members
def donation(request: MemberRequest, public_id: str) -> HttpResponse:
    """All that is known of it, and its history."""
    found = _donation(request, public_id)
    return _page(request, found, _form_class(found).of(found))


@require_POST
@for_owners
def edit_donation(request: MemberRequest, public_id: str) -> HttpResponse:
    """Correct one that was entered by hand; say where one of a wallet counts."""
    found = _donation(request, public_id)
    form = _form_class(found).of(found, request.POST)
    if not form.is_valid():
        return _page(request, found, form)
    try:
        correction = edit(found, request.user, **form.changes())
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, found, form)
    messages.success(request, _("Saved. What it was is kept below.") if correction else _("Nothing was changed."))
    return redirect("panel:donation", public_id)


@require_POST
@for_owners
def reverse_donation(request: MemberRequest, public_id: str) -> HttpResponse:
    """Take an entry back."""
    try:
        reverse(_donation(request, public_id), request.user)
        messages.success(request, _("Taken back: it counts nowhere and is on no page. You can put it back."))
    except NotByHand:
        messages.error(request, _("The wallet says whether its payment stands. You can say where it counts."))
    return redirect("panel:donation", public_id)


@require_POST
@for_owners
def undo_correction(request: MemberRequest, public_id: str, pk: int) -> HttpResponse:
    """Put back what one correction changed."""
    try:
        undo(
            get_object_or_404(_donation(request, public_id).corrections.select_related("donation"), pk=pk), request.user
        )
        messages.success(request, _("Undone. That is kept below too."))
    except ChangedSince:
        messages.error(request, _("It was changed again since, or undone already. Undo the newest change first."))
    except NothingToUndo:
        messages.error(request, _("This cannot be undone: an entry is taken back, and what the wallet said stays."))
    return redirect("panel:donation", public_id)


def _entered(request: MemberRequest, form: NewEntryForm) -> Donation | None:
    """The donation of this form, or None with what is wrong told at its fields."""
    data = form.cleaned_data
    ticks = Ticks(**{tick: data[tick] for tick in form.TICKS})
    facts = (data["nonce"], data["money"], data["occurred_at"], data["name"], data["words"])
    try:
        return enter(request.streamer, request.user, *facts, ticks)
    except ValidationError as error:
        form.add_error(None, error)
    return None


def _form_class(found: Donation) -> type[TicksForm]:
    return EntryForm if found.wallet_id is None else TicksForm


def _donation(request: MemberRequest, public_id: str) -> Donation:
    return get_object_or_404(request.streamer.donations.select_related("wallet", "session"), public_id=public_id)


def _page(request: MemberRequest, found: Donation, form: TicksForm) -> HttpResponse:
    steps = history_of(found)
    context = {
        "gift": found,
        "form": form,
        "steps": steps,
        "reversal": reversal_in(steps),
        "words_form": WordsForm.of(found),
        "mark": request.streamer.donor_marks.filter(donor_key=found.donor_key).first(),
        "is_owner": request.member.role == Member.Role.OWNER,
    }
    return render(request, "panel/donation.html", context)
