"""Widget: one configured thing on screen, and the machine's notes about it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.models import Goal, Streamer
from donations.seal import new_public_id


class Widget(models.Model):
    """`options` by kind are those of `widgets.options`; a goal widget has its goal in `goal`.

    `rehearses`: this one is the copy that a rehearsal shows instead of another.
    """

    class Kind(models.TextChoices):
        ALERT = "alert", _("alert")
        GOAL = "goal", _("goal bar")
        TOTAL = "total", _("total")
        LATEST = "latest", _("latest donations")

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    streamer = models.ForeignKey(Streamer, models.CASCADE, related_name="widgets")
    kind = models.CharField(max_length=12, choices=Kind)
    title = models.CharField(_("title"), max_length=80)
    goal = models.ForeignKey(Goal, models.CASCADE, null=True, blank=True, related_name="widgets")
    options = models.JSONField(default=dict)
    rehearses = models.OneToOneField("self", models.CASCADE, null=True, related_name="rehearsal")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind="goal") | models.Q(goal__isnull=False), name="a_goal_bar_has_a_goal"
            )
        ]

    def __str__(self) -> str:
        return self.title


class WidgetState(models.Model):
    """The machine's own row, saved by no form.

    `taken_seq` says how far the log was turned into cues. None: nobody ever opened it.
    `process` and `page` are the lease: the page that speaks, and the web process that holds its line and therefore
    moves the cues; written when they change and never else. `turn` grows with every change of a cue or of the lease,
    so that other processes see at a glance that there is something to read.
    `away_since`: no page has been there since then that could play; None while there is one.
    """

    widget = models.OneToOneField(Widget, models.CASCADE, primary_key=True, related_name="state")
    taken_seq = models.BigIntegerField(null=True)
    turn = models.BigIntegerField(default=0)
    process = models.CharField(max_length=12, default="")
    page = models.CharField(max_length=16, default="")
    away_since = models.DateTimeField(null=True)
    seen_in_obs_at = models.DateTimeField(null=True)
    sound_heard_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"state of widget {self.widget_id}"
