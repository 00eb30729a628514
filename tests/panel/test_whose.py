"""Whose panel it is: every address, walked as a stranger and as nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.admin.utils import NestedObjects
from django.core import serializers
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from donations.corrections import edit
from donations.events import writing
from donations.models import InfoToken
from donations.tallies import recount, recount_all_time
from widgets.helpers import make_helper
from widgets.models import Variation
from widgets.screen import make_widget, overlay_link

MODERATORS_MAY = {
    "panel:overview",
    "panel:switch",
    "panel:donations",
    "panel:donation",
    "panel:donors",
    "panel:donor",
    "panel:hide",
    "panel:show",
    "panel:approve",
    "panel:without-words",
    "panel:anonymous",
    "panel:words",
    "panel:mark",
    "panel:unmark",
    "panel:streams",
    "panel:start-stream",
    "panel:stop-stream",
    "panel:stream",
}
POSTED = {
    "streamer": "anya",
    "title": "Чужое",
    "target": "1",
    "amount": "1",
    "occurred_at": "2026-01-01T00:00",
    "nonce": "a-form-of-a-stranger",
    "currency": "RUB",
    "since": "2026-01-01T00:00",
    "slug": "mic",
    "token": "0123456789abcdef0123456789abcdef",
    "poll_seconds": "60",
    "seconds": "7",
    "volume": "80",
    "scope": "all",
    "count": "5",
    "language": "ru",
    "grace": "24",
    "name": "Чужая помощница",
    "role": "owner",
}


@pytest.fixture
def variation(alert):
    """Anya's alert looks different for large donations."""
    return Variation.objects.create(widget=alert, title="Анин миллион", minor=1_000_000_00, accent="#ff5a5f")


@pytest.fixture
def things(anya, wallet, goal, gift, alert, variation, stream, anya_owner):
    """By the folder of an address, what its ids are for Anya."""
    correction = edit(gift, anya_owner, listed=False)
    helper = make_helper(anya, "Помощница Ани", "moderator")
    return {
        "wallets/": {"pk": wallet.pk},
        "goals/": {"public_id": goal.public_id},
        "donations/": {"public_id": gift.public_id, "pk": correction.pk, "standing": "trusted"},
        "donors/": {"public_id": gift.public_id},
        "streams/": {"pk": stream.pk},
        "widgets/": {"public_id": alert.public_id, "kind": "alert", "variation_id": variation.public_id},
        "helpers/": {"public_id": helper.subject},
    }


def panel_patterns(
    resolver: URLResolver, prefix: str = "", namespace: str = ""
) -> Iterator[tuple[str, str, URLPattern]]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            yield from panel_patterns(pattern, route, inner)
        elif route.startswith("panel/"):
            yield route, f"{namespace}{pattern.name}", pattern


def addresses(things: dict[str, dict[str, object]]) -> Iterator[tuple[str, str]]:
    """Every address under /panel/ by its name, with Anya's ids; a new kind of id must be taught to `things`."""
    found = list(panel_patterns(get_resolver()))
    assert len(found) >= 25, "the panel's addresses were not found"
    for route, name, pattern in found:
        ids = next((ids for folder, ids in things.items() if f"panel/{folder}" in route), {})
        address = route
        for word, converter in pattern.pattern.converters.items():
            kind = next(k for k in ("int", "slug", "str") if f"<{k}:{word}>" in address)
            address = address.replace(f"<{kind}:{word}>", converter.to_url(ids[word]))
        yield name, f"/{address}"


def all_of(streamer) -> str:
    """Everything that belongs to a streamer, as it stands in the database."""
    collector = NestedObjects(using="default")
    collector.collect([streamer])
    rows = [row for rows in collector.data.values() for row in rows]
    assert len(rows) > 10
    return "\n".join(sorted(serializers.serialize("jsonl", [row]) for row in rows))


def secrets_of(anya, things, alert) -> list[str]:
    token = InfoToken.objects.get(wallet__streamer=anya)
    return [
        "Щедрый Лис",
        "Спасибо за стрим",
        "Новый микрофон",
        "Анин донат",
        "Анин вечер",
        "Анин миллион",
        "Помощница Ани",
        "79990000001",
        f"…{token.tail}",
        token.sealed,
        overlay_link(alert).rpartition("#")[2],
        things["goals/"]["public_id"],
        "150.50",
        "150,50",
    ]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_member_of_another_streamer_sees_and_changes_nothing(anya, boris_client, boris, things, alert, method):
    before = all_of(anya)
    secrets = secrets_of(anya, things, alert)
    for name, address in addresses(things):
        answer = getattr(boris_client, method)(address, POSTED)
        assert answer.status_code in (200, 302, 404, 405), f"{name}: {answer.status_code}"
        if any(str(identity) in address for ids in things.values() for identity in ids.values() if identity != "alert"):
            assert answer.status_code in (404, 405), f"{name} opens another streamer's thing"
        for secret in secrets:
            assert secret not in answer.content.decode(), f"{name} tells {secret}"
        assert all_of(anya) == before, f"{name} changed another streamer's rows"
    assert boris_client.get("/panel/").wsgi_request.user.username == "boris"


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_sees_and_changes_nothing(anya, things, alert, method):
    before = all_of(anya)
    for name, address in addresses(things):
        answer = getattr(Client(), method)(address, POSTED)
        assert answer.status_code in (302, 405), f"{name}: {answer.status_code}"
        if answer.status_code == 302:
            assert answer["Location"].startswith("/accounts/login/?next="), name
    assert all_of(anya) == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_owners_link_to_the_control_room_opens_nothing_of_the_panel(anya, things, method):
    key = make_helper(anya, "Совладелец", "owner").reveal()
    client = Client(headers={"X-Kopilka-Key": key, "Authorization": f"Bearer {key}"})
    client.cookies["sessionid"] = key
    before = all_of(anya)
    for name, address in addresses(things):
        answer = getattr(client, method)(f"{address}?key={key}", {**POSTED, "key": key})
        assert answer.status_code in (302, 405), f"{name}: {answer.status_code}"
        if answer.status_code == 302:
            assert answer["Location"].startswith("/accounts/login/?next="), name
    assert all_of(anya) == before


def test_a_moderator_hides_and_streams_and_is_told_about_the_rest(anya, masha_client, things):
    before = all_of(anya)
    for name, address in addresses(things):
        if name in MODERATORS_MAY:
            continue
        for answer in (masha_client.get(address), masha_client.post(address, POSTED)):
            assert answer.status_code in (403, 405), f"{name}: {answer.status_code}"
        assert "moderator" in masha_client.post(address, POSTED).content.decode() or answer.status_code == 405, name
    assert all_of(anya) == before
    for address in ("/panel/", "/panel/donations/", "/panel/streams/"):
        page = masha_client.get(address)
        assert page.status_code == 200
        assert "/panel/wallets/" not in page.content.decode()


def test_no_page_of_the_panel_is_kept_by_a_cache(anya_client, things):
    for _name, address in addresses(things):
        answer = anya_client.get(address)
        if answer.status_code == 200:
            assert "no-store" in answer["Cache-Control"], address


def test_no_page_falls_over_what_postgresql_cannot_store(anya, goal, anya_client, things):
    recount_all_time(anya)
    with writing(anya.pk):
        recount(goal)
    nothing = dict.fromkeys([*POSTED, "q", "state", "page", "from", "above", "back", "name", "words", "donor"], "\0")
    for name, address in addresses(things):
        for answer in (anya_client.get(address, nothing), anya_client.post(address, nothing)):
            assert answer.status_code in (200, 302, 404, 405), f"{name}: {answer.status_code}"


def test_another_streamers_wallet_cannot_be_put_into_a_goal(boris_client, boris, wallet):
    answer = boris_client.post("/panel/goals/new/", {**POSTED, "slug": "mine", "wallets": [wallet.pk]})
    assert answer.status_code == 200
    assert not boris.goals.exists()


def test_another_streamers_goal_cannot_be_put_on_a_bar(boris_client, boris, goal):
    answer = boris_client.post("/panel/widgets/new/goal/", {"title": "Полоса", "goal_shown": goal.public_id})
    assert answer.status_code == 200
    assert not boris.widgets.exists()


def test_another_streamers_variation_is_not_reached_through_an_alert_of_ones_own(boris, boris_client, variation):
    own = make_widget(boris, "alert", "Донати")
    address = f"/panel/widgets/{own.public_id}/variations/{variation.public_id}/"
    for answer in (
        boris_client.get(address),
        *(boris_client.post(f"{address}{act}", {"amount": "least", "starts": "1"}) for act in ("", "remove/", "test/")),
    ):
        assert answer.status_code == 404
    variation.refresh_from_db()
    assert variation.minor == 1_000_000_00


def test_a_member_of_two_streamers_works_for_one_at_a_time(anya, anya_client, anya_owner, boris, gift):
    boris.member_set.create(user=anya_owner)
    assert "Щедрый Лис" in anya_client.get("/panel/donations/").content.decode()
    anya_client.post("/panel/streamer/", {"streamer": "boris"})
    page = anya_client.get("/panel/donations/").content.decode()
    assert "Борис" in page
    assert "Щедрый Лис" not in page
    assert anya_client.get(f"/panel/wallets/{gift.wallet_id}/").status_code == 404


def test_who_was_removed_is_out_at_once(anya_client, anya_owner):
    assert anya_client.get("/panel/").status_code == 200
    anya_owner.member_set.all().delete()
    assert anya_client.get("/panel/").status_code == 403


def test_a_form_from_another_site_changes_nothing(anya, anya_owner, gift):
    client = Client(enforce_csrf_checks=True)
    client.force_login(anya_owner)
    answer = client.post(f"/panel/donations/{gift.public_id}/hide/")
    assert answer.status_code == 403
    gift.refresh_from_db()
    assert gift.hidden_at is None
