"""Cue: one alert to be played by one widget."""

from __future__ import annotations

from django.db import models

from donations.models import Donation, Event
from donations.seal import new_public_id
from widgets.models.variation import Variation
from widgets.models.widget import Widget


class CueQuerySet(models.QuerySet["Cue"]):
    def to_play(self) -> CueQuerySet:
        """Waiting ones, in the order of the log."""
        return self.filter(state=Cue.State.WAITING).order_by("event_seq")


class Cue(models.Model):
    """Unique per widget and event, so that no happening is played twice. Every control names a cue.

    `turn` is that of its widget when it last moved. `take` counts how often it began to play, and `variation` is what
    was chosen for it the first time. While it plays, it is to leave the screen at `ends_at`.
    """

    class Kind(models.TextChoices):
        ALERT = "alert"
        TEST = "test"
        DIGEST = "digest"
        REPLAY = "replay"

    class State(models.TextChoices):
        HELD = "held"
        WAITING = "waiting"
        PLAYING = "playing"
        SHOWN = "shown"
        SKIPPED = "skipped"
        MISSED = "missed"

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    widget = models.ForeignKey(Widget, models.CASCADE, related_name="cues")
    event = models.ForeignKey(Event, models.SET_NULL, null=True)
    event_seq = models.BigIntegerField()
    donation = models.ForeignKey(Donation, models.CASCADE, null=True)
    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    figures = models.JSONField(default=dict)
    turn = models.BigIntegerField(default=0)
    take = models.PositiveIntegerField(default=0)
    variation = models.ForeignKey(Variation, models.SET_NULL, null=True, related_name="+")
    ends_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = CueQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["widget", "event_seq"], name="one_cue_per_event"),
            models.UniqueConstraint(
                fields=["widget"], condition=models.Q(state="playing"), name="one_cue_plays_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["widget", "turn"], name="cues_that_moved"),
            models.Index(fields=["widget", "event_seq"], condition=models.Q(state="held"), name="cues_held"),
            models.Index(fields=["widget", "event_seq"], condition=models.Q(state="waiting"), name="cues_to_play"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
