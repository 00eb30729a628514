"""The host's pages: streamers, their members, and one-time links for these. For superusers alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from donations.events import writing
from donations.invitations import invitation_link, reset_link
from donations.models import Member, Streamer
from donations.periods import FIRST_DAYS
from donations.tallies import recount_goals
from donations.valuing import revalue

GIVEN = "given_link"
"""The session's key for a link that is shown on the next page and never again."""

Params = ParamSpec("Params")


def for_hosts(
    view: Callable[Concatenate[HttpRequest, Params], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Params], HttpResponse]:
    """Superusers alone."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Params.args, **kwargs: Params.kwargs) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied(gettext("Only the host of this Kopilka may open it."))
        return view(request, *args, **kwargs)

    return never_cache(login_required(guarded))


class MemberForm(forms.Form):
    """A member by user name; a new name makes a new user."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        validators=[User.username_validator],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    role = forms.ChoiceField(label=_("May"), choices=[])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [
            (Member.Role.OWNER.value, _("do everything (owner)")),
            (Member.Role.MODERATOR.value, _("hide donations, run streams (moderator)")),
        ]


class StreamerForm(forms.ModelForm):
    """The tenant's own facts."""

    class Meta:
        model = Streamer
        fields = ["name", "slug", "language", "time_zone", "currency"]
        help_texts = {
            "slug": _("Stands in public addresses: /@name/. Links given away stop working when it changes."),
            "time_zone": _("Days and months begin by it. For example Europe/Moscow, Europe/Kyiv."),
            "currency": _(
                "Donations in others get a value in it by the rate of their day; goals may count that. "
                "After a change all values are made anew."
            ),
        }


class NewStreamerForm(StreamerForm):
    """A streamer with the first member, its owner."""

    username = forms.CharField(
        label=_("User name of its owner"),
        max_length=150,
        validators=[User.username_validator],
        help_text=_("A new one, or somebody who signs in here already."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )


@require_GET
@for_hosts
def streamers(request: HttpRequest) -> HttpResponse:
    """All streamers."""
    rows = Streamer.objects.real().annotate(people=Count("members")).order_by("name", "pk")
    return render(request, "host/streamers.html", {"streamers": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@for_hosts
def new_streamer(request: HttpRequest) -> HttpResponse:
    """Create a streamer and its owner, and show the owner's invitation once."""
    form = NewStreamerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            streamer = form.save()
            user = _add(streamer, form.cleaned_data["username"], Member.Role.OWNER)
        _invite(request, user)
        return redirect("host:streamer", streamer.slug)
    return render(request, "host/new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@for_hosts
def streamer(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a streamer; its members."""
    found = get_object_or_404(Streamer.objects.real(), slug=slug)
    form = StreamerForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        with writing(found.pk) as log:
            before = Streamer.objects.get(pk=found.pk)
            after = form.save(commit=False)
            # The other columns may have changed since the form was read: who is held, for one.
            after.save(update_fields=StreamerForm.Meta.fields)
            if after.currency != before.currency:
                revalue(log)
            elif after.time_zone != before.time_zone:
                recount_goals(log, *FIRST_DAYS)
        messages.success(request, gettext("Saved."))
        return redirect("host:streamer", form.instance.slug)
    return _streamer_page(request, get_object_or_404(Streamer.objects.real(), slug=slug), form, MemberForm())


@require_POST
@for_hosts
def add_member(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a member, and show the invitation once."""
    found = get_object_or_404(Streamer.objects.real(), slug=slug)
    form = MemberForm(request.POST)
    if form.is_valid():
        _invite(request, _add(found, form.cleaned_data["username"], form.cleaned_data["role"]))
        return redirect("host:streamer", slug)
    return _streamer_page(request, found, StreamerForm(instance=found), form)


@require_POST
@for_hosts
def remove_member(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """End a membership; the user stays."""
    get_object_or_404(Member, streamer__slug=slug, pk=pk).delete()
    messages.success(request, gettext("Removed. They cannot open this streamer's panel any more."))
    return redirect("host:streamer", slug)


@require_POST
@for_hosts
def link(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A new one-time link for a member: an invitation, or a new password for one who has one."""
    user = get_object_or_404(Member.objects.select_related("user"), streamer__slug=slug, pk=pk).user
    _give(request, user, reset_link(user) if user.has_usable_password() else invitation_link(user))
    return redirect("host:streamer", slug)


def _add(found: Streamer, username: str, role: str) -> User:
    user = User.objects.filter(username__iexact=username).first()
    if user is None:
        user = User.objects.create_user(username=username, password=None)
    Member.objects.update_or_create(streamer=found, user=user, defaults={"role": role})
    return user


def _invite(request: HttpRequest, user: User) -> None:
    if user.has_usable_password():
        words = gettext("%(name)s has a password already and can sign in.")
        messages.success(request, words % {"name": user.username})
    else:
        _give(request, user, invitation_link(user))


def _give(request: HttpRequest, user: User, address: str) -> None:
    request.session[GIVEN] = {"name": user.username, "link": address}


def _streamer_page(request: HttpRequest, found: Streamer, form: StreamerForm, member_form: MemberForm) -> HttpResponse:
    context = {
        "streamer": found,
        "members": found.member_set.select_related("user").order_by("pk"),
        "form": form,
        "member_form": member_form,
        "given": request.session.pop(GIVEN, None),
    }
    return render(request, "host/streamer.html", context)
