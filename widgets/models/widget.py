"""Widget: one configured thing on screen, and the machine's notes about it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.models import Goal, Streamer
from donations.seal import new_public_id


class Widget(models.Model):
    """`options` by kind are those of `widgets.protocol.WidgetValue`, but a goal widget has its goal in `goal`."""

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
    """The machine's own row: `taken_seq` says how far the log was turned into cues. None: nobody ever opened it."""

    widget = models.OneToOneField(Widget, models.CASCADE, primary_key=True, related_name="state")
    taken_seq = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"state of widget {self.widget_id}"
