"""CallLimit: how many calls a whole installation may make, kept where all its processes see it."""

from __future__ import annotations

from django.db import models


class CallLimit(models.Model):
    """`name` is the provider's; until `free_at` all calls that its limit allows are spoken for."""

    name = models.CharField(max_length=80, primary_key=True)
    free_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
