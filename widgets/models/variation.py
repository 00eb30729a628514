"""Variation: how an alert looks and sounds when its donation is a certain one."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from donations.seal import new_public_id
from widgets.models.widget import Widget


class Variation(models.Model):
    """For donations of an amount, with a word in their words, or both; of those that fit, the most specific wins.

    `minor` (and `upto_minor` of a range, both ends included) are units of the streamer's base currency. What is empty
    or None of the look is as the widget has it.
    """

    class Amount(models.TextChoices):
        ANY = "any", _("any amount")
        EXACT = "exact", _("exactly")
        LEAST = "least", _("at least")
        RANGE = "range", _("from … to")

    class Sound(models.TextChoices):
        NONE = "none", _("no sound")
        COIN = "coin", _("coin")
        PILE = "pile", _("pile of coins")
        CHIME = "chime", _("chime")

    class Effect(models.TextChoices):
        NONE = "none", _("none")
        COINS = "coins", _("rain of coins")

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    widget = models.ForeignKey(Widget, models.CASCADE, related_name="variations")
    title = models.CharField(_("title"), max_length=80)
    amount = models.CharField(_("amount"), max_length=5, choices=Amount, default=Amount.LEAST)
    minor = models.BigIntegerField(default=0)
    upto_minor = models.BigIntegerField(null=True, blank=True)
    word = models.CharField(_("word in the message"), max_length=40, blank=True)
    sound = models.CharField(_("sound"), max_length=8, choices=Sound, blank=True)
    volume = models.PositiveSmallIntegerField(_("loudness"), null=True, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    headline = models.CharField(_("headline"), max_length=80, blank=True)
    accent = models.CharField(_("colour"), max_length=7, blank=True)
    effect = models.CharField(_("effect"), max_length=8, choices=Effect, default=Effect.NONE)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(amount="range") | Q(upto_minor__gte=F("minor")), name="a_range_has_two_ends"
            )
        ]

    def __str__(self) -> str:
        return self.title
