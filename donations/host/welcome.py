"""Where one-time links lead: choose a password, or be signed in. The secret comes by POST, from behind the `#`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import login, password_validation
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from donations.invitations import Invitation, LinkUnusable, Purpose, accept, open_link

BACKEND = "django.contrib.auth.backends.ModelBackend"


class NewPassword(forms.Form):
    """A password, twice, for the user of a link."""

    password1 = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    password2 = forms.CharField(
        label=_("The same again"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, user: User | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password1"].help_text = password_validation.password_validators_help_text_html()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, again = data.get("password1"), data.get("password2")
        if first and again and first != again:
            self.add_error("password2", _("The two passwords differ."))
        if first:
            try:
                password_validation.validate_password(first, self.user or User(username=data.get("username", "")))
            except ValidationError as error:
                self.add_error("password1", error)
        return data


class FirstUser(NewPassword):
    """The host's own user."""

    field_order = ["username", "password1", "password2"]

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        validators=[User.username_validator],
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )

    def clean_username(self) -> str:
        name = User.normalize_username(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError(_("This user name is taken."))
        return name


@sensitive_post_parameters("token", "password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def welcome(request: HttpRequest) -> HttpResponse:
    """GET: the page whose script posts what stands behind `#`. POST: that token, then with it the new password."""
    if request.method != "POST":
        return render(request, "welcome/link.html")
    token = request.POST.get("token", "").strip().rpartition("#")[2]
    try:
        invitation = open_link(token)
        if invitation.purpose is Purpose.SIGN_IN:
            return _enter(request, accept(token))
        form = _form(request, invitation)
        if form.is_valid():
            data = form.cleaned_data
            return _enter(request, accept(token, data["password1"], data.get("username", "")))
    except LinkUnusable:
        return render(request, "welcome/unusable.html", status=410)
    return render(request, "welcome/password.html", {"form": form, "invitation": invitation, "token": token})


def _form(request: HttpRequest, invitation: Invitation) -> NewPassword:
    posted = request.POST if "password1" in request.POST else None
    return (FirstUser if invitation.user is None else NewPassword)(posted, user=invitation.user)


def _enter(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    assert invitation.user is not None
    login(request, invitation.user, backend=BACKEND)
    return HttpResponseRedirect(invitation.next_path)
