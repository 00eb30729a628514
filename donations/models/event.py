"""The log of each streamer: Events, numbered without a gap, and the counter that numbers them."""

from __future__ import annotations

from django.db import models

from donations.models.donation import Donation
from donations.models.goal import Goal
from donations.models.streamer import Streamer
from donations.seal import new_public_id


class FeedCounter(models.Model):
    """The last number given in a streamer's log, and its mutex.

    `epoch` changes when the log is no longer the one that pages have seen (restore, move).
    """

    streamer = models.OneToOneField(Streamer, models.CASCADE, primary_key=True, related_name="feed")
    seq = models.BigIntegerField(default=0)
    epoch = models.CharField(max_length=12, default=new_public_id)

    def __str__(self) -> str:
        return f"feed of streamer {self.streamer_id} at {self.seq}"


class Event(models.Model):
    """One happening: kind, ids and figures, never a donor's words or name. Never edited, pruned after 30 days."""

    class Kind(models.TextChoices):
        DONATION = "donation"
        DONATION_CHANGED = "donation_changed"
        HISTORY = "history"
        GOAL = "goal"
        STREAM = "stream"
        WALLET = "wallet"
        WIDGET = "widget"
        TEST = "test"
        APPROVED = "approved"
        REPLAY = "replay"
        DIGEST = "digest"
        CONTROLS = "controls"
        HOLD = "hold"
        KEYS = "keys"

    streamer = models.ForeignKey(Streamer, models.CASCADE, related_name="events", db_index=False)
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField()
    donation = models.ForeignKey(Donation, models.CASCADE, null=True)
    goal = models.ForeignKey(Goal, models.CASCADE, null=True)
    widget = models.CharField(max_length=12, default="")
    figures = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["streamer", "seq"], name="one_number_per_event")]
        indexes = [models.Index(fields=["at"], name="old_events")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"
