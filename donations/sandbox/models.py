from datetime import datetime
from typing import Self

from django.db import models
from django.utils import timezone

SCOPES = ("profile", "balance", "history", "payments")
STATUSES = ("SUCCESS", "WAITING", "ERROR")


class Wallet(models.Model):
    """A wallet of imaginary money, found by its number (digits, no plus) or its nickname."""

    number = models.CharField(max_length=15, unique=True)
    nickname = models.CharField(max_length=64, unique=True)
    currency = models.CharField(max_length=3, default="RUB")
    faults = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.nickname


class Token(models.Model):
    """A bearer token of a wallet with its scopes; retired ones are answered with 401."""

    token = models.CharField(max_length=64, unique=True)
    wallet = models.ForeignKey(Wallet, on_delete=models.CASCADE, related_name="tokens")
    scopes = models.JSONField(default=list)
    retired = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"token {self.pk}"


class RowQuerySet(models.QuerySet["Row"]):
    """Rows as they look at one moment: nothing has to run for a row to settle or to appear."""

    def as_of(self, now: datetime) -> Self:
        """Annotates `state`: the status at `now`."""
        settled = models.When(settles_at__lte=now, then=models.F("settles_to"))
        return self.annotate(state=models.Case(settled, default=models.F("status"), output_field=models.CharField()))

    def visible(self, now: datetime) -> Self:
        """The rows that the history tells at `now`, with their `state`."""
        return self.as_of(now).filter(visible_at__lte=now)

    def succeeded(self) -> Self:
        """Those of rows `as_of` a moment that are SUCCESS then."""
        return self.filter(models.Q(state="SUCCESS"))


class Row(models.Model):
    """One line of a wallet's ledger. A conversion and a transfer are two lines with the same txn_id."""

    wallet = models.ForeignKey(Wallet, on_delete=models.CASCADE, related_name="rows")
    txn_id = models.BigIntegerField(db_index=True)
    type = models.CharField(max_length=9)
    kind = models.CharField(max_length=16)
    status = models.CharField(max_length=7, default="SUCCESS")
    minor = models.BigIntegerField()
    commission = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="RUB")
    rate = models.CharField(max_length=16, default="1")
    account = models.CharField(max_length=64)
    comment = models.TextField(null=True)
    trm_txn_id = models.CharField(max_length=20)
    at = models.DateTimeField()
    # History is told and paged by whole seconds.
    second = models.BigIntegerField()
    visible_at = models.DateTimeField()
    settles_at = models.DateTimeField(null=True)
    settles_to = models.CharField(max_length=7, null=True)

    # Annotated by the query set: the status at the moment of asking.
    state: str

    objects = RowQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["wallet", "txn_id", "type"], name="one_row_per_type")]
        indexes = [
            models.Index(fields=["wallet", "-second", "-txn_id", "type"], name="newest_first"),
            models.Index(fields=["at", "txn_id"], name="by_moment"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.txn_id}"
