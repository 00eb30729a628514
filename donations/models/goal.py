"""Goal, and the tally that always equals a query over the donations."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from donations.models.streamer import Streamer
from donations.models.wallet import Wallet
from donations.money import EXPONENTS, MAX_MINOR
from donations.seal import new_public_id


class GoalQuerySet(models.QuerySet["Goal"]):
    def active(self) -> GoalQuerySet:
        """Not archived."""
        return self.filter(archived_at=None)


class Goal(models.Model):
    """`target_minor` units of `currency`, counted from `since`, in the chosen wallets, or in all when none is chosen.

    `period` says what the figures begin anew with; `until` ends one of fixed dates. Only donations of its own currency
    count, others with their frozen value when `counts_others` is set and the goal is in the streamer's base currency.
    `offset_minor` is what was there before Kopilka counted: shown as raised, in no tally. `deadline` is told and
    changes no figure. `public_id` is also its short link, `/g/<public_id>/`.
    """

    class Period(models.TextChoices):
        ALL = "all", _("all time")
        STREAM = "stream", _("each stream")
        DAY = "day", _("each day")
        WEEK = "week", _("each week")
        MONTH = "month", _("each month")
        DATES = "dates", _("from one day to another")

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    streamer = models.ForeignKey(Streamer, models.CASCADE, related_name="goals")
    slug = models.SlugField(_("name in links"), max_length=60)
    title = models.CharField(_("title"), max_length=120)
    about = models.TextField(_("what it is for"), blank=True, max_length=2000)
    target_minor = models.BigIntegerField(validators=[MinValueValidator(1)])
    currency = models.CharField(_("currency"), max_length=8, choices=[(code, code) for code in EXPONENTS])
    since = models.DateTimeField(_("counts from"), default=timezone.now)
    until = models.DateTimeField(_("counts until"), null=True, blank=True)
    period = models.CharField(_("begins anew with"), max_length=8, choices=Period, default=Period.ALL)
    offset_minor = models.BigIntegerField(default=0, validators=[MinValueValidator(0)])
    deadline = models.DateTimeField(_("deadline"), null=True, blank=True)
    counts_others = models.BooleanField(_("counts other currencies by their rate"), default=False)
    wallets = models.ManyToManyField(Wallet, blank=True, related_name="goals")
    is_public = models.BooleanField(_("has a public page"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = GoalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["streamer", "slug"], name="one_goal_per_name"),
            models.CheckConstraint(
                condition=models.Q(target_minor__gte=1, target_minor__lte=MAX_MINOR), name="a_goal_has_a_target"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Milestone(models.Model):
    """A mark on the way to a goal: `minor` units of its currency, the offset included."""

    goal = models.ForeignKey(Goal, models.CASCADE, related_name="milestones")
    minor = models.BigIntegerField(validators=[MinValueValidator(1)])
    title = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["minor"]
        constraints = [models.UniqueConstraint(fields=["goal", "minor"], name="one_milestone_per_amount")]

    def __str__(self) -> str:
        return self.title or str(self.minor)


class GoalTally(models.Model):
    """What a goal raised in the period that begins at `period_start`: `minor` units of its currency, `count` gifts.

    That is `since` for all time and fixed dates, the stream's start, or midnight in the streamer's zone.
    """

    goal = models.ForeignKey(Goal, models.CASCADE, related_name="tallies")
    period_start = models.DateTimeField()
    minor = models.BigIntegerField(default=0)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["goal", "period_start"], name="one_tally_per_period")]

    def __str__(self) -> str:
        return f"{self.minor} ({self.count})"
