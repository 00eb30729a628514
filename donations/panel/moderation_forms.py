"""The forms of moderation: who is held and for how long, and what a donation is shown as."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations.models import Donation, Streamer
from donations.words import LONGEST_NAME, LONGEST_WORDS

TIMES = (
    (15, _("15 seconds")),
    (30, _("30 seconds")),
    (60, _("a minute")),
    (120, _("2 minutes")),
    (300, _("5 minutes")),
    (900, _("15 minutes")),
    (0, _("until somebody decides")),
)


class HoldForm(forms.Form):
    """Whether new donations are held, how long, and what happens then. `rule` is what a valid one says."""

    who = forms.ChoiceField(
        label=_("A new donation"),
        choices=[
            (Streamer.Hold.NOBODY.value, _("is shown at once")),
            (Streamer.Hold.ALL.value, _("waits until one of you lets it on")),
        ],
        widget=forms.RadioSelect,
    )
    seconds = forms.TypedChoiceField(label=_("It waits"), choices=TIMES, coerce=int)
    then = forms.ChoiceField(
        label=_("When nobody decided in time"),
        choices=[
            (Streamer.Then.SHOW.value, _("it is shown, and its alert plays")),
            (Streamer.Then.DROP.value, _("it is hidden: no name, no words, no alert")),
        ],
        widget=forms.RadioSelect,
        help_text=_("This holds for those that wait already, too."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = self.initial["seconds"]
        another = [] if now in dict(TIMES) else [(now, gettext("%(n)d seconds") % {"n": now})]
        seconds = self.fields["seconds"]
        assert isinstance(seconds, forms.TypedChoiceField)
        seconds.choices = [*another, *TIMES]

    @classmethod
    def of(cls, streamer: Streamer, data: Any = None) -> HoldForm:
        """The form with the rule as it is. That they go on waiting is the same as having no time."""
        keeps = streamer.hold_then == Streamer.Then.KEEP
        initial = {
            "who": streamer.hold_who,
            "seconds": 0 if keeps else streamer.hold_seconds,
            "then": Streamer.Then.SHOW.value if keeps else streamer.hold_then,
        }
        return cls(data, initial=initial)

    @property
    def rule(self) -> tuple[str, int, str]:
        """As `moderation.set_rule` takes it."""
        data = self.cleaned_data
        return data["who"], data["seconds"], data["then"] if data["seconds"] else Streamer.Then.KEEP.value


class WordsForm(forms.Form):
    """The name and the words that pages show instead of the given ones."""

    name = forms.CharField(label=_("Name"), required=False, max_length=LONGEST_NAME)
    words = forms.CharField(
        label=_("Words"), required=False, max_length=LONGEST_WORDS, widget=forms.Textarea(attrs={"rows": 3})
    )

    @classmethod
    def of(cls, donation: Donation) -> WordsForm:
        """With what is shown; of a held one with what was given."""
        if donation.is_held:
            return cls(initial={"name": donation.name_given, "words": donation.words_given})
        return cls(initial={"name": donation.name_shown, "words": donation.words_shown})
