"""The screen's rows in Django's admin: to look at. A link that got into wrong hands can be ended here."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from donations.admin import ReadOnlyAdmin
from donations.models import AccessKey
from widgets.keys import revoke
from widgets.models import Cue, Widget, WidgetState


@admin.register(AccessKey)
class AccessKeyAdmin(ReadOnlyAdmin):
    """Never deleted: open pages would not hear of it, nor would the book say whose it was."""

    list_display = ["__str__", "streamer", "label", "subject", "created_at", "valid_until"]
    list_filter = ["purpose"]
    fields = ["streamer", "purpose", "subject", "label", "role", "created_at", "valid_until"]
    actions = ["end"]

    @admin.action(description=gettext_lazy("End the chosen links"), permissions=["view"])
    def end(self, request: HttpRequest, chosen: QuerySet[AccessKey]) -> None:
        """They open nothing from now on."""
        for key in chosen:
            revoke(key)
        messages.success(request, _("They open nothing any more."))


@admin.register(Widget)
class WidgetAdmin(ReadOnlyAdmin):
    list_display = ["title", "streamer", "kind", "created_at"]
    list_filter = ["kind"]


@admin.register(Cue)
class CueAdmin(ReadOnlyAdmin):
    list_display = ["widget", "kind", "state", "created_at", "started_at", "finished_at"]
    list_filter = ["state", "kind"]


admin.site.register(WidgetState, ReadOnlyAdmin)
