"""Controls: what holds for everything on a streamer's screen."""

from __future__ import annotations

from django.db import models

from donations.models import Streamer


class Controls(models.Model):
    """Written by `widgets.controls` alone, each time with an event. No row: nothing is paused or muted.

    Until `panic_until` nothing is seen or heard of any widget; then it lets go by itself.
    """

    streamer = models.OneToOneField(Streamer, models.CASCADE, primary_key=True, related_name="controls")
    paused = models.BooleanField(default=False)
    mute_sound = models.BooleanField(default=False)
    mute_speech = models.BooleanField(default=False)
    mute_effects = models.BooleanField(default=False)
    panic_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"controls of streamer {self.streamer_id}"
