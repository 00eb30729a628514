"""The form of a goal: everything that may be edited of it, its milestones too. Amounts are as people write them."""

from __future__ import annotations

from itertools import chain, count
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations.models import Goal, Milestone, Streamer
from donations.panel.amounts import parse_amount, parse_if_any, typed
from donations.panel.moment_field import MomentField

MOST_MILESTONES = 20
EMPTY_ROWS = 3
"""How many milestones can be added at once without a script."""

LETTERS = (
    "аa бb вv гg ґg дd еe єye ёyo жzh зz иi іi їyi йi кk лl мm нn оo пp рr "
    "сs тt уu фf хkh цts чch шsh щshch ъ ыy ь эe юyu яya"
)
LATIN = str.maketrans({pair[0]: pair[1:] for pair in LETTERS.split()} | {"’": "", "'": ""})


def name_in_links(title: str) -> str:
    """A title as a part of an address: `Новый микрофон` becomes `novyi-mikrofon`."""
    return slugify(title.lower().translate(LATIN))[:60].strip("-")


def amount_field(**kwargs: Any) -> forms.CharField:
    return forms.CharField(max_length=40, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **kwargs)


class MilestoneForm(forms.Form):
    """One mark on the way; an empty row is none."""

    amount = amount_field(label=_("Amount"), required=False)
    title = forms.CharField(label=_("What happens then"), required=False, max_length=80)

    def read(self, currency: str) -> Milestone | None:
        """The mark in minor units of the goal's currency; None of an empty row and of one that makes no sense."""
        amount, title = self.cleaned_data.get("amount", ""), self.cleaned_data.get("title", "")
        if not amount:
            if title:
                self.add_error("amount", gettext("Write at which amount, or empty the row."))
            return None
        try:
            return Milestone(minor=parse_amount(amount, currency), title=title)
        except ValidationError as error:
            self.add_error("amount", error)
            return None


MilestoneRows = forms.formset_factory(MilestoneForm, extra=EMPTY_ROWS, max_num=MOST_MILESTONES, validate_max=True)


class GoalForm(forms.ModelForm):
    """A goal, and `milestones`: its rows below. Valid when both are; then `marks` are what they say, None: not sent."""

    target = amount_field(label=_("How much"))
    since = MomentField(label=_("Counts from"), help_text=_("Donations before this moment do not count in this goal."))
    until = MomentField(label=_("Counts until"), required=False)
    deadline = MomentField(
        label=_("Deadline"), required=False, help_text=_("Told on the public page. Donations after it count too.")
    )
    offset = amount_field(
        label=_("Already collected"),
        required=False,
        help_text=_("In cash or elsewhere. It is shown as raised from the beginning."),
    )

    class Meta:
        model = Goal
        fields = [
            *("title", "target", "currency", "about", "period", "since", "until", "wallets", "counts_others"),
            *("offset", "deadline", "is_public", "slug"),
        ]
        widgets = {"wallets": forms.CheckboxSelectMultiple, "about": forms.Textarea(attrs={"rows": 3})}
        labels = {
            "title": _("What for"),
            "about": _("A few words to those who give"),
            "period": _("Begins anew"),
            "wallets": _("Which wallets count"),
            "is_public": _("Has a public page"),
        }
        help_texts = {"wallets": _("None ticked: all of them.")}

    GROUPS = (
        ("counting", ("period", "since", "until", "wallets", "counts_others", "offset")),
        ("on_the_way", ("deadline",)),
        ("page", ("is_public", "slug")),
    )
    """What is folded away until it is wanted."""

    def __init__(self, *args: Any, streamer: Streamer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.streamer = streamer
        self.marks: list[Milestone] | None = None
        goal: Goal = self.instance
        marks = [] if goal.pk is None else list(goal.milestones.all())
        rows = [{"amount": typed(mark.minor, goal.currency), "title": mark.title} for mark in marks]
        is_sent = self.is_bound and "milestones-TOTAL_FORMS" in self.data
        self.milestones = MilestoneRows(self.data if is_sent else None, initial=rows, prefix="milestones")
        self.fields["period"].choices = self._periods()  # type: ignore[attr-defined]
        self.fields["counts_others"].help_text = gettext(
            "By the rate of their day. Only for a goal in your main currency, %(currency)s."
        ) % {"currency": streamer.currency}
        self.fields["slug"].required = False
        self.fields["slug"].help_text = _("Leave it empty, and it is made from the title.")
        self._begin_with(goal)

    def _periods(self) -> list[tuple[str, str]]:
        never = {Goal.Period.ALL: gettext("never"), Goal.Period.DATES: gettext("never, and ends on a day")}
        return [(value, str(never.get(Goal.Period(value), label))) for value, label in Goal.Period.choices]

    def _begin_with(self, goal: Goal) -> None:
        wallets = self.streamer.wallets.active()
        if goal.pk:
            # One that was archived since stays chosen: with none chosen all would count.
            wallets = (wallets | self.streamer.wallets.filter(goals=goal)).distinct()
            self.fields["target"].initial = typed(goal.target_minor, goal.currency)
            self.fields["offset"].initial = typed(goal.offset_minor, goal.currency) if goal.offset_minor else ""
        else:
            goal.streamer = self.streamer
            goal.since = timezone.localtime().replace(second=0, microsecond=0)
            self.fields["currency"].initial = self.streamer.currency
        choice = self.fields["wallets"]
        assert isinstance(choice, forms.ModelMultipleChoiceField)
        choice.queryset = wallets.order_by("title", "pk")
        for name in ("since", "until", "deadline"):
            field = self.fields[name]
            assert isinstance(field, MomentField)
            field.keep(getattr(goal, name))
            self.initial[name] = getattr(goal, name)

    @property
    def groups(self) -> dict[str, bool]:
        """Whether each group has to be open, because something in it is wrong."""
        wrong = {name: any(field in self.errors for field in fields) for name, fields in self.GROUPS}
        wrong["on_the_way"] |= self.milestones.is_bound and not self.milestones.is_valid()
        return wrong

    def is_valid(self) -> bool:
        return super().is_valid() and (self.milestones.is_valid() or not self.milestones.is_bound)

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        if not slug:
            return self._free_slug(self.cleaned_data.get("title", ""))
        taken = self.streamer.goals.filter(slug=slug).exclude(pk=self.instance.pk).first()
        if taken is not None and taken.archived_at:
            raise ValidationError(_("An archived goal has this name in its link. Choose another one."))
        if taken is not None:
            raise ValidationError(_("Another goal has this name in its link. Choose another one."))
        return slug

    def _free_slug(self, title: str) -> str:
        """Made from the title, with a number behind it where another goal has it already."""
        slug = name_in_links(title)
        if title and not slug:
            raise ValidationError(_("Write a name for the link in Latin letters, for example microphone."))
        taken = set(self.streamer.goals.exclude(pk=self.instance.pk).values_list("slug", flat=True))
        return next(name for name in chain([slug], (f"{slug[:56]}-{n}" for n in count(2))) if name not in taken)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._read_amounts(data)
        self._compare_moments(data)
        if data.get("counts_others") and data.get("currency") not in (None, self.streamer.currency):
            words = _("Only a goal in %(currency)s, your main currency, can count others. Choose it, or untick this.")
            self.add_error("counts_others", ValidationError(words, params={"currency": self.streamer.currency}))
        return data

    def _read_amounts(self, data: dict[str, Any]) -> None:
        currency = data.get("currency")
        if not currency:
            return
        for name in ("target", "offset"):
            try:
                self._put_amount(name, data.get(name, ""), currency)
            except ValidationError as error:
                self.add_error(name, error)
        if self.milestones.is_valid():
            self.marks = self._read_marks(currency)

    def _read_marks(self, currency: str) -> list[Milestone]:
        found: dict[int, Milestone] = {}
        for row in self.milestones.forms:
            mark = row.read(currency)
            if mark is not None and mark.minor in found:
                row.add_error("amount", gettext("Another milestone has this amount. Put both into one."))
            elif mark is not None:
                found[mark.minor] = mark
        return list(found.values())

    def _put_amount(self, name: str, text: str, currency: str) -> None:
        if name == "offset":
            self.instance.offset_minor = parse_if_any(text, currency)
        elif text:
            setattr(self.instance, f"{name}_minor", parse_amount(text, currency))

    def _compare_moments(self, data: dict[str, Any]) -> None:
        since, until, deadline = data.get("since"), data.get("until"), data.get("deadline")
        if data.get("period") != Goal.Period.DATES:
            data["until"] = None
        elif until is None and "until" not in self.errors:
            self.add_error("until", _("Write when it ends, or choose that it never begins anew."))
        elif since and until and until <= since:
            self.add_error("until", _("It has to end later than it begins."))
        if since and deadline and deadline <= since:
            self.add_error("deadline", _("The deadline has to be later than the beginning."))
