"""Addresses under /host/, for superusers alone."""

from __future__ import annotations

from django.urls import path

from donations.host import streamers

app_name = "host"

urlpatterns = [
    path("", streamers.streamers, name="streamers"),
    path("new/", streamers.new_streamer, name="new-streamer"),
    path("streamers/<slug:slug>/", streamers.streamer, name="streamer"),
    path("streamers/<slug:slug>/members/", streamers.add_member, name="add-member"),
    path("streamers/<slug:slug>/members/<int:pk>/link/", streamers.link, name="link"),
    path("streamers/<slug:slug>/members/<int:pk>/remove/", streamers.remove_member, name="remove-member"),
]
