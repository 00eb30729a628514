"""Addresses of the screen: public pages, overlays, the control room, the stage."""

from __future__ import annotations

from django.urls import path

from widgets import control_post, control_room, overlays, public, stage

urlpatterns = [
    path("", public.home, name="home"),
    path("@<slug:streamer>/", public.streamer_page, name="streamer"),
    path("@<slug:streamer>/<slug:goal>/", public.goal_page, name="goal"),
    path("g/<slug:goal>/", public.short_link, name="goal-short"),
    path("o/<slug:kind>/", overlays.overlay, name="overlay"),
    path("control/", control_room.control_room, name="control-room"),
    path("control/do/", control_post.do, name="control-do"),
    path("stage/", stage.stage, name="stage"),
    path("stage/give/", stage.give, name="stage-give"),
    path("stage/gifts/", stage.gifts, name="stage-gifts"),
    path("stage/stream/", stage.stream, name="stage-stream"),
    path("stage/sound/", stage.sound, name="stage-sound"),
    path("stage/workers/", stage.workers, name="stage-workers"),
    path("stage/kill/", stage.kill, name="stage-kill"),
]
