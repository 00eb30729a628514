"""Addresses under /panel/helpers/."""

from __future__ import annotations

from django.urls import path

from widgets.panel import deeds, helpers

app_name = "panel-helpers"

urlpatterns = [
    path("", helpers.helpers, name="helpers"),
    path("deeds/", deeds.deeds, name="deeds"),
    path("new/", helpers.make, name="make"),
    path("<slug:public_id>/rename/", helpers.rename, name="rename"),
    path("<slug:public_id>/renew/", helpers.renew, name="renew"),
    path("<slug:public_id>/revoke/", helpers.revoke_links, name="revoke"),
]
