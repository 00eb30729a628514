"""Addresses under /panel/widgets/."""

from __future__ import annotations

from django.urls import path

from widgets.panel import links, rehearsal, variations, widgets

app_name = "panel-widgets"

urlpatterns = [
    path("", widgets.widgets, name="widgets"),
    path("new/", widgets.choose, name="choose"),
    path("new/<slug:kind>/", widgets.new_widget, name="new-widget"),
    path("rehearsal/", rehearsal.rehearsal, name="rehearsal"),
    path("rehearsal/begin/", rehearsal.begin, name="begin-rehearsal"),
    path("rehearsal/give/", rehearsal.give, name="rehearse"),
    path("rehearsal/approve/", rehearsal.approve, name="approve-rehearsed"),
    path("rehearsal/end/", rehearsal.finish, name="end-rehearsal"),
    path("<slug:public_id>/", widgets.widget, name="widget"),
    path("<slug:public_id>/test/", widgets.test, name="test"),
    path("<slug:public_id>/variations/new/", variations.new_variation, name="new-variation"),
    path("<slug:public_id>/variations/<slug:variation_id>/", variations.variation, name="variation"),
    path(
        "<slug:public_id>/variations/<slug:variation_id>/remove/", variations.remove_variation, name="remove-variation"
    ),
    path("<slug:public_id>/variations/<slug:variation_id>/test/", variations.test_variation, name="test-variation"),
    path("<slug:public_id>/renew/", links.renew, name="renew"),
    path("<slug:public_id>/loader/", links.loader, name="loader"),
    path("<slug:public_id>/remove/", links.remove, name="remove"),
]
