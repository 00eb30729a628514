"""Cues: every alert is played once, one at a time, whatever happens to pages and servers."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from donations.hiding import hide
from donations.models import Donation, FeedCounter
from donations.tallies import raised, raised_in_all_time
from tests.processes.observed import eventually
from tests.widgets.conftest import key_of
from tests.widgets.page import Page
from tests.widgets.web import Web
from widgets.leases import is_living
from widgets.models import Cue, WidgetState
from widgets.screen import make_widget, play_test

SHORT = {"duration_ms": 300, "gap_ms": 0}


def states(widget):
    return list(Cue.objects.filter(widget=widget).order_by("event_seq").values_list("state", flat=True))


def become(widget, *wanted):
    """Whether the states of the widget's cues become these."""
    return eventually(lambda: states(widget) == list(wanted)) or states(widget)


def play_through(page, count):
    """See so many cues to their end; answers the amounts in roubles."""
    amounts = []
    for _ in range(count):
        cue = page.plays()
        page.sees_leave(cue)
        amounts.append(roubles(cue))
    return amounts


def roubles(cue):
    return cue["donation"]["money"]["minor"] // 100


def test_alerts_are_played_one_at_a_time_in_order(open_page, long_alerts, give, skip):
    page = open_page(long_alerts)
    donations = give(1, 2, 3)
    first = page.plays()
    assert (first["kind"], first["donation"]["id"], first["donation"]["words"]) == (
        "alert", donations[0].public_id, "Привет",
    )  # fmt: skip
    assert become(long_alerts, "playing", "waiting", "waiting") is True
    give(4)
    page.hears_event("donation")
    assert page.told_to_play() == [first["id"]]
    skip(first)
    assert page.sees_leave(first) == "skipped"
    assert roubles(page.plays()) == 2


def test_an_alert_that_was_heard_to_its_end_is_shown(open_page, alert_box, give):
    page = open_page(alert_box)
    give(1, 2)
    cue = page.plays()
    assert page.sees_leave(cue) == "over"
    assert play_through(page, 1) == [2]
    assert become(alert_box, "shown", "shown") is True
    assert page.told_to_play() == page.spoke()


def test_a_play_says_how_long_it_stays_and_how_many_wait_behind_it(open_page, alert_box, give):
    page = open_page(alert_box)
    give(1, 2, 3)
    plays = [page.hears("play")["play"] for _ in range(3)]
    assert [play["waiting"] for play in plays] == [2, 1, 0]
    assert all(play["started_at"] < play["ends_at"] and play["take"] == 1 for play in plays)


def test_all_pages_of_a_widget_show_it_and_one_is_heard(open_page, alert_box, give):
    pages = [open_page(alert_box) for _ in range(5)]
    give(1, 2)
    for page in pages:
        assert play_through(page, 2) == [1, 2]
    assert [len(page.spoke()) for page in pages] == [2, 0, 0, 0, 0]
    assert become(alert_box, "shown", "shown") is True


def test_the_next_page_speaks_when_the_one_that_spoke_closes(open_page, long_alerts, give, skip):
    first, second = open_page(long_alerts), open_page(long_alerts)
    give(1, 2)
    cue = first.plays()
    second.plays()
    first.close()
    assert second.sees_leave(cue) == "interrupted"
    assert second.plays()["id"] == cue["id"]
    assert second.takes[cue["id"]] == 2
    assert second.spoke() == [cue["id"]]
    skip(cue)
    assert roubles(second.plays()) == 2
    assert become(long_alerts, "skipped", "playing") is True


def test_a_page_that_does_not_start_gives_way_to_the_next(open_page, alert_box, give):
    dead, page = open_page(alert_box, answers=False), open_page(alert_box)
    give(1)
    assert dead.plays()["id"] == page.plays()["id"]
    assert page.plays()["id"] == dead.told_to_play()[0]
    assert page.spoke() == dead.told_to_play()
    assert dead.is_closed_with() == 4008
    assert become(alert_box, "shown") is True


def test_a_page_that_falls_silent_gives_way_to_the_next(open_page, long_alerts, give):
    dying, page = open_page(long_alerts, answers=False), open_page(long_alerts)
    give(1)
    dying.started(cue := dying.plays())
    dying.hears("ask")  # and never answers
    page.plays()
    assert page.plays()["id"] == cue["id"]
    assert page.spoke() == [cue["id"]]


def test_a_page_that_answers_is_asked_on_and_on(open_page, long_alerts, give):
    page = open_page(long_alerts)
    give(1)
    page.plays()
    for _ in range(3):
        page.hears("ask")
    assert become(long_alerts, "playing") is True
    assert page.takes == {page.told_to_play()[0]: 1}


def test_what_another_page_says_of_the_alert_means_nothing(open_page, long_alerts, give):
    first, second = open_page(long_alerts, answers=False), open_page(long_alerts)
    give(1)
    cue = first.plays()
    second.started(second.plays())
    assert second.plays()["id"] == cue["id"]  # the first one never said that it started
    assert second.spoke() == [cue["id"]]


# --- which page speaks ------------------------------------------------------------------------------------------------

OBS = {"obs": "32.2.2", "visible": True}


@pytest.mark.parametrize(
    ("others", "speaker"),
    [
        ({"obs": "", "visible": True}, {**OBS, "active": None}),
        ({**OBS, "active": False}, {"obs": "", "visible": True}),
        ({**OBS, "active": False}, {**OBS, "active": True}),
        ({"obs": "", "visible": False}, {"obs": "", "visible": True}),
    ],
)
def test_the_page_that_viewers_see_and_hear_speaks(open_page, alert_box, give, others, speaker):
    first, second = open_page(alert_box, about=others), open_page(alert_box, about=speaker)
    assert eventually(lambda: WidgetState.objects.get(widget=alert_box).page == second.id)
    give(1)
    first.sees_leave(second.plays())
    assert (len(first.spoke()), len(second.spoke())) == (0, 1)


def test_the_scene_that_came_on_last_speaks_after_the_alert_that_is_on(open_page, long_alerts, give, skip):
    pages = [open_page(long_alerts, about={**OBS, "active": active}) for active in (True, False)]
    give(1, 2)
    cue = pages[0].plays()
    pages[1].says({"type": "about", "about": {"active": True}})  # another scene goes on in mid-alert
    pages[0].says({"type": "about", "about": {"active": False, "visible": False}})
    pages[0].hears("ask")
    pages[0].hears("ask")
    assert states(long_alerts)[0] == "playing"
    skip(cue)
    for page in pages:
        page.sees_leave(cue)
        page.plays() if page.told_to_play()[-1] != cue["id"] else page.hears("play")
    assert [page.spoke() for page in pages] == [[cue["id"]], [pages[1].told_to_play()[-1]]]


# --- coming and going -------------------------------------------------------------------------------------------------


def test_the_first_opening_begins_with_the_newest_event(open_page, wallet, give):
    give(1, 2, 3)
    widget = make_widget(wallet.streamer, "alert", "new", options=SHORT)
    page = open_page(widget)
    give(4)
    assert play_through(page, 1) == [4]
    assert WidgetState.objects.get(widget=widget).taken_seq == FeedCounter.objects.get().seq


def test_more_than_can_be_taken_at_once_is_all_played(open_page, alert_box, give):
    open_page(alert_box).close()
    give(*range(1, 601))
    page = open_page(alert_box)
    assert roubles(page.plays()) == 1
    assert eventually(lambda: Cue.objects.filter(widget=alert_box).count() == 600)


def test_two_widgets_play_the_same_donation_each(open_page, wallet, alert_box, give):
    other = make_widget(wallet.streamer, "alert", "vertical", options=SHORT)
    pages = [open_page(alert_box), open_page(other)]
    give(1)
    assert [play_through(page, 1) for page in pages] == [[1], [1]]


def test_a_page_moves_no_cue_of_another_widget(open_page, wallet, long_alerts, give):
    other = make_widget(wallet.streamer, "alert", "vertical", options=SHORT)
    page, stranger = open_page(long_alerts), open_page(other)
    give(1)
    cue = page.plays()
    stranger.takes[cue["id"]] = 1
    stranger.started(cue)
    stranger.close()
    back = open_page(other, page=stranger, playing=cue, finished=[cue])
    assert play_through(back, 1) == [1]
    assert states(long_alerts) == ["playing"]


def test_a_page_says_that_it_plays_what_nobody_knows(open_page, alert_box, give):
    page = open_page(alert_box, playing="neverwas2222", take=1, speaks=True, finished=["neverwas3333"])
    give(1)
    assert play_through(page, 1) == [1]


def test_a_page_that_comes_back_playing_goes_on_with_the_same_take(open_page, long_alerts, give, skip):
    page = open_page(long_alerts)
    give(1, 2)
    cue = page.plays()
    page.close()
    assert become(long_alerts, "waiting", "waiting") is True
    back = open_page(long_alerts, page=page, playing=cue)
    again = back.hears("play")
    assert (again["play"]["cue"]["id"], again["play"]["take"], again["speaks"]) == (cue["id"], 1, True)
    assert become(long_alerts, "playing", "waiting") is True
    skip(cue)
    assert back.sees_leave(cue) == "skipped"


def test_it_comes_back_playing_before_the_server_missed_its_old_line(open_page, long_alerts, give):
    page = open_page(long_alerts)
    give(1, 2)
    cue = page.plays()
    back = open_page(long_alerts, page=page, playing=cue)
    again = back.hears("play")
    assert (again["play"]["cue"]["id"], again["play"]["take"], again["speaks"]) == (cue["id"], 1, True)
    page.close()
    back.hears("ask")
    back.hears("ask")
    assert states(long_alerts) == ["playing", "waiting"]


def test_it_comes_back_after_another_page_took_over(open_page, long_alerts, give):
    first, second = open_page(long_alerts), open_page(long_alerts)
    give(1)
    cue = first.plays()
    second.plays()
    first.close()
    assert second.plays()["id"] == cue["id"]
    back = open_page(long_alerts, page=first, playing=cue)
    again = back.hears("play")
    assert (again["play"]["take"], again["speaks"]) == (2, False)


def test_what_was_finished_while_the_line_was_down_is_not_played_again(open_page, long_alerts, give):
    page = open_page(long_alerts)
    give(1, 2)
    cue = page.plays()
    page.close()
    assert become(long_alerts, "waiting", "waiting") is True
    back = open_page(long_alerts, page=page, finished=[cue])
    assert roubles(back.plays()) == 2
    assert become(long_alerts, "shown", "playing") is True


def test_a_page_that_was_reloaded_in_the_middle_plays_it_from_the_beginning(open_page, alert_box, long_alerts, give):
    page = open_page(long_alerts)
    give(1, 2)
    cue = page.plays()
    page.close()
    back = open_page(long_alerts)
    assert back.hears("play")["play"]["take"] == 2
    assert back.spoke() == [cue["id"]]


def test_a_page_that_opens_in_mid_alert_sees_it_and_is_not_heard(open_page, long_alerts, give):
    first = open_page(long_alerts)
    give(1)
    cue = first.plays()
    late = open_page(long_alerts)
    on = late.hello["snapshot"]["play"]
    assert (on["cue"]["id"], on["take"]) == (cue["id"], 1)
    assert late.plays()["id"] == cue["id"]
    assert late.spoke() == []


# --- what happens to its donation -------------------------------------------------------------------------------------


def test_a_hidden_donation_that_waits_is_played_without_its_words(open_page, long_alerts, give, skip):
    page = open_page(long_alerts)
    donations = give(1, 2)
    cue = page.plays()
    hide(donations[1])
    assert page.hears_event("donation_changed")["donation"]["id"] == donations[1].public_id
    skip(cue)
    second = page.plays()["donation"]
    assert (second["id"], second["hidden"], second["words"]) == (donations[1].public_id, True, "")


def test_a_reversed_donation_is_not_played_and_leaves_the_screen(open_page, long_alerts, give, reverse):
    page = open_page(long_alerts)
    donations = give(1, 2, 3)
    cue = page.plays()
    reverse(donations[1])
    assert become(long_alerts, "playing", "skipped", "waiting") is True
    reverse(donations[0])
    assert page.sees_leave(cue) == "taken_back"
    assert roubles(page.plays()) == 3


def test_a_test_alert_goes_the_real_way_and_changes_no_total(open_page, alert_box, wallet, goal, give):
    other = make_widget(wallet.streamer, "alert", "vertical", options=SHORT)
    page, stranger = open_page(alert_box), open_page(other)
    play_test(alert_box)
    give(1)
    cue = page.plays()
    assert (cue["kind"], cue["donation"]["money"]["minor"]) == ("test", 500_00)
    assert cue["donation"]["words"]
    assert play_through(page, 1) == [1]
    assert play_through(stranger, 1) == [1]  # a test is for its own widget alone
    assert Donation.objects.count() == 1
    assert raised(goal).minor == raised_in_all_time(goal.streamer)["RUB"].minor == 1_00


def test_the_oldest_of_a_burst_comes_first_also_with_tests_between(open_page, alert_box, give):
    page = open_page(alert_box)
    give(1)
    play_test(alert_box, minor=2_00)
    give(3)
    assert play_through(page, 3) == [1, 2, 3]


# --- control rooms ----------------------------------------------------------------------------------------------------


def test_the_control_room_sees_cues_come_and_move(open_page, wallet, control_room, give):
    alerts = make_widget(wallet.streamer, "alert", "Alerts", options={"duration_ms": 2_000, "gap_ms": 0})
    control, page = open_page(control_room), open_page(alerts)
    donation = give(1)
    cue = page.plays()
    for state in ("playing", "shown"):
        move = control.hears(lambda frame, state=state: frame["type"] == "cue" and frame["cue"]["state"] == state)
        assert (move["cue"]["id"], move["cue"]["donation"], move["waiting"]) == (cue["id"], donation.public_id, 0)


def test_the_control_room_sees_what_waits_while_no_alert_box_is_open(open_page, alert_box, control_room, give):
    open_page(alert_box).close()
    control = open_page(control_room)
    give(1)
    move = control.hears("cue")
    assert (move["cue"]["state"], move["waiting"]) == ("waiting", 1)


# --- another process --------------------------------------------------------------------------------------------------


@pytest.fixture
def own_web(transactional_db, data_folder):
    """A web process of this test alone, which may be stopped and started."""
    web = Web(data_folder)
    yield web
    web.stop()


def lives(widget):
    """Whether the process that conducts it has proved its life since the tables were emptied."""
    process = WidgetState.objects.get(widget=widget).process
    return bool(process) and is_living(process, timezone.now())


def test_two_web_processes_have_one_speaker(web, own_web, open_page, long_alerts, alert_box, give, skip):
    here = open_page(long_alerts)
    assert eventually(lambda: lives(long_alerts))
    there = Page(own_web.url, key=key_of(long_alerts))
    give(1, 2, 3)
    cue = here.plays()
    assert there.plays()["id"] == cue["id"]
    skip(cue)
    assert (here.sees_leave(cue), there.sees_leave(cue)) == ("skipped", "skipped")
    second = here.plays()
    there.plays()
    here.close()
    assert there.sees_leave(second) == "interrupted"
    assert there.plays()["id"] == second["id"]
    assert (here.spoke(), there.spoke()) == ([cue["id"], second["id"]], [second["id"]])
    assert become(long_alerts, "skipped", "playing", "waiting") is True
    there.close()


def test_a_page_that_is_seen_in_another_process_speaks(web, own_web, open_page, alert_box, give):
    hidden = open_page(alert_box, about={**OBS, "active": False})
    assert eventually(lambda: lives(alert_box))
    there = Page(own_web.url, key=key_of(alert_box), about={**OBS, "active": True})
    assert eventually(lambda: WidgetState.objects.get(widget=alert_box).page == there.id)
    give(1)
    cue = there.plays()
    assert (there.sees_leave(cue), hidden.sees_leave(cue)) == ("over", "over")
    assert (hidden.spoke(), there.spoke()) == ([], [cue["id"]])
    there.close()


def test_a_restarted_server_neither_loses_nor_doubles(own_web, long_alerts, give, skip):
    key = key_of(long_alerts)
    page = Page(own_web.url, key=key)
    give(1, 2, 3)
    page.hears_donations(1, 2, 3)
    skip(page.plays())
    cue = page.plays()
    assert become(long_alerts, "skipped", "playing", "waiting") is True
    own_web.process.kill()
    own_web.process.wait()
    page.is_closed_with()
    give(4)
    own_web.start()
    back = page.comes_back(own_web.url, key=key, playing=cue)
    give(5)
    back.hears_donations(4, 5)
    assert become(long_alerts, "skipped", "playing", "waiting", "waiting", "waiting") is True
    assert back.plays()["id"] == cue["id"]
    assert back.spoke() == [cue["id"]] and back.takes[cue["id"]] == 1
    for amount in (3, 4, 5):
        skip({"id": back.told_to_play()[-1]})
        while roubles(back.plays()) != amount:
            pass
    assert back.donations() == [4, 5]
    back.close()
    page.close()


def test_a_process_that_died_loses_its_lease(own_web, web, open_page, long_alerts, give, monkeypatch):
    from donations.models import Heartbeat

    page = Page(own_web.url, key=key_of(long_alerts))
    other = open_page(long_alerts)
    give(1)
    cue = page.plays()
    other.plays()
    own_web.process.kill()
    own_web.process.wait()
    dead = WidgetState.objects.get(widget=long_alerts).process
    Heartbeat.objects.filter(name=f"web-{dead}").update(at=timezone.now() - timedelta(seconds=11))
    began = time.monotonic()
    assert other.plays()["id"] == cue["id"]
    assert time.monotonic() - began < 4
    assert other.spoke() == [cue["id"]]
    page.close()
