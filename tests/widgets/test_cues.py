"""Cues: every alert is played once, one at a time, whatever happens to pages and servers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from donations.hiding import hide
from donations.models import Donation, Event, FeedCounter
from donations.tallies import raised, raised_in_all_time
from tests.processes.observed import eventually
from tests.widgets.web import Web
from widgets import cues
from widgets.models import Cue, WidgetState
from widgets.screen import make_widget, play_test


def states(widget):
    return list(Cue.objects.filter(widget=widget).order_by("event_seq").values_list("state", flat=True))


def become(widget, *wanted):
    """Whether the states of the widget's cues become these."""
    return eventually(lambda: states(widget) == list(wanted), 5) or states(widget)


def play_through(page, count):
    """Play so many cues to their end; answers the amounts in roubles."""
    amounts = []
    for _ in range(count):
        cue = page.plays()
        page.started(cue)
        page.finished(cue)
        amounts.append(cue["donation"]["money"]["minor"] // 100)
    return amounts


def roubles(cue):
    return cue["donation"]["money"]["minor"] // 100


def test_alerts_are_played_one_at_a_time_in_order(open_page, alert_box, give):
    page = open_page(alert_box)
    donations = give(1, 2, 3)
    first = page.plays()
    assert (first["kind"], first["donation"]["id"], first["donation"]["words"]) == (
        "alert", donations[0].public_id, "Привет",
    )  # fmt: skip
    page.started(first)
    assert become(alert_box, "playing", "waiting", "waiting") is True
    give(4)
    page.hears_event("donation")
    assert page.told_to_play() == [first["id"]]
    page.finished(first)
    assert play_through(page, 3) == [2, 3, 4]
    assert become(alert_box, "shown", "shown", "shown", "shown") is True


def test_saying_it_twice_changes_nothing(open_page, alert_box, give):
    page = open_page(alert_box)
    give(1, 2, 3)
    first = page.plays()
    for _ in range(3):
        page.started(first)
    for _ in range(3):
        page.finished(first)
    second = page.plays()
    page.started(first)
    page.finished(first)
    page.finished(second)
    third = page.plays()
    assert [roubles(cue) for cue in (first, second, third)] == [1, 2, 3]
    assert become(alert_box, "shown", "shown", "waiting") is True
    assert len(page.told_to_play()) == 3


def test_the_control_room_sees_cues_move(open_page, alert_box, control_room, give):
    control, page = open_page(control_room), open_page(alert_box)
    donation = give(1)
    cue = page.plays()
    page.started(cue)
    page.started(cue)
    page.finished(cue)
    moves = [control.hears("cue") for _ in range(2)]
    assert [(move["cue"], move["donation"], move["state"]) for move in moves] == [
        (cue["id"], donation.public_id, "playing"),
        (cue["id"], donation.public_id, "shown"),
    ]


def test_the_first_opening_begins_with_the_newest_event(open_page, wallet, give):
    give(1, 2, 3)
    widget = make_widget(wallet.streamer, "alert", "new")
    page = open_page(widget)
    give(4)
    assert play_through(page, 1) == [4]
    assert WidgetState.objects.get(widget=widget).taken_seq == FeedCounter.objects.get().seq


def test_what_came_while_no_page_was_open_is_played_later(open_page, alert_box, give):
    open_page(alert_box).close()
    give(1)
    give(2, 3)
    assert play_through(open_page(alert_box), 3) == [1, 2, 3]


def test_a_box_that_was_closed_for_hours_is_not_flooded(open_page, alert_box, give):
    cues.begin(alert_box.pk, 0)
    give(1, 2)
    Event.objects.filter(kind="donation").update(at=timezone.now() - timedelta(minutes=31))
    give(3)
    assert play_through(open_page(alert_box), 1) == [3]
    assert become(alert_box, "missed", "missed", "shown") is True


def test_more_than_can_be_taken_at_once_is_all_played(open_page, alert_box, give, monkeypatch):
    open_page(alert_box).close()
    give(*range(1, 601))
    page = open_page(alert_box)
    assert roubles(page.plays()) == 1
    assert eventually(lambda: Cue.objects.filter(widget=alert_box).count() == 600, 5)


def test_only_the_first_page_of_a_widget_plays(open_page, alert_box, give):
    first, second = open_page(alert_box), open_page(alert_box)
    give(1, 2)
    assert play_through(first, 2) == [1, 2]
    second.hears_event("donation")
    assert second.told_to_play() == []


def test_the_second_page_takes_over_when_the_first_closes(open_page, alert_box, give):
    first, second = open_page(alert_box), open_page(alert_box)
    give(1, 2)
    first.finished(first.plays())
    first.started(first.plays())
    first.close()
    assert play_through(second, 1) == [2]
    assert become(alert_box, "shown", "shown") is True


def test_two_widgets_play_the_same_donation_each(open_page, wallet, alert_box, give):
    other = make_widget(wallet.streamer, "alert", "vertical")
    pages = [open_page(alert_box), open_page(other)]
    give(1)
    assert [play_through(page, 1) for page in pages] == [[1], [1]]


def test_a_page_moves_no_cue_of_another_widget(open_page, wallet, alert_box, give):
    other = make_widget(wallet.streamer, "alert", "vertical")
    page, stranger = open_page(alert_box), open_page(other)
    give(1)
    cue = page.plays()
    stranger.plays()
    stranger.finished(cue)
    stranger.started(cue)
    stranger.close()
    back = open_page(other, playing=cue["id"], finished=[cue["id"]])
    assert play_through(back, 1) == [1]
    assert states(alert_box) == ["waiting"]


def test_a_page_says_that_it_plays_what_nobody_knows(open_page, alert_box, give):
    page = open_page(alert_box, playing="neverwas2222", finished=["neverwas3333"])
    give(1)
    assert play_through(page, 1) == [1]


def test_a_page_that_comes_back_playing_goes_on_without_a_second_play(open_page, alert_box, give):
    page = open_page(alert_box)
    give(1, 2)
    cue = page.plays()
    page.started(cue)
    page.close()
    back = open_page(alert_box, page=page, playing=cue)
    assert become(alert_box, "playing", "waiting") is True
    back.finished(cue)
    assert play_through(back, 1) == [2]
    assert cue["id"] not in back.told_to_play()


def test_it_comes_back_playing_before_the_server_missed_its_old_line(open_page, alert_box, give):
    page = open_page(alert_box)
    give(1, 2)
    cue = page.plays()
    page.started(cue)
    back = open_page(alert_box, page=page, playing=cue)
    page.close()
    assert become(alert_box, "playing", "waiting") is True
    back.finished(cue)
    assert play_through(back, 1) == [2]
    assert cue["id"] not in back.told_to_play()


def test_what_was_finished_while_the_line_was_down_is_not_played_again(open_page, alert_box, give):
    page = open_page(alert_box)
    give(1, 2)
    cue = page.plays()
    page.started(cue)
    page.close()
    assert become(alert_box, "waiting", "waiting") is True
    back = open_page(alert_box, page=page, finished=[cue])
    assert play_through(back, 1) == [2]
    assert cue["id"] not in back.told_to_play()


def test_what_it_finished_is_not_played_again_when_the_server_misses_its_old_line_late(open_page, alert_box, give):
    page = open_page(alert_box)
    give(1, 2)
    cue = page.plays()
    back = open_page(alert_box, page=page, finished=[cue])
    assert become(alert_box, "shown", "waiting") is True
    page.close()
    assert play_through(back, 1) == [2]
    assert cue["id"] not in back.told_to_play()


def test_a_page_is_given_nothing_while_it_has_an_alert_on_its_screen(open_page, alert_box, give):
    page = open_page(alert_box)
    give(1, 2)
    cue = page.plays()
    other = open_page(alert_box)
    other.finished(cue)
    assert become(alert_box, "shown", "waiting") is True
    give(3)
    page.hears_event("donation")
    assert page.told_to_play() == [cue["id"]]
    page.finished(cue)
    assert play_through(page, 2) == [2, 3]


def test_a_play_says_how_many_wait_behind_it(open_page, alert_box, give):
    page = open_page(alert_box)
    give(1, 2, 3)
    waiting = []
    for _ in range(3):
        frame = page.hears("play")
        waiting.append(frame["waiting"])
        page.finished(frame["cue"])
    assert waiting == [2, 1, 0]


def test_a_page_that_was_reloaded_in_the_middle_plays_it_from_the_beginning(open_page, alert_box, give):
    page = open_page(alert_box)
    give(1, 2)
    page.started(page.plays())
    page.close()
    assert play_through(open_page(alert_box), 2) == [1, 2]


def test_a_hidden_donation_that_waits_is_played_without_its_words(open_page, alert_box, give):
    page = open_page(alert_box)
    donations = give(1, 2)
    cue = page.plays()
    hide(donations[1])
    assert page.hears_event("donation_changed")["donation"]["id"] == donations[1].public_id
    page.finished(cue)
    second = page.plays()["donation"]
    assert (second["id"], second["hidden"], second["words"]) == (donations[1].public_id, True, "")


def test_a_reversed_donation_that_waits_is_skipped(open_page, alert_box, give, reverse):
    page = open_page(alert_box)
    donations = give(1, 2, 3)
    cue = page.plays()
    reverse(donations[1])
    page.hears_event("donation_changed")
    page.finished(cue)
    assert play_through(page, 1) == [3]
    assert become(alert_box, "shown", "skipped", "shown") is True


def test_a_test_alert_goes_the_real_way_and_changes_no_total(open_page, alert_box, wallet, goal, give):
    other = make_widget(wallet.streamer, "alert", "vertical")
    page, stranger = open_page(alert_box), open_page(other)
    play_test(alert_box)
    give(1)
    cue = page.plays()
    assert (cue["kind"], cue["donation"]["money"]["minor"]) == ("test", 500_00)
    assert cue["donation"]["words"]
    page.finished(cue)
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


@pytest.fixture
def own_web(transactional_db, data_folder):
    """A web process of this test alone, which may be stopped and started."""
    web = Web(data_folder)
    yield web
    web.stop()


def test_a_restarted_server_neither_loses_nor_doubles(own_web, alert_box, give):
    from tests.widgets.conftest import key_of
    from tests.widgets.page import Page

    key = key_of(alert_box)
    page = Page(own_web.url, key=key)
    give(1, 2, 3)
    page.hears_donations(1, 2, 3)
    page.finished(page.plays())
    cue = page.plays()
    page.started(cue)
    assert become(alert_box, "shown", "playing", "waiting") is True
    own_web.process.kill()
    own_web.process.wait()
    page.is_closed_with()
    give(4)
    own_web.start()
    back = page.comes_back(own_web.url, key=key, playing=cue)
    give(5)
    back.hears_donations(4, 5)
    back.finished(cue)
    assert play_through(back, 3) == [3, 4, 5]
    assert become(alert_box, *["shown"] * 5) is True
    assert back.donations() == [4, 5]
    back.close()
    page.close()
