"""Connecting wallets at the panel, against the real sandbox; a token goes in and never comes out."""

from __future__ import annotations

import logging
from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone

from donations.connecting import connect, poll_now, verify
from donations.models import InfoToken, Wallet, WalletState
from donations.polling import Poller

numbers = count(1)
READ = ["profile", "balance", "history"]


@pytest.fixture
def purse(sandbox):
    """A wallet in the sandbox with 150.50 in it, and its token."""
    purse = sandbox.make_wallet(f"PANEL{next(numbers)}")
    sandbox.pay(purse["id"], 150_50, "на микрофон")
    purse["token"] = purse["tokens"][0]["token"]
    return purse


@pytest.fixture
def here(settings):
    """Imaginary wallets may be chosen."""
    settings.DEMO = True


def new_token(sandbox, purse, *scopes: str) -> str:
    return sandbox.call("POST", f"/sandbox/wallets/{purse['id']}/tokens", {"scopes": list(scopes)})["token"]


def form(token: str, **more: object) -> dict[str, object]:
    return {"provider": "qiwi-sandbox", "token": token, "account": "", "title": "", "poll_seconds": "60", **more}


def test_a_token_connects_its_wallet_which_is_then_read(anya, anya_client, purse, here):
    answer = anya_client.post("/panel/wallets/connect/", form(purse["token"]))
    wallet = anya.wallets.get()
    assert answer["Location"] == f"/panel/wallets/{wallet.pk}/"
    assert wallet.account == purse["number"]
    token = wallet.tokens.working().get()
    assert (token.read_only, token.tail, token.reveal()) == ("proven", purse["token"][-4:], purse["token"])
    assert 179 <= (token.expires_at - token.created_at).days <= 180
    poller = Poller(fast=True)
    while not WalletState.objects.get(wallet=wallet).last_read_at:
        poller.start_due()
        poller.write_finished(1)
    poller.close()
    assert anya.donations.get().minor == 150_50
    page = anya_client.get(f"/panel/wallets/{wallet.pk}/").content.decode()
    assert f"…{purse['token'][-4:]}" in page
    assert "All is well." in page


def test_a_token_never_comes_out(anya, anya_client, host_client, purse, here, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    secret = purse["token"]
    answers = [
        anya_client.post("/panel/wallets/connect/", form(secret, check="1")),
        anya_client.post("/panel/wallets/connect/", form(secret, poll_seconds="nonsense")),
        anya_client.post("/panel/wallets/connect/", form(secret), follow=True),
    ]
    wallet = anya.wallets.get()
    token = wallet.tokens.get()
    sealed = token.sealed
    for path in ("check/", "read/", "token/", "revoke/", "archive/"):
        answers.append(anya_client.post(f"/panel/wallets/{wallet.pk}/{path}", {"token": secret}, follow=True))
    answers += [anya_client.get(path) for path in ("/panel/", "/panel/wallets/", f"/panel/wallets/{wallet.pk}/")]
    for path in (f"infotoken/{token.pk}/change/", "infotoken/", f"wallet/{wallet.pk}/change/", "accesskey/"):
        page = host_client.get(f"/admin/donations/{path}")
        assert page.status_code == 200
        answers.append(page)
    for answer in answers:
        text = answer.content.decode()
        assert secret not in text
        assert sealed not in text
    assert secret not in repr([wallet, token]) + caplog.text + "".join(capfd.readouterr())
    assert secret not in repr(verify("qiwi-sandbox", secret))
    assert secret not in repr(dict(anya_client.session))


@pytest.mark.parametrize(
    ("scopes", "words"),
    [
        ([*READ, "payments"], "can spend your money"),
        (["profile", "balance"], "may not read the history"),
        (["history"], "does not tell its wallet number"),
    ],
)
def test_a_token_with_the_wrong_rights_is_refused_in_words(anya, anya_client, sandbox, purse, here, scopes, words):
    answer = anya_client.post("/panel/wallets/connect/", form(new_token(sandbox, purse, *scopes)))
    assert words in answer.content.decode()
    assert not anya.wallets.exists()
    assert not InfoToken.objects.exists()


def test_a_token_that_does_not_tell_its_number_works_with_the_number(anya, anya_client, sandbox, purse, here):
    token = new_token(sandbox, purse, "history")
    anya_client.post("/panel/wallets/connect/", form(token, account="+" + purse["number"]))
    wallet = anya.wallets.get()
    page = anya_client.get(f"/panel/wallets/{wallet.pk}/").content.decode()
    assert "the balance" in page
    assert wallet.account == purse["number"]


def test_a_p2p_key_is_recognised_and_named(anya, anya_client, purse, here):
    key = "eyJ2ZXJzaW9uIjoiUDJQIiwiZGF0YSI6eyJzZWNyZXQiOiJ4In19"
    page = anya_client.post("/panel/wallets/connect/", form(key)).content.decode()
    assert "key for P2P bills" in page
    assert key not in page


def test_a_wallet_that_does_not_answer_is_said_so(anya, anya_client, sandbox, purse, here):
    sandbox.call("PUT", f"/sandbox/wallets/{purse['id']}/faults", {"status": 500})
    page = anya_client.post("/panel/wallets/connect/", form(purse["token"])).content.decode()
    assert "did not answer" in page
    assert not anya.wallets.exists()


def test_imaginary_wallets_are_offered_in_the_demo_alone(anya, anya_client, purse, settings):
    settings.DEMO = False
    assert "qiwi-sandbox" not in anya_client.get("/panel/wallets/connect/").content.decode()
    anya_client.post("/panel/wallets/connect/", form(purse["token"]))
    assert not anya.wallets.exists()


def test_only_trying_a_token_stores_nothing(anya, anya_client, purse, here):
    page = anya_client.post("/panel/wallets/connect/", form(purse["token"], check="1")).content.decode()
    assert "The token works." in page
    assert not Wallet.objects.exists()


def test_a_new_token_replaces_the_old_one_whose_secret_is_forgotten(anya, anya_client, sandbox, purse):
    wallet = connect(anya, "qiwi-sandbox", purse["token"])
    old = wallet.tokens.get()
    WalletState.objects.filter(wallet=wallet).update(next_poll_at=None, error="TokenRefused", claim="in flight")
    fresh = new_token(sandbox, purse, *READ)
    anya_client.post(f"/panel/wallets/{wallet.pk}/token/", {"token": fresh})
    old.refresh_from_db()
    state = WalletState.objects.get(wallet=wallet)
    assert (old.state, old.sealed) == ("replaced", "")
    assert wallet.tokens.working().get().reveal() == fresh
    assert (state.error, state.claim) == ("", "")
    assert state.next_poll_at is not None


def test_another_wallets_token_does_not_replace_it(anya, anya_client, sandbox, purse):
    wallet = connect(anya, "qiwi-sandbox", purse["token"])
    other = sandbox.make_wallet(f"PANEL{next(numbers)}")["tokens"][0]["token"]
    page = anya_client.post(f"/panel/wallets/{wallet.pk}/token/", {"token": other}).content.decode()
    assert "belongs to another wallet" in page
    assert wallet.tokens.working().get().reveal() == purse["token"]


def test_connecting_an_archived_wallet_brings_it_back_and_reads_it_whole(anya, anya_client, purse, here):
    wallet = connect(anya, "qiwi-sandbox", purse["token"], title="Моя")
    anya_client.post(f"/panel/wallets/{wallet.pk}/archive/")
    assert not wallet.tokens.exclude(sealed="").exists()
    assert not poll_now(wallet)
    again = connect(anya, "qiwi-sandbox", purse["token"])
    assert (again.pk, again.title, again.archived_at) == (wallet.pk, "Моя", None)
    assert again.state.last_read_at is None


def test_no_wallet_is_read_more_often_than_its_service_allows(anya, purse):
    assert connect(anya, "qiwi-sandbox", purse["token"], poll_seconds=1).poll_seconds == 5


def test_read_now_makes_the_wallet_due_and_respects_a_ban(anya_client, wallet):
    state = WalletState.objects.filter(wallet=wallet)
    state.update(next_poll_at=None)
    anya_client.post(f"/panel/wallets/{wallet.pk}/read/")
    assert state.get().next_poll_at <= timezone.now()
    later = timezone.now() + timedelta(minutes=5)
    state.update(next_poll_at=later, error="Blocked", error_until=later)
    page = anya_client.post(f"/panel/wallets/{wallet.pk}/read/", follow=True).content.decode()
    assert "cannot be read right now" in page
    assert state.get().next_poll_at == later
