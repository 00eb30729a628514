"""AccessKey: a secret link."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from donations.models.streamer import Streamer
from donations.seal import new_secret, peppered, seal, unseal


class AccessKeyQuerySet(models.QuerySet["AccessKey"]):
    def valid(self) -> AccessKeyQuerySet:
        """Not past their time."""
        return self.filter(models.Q(valid_until=None) | models.Q(valid_until__gt=timezone.now()))

    def opened_by(self, secret: str) -> AccessKeyQuerySet:
        """The valid key that this secret belongs to, at most one."""
        return self.valid().filter(digest=AccessKey.digest_of(secret))


class AccessKey(models.Model):
    """A link's secret: `digest` finds it, `sealed` shows it again. `subject` is the public id of what it opens.

    Not a login: it never enters money, changes keys or becomes an owner.
    """

    class Purpose(models.TextChoices):
        OVERLAY = "overlay", _("overlay")
        CONTROL = "control", _("control room")
        HOOK = "hook", _("incoming hook")

    class Role(models.TextChoices):
        """What a control room's link may, and sees."""

        OWNER = "owner", _("owner")
        MODERATOR = "moderator", _("moderator")
        WITHOUT_AMOUNTS = "without_amounts", _("moderator without amounts")

    streamer = models.ForeignKey(Streamer, models.CASCADE, related_name="access_keys")
    purpose = models.CharField(max_length=12, choices=Purpose)
    subject = models.CharField(max_length=12, blank=True)
    label = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=16, blank=True, choices=Role)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    sealed = models.TextField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    valid_until = models.DateTimeField(null=True, blank=True)

    objects = AccessKeyQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["streamer", "purpose", "subject"], name="keys_of_a_thing"),
            models.Index(fields=["valid_until"], condition=~models.Q(valid_until=None), name="keys_that_end"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} key"

    @staticmethod
    def digest_of(secret: str) -> str:
        """The keyed digest under which the key of this secret is stored."""
        return peppered("access-key", secret)

    @classmethod
    def mint(cls, streamer: Streamer, purpose: str, subject: str = "", label: str = "", role: str = "") -> AccessKey:
        """A new key with a random secret, not yet saved."""
        secret = new_secret()
        return cls(
            streamer=streamer,
            purpose=purpose,
            subject=subject,
            label=label,
            role=role,
            digest=cls.digest_of(secret),
            sealed=seal(secret),
        )

    def reveal(self) -> str:
        """The secret, to build its link; raises `CannotUnseal`."""
        return unseal(self.sealed)
