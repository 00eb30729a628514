"""Moments as `datetime-local` fields write them: in the active time zone, to the minute."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

TO_THE_MINUTE = "%Y-%m-%dT%H:%M"


class MomentField(forms.DateTimeField):
    """A day and a time of day. What was there and stays as it stood keeps its seconds: set it with `keep`."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(format=TO_THE_MINUTE, attrs={"type": "datetime-local"})
        super().__init__(widget=widget, **kwargs)
        self._kept: datetime | None = None

    def keep(self, moment: datetime | None) -> None:
        """Begin with this moment."""
        self._kept = self.initial = moment

    def to_python(self, value: Any) -> datetime | None:
        # Also a moment that a clock showed twice when it was set back, which could not be typed.
        if self._kept is not None and value == timezone.localtime(self._kept).strftime(TO_THE_MINUTE):
            return self._kept
        return super().to_python(value)
