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
        indexes = [models.Index(fields=["provider", "account"], name="wallets_of_an_account")]

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
        # By id: `last_seen_at` changes with nearly every reading, and a clock may be set back.
        indexes = [models.Index(fields=["wallet", "currency", "-id"], name="newest_balance")]

    def __str__(self) -> str:
        return f"{self.minor} {self.currency}"


class WalletStateQuerySet(models.QuerySet["WalletState"]):
    def taken_in_order(self) -> WalletStateQuerySet:
        """These rows, locked one after another by their ids on PostgreSQL. In a transaction.

        Claims, notes of readings, "poll now" and overlays write many of them at once and without the streamer's mutex.
        All of them take the rows so, and after them at most rows that belong to these: nobody waits in a circle.
        """
        taken = WalletState.objects.filter(pk__in=self.values("pk")).select_for_update().order_by("pk")
        return WalletState.objects.filter(pk__in=list(taken.values_list("pk", flat=True)))


class WalletState(models.Model):
    """The machine's own row beside a wallet, saved by no form.

    `next_poll_at` None: nobody reads it until a person acts; `hurry`: it is the poller's, because it is read often or a
    person waits for it.
    `claim` names the poll in flight, which may write its result only while the claim is still there.
    `read_*_at` say when which window was last read whole. What happened at or after `alerts_from` is news, the rest is
    history. `rests_until` is when the calls that were made or reserved are paid off by the provider's limit. `live` and
    `watched_until`: it is read as fast as its service allows. `reread_asked_at`: a difference was found then, so 30
    days are read again. `told` is the condition that the owner was last told of, `mailed` the number of the event that
    the last letter was about.
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
    read_30d_at = models.DateTimeField(null=True)
    reread_asked_at = models.DateTimeField(null=True)
    balance_read_at = models.DateTimeField(null=True)
    totals_read_at = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True)
    live = models.BooleanField(default=False)
    watched_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=32, default="")
    error_detail = models.CharField(max_length=120, default="")
    error_since = models.DateTimeField(null=True)
    error_until = models.DateTimeField(null=True)
    fault_count = models.PositiveIntegerField(default=0)
    told = models.CharField(max_length=24, default="")
    mailed = models.BigIntegerField(default=0)

    objects = WalletStateQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["next_poll_at"], condition=models.Q(hurry=True), name="in_a_hurry")]

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


class BalanceCheck(models.Model):
    """The ledger beside the balance, in one currency of a wallet.

    `ledger_minor` is the sum of all incoming rows that are settled, gifts or not, kept with each payment.
    `drift_minor` is balance minus ledger as it was last explained, None before the first balance; `difference_minor` is
    how far the newest balance is from that: above 0 money came that the history does not show, below 0 money left.
    """

    wallet = models.ForeignKey(Wallet, models.CASCADE, related_name="balance_checks")
    currency = models.CharField(max_length=8)
    ledger_minor = models.BigIntegerField(default=0)
    drift_minor = models.BigIntegerField(null=True)
    difference_minor = models.BigIntegerField(default=0)
    noticed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["wallet", "currency"], name="one_balance_check_per_currency")]

    def __str__(self) -> str:
        return f"{self.difference_minor} {self.currency}"


class DayCheck(models.Model):
    """What the service says came in on one day of the streamer's zone, and what the rows that were read add up to."""

    wallet = models.ForeignKey(Wallet, models.CASCADE, related_name="day_checks")
    day = models.DateField()
    currency = models.CharField(max_length=8)
    told_minor = models.BigIntegerField()
    read_minor = models.BigIntegerField()
    checked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["wallet", "day", "currency"], name="one_check_per_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.told_minor} told, {self.read_minor} read, {self.currency}"
