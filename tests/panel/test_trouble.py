"""The banner on every page of the panel when a wallet needs a person."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from donations.models import InfoToken, Wallet, WalletState
from tests.panel.test_pages import words

PAGES = ("donations/", "streams/", "goals/", "widgets/", "goals/new/", "wallets/connect/")
NOW = timezone.now


def banners(answer) -> list[str]:
    return re.findall(r'<div class="notice (\w+) trouble"', answer.content.decode())


def refuse(wallet) -> None:
    InfoToken.objects.filter(wallet=wallet).update(state="refused")
    WalletState.objects.filter(wallet=wallet).update(error="TokenRefused", error_since=NOW(), next_poll_at=None)


def error(name: str, **facts: object):
    facts = {"error": name, "error_since": NOW() - timedelta(minutes=9), "fault_count": 3, **facts}
    return lambda wallet: WalletState.objects.filter(wallet=wallet).update(**facts)


def ends_in(days: int):
    return lambda wallet: wallet.tokens.update(expires_at=NOW() + timedelta(days=days))


TROUBLES = {
    "refused": (refuse, "danger", "no longer accepts the token …cdef, since"),
    "no token": (lambda wallet: wallet.tokens.update(state="revoked"), "danger", "There is no token"),
    "no right": (error("ScopeMissing", error_detail="history"), "danger", "may not read what is needed: the history"),
    "gone": (error("TargetMissing"), "danger", "not there any more"),
    "locked": (error("CannotUnseal"), "danger", "cannot be opened"),
    "shut out": (error("Blocked", error_until=NOW() + timedelta(minutes=4)), "warning", "shut us out until"),
    "failing": (error("PassingFault"), "warning", "has not answered since"),
    "ends soon": (ends_in(5), "warning", ", in 5 days."),
    "ended": (ends_in(-1), "warning", "out of date since"),
    "reader gone": (error("", next_poll_at=NOW() - timedelta(hours=1)), "danger", "does not seem to run"),
}


@pytest.mark.parametrize(("happen", "level", "sentence"), TROUBLES.values(), ids=TROUBLES)
def test_a_wallet_that_needs_a_person_is_told_of_on_every_page(anya_client, wallet, happen, level, sentence):
    happen(wallet)
    for page in PAGES:
        answer = anya_client.get(f"/panel/{page}")
        assert banners(answer) == [level]
        assert sentence in words(answer)
        assert f'href="/panel/wallets/{wallet.pk}/"' in answer.content.decode()


@pytest.mark.parametrize(
    "happen",
    [
        lambda wallet: None,
        error("PassingFault", fault_count=1),
        error("RateLimited", error_until=NOW() + timedelta(minutes=20)),
        ends_in(15),
        lambda wallet: Wallet.objects.update(archived_at=NOW()),
    ],
    ids=["all is well", "one fault", "asked to wait", "ends in two weeks", "archived"],
)
def test_a_wallet_that_needs_nobody_is_not_told_of(anya_client, wallet, happen):
    happen(wallet)
    assert banners(anya_client.get("/panel/donations/")) == []


def test_a_page_that_shows_the_wallet_does_not_say_it_twice(anya_client, wallet):
    refuse(wallet)
    for page in ("", "wallets/", f"wallets/{wallet.pk}/"):
        answer = anya_client.get(f"/panel/{page}")
        assert banners(answer) == []
        assert "no longer accepts the token" in words(answer)


def test_a_wallets_page_tells_of_the_others(anya, anya_client, wallet):
    refuse(wallet)
    other = Wallet.objects.create(streamer=anya, provider="qiwi-sandbox", account="79990000002", title="Вторая")
    WalletState.objects.create(wallet=other, next_poll_at=NOW())
    assert "QIWI" in words(anya_client.get(f"/panel/wallets/{other.pk}/"))
    assert "Вторая. There is no token" in words(anya_client.get(f"/panel/wallets/{wallet.pk}/"))
    page = anya_client.get("/panel/donations/")
    assert banners(page) == ["danger"]
    assert "1 more wallet needs you." in words(page)


def test_a_moderator_reads_the_sentence_and_is_offered_nothing(masha_client, wallet):
    refuse(wallet)
    answer = masha_client.get("/panel/donations/")
    assert "no longer accepts the token" in words(answer)
    assert "/panel/wallets/" not in answer.content.decode()


def test_trouble_stays_with_the_streamer_whose_it_is(boris_client, host_client, wallet):
    refuse(wallet)
    assert banners(boris_client.get("/panel/donations/")) == banners(host_client.get("/host/")) == []


def test_many_wallets_cost_a_page_no_more_queries(anya, anya_client, wallet, django_assert_max_num_queries):
    for n in range(20):
        other = Wallet.objects.create(streamer=anya, provider="qiwi-sandbox", account=str(n), title=str(n))
        WalletState.objects.create(wallet=other, next_poll_at=NOW())
    with django_assert_max_num_queries(10):
        assert "19 more wallets need you." in words(anya_client.get("/panel/donations/"))


def test_times_are_those_of_the_streamers_zone(anya, anya_client, wallet):
    anya.time_zone = "Asia/Vladivostok"
    anya.save()
    since = NOW() - timedelta(minutes=9)
    error("PassingFault", error_since=since)(wallet)
    local = since.astimezone(anya.zone)
    anya_client.post("/i18n/setlang/", {"language": "uk"})
    assert f"{local:%H:%M}" in words(anya_client.get("/panel/donations/"))
