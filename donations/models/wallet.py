"""Wallet, what lies in it, and the machine's notes about reading it."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.models.streamer import Streamer


class WalletQuerySet(models.QuerySet["Wallet"]):
    def active(self) -> WalletQuerySet:
        """Not archived."""
        return self.filter(archived_at=None)


class Wallet(models.Model):
    """One history at one wallet service: provider and account. Archived, never deleted; reconnecting reuses it."""

    streamer = models.ForeignKey(Streamer, models.CASCADE, related_name="wallets")
    provider = models.CharField(max_length=32)
    account = models.CharField(max_length=120)
    title = models.CharField(_("title"), max_length=80)
    poll_seconds = models.PositiveIntegerField(_("read every (seconds)"), default=60, validators=[MinValueValidator(5)])
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = WalletQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["streamer", "provider", "account"], name="one_wallet_per_account")
        ]

    def __str__(self) -> str:
        return self.title


class Balance(models.Model):
    """What lay in the wallet in one currency: a row when the amount changed, `minor` units."""

    wallet = models.ForeignKey(Wallet, models.CASCADE, related_name="balances")
    currency = models.CharField(max_length=8)
    minor = models.BigIntegerField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["wallet", "currency", "-last_seen_at"], name="newest_balance")]

    def __str__(self) -> str:
        return f"{self.minor} {self.currency}"


class WalletState(models.Model):
    """The machine's own row beside a wallet, saved by no form.

    `next_poll_at` None: nobody reads it until a person acts; `hurry`: a person waits for this reading.
    `claim` names the poll in flight, which may write its result only while the claim is still there.
    `read_*_at` say when which window was last read whole. What happened at or after `alerts_from` is news, the rest is
    history.
    """

    wallet = models.OneToOneField(Wallet, models.CASCADE, primary_key=True, related_name="state")
    next_poll_at = models.DateTimeField(null=True, db_index=True)
    hurry = models.BooleanField(default=False)
    alerts_from = models.DateTimeField(null=True)
    claim = models.CharField(max_length=40, default="")
    claim_until = models.DateTimeField(null=True)
    bookmark = models.JSONField(null=True)
    last_read_at = models.DateTimeField(null=True)
    read_3h_at = models.DateTimeField(null=True)
    read_3d_at = models.DateTimeField(null=True)
    balance_read_at = models.DateTimeField(null=True)
    watched_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=32, default="")
    error_detail = models.CharField(max_length=120, default="")
    error_since = models.DateTimeField(null=True)
    error_until = models.DateTimeField(null=True)
    fault_count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"state of wallet {self.wallet_id}"


class OddRow(models.Model):
    """A row of a history that could not be understood: its field names and the reason, without values."""

    wallet = models.ForeignKey(Wallet, models.CASCADE, related_name="odd_rows")
    fields = models.CharField(max_length=400)
    reason = models.CharField(max_length=120)
    times_seen = models.PositiveIntegerField(default=0)
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["wallet", "fields", "reason"], name="one_oddity")]

    def __str__(self) -> str:
        return self.reason
