"""OpenPage: an overlay that is open somewhere, as every web process may know it."""

from __future__ import annotations

from django.db import models

from widgets.models.widget import Widget


class OpenPage(models.Model):
    """Written when a page comes, goes or changes, and never else. It counts while its process lives.

    `page` is the random id that it gave itself. `active`: on programme in OBS, None: it cannot tell; `active_at` is
    when it last said so. `streaming`: whether its OBS streams, None: it may not know.
    """

    widget = models.ForeignKey(Widget, models.CASCADE, related_name="pages", db_index=False)
    page = models.CharField(max_length=16)
    process = models.CharField(max_length=12)
    version = models.CharField(max_length=20, default="")
    obs = models.CharField(max_length=20, default="")
    visible = models.BooleanField(default=True)
    active = models.BooleanField(null=True)
    active_at = models.DateTimeField(null=True)
    streaming = models.BooleanField(null=True)
    sound = models.CharField(max_length=8, default="unknown")
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["widget", "page"], name="one_row_per_page")]
        indexes = [models.Index(fields=["process"], name="pages_of_a_process")]

    def __str__(self) -> str:
        return f"page {self.page} of widget {self.widget_id}"
