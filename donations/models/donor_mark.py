"""DonorMark: what a member decided of a donor once and for all."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.models.streamer import Streamer


class DonorMark(models.Model):
    """Whose gifts are shown at once although others are held (trusted), or come without name and words (blocked)."""

    class Standing(models.TextChoices):
        TRUSTED = "trusted", _("trusted")
        BLOCKED = "blocked", _("blocked")

    streamer = models.ForeignKey(Streamer, models.CASCADE, related_name="donor_marks", db_index=False)
    donor_key = models.CharField(max_length=64)
    standing = models.CharField(max_length=8, choices=Standing)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["streamer", "donor_key"], name="one_mark_per_donor")]

    def __str__(self) -> str:
        return self.standing
