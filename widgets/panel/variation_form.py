"""The form of a variation: for which donations it is, in words that people type, and what is its own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from donations.panel.amounts import parse_amount, typed
from widgets.models import Variation, Widget
from widgets.options import options_of
from widgets.panel.headline import Example, check_headline, example_of
from widgets.screen import trial_minor
from widgets.variations import plain

AS_THE_ALERT = _("as the alert has it")
FIRST_COLOUR = "#ff5a5f"


def amount_field(**kwargs: Any) -> forms.CharField:
    attributes = {"inputmode": "decimal"}
    return forms.CharField(required=False, max_length=40, widget=forms.TextInput(attrs=attributes), **kwargs)


class VariationForm(forms.ModelForm):
    """A variation of this alert widget. What is left empty is as the alert has it.

    A sound that is not its saved one is taken only after it was heard.
    """

    starts = amount_field(label=_("Amount"))
    ends = amount_field(label=_("Up to"))
    heard = forms.BooleanField(label=_("I have heard it here"), required=False)
    volume = forms.IntegerField(
        label=_("Loudness, 0 to 100"),
        min_value=0,
        max_value=100,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "data-volume": True}),
    )
    seconds = forms.IntegerField(label=_("Seconds on screen"), min_value=3, max_value=30, required=False)
    headline = forms.CharField(
        label=_("Headline"),
        required=False,
        max_length=80,
        validators=[check_headline],
        help_text=_("{name} and {amount} become the donor’s. Empty: as the alert has it."),
        widget=forms.TextInput(attrs={"data-headline": True}),
    )
    has_accent = forms.BooleanField(label=_("A colour of its own"), required=False)
    accent = forms.CharField(
        label=_("Colour"),
        required=False,
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Write a colour as #ff5a5f."))],
        widget=forms.TextInput(attrs={"type": "color"}),
    )

    class Meta:
        model = Variation
        fields = ("title", "amount", "word", "sound", "volume", "headline", "accent", "effect")
        widgets = {"amount": forms.RadioSelect, "effect": forms.RadioSelect}
        labels = {"title": _("Your name for it"), "word": _("Word or phrase in the message")}
        help_texts = {
            "title": _("Only seen here. Empty: it is named by its donations."),
            "word": _("As a whole word, in large or small letters. Empty: any message, and none."),
        }

    def __init__(self, *args: Any, widget: Widget, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        variation: Variation = self.instance
        variation.widget = widget
        self.currency = widget.streamer.currency
        self.saved_sound = variation.sound if variation.pk else ""
        options = options_of(widget)
        self.fields["title"].required = False
        self.fields["sound"].choices = [("", AS_THE_ALERT), *Variation.Sound.choices]  # type: ignore[attr-defined]
        self.fields["volume"].widget.attrs["placeholder"] = round(options["volume"] * 100)
        self.fields["seconds"].widget.attrs["placeholder"] = round(options["duration_ms"] / 1000)
        for name in ("starts", "ends"):
            self.fields[name].label = f"{self.fields[name].label}, {self.currency}"
        self._begin_with(variation)

    def _begin_with(self, variation: Variation) -> None:
        has_amount = variation.pk and variation.amount != Variation.Amount.ANY
        if has_amount:
            self.initial["starts"] = typed(variation.minor, self.currency)
        if has_amount and variation.upto_minor is not None:
            self.initial["ends"] = typed(variation.upto_minor, self.currency)
        if variation.duration_ms:
            self.initial["seconds"] = round(variation.duration_ms / 1000)
        self.initial["has_accent"] = bool(variation.accent)
        self.initial["accent"] = variation.accent or FIRST_COLOUR

    @property
    def example(self) -> Example:
        """The headline as it stands in the form."""
        return example_of(self["headline"].value() or "", trial_minor(self.currency, self.instance), self.currency)

    def clean_word(self) -> str:
        """As it is compared there must be something left of it."""
        word = str(self.cleaned_data["word"])
        if word and not plain(word):
            raise ValidationError(_("Write a word that can be seen."))
        return word

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._read_amounts(data)
        if data.get("amount") == Variation.Amount.ANY and "word" in data and not data["word"]:
            self.add_error("word", _("Choose an amount or write a word: this would be every donation."))
        sound = data.get("sound")
        if sound not in (None, "", Variation.Sound.NONE, self.saved_sound) and not data.get("heard"):
            self.add_error("sound", _("Listen to it first, so that it does not surprise you on air."))
        if not data.get("has_accent"):
            data["accent"] = ""
            self.errors.pop("accent", None)
        return data

    def _read_amounts(self, data: dict[str, Any]) -> None:
        """Put them into the variation, in minor units of the streamer's currency."""
        amount = data.get("amount")
        asked = {Variation.Amount.EXACT: ["starts"], Variation.Amount.LEAST: ["starts"]}
        asked[Variation.Amount.RANGE] = ["starts", "ends"]
        read: dict[str, int] = {}
        for name in asked.get(amount, []):  # type: ignore[arg-type]
            try:
                read[name] = self._minor(data.get(name, ""))
            except ValidationError as error:
                self.add_error(name, error)
        if "ends" in read and read["ends"] <= read.get("starts", 0):
            self.add_error("ends", _("The range ends before it begins. Write a larger amount here."))
        self.instance.minor = read.get("starts", 0)
        self.instance.upto_minor = read.get("ends")

    def _minor(self, text: str) -> int:
        if not text.strip():
            raise ValidationError(_("Write an amount."))
        return parse_amount(text, self.currency)

    def save(self, commit: bool = True) -> Variation:
        seconds = self.cleaned_data["seconds"]
        self.instance.duration_ms = seconds * 1000 if seconds else None
        saved: Variation = super().save(commit)
        return saved
