"""The forms of one donation: to enter it by hand, to correct it, to say where it counts."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations.models import Donation, Streamer
from donations.money import EXPONENTS, Money
from donations.panel.amounts import parse_amount, typed
from donations.seal import new_secret
from donations.words import LONGEST_NAME, LONGEST_WORDS

TO_THE_MINUTE = "%Y-%m-%dT%H:%M"


class TicksForm(forms.Form):
    """Where a donation counts."""

    TICKS: ClassVar[tuple[str, ...]] = ("counts", "in_stream", "listed")

    counts = forms.BooleanField(
        label=_("In goals and totals"),
        help_text=_("Raises the goals that it fits, and the sums of all time."),
        required=False,
    )
    in_stream = forms.BooleanField(
        label=_("In the stream"),
        help_text=_("Adds to the sum of the stream that was on at that moment."),
        required=False,
    )
    listed = forms.BooleanField(
        label=_("In lists"),
        help_text=_("Stands among the latest donations, on the stream and on public pages."),
        required=False,
    )

    @classmethod
    def of(cls, donation: Donation, data: Any = None) -> TicksForm:
        """The form with what the donation says now."""
        return cls(data, initial=cls.initial_of(donation))

    @classmethod
    def initial_of(cls, donation: Donation) -> dict[str, Any]:
        return {tick: getattr(donation, tick) for tick in cls.TICKS}

    def changes(self) -> dict[str, Any]:
        """What a valid form asks to be changed, as `corrections.edit` takes it."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    @property
    def ticks(self) -> list[forms.BoundField]:
        return [self[tick] for tick in self.TICKS]


class EntryForm(TicksForm):
    """A donation that is entered by hand: `cleaned_data["money"]` is its amount and currency."""

    amount = forms.CharField(label=_("Amount"), max_length=40, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in EXPONENTS])
    occurred_at = forms.DateTimeField(
        label=_("When"),
        widget=forms.DateTimeInput(format=TO_THE_MINUTE, attrs={"type": "datetime-local"}),
        help_text=_("When it was given. It belongs to the day and the stream of that moment."),
    )
    name = forms.CharField(
        label=_("From whom"),
        required=False,
        max_length=LONGEST_NAME,
        help_text=_("Donations under the same name are one donor’s."),
    )
    words = forms.CharField(
        label=_("Their words"), required=False, max_length=LONGEST_WORDS, widget=forms.Textarea(attrs={"rows": 3})
    )

    @classmethod
    def initial_of(cls, donation: Donation) -> dict[str, Any]:
        return super().initial_of(donation) | {
            "amount": typed(donation.minor, donation.currency),
            "currency": donation.currency,
            # As the field can write it: what nobody touched is not changed.
            "occurred_at": donation.occurred_at.replace(second=0, microsecond=0),
            "name": donation.name_given,
            "words": donation.words_given,
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("amount") and data.get("currency"):
            try:
                data["money"] = Money(parse_amount(data["amount"], data["currency"]), data["currency"])
            except ValidationError as error:
                self.add_error("amount", error)
        return data

    def changes(self) -> dict[str, Any]:
        changes = super().changes()
        if changes.keys() & {"amount", "currency"}:
            changes["money"] = self.cleaned_data["money"]
        return {name: value for name, value in changes.items() if name not in ("amount", "currency")}


class NewEntryForm(EntryForm):
    """Its nonce is drawn when the form is opened, so that a form enters one donation however often it is sent."""

    TICKS = (*EntryForm.TICKS, "alerts")

    alerts = forms.BooleanField(
        label=_("Alert"), help_text=_("Plays on the stream at once, with the name and the words."), required=False
    )
    nonce = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    @classmethod
    def opened(cls, streamer: Streamer) -> NewEntryForm:
        """An empty one: now, in the streamer's own currency, with every tick."""
        now = timezone.localtime().replace(second=0, microsecond=0)
        ticks = dict.fromkeys(cls.TICKS, True)
        return cls(initial={"currency": streamer.currency, "occurred_at": now, "nonce": new_secret(), **ticks})

    def clean(self) -> dict[str, Any]:
        if not self.cleaned_data.get("nonce"):
            raise ValidationError(gettext("This form has lost its number. Open it anew."))
        return super().clean()
