"""Deed: what somebody did in a control room, and who."""

from __future__ import annotations

from django.db import models

from donations.models import AccessKey, Donation, Streamer


class Deed(models.Model):
    """Never edited. `who` is the name on the link as it was then, and stays when the link is gone.

    `ref` makes a deed that is sent twice happen once. `facts` hold no donor's words or name.
    """

    streamer = models.ForeignKey(Streamer, models.CASCADE, related_name="deeds", db_index=False)
    at = models.DateTimeField()
    who = models.CharField(max_length=80)
    key = models.ForeignKey(AccessKey, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=16)
    ref = models.CharField(max_length=64)
    donation = models.ForeignKey(Donation, models.SET_NULL, null=True, related_name="+")
    cue = models.CharField(max_length=12, default="")
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["streamer", "ref"], name="one_deed_per_ref")]
        indexes = [models.Index(fields=["streamer", "-at", "-id"], name="newest_deeds")]

    def __str__(self) -> str:
        return f"{self.action} by {self.who}"
