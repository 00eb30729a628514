"""Addresses under /panel/widgets/."""

from __future__ import annotations

from django.urls import path

from widgets.panel import widgets

app_name = "panel-widgets"

urlpatterns = [
    path("", widgets.widgets, name="widgets"),
    path("new/", widgets.choose, name="choose"),
    path("new/<slug:kind>/", widgets.new_widget, name="new-widget"),
    path("<slug:public_id>/", widgets.widget, name="widget"),
    path("<slug:public_id>/test/", widgets.test, name="test"),
]
