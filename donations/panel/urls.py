"""Addresses under /panel/. Each view is bound to the signed-in member's streamer by `membership`."""

from __future__ import annotations

from django.urls import path

from donations.panel import donation, donations, donors, goals, moderation, overview, streams, wallets
from donations.panel.membership import switch

app_name = "panel"

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("streamer/", switch, name="switch"),
    path("donations/", donations.donations, name="donations"),
    path("donations/new/", donation.enter_donation, name="enter-donation"),
    path("donations/holding/", moderation.holding, name="holding"),
    path("donations/<slug:public_id>/", donation.donation, name="donation"),
    path("donations/<slug:public_id>/edit/", donation.edit_donation, name="edit-donation"),
    path("donations/<slug:public_id>/reverse/", donation.reverse_donation, name="reverse-donation"),
    path("donations/<slug:public_id>/undo/<int:pk>/", donation.undo_correction, name="undo-correction"),
    path("donations/<slug:public_id>/hide/", moderation.hide_donation, name="hide"),
    path("donations/<slug:public_id>/show/", moderation.show_donation, name="show"),
    path("donations/<slug:public_id>/approve/", moderation.approve_donation, name="approve"),
    path("donations/<slug:public_id>/without-words/", moderation.show_without_words, name="without-words"),
    path("donations/<slug:public_id>/anonymous/", moderation.show_as_anonymous, name="anonymous"),
    path("donations/<slug:public_id>/words/", moderation.show_as, name="words"),
    path("donations/<slug:public_id>/donor/unmark/", moderation.unmark_donor, name="unmark"),
    path("donations/<slug:public_id>/donor/<slug:standing>/", moderation.mark_donor, name="mark"),
    path("donors/", donors.donors, name="donors"),
    path("donors/<slug:public_id>/", donors.donor, name="donor"),
    path("streams/", streams.streams, name="streams"),
    path("streams/start/", streams.start, name="start-stream"),
    path("streams/stop/", streams.stop, name="stop-stream"),
    path("streams/<int:pk>/", streams.stream, name="stream"),
    path("goals/", goals.goals, name="goals"),
    path("goals/new/", goals.new_goal, name="new-goal"),
    path("goals/<slug:public_id>/", goals.goal, name="goal"),
    path("goals/<slug:public_id>/archive/", goals.archive, name="archive-goal"),
    path("goals/<slug:public_id>/restore/", goals.restore, name="restore-goal"),
    path("wallets/", wallets.wallets, name="wallets"),
    path("wallets/letters/", wallets.letters, name="letters"),
    path("wallets/connect/", wallets.connect_wallet, name="connect"),
    path("wallets/<int:pk>/", wallets.wallet, name="wallet"),
    path("wallets/<int:pk>/token/", wallets.replace, name="replace-token"),
    path("wallets/<int:pk>/check/", wallets.check, name="check-token"),
    path("wallets/<int:pk>/read/", wallets.read_now, name="read-wallet"),
    path("wallets/<int:pk>/revoke/", wallets.revoke, name="revoke-token"),
    path("wallets/<int:pk>/archive/", wallets.archive, name="archive-wallet"),
]
