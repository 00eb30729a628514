"""Django's own admin, for the host alone: it looks at all rows, changes a few, and never shows a secret.

What the machine writes is read-only here: a form saved during an ingest would set it back.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from donations.models import (
    Balance,
    BalanceCheck,
    CallLimit,
    Correction,
    DayCheck,
    Donation,
    DonorTally,
    Event,
    FeedCounter,
    Goal,
    GoalTally,
    Heartbeat,
    InfoToken,
    Member,
    Milestone,
    OddRow,
    Raised,
    Rate,
    Streamer,
    StreamSession,
    Wallet,
    WalletState,
)
from donations.models.rate import SCALE, scaled
from donations.tallies import save_goal
from donations.tasks import value_later


def is_host(request: HttpRequest) -> bool:
    """Superusers alone: a staff member who is none is refused."""
    return bool(request.user.is_active and request.user.is_superuser)


def login(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The admin has no form of its own: one door, with one limit on guesses."""
    if is_host(request):
        return redirect("admin:index")
    if request.user.is_authenticated:
        raise PermissionDenied(_("Only the host of this Kopilka may open it."))
    return redirect_to_login(request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index"))


admin.site.has_permission = is_host  # type: ignore[method-assign]
admin.site.login = login  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Kopilka"


WAYS_TO_A_STREAMER = ("streamer", "wallet", "goal", "donation", "widget")


def shadow_mark(model: type[Model]) -> str:
    """The look-up that says of a row of this kind whether it belongs to the shadow of a streamer; "" for those that
    belong to nobody: `wallet__streamer__rehearses`."""
    if model is Streamer:
        return "rehearses"
    names = {field.name: field.related_model for field in model._meta.concrete_fields if field.is_relation}
    way = next((name for name in WAYS_TO_A_STREAMER if name in names), "")
    return f"{way}__{shadow_mark(cast(type[Model], names[way]))}" if way else ""


class RealAdmin(admin.ModelAdmin):
    """Nothing of a rehearsal."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows, mark = super().get_queryset(request), shadow_mark(self.model)
        return rows.filter(**{mark: None}) if mark else rows


class ReadOnlyAdmin(RealAdmin):
    """Rows to look at."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class KeptAdmin(RealAdmin):
    """Rows that may be changed here, and are made and ended on the pages that know what follows from it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Streamer)
class StreamerAdmin(KeptAdmin):
    list_display = ["name", "slug", "currency", "language", "time_zone"]
    search_fields = ["name", "slug"]
    # Another currency or time zone needs a recount: the host's own pages do it.
    readonly_fields = ["currency", "time_zone", "created_at"]


class RateForm(forms.ModelForm):
    """A rate as people say it: 1 USD = 41.5012 UAH."""

    rate = forms.DecimalField(
        label=gettext_lazy("is worth"),
        help_text=gettext_lazy("How many whole units of the other currency one whole unit is: 41.5012"),
        min_value=1 / Decimal(SCALE),
        max_digits=18,
        decimal_places=8,
        localize=True,
    )

    class Meta:
        model = Rate
        fields = ["day", "currency", "base"]
        labels = {
            "day": gettext_lazy("from this day on"),
            "currency": gettext_lazy("one unit of"),
            "base": gettext_lazy("in"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("day", timezone.localdate())
        if self.instance.pk:
            self.initial["rate"] = self.instance.rate

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("currency") and data["currency"] == data.get("base"):
            self.add_error("base", _("Choose another currency: one unit of it is always one."))
        return data


@admin.register(Rate)
class RateAdmin(admin.ModelAdmin):
    """The one table that the host writes here. What a bank wrote becomes the host's own when it is changed."""

    form = RateForm
    fields = ["day", "currency", "rate", "base"]
    list_display = ["says", "day", "source"]
    list_filter = ["source", "currency", "base"]
    ordering = ["-day", "currency", "base"]
    date_hierarchy = "day"

    @admin.display(description=gettext_lazy("rate"))
    def says(self, rate: Rate) -> str:
        """`1 USD = 41.5012 UAH on Nov. 25, 2026`."""
        facts = {"currency": rate.currency, "rate": number_format(rate.rate), "base": rate.base}
        return _("1 %(currency)s = %(rate)s %(base)s on %(day)s") % (facts | {"day": date_format(rate.day)})

    def save_model(self, request: HttpRequest, obj: Rate, form: forms.ModelForm, change: bool) -> None:
        obj.scaled = scaled(form.cleaned_data["rate"])
        obj.source = Rate.Source.HOST
        super().save_model(request, obj, form, change)
        value_later()
        messages.info(request, _("Donations that waited for it get their value now; one that has a value keeps it."))


@admin.register(Wallet)
class WalletAdmin(KeptAdmin):
    list_display = ["title", "streamer", "provider", "poll_seconds", "archived_at"]
    list_filter = ["provider"]
    # The account is a phone number with some services.
    fields = ["streamer", "provider", "title", "poll_seconds", "created_at", "archived_at"]
    readonly_fields = ["streamer", "provider", "created_at", "archived_at"]


@admin.register(Goal)
class GoalAdmin(KeptAdmin):
    list_display = ["title", "streamer", "target_minor", "currency", "since", "archived_at"]
    readonly_fields = ["streamer", "wallets", "public_id", "created_at", "archived_at"]

    def save_model(self, request: HttpRequest, obj: Goal, form: forms.ModelForm, change: bool) -> None:
        save_goal(obj)


@admin.register(InfoToken)
class InfoTokenAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "wallet", "state", "read_only", "created_at", "expires_at"]
    list_filter = ["state"]
    fields = ["wallet", "tail", "state", "read_only", "missing", "base_url", "created_at", "expires_at"]


@admin.register(Donation)
class DonationAdmin(ReadOnlyAdmin):
    list_display = ["occurred_at", "streamer", "minor", "currency", "status", "kind", "hidden_at"]
    list_filter = ["status", "kind", "currency"]
    # The words as given, and who gave them, are the streamer's.
    exclude = ["name_given", "words_given", "name_kept", "words_kept", "donor_key", "donor_hint"]


@admin.register(StreamSession)
class StreamSessionAdmin(ReadOnlyAdmin):
    list_display = ["streamer", "title", "started_at", "ended_at"]


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["streamer", "seq", "kind", "at"]
    list_filter = ["kind"]


@admin.register(WalletState)
class WalletStateAdmin(ReadOnlyAdmin):
    list_display = ["wallet", "last_read_at", "next_poll_at", "error", "error_since", "fault_count"]


@admin.register(Balance)
class BalanceAdmin(ReadOnlyAdmin):
    list_display = ["wallet", "minor", "currency", "last_seen_at"]


@admin.register(Raised)
class RaisedAdmin(ReadOnlyAdmin):
    list_display = ["streamer", "minor", "currency", "count"]


@admin.register(DonorTally)
class DonorTallyAdmin(ReadOnlyAdmin):
    list_display = ["streamer", "minor", "currency", "count"]
    # Which gifts are one donor's is the streamer's to know.
    exclude = ["donor_key"]


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    list_display = ["donation", "what", "at", "by_name"]
    # The words as they were given may stand there.
    exclude = ["before", "after"]


@admin.register(BalanceCheck)
class BalanceCheckAdmin(ReadOnlyAdmin):
    list_display = ["wallet", "currency", "ledger_minor", "difference_minor", "noticed_at"]


@admin.register(DayCheck)
class DayCheckAdmin(ReadOnlyAdmin):
    list_display = ["wallet", "day", "currency", "told_minor", "read_minor"]


@admin.register(OddRow)
class OddRowAdmin(ReadOnlyAdmin):
    list_display = ["wallet", "reason", "fields", "times_seen", "last_seen_at"]


@admin.register(Member)
class MemberAdmin(ReadOnlyAdmin):
    list_display = ["user", "streamer", "role"]


admin.site.register([CallLimit, FeedCounter, GoalTally, Heartbeat, Milestone], ReadOnlyAdmin)
