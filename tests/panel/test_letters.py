"""Letters for an owner who wants them, where there is a mail server."""

from __future__ import annotations

from tests.panel.test_pages import words


def test_an_owner_asks_for_letters_and_has_enough_of_them(anya_client, anya_owner, wallet, settings):
    settings.SENDS_MAIL = True
    assert "Tell me by e-mail when a wallet needs me" in words(anya_client.get("/panel/wallets/"))
    anya_client.post("/panel/wallets/letters/", {"email": "anya@example.org"})
    anya_owner.refresh_from_db()
    assert anya_owner.email == "anya@example.org"
    refused = anya_client.post("/panel/wallets/letters/", {"email": "nonsense"})
    assert "valid email" in words(refused)
    anya_client.post("/panel/wallets/letters/", {"email": ""})
    anya_owner.refresh_from_db()
    assert anya_owner.email == ""


def test_without_a_mail_server_no_letters_are_offered(anya_client, wallet):
    assert "e-mail" not in words(anya_client.get("/panel/wallets/"))
    assert anya_client.post("/panel/wallets/letters/", {"email": "anya@example.org"}).status_code == 404


def test_letters_are_for_owners(masha_client, settings):
    settings.SENDS_MAIL = True
    assert masha_client.post("/panel/wallets/letters/", {"email": "masha@example.org"}).status_code == 403
