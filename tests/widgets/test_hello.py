"""Hello: a page says who it is and is told where it starts from, or is refused."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta

import pytest
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from donations.models import AccessKey
from donations.streams import start_stream
from donations.tallies import archive_goal
from tests.processes.observed import eventually
from tests.widgets.frames import check, misfits
from widgets import protocol
from widgets.models import OpenPage
from widgets.screen import make_widget

A_HELLO = {"type": "hello", "v": 1, "key": "nothing", "epoch": None, "cursor": None}


def close_code_after(url, *frames):
    """What a new line says after these frames, and the code that it is closed with."""
    said = []
    with connect(url, close_timeout=1, proxy=None) as line, contextlib.suppress(ConnectionClosed):
        for frame in frames:
            line.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))
        while True:
            said.append(check(json.loads(line.recv(5))))
    return said, line.close_code


def test_the_checker_of_frames_sees_what_is_wrong():
    money = {"minor": 1, "currency": "RUB", "exponent": 2}
    assert misfits(money, protocol.MoneyValue, "money") == []
    assert misfits({**money, "minor": 1.5}, protocol.MoneyValue, "money")
    assert misfits({**money, "minor": True}, protocol.MoneyValue, "money")
    assert misfits({**money, "payer": "+7999"}, protocol.MoneyValue, "money")
    assert misfits({"minor": 1}, protocol.MoneyValue, "money")
    assert misfits({"all": money, "stream": None}, protocol.TotalsValue, "totals") == []
    assert misfits({"latest": [1]}, protocol.SnapshotValue, "snapshot")
    assert misfits({"kind": "goal"}, protocol.Event, "event") == []
    assert misfits({"kind": "gaol"}, protocol.Event, "event")


def test_an_alert_box_starts_from_an_empty_screen(open_page, alert_box, give):
    give(100)
    hello = open_page(alert_box).hello
    nothing = {"paused": False, "mutes": [], "panic_until": None}
    assert (hello["audience"], hello["snapshot"]) == ("overlay", {"controls": nothing, "play": None})
    assert hello["widget"] == {
        "id": alert_box.public_id,
        "kind": "alert",
        "language": "ru",
        "options": {},
    }


def test_the_build_that_a_page_says_is_kept_whole(open_page, alert_box):
    build = "0.1.0-0123456789ab"  # as the pages of an installation have it
    open_page(alert_box, version=build)
    assert eventually(lambda: OpenPage.objects.filter(version=build).exists())


def test_a_goal_bar_starts_from_what_was_raised(open_page, goal_bar, goal, give):
    give(2500, 7500, 1)
    hello = open_page(goal_bar).hello
    assert hello["widget"]["options"] == {"goal": goal.public_id}
    value = hello["snapshot"]["goal"]
    assert (value["raised"]["minor"], value["target"]["minor"], value["left"]["minor"]) == (10_001_00, 10_000_00, 0)
    assert (value["percent"], value["count"]) == (100, 3)


def test_a_total_starts_from_this_stream_and_all_time(open_page, total, give):
    give(100)
    assert open_page(total).hello["snapshot"]["totals"]["stream"] is None
    session = start_stream(total.streamer)
    session.started_at -= timedelta(minutes=1)
    session.save()
    give(50)
    totals = open_page(total).hello["snapshot"]["totals"]
    assert (totals["stream"]["minor"], totals["all"]["minor"]) == (50_00, 150_00)


def test_the_latest_start_from_the_newest_first(open_page, latest, give):
    give(1, 2, 3)
    rows = open_page(latest).hello["snapshot"]["latest"]
    assert [row["money"]["minor"] for row in rows] == [300, 200, 100]


def test_a_public_page_starts_from_its_goal_and_nothing_else(open_page, goal, give):
    give(100)
    hello = open_page(goal=goal.public_id).hello
    assert (hello["audience"], hello["widget"], set(hello["snapshot"])) == ("public", None, {"goal", "latest"})


def test_a_streamer_without_any_happening_can_be_watched(open_page, anya):
    key = AccessKey.mint(anya, AccessKey.Purpose.CONTROL)
    key.save()
    hello = open_page(key).hello
    assert (hello["epoch"], hello["cursor"]) == ("", "0")
    start_stream(anya)


def is_refused(url, **says):
    said, code = close_code_after(url, {**A_HELLO, **says})
    return [frame["type"] for frame in said] == ["refused"] and code == protocol.CLOSE_REFUSED


def test_an_unknown_key_is_refused(web, alert_box):
    assert is_refused(web.url, key="nobody-has-this-key")
    assert is_refused(web.url, key="")
    assert is_refused(web.url, goal="nosuchgoal12", key="")


def test_an_expired_key_is_refused(web, alert_box):
    key = AccessKey.objects.get(subject=alert_box.public_id)
    AccessKey.objects.update(valid_until=timezone.now())
    assert is_refused(web.url, key=key.reveal())


def test_a_key_opens_nothing_of_another_streamer(web, alert_box, boris):
    foreign = AccessKey.mint(boris, AccessKey.Purpose.OVERLAY, subject=alert_box.public_id)
    foreign.save()
    assert is_refused(web.url, key=foreign.reveal())


def test_a_key_for_something_else_is_refused(web, alert_box, anya):
    hook = AccessKey.mint(anya, AccessKey.Purpose.HOOK, subject=alert_box.public_id)
    hook.save()
    assert is_refused(web.url, key=hook.reveal())


def test_a_private_or_archived_goal_is_refused(web, goal):
    goal.is_public = False
    goal.save()
    assert is_refused(web.url, key="", goal=goal.public_id)
    goal.is_public = True
    goal.save()
    archive_goal(goal)
    assert is_refused(web.url, key="", goal=goal.public_id)


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "hello",
        "[]",
        '"hello"',
        b"\x00\xff",
        "{" * 5000,
        "[" * 16_000,
        json.dumps({**A_HELLO, "padding": "x" * 20_000}),
        {**A_HELLO, "v": 2},
        {**A_HELLO, "v": None},
        {"type": "ack", "cursor": "1"},
        {**A_HELLO, "key": 7},
        {**A_HELLO, "key": "k" * 65},
        {**A_HELLO, "key": "\ud800"},
        {**A_HELLO, "key": "", "goal": "a\x00b"},
        {**A_HELLO, "goal": ["goal"]},
        {**A_HELLO, "playing": {"id": "x"}},
        {**A_HELLO, "playing": "\udfff"},
        {**A_HELLO, "finished": "abc"},
        {**A_HELLO, "finished": [["abc"]]},
        {**A_HELLO, "finished": ["x"] * 51},
    ],
)
def test_a_first_frame_of_nonsense_is_closed_with_4400(web, frame):
    said, code = close_code_after(web.url, frame)
    assert ([frame["type"] for frame in said], code) == (["refused"], protocol.CLOSE_NONSENSE)


@pytest.mark.parametrize(
    "frame",
    [
        "{",
        {"type": "bye"},
        {"type": None},
        {**A_HELLO},
        {"type": "ack", "cursor": 5},
        {"type": "ack", "cursor": "\ud800"},
        {"type": "cue", "cue": "abc", "state": "skipped"},
        {"type": "cue", "cue": "\ud800", "state": "finished"},
        {"type": "cue", "cue": {}, "state": "started"},
    ],
)
def test_nonsense_after_the_hello_closes_that_page_alone(open_page, alert_box, give, frame):
    page, other = open_page(alert_box), open_page(alert_box)
    page.says(frame)
    assert page.is_closed_with() == protocol.CLOSE_NONSENSE
    give(100)
    assert other.plays()["donation"]["money"]["minor"] == 100_00


def test_what_comes_after_nonsense_is_not_listened_to(web, control_room):
    said, code = close_code_after(web.url, "nonsense", {**A_HELLO, "key": control_room.reveal()})
    assert "hello" not in [frame["type"] for frame in said]
    assert code == protocol.CLOSE_NONSENSE


def test_odd_cursors_and_epochs_bring_the_snapshot_alone(open_page, alert_box, give):
    first = open_page(alert_box)
    give(1, 2, 3)
    for cursor in ("", "-1", "1.5", "²", "9" * 60, "soon", 7, [1], {"a": 1}, "0" * 30):
        page = open_page(alert_box, epoch=first.hello["epoch"], cursor=cursor)
        assert page.hello["type"] == "hello"
        page.close()
    for epoch in (7, [], {}, "x" * 1000):
        assert open_page(alert_box, epoch=epoch, cursor="0").hello["type"] == "hello"


def test_an_address_without_a_page_is_denied(web):
    with pytest.raises(InvalidStatus) as denied:
        connect(web.url + "elsewhere/")
    assert denied.value.response.status_code == 403


def test_two_streamers_do_not_hear_one_another(open_page, control_room, boris, give):
    widget = make_widget(boris, "total", "Boris")
    page, other = open_page(control_room), open_page(widget)
    give(100)
    page.hears_event("donation")
    start_stream(boris)
    other.hears_event("totals")
    assert other.events("donation") == []
    assert len(other.frames) == 1
