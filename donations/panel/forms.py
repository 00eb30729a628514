"""The panel's forms. Amounts come in as people type them and leave as minor units."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations.models import StreamSession, Wallet
from donations.panel.moment_field import MomentField
from donations.providers import PROVIDERS

SANDBOX = "qiwi-sandbox"
PACES = (
    (5, _("every 5 seconds")),
    (10, _("every 10 seconds")),
    (30, _("every 30 seconds")),
    (60, _("every minute")),
    (300, _("every 5 minutes")),
)


def providers_to_choose() -> list[tuple[str, str]]:
    """Names and titles; imaginary wallets only where they run."""
    return [(name, provider.title) for name, provider in PROVIDERS.items() if name != SANDBOX or settings.DEMO]


class SecretInput(forms.PasswordInput):
    """Hidden while typed, never shown again, and kept by no browser."""

    def __init__(self) -> None:
        super().__init__(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"})


class TokenForm(forms.Form):
    """A new token for a wallet that is known."""

    token = forms.CharField(label=_("New token"), widget=SecretInput, max_length=2000)


class ConnectForm(TokenForm):
    """A wallet by its token."""

    field_order = ["provider", "token", "account", "title", "poll_seconds"]

    provider = forms.ChoiceField(label=_("Wallet"))
    account = forms.CharField(
        label=_("Wallet number"),
        required=False,
        max_length=120,
        help_text=_("Only if the token does not tell it. Leave it empty at first."),
    )
    title = forms.CharField(label=_("Your name for it"), required=False, max_length=80)
    poll_seconds = forms.TypedChoiceField(label=_("How often to look"), choices=PACES, coerce=int, initial=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        provider = self.fields["provider"]
        assert isinstance(provider, forms.ChoiceField)
        provider.choices = providers_to_choose()
        self.fields["token"].label = _("Token")
        self.fields["token"].help_text = _("One that can only read. It is stored encrypted and never shown again.")


class WalletForm(forms.ModelForm):
    """What a person may change of a wallet."""

    poll_seconds = forms.TypedChoiceField(label=_("How often to look"), choices=PACES, coerce=int)

    class Meta:
        model = Wallet
        fields = ["title", "poll_seconds"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        least = PROVIDERS[self.instance.provider].minimum_interval.total_seconds()
        now = self.instance.poll_seconds
        paces = dict(PACES) | ({} if now in dict(PACES) else {now: gettext("every %(n)d seconds") % {"n": now}})
        pace = self.fields["poll_seconds"]
        assert isinstance(pace, forms.TypedChoiceField)
        pace.choices = sorted((seconds, words) for seconds, words in paces.items() if seconds >= least)


class LettersForm(forms.ModelForm):
    """Where an owner wants to be told that a wallet needs him."""

    class Meta:
        model = User
        fields = ["email"]
        labels = {"email": _("Tell me by e-mail when a wallet needs me")}
        help_texts = {"email": _("Your address. Empty: no letters.")}
        widgets = {"email": forms.EmailInput(attrs={"autocomplete": "email"})}


class StreamForm(forms.ModelForm):
    """The title of a stream."""

    class Meta:
        model = StreamSession
        fields = ["title"]


class StreamTimesForm(StreamForm):
    """The title of a stream, and when it began and ended. One that is on may be ended at a time that has passed."""

    started_at = MomentField(label=_("Began"))
    ended_at = MomentField(label=_("Ended"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        began, ended = self.fields["started_at"], self.fields["ended_at"]
        assert isinstance(began, MomentField) and isinstance(ended, MomentField)
        began.keep(self.instance.started_at)
        ended.keep(self.instance.ended_at)
        if self.instance.ended_at is None:
            ended.required = False
            ended.help_text = _("Leave it empty while you are on air.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("started_at", "ended_at"):
            if (moment := data.get(name)) and moment > timezone.now():
                self.add_error(name, _("This moment is still to come."))
        return data


class DonationSearch(forms.Form):
    """Words or a name to look for, and which donations."""

    STATES = (
        ("", _("All")),
        ("held", _("Held")),
        ("hidden", _("Hidden")),
        ("pending", _("On their way")),
        ("failed", _("Void")),
        ("hand", _("By hand")),
    )

    q = forms.CharField(required=False, max_length=100, strip=True)
    state = forms.ChoiceField(required=False, choices=STATES)
