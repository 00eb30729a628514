"""What people fill in on the sandbox's pages."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from donations.sandbox import books, faults, money
from donations.sandbox.models import SCOPES, Wallet

MOST_BY_FORM = 99_999_99
ARRIVALS = [
    ("now", _("at once")),
    ("settles", _("waits, then succeeds")),
    ("fails", _("waits, then fails")),
    ("late", _("appears late, with its old date")),
]


class AmountField(forms.CharField):
    """A sum as people write it, cleaned to minor units."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "placeholder": "0"})
    default_error_messages = {"required": _("Write an amount.")}

    def clean(self, value: Any) -> int:
        """ValidationError in words for anything but 0.01 to 99 999.99."""
        try:
            minor = money.to_minor(super().clean(value))
        except money.WrongAmount:
            raise ValidationError(_("Write an amount like 150 or 99.50.")) from None
        if minor > MOST_BY_FORM:
            raise ValidationError(_("One payment is at most 99,999.99."))
        return minor


class GiftForm(forms.Form):
    """An amount with words."""

    amount = AmountField()
    comment = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": _("The comment is at most 500 characters.")},
    )


class PayForm(GiftForm):
    """Money for a wallet, several times, and how it comes."""

    repeat = forms.IntegerField(min_value=1, max_value=100, initial=1, required=False)
    arrival = forms.ChoiceField(choices=ARRIVALS, required=False)
    seconds = forms.IntegerField(min_value=1, max_value=86400, initial=30, required=False)

    def order(self, currency: str) -> books.Order:
        """The order to book."""
        data = self.cleaned_data
        wait, arrival = data["seconds"] or 30, data["arrival"]
        ends = {"settles": "SUCCESS", "fails": "ERROR"}.get(arrival)
        return books.Order(
            minor=data["amount"],
            currency=currency,
            comment=data["comment"] or None,
            repeat=data["repeat"] or 1,
            status="WAITING" if ends else "SUCCESS",
            settles=(wait, ends) if ends else None,
            appears_after=wait if arrival == "late" else 0,
        )


class TransferForm(GiftForm):
    """QIWI's own form: whom, how much, what to say. Blocked fields keep what the link says."""

    account = forms.CharField(
        max_length=64, error_messages={"required": _("Write whom the money goes to: a phone number or a nickname.")}
    )
    field_order = ["account", "amount", "comment"]

    def __init__(self, *args: Any, blocked: frozenset[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in blocked:
            self.fields[name].widget.attrs["readonly"] = True

    def clean_account(self) -> Wallet:
        """The wallet with this number (spaces, plus and a leading 8 allowed) or nickname."""
        told = self.cleaned_data["account"].strip()
        digits = "".join(sign for sign in told if sign not in "+-() \u00a0")
        number = f"7{digits[1:]}" if digits.startswith("8") and len(digits) == 11 else digits
        wallet = Wallet.objects.filter(number=number).first() or Wallet.objects.filter(nickname__iexact=told).first()
        if wallet is None:
            raise ValidationError(_("There is no such wallet in the sandbox. Check the number or the nickname."))
        return wallet


class WalletForm(forms.Form):
    """A new wallet."""

    nickname = forms.RegexField(
        r"^[\w.-]+$",
        max_length=64,
        error_messages={
            "required": _("Write a nickname."),
            "invalid": _("A nickname is letters, digits, dots, dashes and underscores."),
        },
    )


class TokenForm(forms.Form):
    """A new token."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES], widget=forms.CheckboxSelectMultiple, initial=books.READ_ONLY
    )


class FaultForm(forms.Form):
    """The switches of a wallet's API."""

    delay = forms.FloatField(label=_("Answer late, seconds"), min_value=0, max_value=600, required=False)
    until = forms.FloatField(
        label=_("Mend itself after, seconds"), min_value=1, required=False, help_text=_("empty: until switched off")
    )
    status = forms.TypedChoiceField(
        label=_("Refuse with"),
        choices=[("", _("nothing")), *((code, str(code)) for code in faults.STATUSES)],
        coerce=int,
        empty_value=None,
        required=False,
    )
    retry_after = forms.FloatField(
        label=_("Retry-After of a 429, seconds"), min_value=0, required=False, help_text=_("empty: it does not say")
    )
    only = forms.TypedChoiceField(
        label=_("Where"),
        choices=[("", _("everywhere")), *((place, place) for place in faults.PLACES)],
        empty_value=None,
        required=False,
    )
    timeout = forms.BooleanField(label=_("Never answer"), required=False)
    html = forms.BooleanField(label=_("HTML instead of JSON"), required=False)
    truncate = forms.BooleanField(label=_("Cut the JSON in the middle"), required=False)
    null_balance = forms.BooleanField(label=_("Balance is null at first"), required=False)
