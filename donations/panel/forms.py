"""The panel's forms. Amounts come in as people type them and leave as minor units."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations.models import Goal, Streamer, StreamSession, Wallet
from donations.panel.amounts import parse_amount, typed
from donations.providers import PROVIDERS

SANDBOX = "qiwi-sandbox"
PACES = (
    (5, _("every 5 seconds")),
    (10, _("every 10 seconds")),
    (30, _("every 30 seconds")),
    (60, _("every minute")),
    (300, _("every 5 minutes")),
)
LETTERS = (
    "аa бb вv гg ґg дd еe єye ёyo жzh зz иi іi їyi йi кk лl мm нn оo пp рr "
    "сs тt уu фf хkh цts чch шsh щshch ъ ыy ь эe юyu яya"
)
LATIN = str.maketrans({pair[0]: pair[1:] for pair in LETTERS.split()} | {"’": "", "'": ""})


def providers_to_choose() -> list[tuple[str, str]]:
    """Names and titles; imaginary wallets only where they run."""
    return [(name, provider.title) for name, provider in PROVIDERS.items() if name != SANDBOX or settings.DEMO]


def name_in_links(title: str) -> str:
    """A title as a part of an address: `Новый микрофон` becomes `novyi-mikrofon`."""
    return slugify(title.lower().translate(LATIN))[:60].strip("-")


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


class GoalForm(forms.ModelForm):
    """A goal with its target as people write it."""

    target = forms.CharField(label=_("How much"), max_length=40, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    since = forms.DateTimeField(
        label=_("Counts from"),
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        help_text=_("Donations before this moment do not count in this goal."),
    )

    class Meta:
        model = Goal
        fields = ["title", "target", "currency", "about", "since", "wallets", "is_public", "slug"]
        widgets = {"wallets": forms.CheckboxSelectMultiple, "about": forms.Textarea(attrs={"rows": 3})}
        labels = {
            "title": _("What for"),
            "about": _("A few words to those who give"),
            "wallets": _("Which wallets count"),
            "is_public": _("Has a public page"),
        }
        help_texts = {"wallets": _("None ticked: all of them.")}

    def __init__(self, *args: Any, streamer: Streamer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.streamer = streamer
        wallets = self.fields["wallets"]
        assert isinstance(wallets, forms.ModelMultipleChoiceField)
        wallets.queryset = streamer.wallets.active().order_by("title", "pk")
        self.fields["slug"].required = False
        self.fields["slug"].help_text = _("Leave it empty, and it is made from the title.")
        if self.instance.pk:
            self.fields["target"].initial = typed(self.instance.target_minor, self.instance.currency)
        else:
            self.instance.streamer = streamer
            self.fields["currency"].initial = streamer.currency
            self.fields["since"].initial = timezone.localtime().replace(second=0, microsecond=0)

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"] or name_in_links(self.cleaned_data.get("title", ""))
        if not slug:
            raise ValidationError(_("Write a name for the link in Latin letters, for example microphone."))
        taken = self.streamer.goals.filter(slug=slug).exclude(pk=self.instance.pk).first()
        if taken is not None and taken.archived_at:
            raise ValidationError(_("An archived goal has this name in its link. Choose another one."))
        if taken is not None:
            raise ValidationError(_("Another goal has this name in its link. Choose another one."))
        return slug

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("target") and data.get("currency"):
            try:
                self.instance.target_minor = parse_amount(data["target"], data["currency"])
            except ValidationError as error:
                self.add_error("target", error)
        return data


class StreamForm(forms.ModelForm):
    """The title of a stream."""

    class Meta:
        model = StreamSession
        fields = ["title"]


class DonationSearch(forms.Form):
    """Words or a name to look for, and which donations."""

    STATES = (
        ("", _("All")),
        ("hidden", _("Hidden")),
        ("pending", _("On their way")),
        ("failed", _("Taken back")),
        ("hand", _("By hand")),
    )

    q = forms.CharField(required=False, max_length=100, strip=True)
    state = forms.ChoiceField(required=False, choices=STATES)
