"""The control room's page: the same for everyone, in the language of the browser."""

from __future__ import annotations

import pytest


def test_the_page_is_the_same_for_everyone_and_no_cookie_leaves_a_trace(client, anya_owner):
    stranger = client.get("/control/", headers={"Accept-Language": "en"})
    client.force_login(anya_owner)
    client.cookies["django_language"] = "ru"
    owner = client.get("/control/", headers={"Accept-Language": "en"})
    assert owner.content == stranger.content
    assert not owner.cookies
    assert owner["Cache-Control"] == "no-cache"
    assert owner["Referrer-Policy"] == "no-referrer"
    assert "unsafe" not in owner["Content-Security-Policy"]
    assert b"<script>" not in owner.content
    assert b"style=" not in owner.content


@pytest.mark.parametrize(
    ("wish", "language"), [("uk-UA,ru;q=0.8", "uk"), ("de, ru;q=0.5", "ru"), ("de", "en"), ("", "en")]
)
def test_the_browser_chooses_the_language(client, wish, language):
    page = client.get("/control/", headers={"Accept-Language": wish})
    assert f'<html lang="{language}">' in page.content.decode()
    assert page["Content-Language"] == language
    assert "Accept-Language" in page["Vary"]
