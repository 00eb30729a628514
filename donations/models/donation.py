"""Donation: a payment that was recorded, or one entered by hand."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.models.stream_session import StreamSession
from donations.models.streamer import Streamer
from donations.models.wallet import Wallet
from donations.seal import new_public_id


class DonationQuerySet(models.QuerySet["Donation"]):
    def gifts(self) -> DonationQuerySet:
        """What people gave: not own conversions, refunds and the like."""
        return self.filter(kind="gift")

    def standing(self) -> DonationQuerySet:
        """Gifts that arrived and were not taken back, wherever they count."""
        return self.gifts().filter(status="settled")

    def counted(self) -> DonationQuerySet:
        """Those that raise goals and the sums of all time."""
        return self.standing().filter(counts=True)

    def in_streams(self) -> DonationQuerySet:
        """Those that raise the sum of their stream."""
        return self.standing().filter(in_stream=True)

    def listed(self) -> DonationQuerySet:
        """Those that lists on pages and overlays show."""
        return self.standing().filter(listed=True)

    def by_hand(self) -> DonationQuerySet:
        """Those that a member entered: cash, another service."""
        return self.filter(wallet=None)

    def held(self) -> DonationQuerySet:
        """Those whose name and words wait to be let on the screen."""
        return self.filter(held_at__isnull=False)

    def hidden(self) -> DonationQuerySet:
        """Those whose name and words a member took off every page."""
        return self.filter(hidden_at__isnull=False)

    def of_donor(self, donor_key: str | models.expressions.OuterRef) -> DonationQuerySet:
        """One donor's gifts. Without a key nobody is known."""
        return self.filter(donor_key=donor_key).exclude(donor_key="")

    def newest_first(self) -> DonationQuerySet:
        return self.order_by("-occurred_at", "-id")


class Donation(models.Model):
    """Never deleted: hidden, reversed or erased. `minor` units of `currency`.

    `name_given` and `words_given` are for the owner; pages read `name_shown` and `words_shown` alone, and those are
    empty when `hidden_at`, `held_at` or `erased_at` is set; `held_until` None: until a person decides. `name_kept` and
    `words_kept` are what was shown of a hidden one and will be again; None: what was given.
    No payer account is stored: `donor_key` joins one donor's gifts.

    Where it counts is four ticks: `counts` (goals and the sums of all time), `in_stream` (its stream's sum), `listed`
    (lists on pages), `alerts` (an alert when it is recorded). `base_minor` is its value in the streamer's base
    currency, frozen when it was recorded, or when a rate of its day came at last; None where none is known.
    One entered by hand has no wallet; its `txn_id` is the nonce of its form.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("on its way")
        SETTLED = "settled", _("received")
        FAILED = "failed", _("failed or reversed")

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    streamer = models.ForeignKey(Streamer, models.CASCADE, related_name="donations", db_index=False)
    wallet = models.ForeignKey(Wallet, models.CASCADE, null=True, related_name="donations", db_index=False)
    txn_id = models.CharField(max_length=120)
    status = models.CharField(max_length=8, choices=Status)
    kind = models.CharField(max_length=8)
    currency = models.CharField(max_length=8)
    minor = models.BigIntegerField()
    gross_minor = models.BigIntegerField(null=True)
    base_minor = models.BigIntegerField(null=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    session = models.ForeignKey(StreamSession, models.SET_NULL, null=True, related_name="donations", db_index=False)
    donor_key = models.CharField(max_length=64, blank=True)
    donor_hint = models.CharField(max_length=4, blank=True)
    name_given = models.CharField(max_length=200, blank=True)
    words_given = models.TextField(blank=True)
    name_shown = models.CharField(max_length=200, blank=True)
    words_shown = models.TextField(blank=True)
    name_kept = models.CharField(max_length=200, null=True)
    words_kept = models.TextField(null=True)
    counts = models.BooleanField(_("counts in goals and totals"), default=True)
    in_stream = models.BooleanField(_("counts in the stream"), default=True)
    listed = models.BooleanField(_("appears in lists"), default=True)
    alerts = models.BooleanField(_("plays an alert"), default=True)
    hidden_at = models.DateTimeField(null=True, blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = DonationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["wallet", "txn_id"], name="one_donation_per_payment"),
            models.UniqueConstraint(
                fields=["streamer", "txn_id"], condition=models.Q(wallet=None), name="one_donation_per_form"
            ),
            models.CheckConstraint(condition=models.Q(minor__gt=0), name="a_donation_is_more_than_nothing"),
        ]
        # Each is paid for with every payment, but for those of a few rows alone: what each carries is said beside it.
        indexes = [
            # The lists of a streamer, and the sums of a time.
            models.Index(fields=["streamer", "-occurred_at", "-id"], name="newest_donations"),
            # The latest of a goal: one walk for each of its wallets.
            models.Index(
                fields=["wallet", "currency", "-occurred_at", "-id"],
                condition=models.Q(kind="gift", status="settled", counts=True, listed=True),
                name="newest_of_a_wallet",
            ),
            # The sums of streams, from the index alone.
            models.Index(
                fields=["session", "currency", "status", "kind", "in_stream", "minor"],
                condition=models.Q(session__isnull=False),
                name="donations_of_a_stream",
            ),
            # One donor's gifts, and his name.
            models.Index(
                fields=["streamer", "donor_key", "-occurred_at", "-id"],
                condition=~models.Q(donor_key=""),
                name="newest_of_a_donor",
            ),
            models.Index(fields=["wallet", "occurred_at"], condition=models.Q(status="pending"), name="pending_ones"),
            models.Index(fields=["streamer", "id"], condition=models.Q(base_minor=None), name="without_a_value"),
            models.Index(
                fields=["streamer", "-occurred_at", "-id"], condition=models.Q(status="pending"), name="newest_pending"
            ),
            models.Index(
                fields=["streamer", "-occurred_at", "-id"], condition=models.Q(status="failed"), name="newest_failed"
            ),
            models.Index(
                fields=["streamer", "-occurred_at", "-id"],
                condition=models.Q(hidden_at__isnull=False),
                name="newest_hidden",
            ),
            models.Index(
                fields=["streamer", "-occurred_at", "-id"],
                condition=models.Q(held_at__isnull=False),
                name="newest_held",
            ),
            # Those whose time to decide is over.
            models.Index(fields=["held_until"], condition=models.Q(held_at__isnull=False), name="held_ones"),
            models.Index(
                fields=["streamer", "-occurred_at", "-id"],
                condition=models.Q(wallet__isnull=True),
                name="newest_by_hand",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minor} {self.currency} at {self.occurred_at:%Y-%m-%d %H:%M:%S}"

    @property
    def is_standing(self) -> bool:
        """Whether it is a gift that arrived and was not taken back."""
        return self.kind == "gift" and self.status == self.Status.SETTLED

    @property
    def is_counted(self) -> bool:
        """Whether it raises goals and the sums of all time."""
        return self.is_standing and self.counts

    @property
    def is_held(self) -> bool:
        """Whether its name and words, and its alert, wait for a person or for their time."""
        return self.held_at is not None

    @property
    def is_hidden(self) -> bool:
        """Whether its name and words stay off every page."""
        return self.hidden_at is not None or self.erased_at is not None
