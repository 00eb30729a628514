"""Trouble: a database that is away, a row that breaks, a line that ends in the middle. The stream goes on."""

from __future__ import annotations

import contextlib

import pytest
from django.db import connection
from websockets.exceptions import ConnectionClosed

from donations.models import AccessKey, Goal
from donations.streams import start_stream
from donations.tallies import save_goal
from tests.databases import IS_POSTGRES, shut
from tests.widgets.test_cues import SHORT
from widgets.models import Cue
from widgets.screen import make_widget, play_test


@contextlib.contextmanager
def away(table):
    """While this lasts, the web process can do nothing with the table.

    A missing table is what a file that is locked is to SQLite: an `OperationalError`. To PostgreSQL it is a defect of
    ours, so there the whole server is away, for everybody but this test.
    """
    with shut(connection) if IS_POSTGRES else renamed(table):
        yield


@contextlib.contextmanager
def renamed(table):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE {table}_away RENAME TO {table}")


def test_a_look_that_fails_is_survived(open_page, control_room, give):
    page = open_page(control_room)
    with away("donations_feedcounter"), pytest.raises(TimeoutError):
        page.hears("events", 0.5)  # five looks long
    give(1)
    page.hears_donations(1)


def test_news_that_could_not_be_read_are_told_when_they_can(open_page, control_room, goal, give):
    page, public = open_page(control_room), open_page(goal=goal.public_id)
    with connection.cursor() as cursor:
        give(1, 2)
        cursor.execute("SELECT 1")
    page.hears_donations(1, 2)
    with away("donations_streamer"), pytest.raises(TimeoutError):
        page.hears("events", 0.3)
    give(3)
    page.hears_donations(1, 2, 3)
    public.hears(lambda _frame: public.events("goal")[-1]["goal"]["count"] == 3)


def test_a_page_that_comes_while_the_database_is_away_is_sent_away_and_comes_back(open_page, control_room, give):
    other = open_page(control_room)
    with away("donations_accesskey"):
        with pytest.raises(Exception, match="1000") as refused:
            open_page(key="whatever")
        assert "Closed" in type(refused.value).__name__
    open_page(control_room)
    give(1)
    other.hears_donations(1)


def test_an_end_that_cannot_be_written_is_written_later(open_page, alert_box, give):
    page = open_page(alert_box)
    give(1, 2)
    cue = page.plays()
    with away("widgets_cue"), pytest.raises(TimeoutError):
        page.hears("leave", 0.6)
    assert page.sees_leave(cue) == "over"
    assert page.plays()["donation"]["money"]["minor"] == 2_00
    assert page.told_to_play().count(cue["id"]) == 1


def test_a_page_that_leaves_while_the_database_is_away_frees_its_cue(open_page, long_alerts, give):
    page, second = open_page(long_alerts), open_page(long_alerts)
    give(1)
    cue = page.plays()
    second.plays()
    page.hears("ask")
    with away("widgets_cue"):
        page.close()
        with pytest.raises(TimeoutError):
            second.plays(0.3)
    assert second.plays()["id"] == cue["id"]
    assert second.spoke() == [cue["id"]]


def test_a_row_that_breaks_keeps_no_news_from_others(open_page, goal_bar, goal, boris, give):
    boris_key = AccessKey.mint(boris, AccessKey.Purpose.CONTROL)
    boris_key.save()
    page, other = open_page(goal_bar), open_page(boris_key)
    Goal.objects.filter(pk=goal.pk).update(currency="ZZZ", since="2020-01-01T00:00:00Z")
    goal.refresh_from_db()
    save_goal(goal)  # no such currency: it cannot be told
    start_stream(boris)
    other.hears_event("stream")
    goal.currency = "RUB"
    save_goal(goal)
    assert page.hears_event("goal")["goal"]["raised"]["currency"] == "RUB"
    give(1)
    page.hears_donations(1)


def test_a_cue_that_breaks_keeps_no_alert_from_another_box(open_page, wallet, long_alerts, give):
    other = make_widget(wallet.streamer, "alert", "vertical", options=SHORT)
    broken, page = open_page(long_alerts), open_page(other)
    give(1)
    cue = broken.plays()
    page.sees_leave(page.plays())
    Cue.objects.filter(widget=long_alerts).update(kind="test", donation=None, figures={})
    broken.close()
    with contextlib.suppress(ConnectionClosed):
        assert open_page(long_alerts).is_closed_with() in (1011, 4008)  # it cannot be told; it is logged
    give(2)
    assert page.plays()["donation"]["money"]["minor"] == 2_00
    Cue.objects.filter(public_id=cue["id"]).delete()
    assert open_page(long_alerts).plays()["donation"]["money"]["minor"] == 2_00


def test_a_page_of_a_removed_widget_keeps_no_look_from_others(open_page, wallet, latest, control_room, give):
    """It is still open, and says something of itself that cannot be written any more."""
    gone, control = open_page(latest, about={"visible": True}), open_page(control_room)
    latest.delete()
    gone.says({"type": "about", "about": {"visible": False}})
    give(1)
    control.hears_donations(1)
    give(2)
    control.hears_donations(1, 2)


def test_a_deleted_widget_keeps_no_news_from_others(open_page, wallet, alert_box, control_room, give):
    other = make_widget(wallet.streamer, "alert", "vertical")
    gone, page, control = open_page(other), open_page(alert_box), open_page(control_room)
    play_test(other)
    gone.plays()
    other.delete()
    give(1)
    page.plays()
    gone.hears_donations(1)
    for amount in range(2, 6):
        give(amount)
    control.hears_donations(1, 2, 3, 4, 5)
