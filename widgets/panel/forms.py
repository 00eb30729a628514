"""A form for each kind of widget; `options()` are those of `widgets.protocol.WidgetValue`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from donations.models import Goal, Streamer
from donations.panel.amounts import parse_if_any, typed
from widgets.models import Widget
from widgets.options import DEFAULT_OPTIONS
from widgets.panel.headline import Example, check_headline, example_of
from widgets.screen import trial_minor


class WidgetForm(forms.Form):
    """What all kinds have: a title, for the panel alone."""

    kind: Widget.Kind
    size = (800, 600)
    suggestion = _("Widget")

    title = forms.CharField(label=_("Your name for it"), max_length=80)

    def __init__(self, *args: Any, streamer: Streamer, widget: Widget | None = None, **kwargs: Any) -> None:
        options = {**DEFAULT_OPTIONS[self.kind], **(widget.options if widget else {})}
        title = widget.title if widget else self.suggestion
        kwargs["initial"] = {**self.initial_of(options), "title": title}
        super().__init__(*args, **kwargs)

    @staticmethod
    def initial_of(options: dict[str, Any]) -> dict[str, Any]:
        """The fields' values for these options."""
        return options

    def options(self) -> dict[str, object]:
        """The widget's options from the valid fields."""
        return {name: value for name, value in self.cleaned_data.items() if name in DEFAULT_OPTIONS[self.kind]}

    def goal(self) -> Goal | None:
        """The goal that the widget shows."""
        return None


class AlertForm(WidgetForm):
    """How long an alert stays, and its sound, which is off until its owner has heard it."""

    kind = Widget.Kind.ALERT
    size = (800, 600)
    suggestion = _("Alert")

    seconds = forms.IntegerField(
        label=_("Seconds on screen"),
        min_value=3,
        max_value=30,
        help_text=_("When many come at once, each stays a little shorter."),
    )
    volume = forms.IntegerField(
        label=_("Loudness"),
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"type": "range", "step": 5, "data-volume": True}),
    )
    heard = forms.BooleanField(label=_("I have heard it here"), required=False)
    sound = forms.BooleanField(label=_("Play a sound with each alert"), required=False)
    headline = forms.CharField(
        label=_("Headline"),
        required=False,
        max_length=80,
        validators=[check_headline],
        help_text=_("{name} and {amount} become the donor’s. Empty: the usual one."),
        widget=forms.TextInput(attrs={"data-headline": True}),
    )
    minimum = forms.CharField(
        label=_("Minimum amount"),
        required=False,
        max_length=40,
        help_text=_("Smaller donations count, but play no alert. Empty: all play."),
    )
    MISSED = (
        ("digest", _("Play recent ones, sum up older ones in one alert")),
        ("all", _("Play them all")),
        ("skip", _("Leave them out")),
    )
    missed = forms.ChoiceField(
        label=_("Alerts that came meanwhile"), choices=MISSED, widget=forms.RadioSelect, required=False
    )
    missed_minutes = forms.IntegerField(
        label=_("So many minutes are recent"), min_value=1, max_value=1440, required=False
    )
    only_streaming = forms.BooleanField(label=_("Play alerts only while OBS streams"), required=False)
    gap = forms.FloatField(label=_("Seconds between two alerts"), min_value=0, max_value=30, required=False)
    interrupt_from = forms.CharField(
        label=_("Interrupts smaller ones from"),
        required=False,
        max_length=40,
        help_text=_("A donation of so much or more interrupts a smaller one, which then plays again. Empty: it waits."),
    )

    GROUPS = (("missed", ("missed", "missed_minutes", "only_streaming")), ("several", ("gap", "interrupt_from")))
    """What is folded away until it is wanted."""

    def __init__(self, *args: Any, streamer: Streamer, widget: Widget | None = None, **kwargs: Any) -> None:
        super().__init__(*args, streamer=streamer, widget=widget, **kwargs)
        self.was_on = bool(widget and widget.options.get("sound"))
        self.currency = streamer.currency
        for name in ("minimum", "interrupt_from"):
            minor = self.initial[f"{name}_minor"]
            self.initial[name] = typed(minor, streamer.currency) if minor else ""
            self.fields[name].label = f"{self.fields[name].label}, {streamer.currency}"

    @staticmethod
    def initial_of(options: dict[str, Any]) -> dict[str, Any]:
        seconds = {"seconds": round(options["duration_ms"] / 1000), "gap": options["gap_ms"] / 1000}
        return {**options, **seconds, "volume": round(options["volume"] * 100)}

    @property
    def groups(self) -> dict[str, bool]:
        """Whether each group has to be open, because something in it is wrong."""
        return {name: any(field in self.errors for field in fields) for name, fields in self.GROUPS}

    @property
    def example(self) -> Example:
        """The headline as it stands in the form."""
        return example_of(self["headline"].value() or "", trial_minor(self.currency), self.currency)

    def clean_minimum(self) -> int:
        return self._minor("minimum")

    def clean_interrupt_from(self) -> int:
        return self._minor("interrupt_from")

    def _minor(self, name: str) -> int:
        """Minor units of the streamer's currency; nothing, or noughts, mean 0."""
        return parse_if_any(self.cleaned_data[name], self.currency)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("sound") and not self.was_on and not data.get("heard"):
            self.add_error("sound", _("Listen to it first, so that it does not surprise you on air."))
        return data

    def options(self) -> dict[str, object]:
        data = self.cleaned_data
        defaults = DEFAULT_OPTIONS[self.kind]
        gap = data["gap"]
        return {
            "duration_ms": data["seconds"] * 1000,
            "volume": data["volume"] / 100,
            "sound": data["sound"],
            "headline": data["headline"],
            "minimum_minor": data["minimum"],
            "gap_ms": defaults["gap_ms"] if gap is None else round(gap * 1000),
            "interrupt_from_minor": data["interrupt_from"],
            "missed": data["missed"] or defaults["missed"],
            "missed_minutes": data["missed_minutes"] or defaults["missed_minutes"],
            "only_streaming": data["only_streaming"],
        }


class GoalBarForm(WidgetForm):
    """Which goal the bar shows."""

    kind = Widget.Kind.GOAL
    size = (600, 200)
    suggestion = _("Goal bar")

    goal_shown = forms.ModelChoiceField(
        label=_("Goal"), queryset=Goal.objects.none(), to_field_name="public_id", empty_label=None
    )

    def __init__(self, *args: Any, streamer: Streamer, widget: Widget | None = None, **kwargs: Any) -> None:
        super().__init__(*args, streamer=streamer, widget=widget, **kwargs)
        shown = self.fields["goal_shown"]
        assert isinstance(shown, forms.ModelChoiceField)
        shown.queryset = streamer.goals.active().order_by("-created_at")
        if widget and widget.goal:
            self.initial["goal_shown"] = widget.goal.public_id

    def options(self) -> dict[str, object]:
        return {}

    def goal(self) -> Goal | None:
        return self.cleaned_data["goal_shown"]


class TotalForm(WidgetForm):
    """A sum, of this stream or of all time."""

    kind = Widget.Kind.TOTAL
    size = (600, 200)
    suggestion = _("Total")
    SCOPES = (("stream", _("This stream")), ("all", _("All time")))

    scope = forms.ChoiceField(label=_("What is summed"), choices=SCOPES, widget=forms.RadioSelect)
    caption = forms.CharField(
        label=_("Words above the sum"),
        required=False,
        max_length=60,
        help_text=_("Seen on the stream. Empty: words that fit what is summed."),
    )

    @staticmethod
    def initial_of(options: dict[str, Any]) -> dict[str, Any]:
        return {"scope": options["scope"], "caption": options["title"]}

    def options(self) -> dict[str, object]:
        return {"scope": self.cleaned_data["scope"], "title": self.cleaned_data["caption"]}


class LatestForm(WidgetForm):
    """The latest donations, newest first."""

    kind = Widget.Kind.LATEST
    size = (600, 600)
    suggestion = _("Latest donations")

    count = forms.IntegerField(label=_("How many"), min_value=1, max_value=10)


FORMS: dict[str, type[WidgetForm]] = {form.kind: form for form in (AlertForm, GoalBarForm, TotalForm, LatestForm)}
