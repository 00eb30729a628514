"""Heartbeat: proof that a process still does its work."""

from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """When `name` last did its round. The minute task writes "minute"; `start` watches it from outside."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
