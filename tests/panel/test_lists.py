"""Long lists at the panel: pages that hold still while donations come in, and a search that reads a bounded part."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from donations.models import Donation
from donations.panel import paging
from tests.panel.test_pages import words

NOW = timezone.now()


def give(wallet, count, first=0, **facts):
    """Gifts of the last minutes, three at each moment; the first is the newest."""
    base = {"status": "settled", "kind": "gift", "currency": "RUB", "minor": 100, "recorded_at": NOW}
    return Donation.objects.bulk_create(
        Donation(
            streamer=wallet.streamer,
            wallet=wallet,
            txn_id=f"{n}:IN",
            occurred_at=NOW - timedelta(minutes=n // 3),
            **base | facts,
        )
        for n in range(first, first + count)
    )


def shown(answer):
    return [row.public_id for row in answer.context["page"].rows]


def follow(client, answer, way):
    return client.get(f"/panel/donations/?{getattr(answer.context['page'], way)}")


def walk(client, answer, way):
    """This page and those that follow one link again and again."""
    pages = [answer]
    while getattr(pages[-1].context["page"], way):
        pages.append(follow(client, pages[-1], way))
    return pages


def in_order():
    return list(Donation.objects.newest_first().values_list("public_id", flat=True))


def test_older_leads_through_all_of_a_list_and_newer_back(anya_client, wallet):
    give(wallet, 75)
    down = walk(anya_client, anya_client.get("/panel/donations/"), "older")
    assert [len(shown(page)) for page in down] == [30, 30, 15]
    assert [one for page in down for one in shown(page)] == in_order()
    up = walk(anya_client, down[-1], "newer")
    assert [shown(page) for page in up] == [shown(page) for page in reversed(down)]


def test_what_comes_in_meanwhile_moves_nothing(anya_client, wallet):
    give(wallet, 75)
    second = follow(anya_client, anya_client.get("/panel/donations/"), "older")
    third = follow(anya_client, second, "older")
    give(wallet, 40, first=-120)
    address = second.wsgi_request.get_full_path()
    assert shown(anya_client.get(address)) == shown(second)
    assert shown(follow(anya_client, third, "newer")) == shown(second)
    up = walk(anya_client, third, "newer")
    assert shown(up[-1]) == in_order()[:30]


def test_a_list_of_one_kind_keeps_to_it(anya_client, wallet):
    give(wallet, 40)
    pending = give(wallet, 40, first=100, status="pending")
    pages = walk(anya_client, anya_client.get("/panel/donations/?state=pending"), "older")
    assert "state=pending" in pages[0].context["page"].older
    assert {one for page in pages for one in shown(page)} == {row.public_id for row in pending}


def test_a_search_reads_so_many_at_a_time_and_goes_on_from_there(anya_client, wallet, monkeypatch):
    monkeypatch.setattr(paging, "MOST_LOOKED_AT", 50)
    give(wallet, 130)
    [old] = give(wallet, 1, first=130, words_given="Помните меня?")
    pages = walk(anya_client, anya_client.get("/panel/donations/?q=меня"), "older")
    assert [shown(page) for page in pages] == [[], [], [old.public_id]]
    assert "Nothing like that since" in words(pages[0])
    assert "Look further back" in words(pages[0])
    assert "q=%D0%BC" in pages[0].context["page"].older
    up = walk(anya_client, pages[-1], "newer")
    assert [shown(page) for page in up] == [[old.public_id], [], []]


def test_a_search_that_finds_more_than_a_page_pages_like_any_list(anya_client, wallet, monkeypatch):
    monkeypatch.setattr(paging, "MOST_LOOKED_AT", 50)
    for n in range(0, 200, 2):
        give(wallet, 1, first=n, words_given="Привет")
        give(wallet, 1, first=n + 1)
    pages = walk(anya_client, anya_client.get("/panel/donations/?q=привет"), "older")
    wanted = Donation.objects.filter(words_given="Привет").newest_first()
    assert [one for page in pages for one in shown(page)] == list(wanted.values_list("public_id", flat=True))


@pytest.mark.parametrize("place", ["from=nowhere", "above=nowhere", "from=", "page=3", "from=\x00"])
def test_a_link_to_nowhere_shows_the_newest(anya_client, wallet, place):
    give(wallet, 40)
    assert shown(anya_client.get(f"/panel/donations/?{place}")) == in_order()[:30]


def test_another_streamers_donation_is_no_place_in_the_list(anya_client, boris, wallet):
    give(wallet, 40)
    theirs = Donation.objects.create(
        streamer=boris, txn_id="b", status="settled", kind="gift", currency="UAH", minor=1,
        occurred_at=NOW - timedelta(days=1), recorded_at=NOW,
    )  # fmt: skip
    newest = [one for one in in_order() if one != theirs.public_id][:30]
    assert shown(anya_client.get(f"/panel/donations/?from={theirs.public_id}")) == newest
