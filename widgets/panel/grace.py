"""For how long an old link goes on working when it is renewed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class GraceForm(forms.Form):
    """`cleaned_data["grace"]` is a timedelta; 24 hours when nothing is said."""

    HOURS = (
        (0, _("not any more: it stops now")),
        (1, _("for 1 more hour")),
        (24, _("for 24 more hours")),
        (72, _("for 3 more days")),
        (168, _("for 7 more days")),
    )

    grace = forms.TypedChoiceField(label=_("The old link works"), choices=HOURS, coerce=int, initial=24)

    def clean_grace(self) -> timedelta:
        """From hours."""
        hours: Any = self.cleaned_data["grace"]
        return timedelta(hours=hours)
