"""InfoToken: the read-only credential of a wallet, sealed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.models.wallet import Wallet
from donations.seal import seal, unseal


class InfoTokenQuerySet(models.QuerySet["InfoToken"]):
    def working(self) -> InfoTokenQuerySet:
        """Those that polling may use."""
        return self.filter(state=InfoToken.State.WORKING)


class InfoToken(models.Model):
    """Only `tail` (the last four characters) is ever shown. A wallet has at most one working token."""

    class State(models.TextChoices):
        WORKING = "working", _("working")
        REFUSED = "refused", _("refused by the wallet")
        REPLACED = "replaced", _("replaced")
        REVOKED = "revoked", _("removed")

    wallet = models.ForeignKey(Wallet, models.CASCADE, related_name="tokens")
    sealed = models.TextField(editable=False)
    tail = models.CharField(max_length=4, editable=False)
    base_url = models.URLField(blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.WORKING)
    read_only = models.CharField(max_length=12, default="unknown")
    missing = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = InfoTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["wallet"], condition=models.Q(state="working"), name="one_working_token_per_wallet"
            )
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=models.Q(state="working"), name="working_token_ends"),
        ]

    def __str__(self) -> str:
        return f"token …{self.tail}"

    def put(self, secret: str) -> None:
        """Seal `secret` into this row, and keep its last four characters to be shown."""
        self.sealed = seal(secret)
        self.tail = secret[-4:]

    def reveal(self) -> str:
        """The secret, for a call to its service; raises `CannotUnseal`."""
        return unseal(self.sealed)
