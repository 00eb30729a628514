"""The pages for OBS are the same for everyone, and nothing in them is a secret."""

from __future__ import annotations

import pytest
from django.test import Client

from widgets.models import Widget
from widgets.screen import make_widget


@pytest.mark.parametrize("kind", Widget.Kind.values)
def test_the_page_is_the_same_with_and_without_a_login(anya, anya_owner, goal, kind):
    widget = make_widget(anya, kind, "Any", goal=goal)
    stranger, member = Client(), Client()
    member.force_login(anya_owner)
    pages = [stranger.get(f"/o/{kind}/"), member.get(f"/o/{kind}/")]
    assert pages[0].status_code == 200
    assert pages[0].content == pages[1].content
    assert widget.public_id not in pages[0].content.decode()
    for page in pages:
        assert not page.cookies
        assert "Cookie" not in page.get("Vary", "")
        assert page["Cache-Control"] == "no-cache"
        assert page["Referrer-Policy"] == "no-referrer"


def test_obs_may_inject_its_style_but_nobody_a_script(client, db):
    policy = client.get("/o/alert/")["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "default-src 'self'" in policy
    assert "script-src" not in policy or "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]


@pytest.mark.parametrize("kind", ["nothing", "base", "..", "Alert"])
def test_an_unknown_kind_is_not_there(client, db, kind):
    assert client.get(f"/o/{kind}/").status_code == 404
