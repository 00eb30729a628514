"""What was done in the control room, as its owner reads it."""

from __future__ import annotations

from tests.panel.test_pages import words
from widgets.actions import act
from widgets.helpers import make_helper
from widgets.models import Deed


def test_an_owner_reads_who_did_what_newest_first(anya_client, anya):
    key = make_helper(anya, "Маша", "moderator")
    assert "Nothing yet" in words(anya_client.get("/panel/helpers/deeds/"))
    act(key, {"action": "pause", "on": True}, "1")
    act(key, {"action": "pause", "on": True}, "2")
    act(key, {"action": "pause", "on": False}, "3")
    page = words(anya_client.get("/panel/helpers/deeds/"))
    assert page.index("Маша let the alerts go on") < page.index("Маша paused the alerts")
    assert page.count("paused the alerts") == 1


def test_what_was_done_stays_when_the_link_is_gone(anya_client, anya):
    key = make_helper(anya, "Маша", "moderator")
    act(key, {"action": "panic", "on": True}, "1")
    key.delete()
    assert "Маша pressed the panic button (60 seconds)" in words(anya_client.get("/panel/helpers/deeds/"))
    assert Deed.objects.get().key is None
