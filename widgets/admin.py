"""The screen's rows in Django's admin: to look at. Their links' keys are not among them."""

from __future__ import annotations

from django.contrib import admin

from donations.admin import ReadOnlyAdmin
from widgets.models import Cue, Widget, WidgetState


@admin.register(Widget)
class WidgetAdmin(ReadOnlyAdmin):
    list_display = ["title", "streamer", "kind", "created_at"]
    list_filter = ["kind"]


@admin.register(Cue)
class CueAdmin(ReadOnlyAdmin):
    list_display = ["widget", "kind", "state", "created_at", "started_at", "finished_at"]
    list_filter = ["state", "kind"]


admin.site.register(WidgetState, ReadOnlyAdmin)
