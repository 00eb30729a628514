"""Order: what is to be done, as a control room or a small program asked for it; its fields checked one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard, TypeVar

from django.utils.translation import gettext as _

from donations.models import AccessKey, Donation, Streamer
from donations.moderation import NotPossible
from widgets import protocol
from widgets.models import Cue, Widget
from widgets.models.cue import CueQuerySet

LONGEST_ID = 64
LONGEST_TEXT = 8000
MOST_CUES = 500
MUTES: tuple[protocol.Mute, ...] = ("sound", "speech", "effects")
Thing = TypeVar("Thing")


@dataclass
class Order:
    """Every row that it names is one of the streamer whose link was used; all others are not there.

    Each method raises `NotPossible` where its field is missing or makes no sense. What it named is kept for the book:
    `about`, `cue_id`, and in `facts` what else was asked for, without a donor's words.
    """

    key: AccessKey
    fields: Mapping[str, Any]
    about: Donation | None = None
    cue_id: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def streamer(self) -> Streamer:
        return self.key.streamer

    def has(self, name: str) -> bool:
        """Whether anything is said of it."""
        return self.fields.get(name) is not None

    def word(self, name: str) -> str:
        """A short name of something."""
        value = self.fields.get(name)
        if not is_word(value):
            raise NotPossible(_("“%(name)s” is missing or makes no sense.") % {"name": name})
        return value

    def text(self, name: str) -> str | None:
        """What a person wrote; None when nothing was sent."""
        value = self.fields.get(name)
        if value is None or (isinstance(value, str) and len(value) <= LONGEST_TEXT):
            return value
        raise NotPossible(_("“%(name)s” is to be a text.") % {"name": name})

    def on(self) -> bool:
        """Whether it is to be switched on or off."""
        value = self.fields.get("on")
        if not isinstance(value, bool):
            raise NotPossible(_("“%(name)s” is to be true or false.") % {"name": "on"})
        self.facts["on"] = value
        return value

    def number(self, name: str, otherwise: int, lowest: int, highest: int) -> int:
        """A whole number within these, both included; `otherwise` when nothing was sent."""
        value = self.fields.get(name) if self.has(name) else otherwise
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            words = _("“%(name)s” is to be a number from %(lowest)d to %(highest)d.")
            raise NotPossible(words % {"name": name, "lowest": lowest, "highest": highest})
        self.facts[name] = value
        return value

    def mute(self) -> protocol.Mute:
        """Which sounds."""
        wanted = self.word("mute")
        mute = next((mute for mute in MUTES if mute == wanted), None)
        if mute is None:
            raise NotPossible(one_of("mute", MUTES))
        self.facts["mute"] = mute
        return mute

    def part(self, name: str) -> Order:
        """An object within it, its fields to be checked alike."""
        value = self.fields.get(name)
        if not isinstance(value, Mapping):
            raise NotPossible(_("“%(name)s” is missing or makes no sense.") % {"name": name})
        return Order(self.key, value, facts=self.facts)

    def donation(self) -> Donation:
        """The gift that is named."""
        gifts = Donation.objects.gifts().filter(streamer=self.streamer)
        self.about = _there(gifts.filter(public_id=self.word("donation")).first(), _("There is no such donation."))
        return self.about

    def cue(self) -> Cue:
        """The alert that is named."""
        cue = _there(self._cues().filter(public_id=self.word("cue")).first(), _("There is no such alert."))
        self.take_note_of(cue)
        return cue

    def cues(self) -> CueQuerySet:
        """Those of a list that are there; all when nothing was sent."""
        value = self.fields.get("cues")
        if value is None:
            return self._cues()
        if not isinstance(value, list) or len(value) > MOST_CUES or not all(is_word(name) for name in value):
            raise NotPossible(_("“%(name)s” is missing or makes no sense.") % {"name": "cues"})
        return self._cues().filter(public_id__in=value)

    def playing(self) -> CueQuerySet:
        """What is on the screen now."""
        return self._cues().filter(state=Cue.State.PLAYING).order_by("pk")

    def alert_box(self) -> Widget:
        """The one that is named, or the first."""
        boxes = Widget.objects.filter(streamer=self.streamer, kind=Widget.Kind.ALERT).order_by("pk")
        if self.has("widget"):
            boxes = boxes.filter(public_id=self.word("widget"))
        widget = _there(
            boxes.select_related("streamer").first(),
            _("There is no such alert widget. It is made in the panel, under Widgets."),
        )
        self.facts["widget"] = widget.public_id
        return widget

    def take_note_of(self, cue: Cue) -> None:
        """It is about this alert."""
        self.cue_id, self.about = cue.public_id, cue.donation

    def _cues(self) -> CueQuerySet:
        return Cue.objects.filter(widget__streamer=self.streamer).select_related("donation")


def one_of(name: str, choices: Iterable[str]) -> str:
    """In words: what this field may be."""
    return _("“%(name)s” is one of: %(choices)s.") % {"name": name, "choices": ", ".join(choices)}


def is_word(value: object) -> TypeGuard[str]:
    """Whether it can be the name of something."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isascii() and value.isprintable()


def _there(thing: Thing | None, otherwise: str) -> Thing:
    if thing is None:
        raise NotPossible(otherwise)
    return thing
