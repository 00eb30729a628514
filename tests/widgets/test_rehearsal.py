"""Rehearsing off air: everything goes the real way, and nothing of it is real."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from donations.audit import audit
from donations.events import writing
from donations.models import AccessKey, Donation, Event, Goal, Milestone, Streamer, Wallet, WalletState
from donations.polling import Poller
from donations.shadows import empty, end_unused
from donations.tallies import save_goal
from widgets import scenarios
from widgets.keys import revoke
from widgets.models import Variation, Widget
from widgets.protocol import CLOSE_REFUSED
from widgets.rehearsal import end, prepare, rehearse
from widgets.scenarios import SCENARIOS
from widgets.screen import make_widget, save_widget
from widgets.shadow import is_on, shadow_of
from widgets.snapshots import snapshot, totals_value

ARRIVING = 30.0


@pytest.fixture
def on_air(alert_box, goal_bar, total, latest, give, sandbox) -> Any:
    """Anya's four widgets, a donation that is real, and the sandbox. Her own wallet is not due."""
    WalletState.objects.update(next_poll_at=None)
    Variation.objects.create(widget=alert_box, title="Large", minor=1_000_00, headline="WOW", effect="coins")
    save_goal(goal_bar.goal, milestones=[Milestone(minor=5_000_00, title="Half")])
    return give(700, words="настоящий")


@pytest.fixture
def arrives() -> Iterator[Callable[..., list[Donation]]]:
    """Reads what is due, as the poller does, until so many donations of the rehearsal are there (and this is so)."""
    poller = Poller(fast=True)

    def wait(shadow: Streamer, count: int, is_so: Callable[[], object] = lambda: True) -> list[Donation]:
        deadline = time.monotonic() + ARRIVING
        while shadow.donations.count() < count or not is_so():
            assert time.monotonic() < deadline, f"{shadow.donations.count()} of {count} arrived"
            WalletState.objects.filter(wallet__streamer=shadow).update(
                next_poll_at=timezone.now(), rests_until=None, error_until=None
            )
            poller.run_until_idle(timedelta(seconds=5))
            time.sleep(0.2)  # the sandbox blocks a token that asks too often
        return list(shadow.donations.order_by("pk"))

    yield wait
    poller.close()


def real_rows() -> dict[str, list[str]]:
    """Every row of every table that does not belong to a shadow, as text."""
    shadows = set(Streamer.objects.exclude(rehearses=None).values_list("pk", flat=True))
    found = {}
    for model in [*apps.get_app_config("donations").get_models(), *apps.get_app_config("widgets").get_models()]:
        rows = [row for row in model._base_manager.order_by("pk") if owner(row) not in shadows]
        found[model.__name__] = [serializers.serialize("json", [row]) for row in rows]
    # The limits and proofs of life of the whole installation belong to nobody.
    return {name: rows for name, rows in found.items() if name not in ("CallLimit", "Heartbeat")}


def owner(row: Any) -> int | None:
    """The id of the streamer that a row belongs to, however far away."""
    if isinstance(row, Streamer):
        return row.pk
    for name in ("streamer", "wallet", "goal", "donation", "widget"):
        if getattr(row, f"{name}_id", None) is not None:
            return owner(getattr(row, name))
    return None


def real_pages(owner: Client, host: Client, streamer: Streamer) -> dict[str, str]:
    """What people see of Anya and of the installation."""
    goal = streamer.goals.get()
    panel = ["", "donations/", "donors/", "streams/", "goals/", f"goals/{goal.public_id}/", "widgets/", "wallets/"]
    panel += [f"wallets/{streamer.wallets.get().pk}/"]
    panel += [f"widgets/{widget.public_id}/" for widget in streamer.widgets.all()]
    panel += [f"donations/{donation.public_id}/" for donation in streamer.donations.all()]
    public = ["/", "/@anya/", "/@anya/mic/"]
    addresses = {f"/panel/{page}": owner for page in panel} | dict.fromkeys(public, Client())
    addresses |= dict.fromkeys(["/host/", "/host/streamers/anya/", "/admin/donations/streamer/"], host)
    answers = {address: client.get(address) for address, client in addresses.items()}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {address: told(answer.content.decode()) for address, answer in answers.items()}


def told(page: str) -> str:
    """The page without what is new in each answer: its form tokens, and clocks."""
    without_tokens = re.sub(r'<input type="hidden" name="(csrfmiddlewaretoken|nonce)"[^>]*>', "", page)
    return re.sub(r"<time.*?</time>", "", without_tokens, flags=re.DOTALL)


def screens(streamer: Streamer) -> list[Any]:
    return [snapshot(streamer, widget, None) for widget in streamer.widgets.order_by("pk")]


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """A refund comes after a few seconds, and an outage is over after one."""
    monkeypatch.setattr(scenarios, "TAKEN_BACK_AFTER", 4.0)
    monkeypatch.setitem(SCENARIOS, "outage", replace(SCENARIOS["outage"], silent_for=1.0))


@pytest.mark.django_db(transaction=True)
def test_a_rehearsal_leaves_every_real_figure_page_and_list_as_it_was(on_air, anya, anya_owner, host, arrives, capsys):
    owner, hosts = Client(), Client()
    owner.force_login(anya_owner)
    hosts.force_login(host)

    def everything() -> tuple[Any, ...]:
        call_command("audit")
        return real_rows(), real_pages(owner, hosts, anya), screens(anya), capsys.readouterr().out

    everything()  # once beforehand: a first look may be written down
    before = everything()
    shadow = prepare(anya)
    rehearse(anya, SCENARIOS["outage"])
    rehearse(anya, SCENARIOS["refund"])
    arrives(shadow, 4)
    for name in SCENARIOS.keys() - {"outage", "refund"}:
        rehearse(anya, SCENARIOS[name])
    expected = sum(len(scenario.gifts) for scenario in SCENARIOS.values())
    given = arrives(shadow, expected, shadow.donations.filter(status="failed").exists)
    assert Event.objects.filter(streamer=shadow, kind=Event.Kind.DONATION_CHANGED).exists()
    assert {donation.streamer_id for donation in given} == {shadow.pk}
    assert everything() == before
    assert not any(shadow.slug in page for page in before[1].values())
    assert list(audit(shadow)) == []
    end(anya)
    assert everything() == before


@pytest.mark.django_db(transaction=True)
def test_what_a_silent_wallet_was_given_arrives_when_it_speaks_again(on_air, anya, arrives):
    shadow = prepare(anya)
    rehearse(anya, SCENARIOS["outage"])
    arrives(shadow, 3)
    assert sorted(shadow.donations.values_list("minor", flat=True)) == [100_00, 200_00, 300_00]


def test_only_overlays_in_rehearsal_mode_show_it(open_page, on_air, alert_box, anya, arrives):
    shadow = prepare(anya)
    real, off_air = open_page(alert_box), open_page(alert_box, rehearsal=True)
    copy = Widget.objects.get(rehearses=alert_box)
    assert off_air.hello["widget"]["id"] == copy.public_id
    rehearse(anya, SCENARIOS["huge"])
    arrives(shadow, 1)
    assert off_air.plays(15)["donation"]["money"]["minor"] == 9_999_999_00
    with pytest.raises(TimeoutError):
        real.hears("play", 0.5)


def test_what_was_missed_is_summed_up_in_one_alert(open_page, on_air, alert_box, anya, arrives):
    shadow = prepare(anya)
    page = open_page(alert_box, rehearsal=True)
    rehearse(anya, SCENARIOS["one"])
    arrives(shadow, 1)
    page.sees_leave(page.plays(15))
    rehearse(anya, SCENARIOS["missed"])
    arrives(shadow, 13)
    digest = page.plays(15)
    assert (digest["kind"], digest["digest"]["count"]) == ("digest", 12)


def test_who_collects_hryvnias_rehearses_in_them(on_air, anya, arrives):
    Streamer.objects.filter(pk=anya.pk).update(currency="UAH")
    anya.refresh_from_db()
    shadow = prepare(anya)
    rehearse(anya, SCENARIOS["refund"])
    (given,) = arrives(shadow, 1)
    assert (given.minor, given.currency) == (1_000_00, "UAH")
    assert totals_value(shadow)["all"]["currency"] == "UAH"


def test_an_overlay_in_rehearsal_mode_shows_nothing_real(open_page, on_air, alert_box, latest, anya, give):
    prepare(anya)
    list_of_latest, alerts = open_page(latest, rehearsal=True), open_page(alert_box, rehearsal=True)
    assert list_of_latest.hello["snapshot"]["latest"] == []
    on_air_page = open_page(alert_box)
    give(333)
    on_air_page.plays(15)
    for page in (alerts, list_of_latest):
        with pytest.raises(TimeoutError):
            page.hears(lambda frame: True, 0.3)


def test_nothing_is_rehearsed_before_there_is_a_rehearsal_nor_in_a_control_room(
    open_page, alert_box, control_room, sandbox, anya
):
    assert open_page(alert_box, rehearsal=True).hello["type"] == "refused"
    prepare(anya)
    assert open_page(alert_box, rehearsal=True).hello["type"] == "hello"
    assert open_page(control_room, rehearsal=True).hello["type"] == "refused"


def test_a_revoked_link_shows_no_rehearsal_either(open_page, alert_box, sandbox, anya):
    prepare(anya)
    page = open_page(alert_box, rehearsal=True)
    revoke(AccessKey.objects.get(subject=alert_box.public_id))
    assert page.is_closed_with() == CLOSE_REFUSED


def test_ending_it_takes_the_alert_off_the_screen_and_all_that_was_given_away(
    open_page, on_air, long_alerts, anya, arrives
):
    shadow = prepare(anya)
    page = open_page(long_alerts, rehearsal=True)
    rehearse(anya, SCENARIOS["burst"])
    arrives(shadow, 30)
    cue = page.plays(15)
    end(anya)
    page.sees_leave(cue)
    assert not is_on(shadow)
    assert not shadow.donations.exists()
    assert totals_value(shadow)["all"]["minor"] == 0
    rehearse(anya, SCENARIOS["one"])  # begins another one
    assert len(arrives(shadow, 1)) == 1


def test_what_is_rehearsed_is_what_is_on_air(on_air, alert_box, goal_bar, anya, arrives):
    prepare(anya)
    alert_box.options = {"duration_ms": 4000, "only_streaming": True}
    save_widget(alert_box)
    make_widget(anya, "total", "Another")
    Goal.objects.update(title="Камера")
    Streamer.objects.filter(pk=anya.pk).update(hold_who="all", hold_seconds=7)
    shadow = prepare(Streamer.objects.get(pk=anya.pk))
    copy = Widget.objects.get(rehearses=alert_box)
    assert copy.options == {"duration_ms": 4000, "only_streaming": False}
    assert [(v.title, v.headline, v.effect) for v in copy.variations.all()] == [("Large", "WOW", "coins")]
    bar = Widget.objects.get(rehearses=goal_bar).goal
    assert (bar.title, bar.offset_minor, bar.is_public) == ("Камера", 700_00, False)
    assert [(m.minor, m.title) for m in bar.milestones.all()] == [(5_000_00, "Half")]
    assert (shadow.hold_who, shadow.hold_seconds) == ("all", 7)
    assert shadow.widgets.count() == anya.widgets.count() == 5
    assert Streamer.objects.exclude(rehearses=None).count() == shadow.wallets.count() == 1
    assert not AccessKey.objects.filter(streamer=shadow).exists()
    assert not shadow.member_set.exists()


def test_a_rehearsal_that_nobody_uses_ends_after_an_hour(on_air, anya):
    shadow = prepare(anya)
    end_unused(timezone.now() + timedelta(minutes=59))
    assert is_on(shadow)
    end_unused(timezone.now() + timedelta(minutes=61))
    assert not is_on(shadow)
    assert Wallet.objects.count() == 1


def test_a_real_streamer_is_never_thrown_away(on_air, anya):
    with pytest.raises(ValueError, match="real"), writing(anya.pk) as log:
        empty(log)
    assert anya.donations.count() == 1
    assert shadow_of(anya) is None
