"""Correction: one change of a donation after it was recorded, with who and when."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.models.donation import Donation

FACTS = (
    "status",
    "kind",
    "minor",
    "currency",
    "occurred_at",
    "name_given",
    "words_given",
    "counts",
    "in_stream",
    "listed",
    "alerts",
)
"""What a correction may change. All else about a donation follows from these, or never changes."""


def facts_of(donation: Donation) -> dict[str, Any]:
    """Its `FACTS` by name, as JSON; the time is ISO 8601 in UTC."""
    facts = {name: getattr(donation, name) for name in FACTS}
    return facts | {"occurred_at": donation.occurred_at.astimezone(UTC).isoformat()}


class Correction(models.Model):
    """`before` and `after` hold the `FACTS` that changed, by name, as JSON. Never edited; `undoes` names what it undid.

    `by` None: the wallet service said so. `by_name` stays when the user is gone. A donor's words may stand in it, so it
    is for the members of its streamer alone.
    """

    class What(models.TextChoices):
        ENTERED = "entered", _("entered by hand")
        EDITED = "edited", _("edited")
        REVERSED = "reversed", _("reversed")
        WALLET = "wallet", _("changed by the wallet")
        UNDONE = "undone", _("undone")

    donation = models.ForeignKey(Donation, models.CASCADE, related_name="corrections")
    what = models.CharField(max_length=8, choices=What)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=150, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    undoes = models.OneToOneField("self", models.CASCADE, null=True, related_name="undone_by")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.what} at {self.at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def between(cls, before: Donation | None, after: Donation, what: str, **facts: Any) -> Correction:
        """From a donation as it was (None: it was not there) to what it is, not yet saved; empty if nothing changed."""
        then = facts_of(before) if before else {}
        now = facts_of(after)
        changed = [name for name in FACTS if name not in then or then[name] != now[name]]
        return cls(
            donation=after,
            what=what,
            before={name: then[name] for name in changed if name in then},
            after={name: now[name] for name in changed},
            **facts,
        )

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing, and so is no correction."""
        return not self.after

    @property
    def is_undoable(self) -> bool:
        """Whether a person changed something that was there before. An entry is taken back instead."""
        return self.what in (self.What.EDITED, self.What.REVERSED, self.What.UNDONE)

    def stands_in(self, donation: Donation) -> bool:
        """Whether all that it changed is still as it left it."""
        now = facts_of(donation)
        return all(now[name] == value for name, value in self.after.items())
