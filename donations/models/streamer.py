"""Streamer, the tenant, and the members who sign in for it."""

from __future__ import annotations

import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.money import EXPONENTS


def validate_time_zone(name: str) -> None:
    """Refuse what is not an IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone. Write it like Europe/Kyiv."), params={"name": name})


class StreamerQuerySet(models.QuerySet["Streamer"]):
    def real(self) -> StreamerQuerySet:
        """Not the shadows that are made for rehearsals."""
        return self.filter(rehearses=None)


class Streamer(models.Model):
    """The tenant. Owns everything else; `slug` is the name in public addresses.

    `hold_*`: whether new donations wait for a moderator before their name and words are shown, for how many seconds
    (0: until a person decides), and what happens then. `rehearses`: this one is the shadow of another, made for
    rehearsals off air, and appears nowhere else.
    """

    class Hold(models.TextChoices):
        NOBODY = "nobody", _("show at once")
        ALL = "all", _("hold all")

    class Then(models.TextChoices):
        SHOW = "show", _("it is shown")
        DROP = "drop", _("it is hidden")
        KEEP = "keep", _("it goes on waiting")

    slug = models.SlugField(
        _("name in links"),
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(r"^[a-z0-9][a-z0-9_-]*$", _("Use small Latin letters, digits, hyphens and underscores."))
        ],
    )
    name = models.CharField(_("name"), max_length=80)
    language = models.CharField(_("language on stream"), max_length=5, choices=settings.LANGUAGES, default="ru")
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Moscow", validators=[validate_time_zone]
    )
    currency = models.CharField(
        _("main currency"), max_length=8, default="RUB", choices=[(code, code) for code in EXPONENTS]
    )
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Member", related_name="streamers")
    hold_who = models.CharField(max_length=8, choices=Hold, default=Hold.NOBODY)
    hold_seconds = models.PositiveIntegerField(default=60)
    hold_then = models.CharField(max_length=4, choices=Then, default=Then.SHOW)
    rehearses = models.OneToOneField("self", models.CASCADE, null=True, related_name="rehearsal")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = StreamerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The streamer's time zone, in which days and months begin."""
        return zoneinfo.ZoneInfo(self.time_zone)


class Member(models.Model):
    """A user who signs in for a streamer."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        MODERATOR = "moderator", _("moderator")

    streamer = models.ForeignKey(Streamer, models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    role = models.CharField(max_length=12, choices=Role, default=Role.OWNER)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["streamer", "user"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"
