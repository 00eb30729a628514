"""Correction: one change of a donation after it was recorded, with who and when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.models.donation import Donation


class Correction(models.Model):
    """`before` and `after` hold the changed fields alone, by name, as JSON. Never edited; `undoes` names what it undid.

    `by` None: the wallet service said so. `by_name` stays when the user is gone.
    """

    class What(models.TextChoices):
        ENTERED = "entered", _("entered by hand")
        EDITED = "edited", _("edited")
        REVERSED = "reversed", _("reversed")
        WALLET = "wallet", _("changed by the wallet")
        UNDONE = "undone", _("undone")

    donation = models.ForeignKey(Donation, models.CASCADE, related_name="corrections")
    what = models.CharField(max_length=8, choices=What)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=150, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    undoes = models.OneToOneField("self", models.CASCADE, null=True, related_name="undone_by")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.what} at {self.at:%Y-%m-%d %H:%M:%S}"
