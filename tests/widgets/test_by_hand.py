"""What is entered by hand is on the screen where its author ticked it, and follows what is corrected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from donations.corrections import Ticks, edit, enter, reverse, undo
from donations.money import Money
from donations.streams import start_stream
from widgets.models import Cue

NOWHERE = {"counts": False, "in_stream": False, "listed": False, "alerts": False}


@pytest.fixture
def cash(anya, anya_owner) -> Callable[..., Any]:
    """Anya enters 500 roubles of her grandmother's, with these ticks and no other; with all when none is named."""

    def put_in(*ticks: str) -> Any:
        chosen = Ticks(**(NOWHERE | dict.fromkeys(ticks, True))) if ticks else Ticks()
        number = f"n-{anya.donations.count()}"
        return enter(anya, anya_owner, number, Money(500_00, "RUB"), timezone.now(), "Бабушка", "С любовью", chosen)

    return put_in


def test_with_the_tick_its_alert_is_played_and_without_it_none_is_made(open_page, alert_box, cash):
    page = open_page(alert_box)
    cash("counts", "in_stream", "listed")
    given = cash("alerts")
    cue = page.plays()
    assert (cue["donation"]["id"], cue["donation"]["name"]) == (given.public_id, "Бабушка")
    assert Cue.objects.count() == 1


def test_lists_show_it_by_its_tick_alone(open_page, latest, cash):
    page = open_page(latest)
    cash("counts", "in_stream", "alerts")
    page.hears_event("totals")
    assert page.events("donation") == []
    assert page.events("latest")[-1]["latest"] == []
    given = cash("listed")
    assert page.hears_event("donation")["donation"]["id"] == given.public_id
    assert [row["name"] for row in page.events("latest")[-1]["latest"]] == ["Бабушка"]


def test_the_goal_and_the_stream_count_it_by_a_tick_each(open_page, anya, goal_bar, total, cash):
    start_stream(anya)
    bar, sums = open_page(goal_bar), open_page(total)
    cash("in_stream")
    assert sums.hears_event("totals")["totals"]["stream"]["minor"] == 500_00
    assert sums.events("totals")[-1]["totals"]["all"]["minor"] == 0
    cash("counts")
    assert bar.hears_event("goal")["goal"]["raised"]["minor"] == 500_00
    sums.hears_event("totals")
    assert sums.events("totals")[-1]["totals"]["stream"]["minor"] == 500_00
    assert sums.events("totals")[-1]["totals"]["all"]["minor"] == 500_00


def test_what_is_corrected_is_corrected_on_every_open_page(open_page, anya_owner, goal, goal_bar, latest, cash):
    given = cash()
    bar, rows, public = open_page(goal_bar), open_page(latest), open_page(goal=goal.public_id)
    edited = edit(given, anya_owner, money=Money(700_00, "RUB"), name="Бабуля")
    assert bar.hears_event("goal")["goal"]["raised"]["minor"] == 700_00
    assert rows.hears_event("latest")["latest"][0]["name"] == "Бабуля"
    assert public.hears_event("latest")["latest"][0]["money"]["minor"] == 700_00
    undo(edited, anya_owner)
    assert bar.hears_event("goal")["goal"]["raised"]["minor"] == 500_00
    assert public.hears_event("latest")["latest"][0]["name"] == "Бабушка"


def test_what_is_taken_back_leaves_every_open_page(open_page, anya_owner, goal, latest, alert_box, cash):
    given = cash()
    rows, public, box = open_page(latest), open_page(goal=goal.public_id), open_page(alert_box)
    reverse(given, anya_owner)
    changed = rows.hears_event("donation_changed")
    assert (changed["gone"], changed["donation"]["name"], changed["donation"]["words"]) == (True, "", "")
    assert rows.events("latest")[-1]["latest"] == []
    assert public.hears_event("latest")["latest"] == []
    assert public.events("goal")[-1]["goal"]["raised"]["minor"] == 0
    assert box.hears_event("donation_changed")["gone"] is True


def test_what_leaves_the_lists_stays_on_the_screen_as_an_alert(open_page, anya_owner, alert_box, cash):
    page = open_page(alert_box)
    given = cash()
    page.plays()
    edit(given, anya_owner, listed=False)
    assert page.hears_event("donation_changed")["gone"] is False
    assert page.events("latest")[-1]["latest"] == []


def test_an_alert_that_still_waits_is_not_played_for_what_was_taken_back(
    open_page, anya_owner, long_alerts, cash, skip
):
    page = open_page(long_alerts)
    cash("alerts")
    cue = page.plays()
    reverse(cash("alerts"), anya_owner)
    last = cash("alerts")
    page.hears_event("donation_changed")
    skip(cue)
    assert page.plays()["donation"]["id"] == last.public_id
