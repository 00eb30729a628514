"""One-time links: set-up, invitation, new password, the demo's sign-in."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client

from donations.invitations import (
    LinkUnusable,
    accept,
    invitation_link,
    open_link,
    reset_link,
    set_up_link,
    sign_in_link,
)

PASSWORD = "spam eggs and coins"


def token_of(link: str) -> str:
    address, _, token = link.partition("#")
    assert address == f"{settings.PUBLIC_URL}/welcome/", "the secret must stand behind the #"
    assert "?" not in address
    return token


def choose(token: str, client: Client | None = None, **more: str):
    fields = {"token": token, "password1": PASSWORD, "password2": PASSWORD, **more}
    return (client or Client()).post("/welcome/", fields)


@pytest.fixture
def guest(db):
    """Somebody who was added and has no password yet."""
    return User.objects.create_user("guest", password=None)


def test_an_invitation_lets_its_user_choose_a_password_and_signs_in(guest):
    client = Client()
    token = token_of(invitation_link(guest))
    page = client.post("/welcome/", {"token": token})
    assert "guest" in page.content.decode()
    answer = choose(token, client)
    assert (answer.status_code, answer["Location"]) == (302, "/panel/")
    assert client.session["_auth_user_id"] == str(guest.pk)
    guest.refresh_from_db()
    assert guest.check_password(PASSWORD)


def test_an_invitation_works_once(guest):
    token = token_of(invitation_link(guest))
    choose(token)
    again = choose(token, password1="another long one", password2="another long one")
    assert again.status_code == 410
    guest.refresh_from_db()
    assert guest.check_password(PASSWORD)


def test_opening_the_page_does_not_use_the_link_up(guest):
    token = token_of(invitation_link(guest))
    for _ in range(3):
        assert Client().post("/welcome/", {"token": token}).status_code == 200


def test_a_new_link_ends_nothing_but_a_used_one_ends_the_others(guest):
    first, second = token_of(invitation_link(guest)), token_of(reset_link(guest))
    accept(first, PASSWORD)
    with pytest.raises(LinkUnusable):
        open_link(second)


def test_links_end_by_their_time(guest, monkeypatch):
    links = {
        3600: set_up_link(),
        7 * 86400: invitation_link(guest),
        86400: reset_link(guest),
        12 * 3600: sign_in_link(guest),
    }
    now = signing.time.time()
    for life, link in links.items():
        monkeypatch.setattr(signing.time, "time", lambda life=life: now + life - 5)
        open_link(token_of(link))
        monkeypatch.setattr(signing.time, "time", lambda life=life: now + life + 5)
        with pytest.raises(LinkUnusable):
            open_link(token_of(link))
        monkeypatch.undo()


@pytest.mark.parametrize(
    "token",
    ["", "x", "a:b:c", signing.dumps({"purpose": "set-up", "next": "/"}), "#"],
    ids=["nothing", "a letter", "three parts", "signed for something else", "a hash"],
)
def test_a_made_up_link_opens_nothing(db, token):
    assert Client().post("/welcome/", {"token": token}).status_code == 410


@pytest.mark.parametrize(
    ("first", "again", "words"),
    [("short", "short", "at least 10"), (PASSWORD, "spam", "differ"), ("1234567890", "1234567890", "too common")],
)
def test_a_weak_password_is_refused_in_words(guest, first, again, words):
    page = choose(token_of(invitation_link(guest)), password1=first, password2=again)
    assert words in page.content.decode()
    assert first not in page.content.decode().replace("at least 10", "") or first == "short"
    guest.refresh_from_db()
    assert not guest.has_usable_password()


def test_the_set_up_link_makes_the_host(db):
    client = Client()
    answer = choose(token_of(set_up_link()), client, username="owner")
    assert answer["Location"] == "/host/"
    user = User.objects.get()
    assert (user.username, user.is_superuser, user.check_password(PASSWORD)) == ("owner", True, True)
    assert client.get("/host/").status_code == 200


def test_the_set_up_link_is_there_only_without_a_host(host):
    assert choose(token_of(set_up_link()), username="second").status_code == 410
    assert User.objects.count() == 1


def test_the_demo_link_signs_in_once_and_goes_on(guest):
    client = Client()
    token = token_of(sign_in_link(guest, "/stage/"))
    answer = client.post("/welcome/", {"token": token})
    assert answer["Location"] == "/stage/"
    assert client.session["_auth_user_id"] == str(guest.pk)
    assert Client().post("/welcome/", {"token": token}).status_code == 410


def test_who_was_switched_off_is_not_let_in(guest):
    token = token_of(sign_in_link(guest))
    User.objects.update(is_active=False)
    assert Client().post("/welcome/", {"token": token}).status_code == 410


def test_a_link_from_another_site_signs_nobody_in(guest):
    client = Client(enforce_csrf_checks=True)
    assert client.post("/welcome/", {"token": token_of(sign_in_link(guest))}).status_code == 403


def test_nobody_can_sign_up(db):
    page = Client().get("/accounts/signup/")
    assert "by invitation" in page.content.decode()
    fields = {"username": "intruder", "password1": PASSWORD, "password2": PASSWORD}
    Client().post("/accounts/signup/", fields)
    assert not User.objects.exists()


def test_a_forgotten_password_leads_to_the_host_and_sends_no_mail(db, mailoutbox):
    assert "Ask the person who runs" in Client().get("/accounts/password/reset/").content.decode()
    assert Client().post("/accounts/password/reset/", {"email": "a@example.org"}).status_code == 405
    assert not mailoutbox


def test_signing_in_and_out(anya, anya_owner):
    client = Client()
    wrong = client.post("/accounts/login/", {"login": "anya", "password": "wrong"})
    assert wrong.status_code == 200
    answer = client.post("/accounts/login/", {"login": "anya", "password": "correct horse anya"})
    assert answer["Location"] == "/panel/"
    client.post("/accounts/logout/")
    assert client.get("/panel/").status_code == 302
