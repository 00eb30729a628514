"""What was raised in all time: by currency, and by donor. Always equal to a query over the donations."""

from __future__ import annotations

from django.db import models

from donations.models.streamer import Streamer


class Raised(models.Model):
    """All counted donations of a streamer in one currency: `minor` units, `count` gifts."""

    streamer = models.ForeignKey(Streamer, models.CASCADE, related_name="raised", db_index=False)
    currency = models.CharField(max_length=8)
    minor = models.BigIntegerField(default=0)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["streamer", "currency"], name="one_sum_per_currency")]

    def __str__(self) -> str:
        return f"{self.minor} {self.currency} ({self.count})"


class DonorTally(models.Model):
    """What one donor gave in one currency, of what counts. Donors without a key are in none."""

    streamer = models.ForeignKey(Streamer, models.CASCADE, related_name="donor_tallies", db_index=False)
    donor_key = models.CharField(max_length=64)
    currency = models.CharField(max_length=8)
    minor = models.BigIntegerField(default=0)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["streamer", "donor_key", "currency"], name="one_tally_per_donor")
        ]
        indexes = [models.Index(fields=["streamer", "currency", "-minor"], name="top_donors")]

    def __str__(self) -> str:
        return f"{self.minor} {self.currency} ({self.count})"
