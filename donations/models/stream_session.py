"""StreamSession: from when to when one broadcast went."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from donations.models.streamer import Streamer

OBS_PATIENCE = timedelta(minutes=10)
"""For so long a stream that OBS began waits for its OBS to come back."""


class StreamSessionQuerySet(models.QuerySet["StreamSession"]):
    def open(self) -> StreamSessionQuerySet:
        return self.filter(ended_at=None)

    def on_air(self) -> StreamSessionQuerySet:
        """Open ones that do not wait for their OBS to come back."""
        return self.open().filter(obs_left_at=None)

    def after(self, moment: datetime) -> StreamSessionQuerySet:
        """The sessions that were not over at that moment."""
        return self.filter(models.Q(ended_at=None) | models.Q(ended_at__gt=moment))

    def newest(self) -> StreamSessionQuerySet:
        """Of each streamer the one that began last, which is the open one where one is open."""
        theirs = StreamSession.objects.filter(streamer=models.OuterRef("streamer")).order_by("-started_at", "-pk")
        return self.filter(pk=models.Subquery(theirs.values("pk")[:1]))


class StreamSession(models.Model):
    """One broadcast ("Stream" on pages). A streamer has at most one open.

    `by_obs`: it began when OBS said that it streams, and ends by itself; what a person starts, he ends. `obs_left_at`:
    OBS stopped then, or was gone; None while it streams. `obs_seen_at`: OBS streamed then, noted once a minute.
    `ended_by_hand`: OBS saying "I stream" does not begin another one until it has stopped in between.
    """

    streamer = models.ForeignKey(Streamer, models.CASCADE, related_name="sessions")
    title = models.CharField(_("title"), max_length=120, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    by_obs = models.BooleanField(default=False)
    obs_left_at = models.DateTimeField(null=True, blank=True)
    obs_seen_at = models.DateTimeField(null=True, blank=True)
    ended_by_hand = models.BooleanField(default=False)

    objects = StreamSessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["streamer"], condition=models.Q(ended_at=None), name="one_open_session_per_streamer"
            )
        ]
        indexes = [models.Index(fields=["streamer", "-started_at"], name="newest_sessions")]

    def __str__(self) -> str:
        return self.title or f"{self.started_at:%Y-%m-%d %H:%M}"

    def covers(self, moment: datetime) -> bool:
        """Whether a payment of that moment belongs to this session."""
        return self.started_at <= moment and (self.ended_at is None or moment < self.ended_at)

    @property
    def ends_at(self) -> datetime | None:
        """When it ends by itself unless OBS comes back; None while nothing ends it."""
        if self.ended_at is not None or not self.by_obs or self.obs_left_at is None:
            return None
        return self.obs_left_at + OBS_PATIENCE
