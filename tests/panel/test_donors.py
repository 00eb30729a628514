"""Top donors at the panel: who gave most in each currency, and what one of them gave."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from donations.corrections import enter
from donations.events import writing
from donations.hiding import hide
from donations.ingest import ingest
from donations.models import Donation
from donations.money import Money
from donations.providers.base import Kind, Payment, Status
from tests.panel.test_pages import words

NOW = timezone.now()
ZHENYA, FOX, NOBODY = "+79990000042", "+79990000077", ""


@pytest.fixture
def gifts(wallet):
    """Zhenya gave twice in roubles and once in dollars, a fox once and more, somebody unknown the most."""
    given = [(ZHENYA, 100, "RUB", "Женя"), (ZHENYA, 250, "RUB", ""), (ZHENYA, 3, "USD", "Евгений"),
             (FOX, 400, "RUB", ""), (NOBODY, 900, "RUB", "Никто")]  # fmt: skip
    payments = [
        Payment(f"{n}:IN", Status.SETTLED, Kind.GIFT, Money(amount * 100, currency), NOW + timedelta(seconds=n),
                payer=payer, name=name)
        for n, (payer, amount, currency, name) in enumerate(given)
    ]  # fmt: skip
    with writing(wallet.streamer_id) as log:
        ingest(log, wallet, payments, NOW - timedelta(hours=1))
    return list(Donation.objects.order_by("occurred_at"))


def ranks(answer):
    return [(rank.place, rank.given.minor // 100, rank.count) for rank in answer.context["ranks"]]


def test_who_gave_most_stands_first_and_is_called_as_he_last_called_himself(masha_client, gifts):
    page = masha_client.get("/panel/donors/")
    assert ranks(page) == [(1, 400, 1), (2, 350, 2)]
    assert [rank.newest for rank in page.context["ranks"]] == [gifts[3], gifts[2]]
    assert "donor ··77" in words(page)
    assert "Евгений" in words(page)
    assert "Никто" not in words(page)


def test_two_currencies_never_add(anya_client, gifts):
    page = anya_client.get("/panel/donors/")
    assert page.context["currencies"] == ["RUB", "USD"]
    assert ranks(anya_client.get("/panel/donors/?currency=USD")) == [(1, 3, 1)]
    assert ranks(anya_client.get("/panel/donors/?currency=XXX")) == ranks(page)


def test_a_donors_page_has_his_gifts_alone(anya_client, gifts):
    page = anya_client.get(f"/panel/donors/{gifts[0].public_id}/")
    assert page.context["page"].rows == [gifts[2], gifts[1], gifts[0]]
    assert [(sum.minor, sum.currency) for sum in page.context["sums"]] == [(350_00, "RUB"), (3_00, "USD")]
    assert (
        f"/panel/donors/{gifts[0].public_id}/"
        in anya_client.get(f"/panel/donations/{gifts[0].public_id}/").content.decode()
    )


def test_those_entered_by_hand_are_told_apart_by_their_name(anya, anya_owner, anya_client):
    for nonce, name in enumerate(("Бабушка", "бабушка", "")):
        enter(anya, anya_owner, str(nonce), Money(100_00, "RUB"), NOW, name)
    page = anya_client.get("/panel/donors/")
    assert ranks(page) == [(1, 200, 2)]
    assert "and those entered by hand by their name" in words(page)


def test_what_was_taken_back_makes_nobody_a_donor(anya_client, gifts, wallet):
    with writing(wallet.streamer_id) as log:
        failed = Payment("3:IN", Status.FAILED, Kind.GIFT, Money(400_00, "RUB"), gifts[3].occurred_at, payer=FOX)
        ingest(log, wallet, [failed], NOW)
    assert ranks(anya_client.get("/panel/donors/")) == [(1, 350, 2)]
    assert "nothing that counts" in words(anya_client.get(f"/panel/donors/{gifts[3].public_id}/"))


def test_nobody_is_joined_to_those_whom_the_wallet_does_not_tell(anya_client, gifts):
    assert anya_client.get(f"/panel/donors/{gifts[4].public_id}/").status_code == 404
    assert "/panel/donors/" not in anya_client.get(f"/panel/donations/{gifts[4].public_id}/").content.decode()


def test_neither_account_nor_key_stands_on_any_page(anya_client, gifts):
    for address in (
        "/panel/donors/",
        f"/panel/donors/{gifts[0].public_id}/",
        f"/panel/donations/{gifts[0].public_id}/",
    ):
        page = anya_client.get(address).content.decode()
        assert not [secret for secret in (ZHENYA[1:], gifts[0].donor_key) if secret in page]


def test_a_hidden_name_is_still_the_owners_to_see(anya_client, gifts):
    hide(gifts[2])
    assert "Евгений" in words(anya_client.get("/panel/donors/"))


def test_boris_sees_none_of_annas_donors(boris_client, gifts):
    assert ranks(boris_client.get("/panel/donors/")) == []
    assert boris_client.get(f"/panel/donors/{gifts[0].public_id}/").status_code == 404


def test_without_donors_the_page_says_what_to_do(anya_client):
    assert "Connect a wallet" in words(anya_client.get("/panel/donors/"))


def test_without_donors_but_with_a_wallet_too(anya_client, wallet):
    assert "Share a goal’s link" in words(anya_client.get("/panel/donors/"))
