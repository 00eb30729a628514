"""News: what happens reaches every open page once, with absolute figures and no word too many."""

from __future__ import annotations

import json
from datetime import timedelta

from django.utils import timezone

from donations.connecting import archive_wallet
from donations.hiding import hide, unhide
from donations.models import Donation, Event, FeedCounter, Goal, InfoToken
from donations.streams import start_stream, stop_stream
from donations.tallies import archive_goal, save_goal
from donations.telling import tell_of_time
from tests.widgets.frames import check
from widgets.screen import make_widget, save_widget

SECRET = "слово, которое никто не должен видеть"


def test_a_donation_reaches_overlay_control_and_public_with_what_is_true(
    open_page, goal, total, latest, control_room, give
):
    give(100)
    overlay, control, public = open_page(total), open_page(control_room), open_page(goal=goal.public_id)
    donation = give(250, words="Спасибо!")
    for page in (overlay, control):
        event = page.hears_event("donation")
        assert event["donation"]["id"] == donation.public_id
        assert event["donation"]["money"] == {"minor": 250_00, "currency": "RUB", "exponent": 2}
        assert (event["donation"]["words"], event["donation"]["hidden"]) == ("Спасибо!", False)
    assert overlay.events("goal")[-1]["goal"]["raised"]["minor"] == 350_00
    assert overlay.events("totals")[-1]["totals"]["all"]["minor"] == 350_00
    assert [row["money"]["minor"] for row in overlay.events("latest")[-1]["latest"]] == [250_00, 100_00]
    assert control.events("goal") == control.events("totals") == control.events("latest") == []
    assert public.hears_event("goal")["goal"]["percent"] == 3
    assert [row["words"] for row in public.events("latest")[-1]["latest"]] == ["Спасибо!", "Привет"]
    assert public.events("donation") == public.events("totals") == []


def test_all_pages_of_a_room_are_written_the_same_bytes(web, open_page, total, latest, give):
    pages = [open_page(total), open_page(latest), open_page(total)]
    give(100)
    texts = {page.line.recv(5) for page in pages}
    assert len(texts) == 1
    check(json.loads(texts.pop()))


def test_many_donations_in_one_transaction_come_as_one_frame_in_order(open_page, control_room, give):
    page = open_page(control_room)
    donations = give(1, 2, 3, 4, 5)
    news = page.hears("events")
    assert [event["donation"]["id"] for event in news["events"]] == [row.public_id for row in donations]


def test_hiding_reaches_everybody_at_once_as_a_tombstone(open_page, goal, latest, control_room, give):
    donation = give(100, words=SECRET, name="Плохое Имя")
    overlay, control, public = open_page(latest), open_page(control_room), open_page(goal=goal.public_id)
    hide(donation)
    for page in (overlay, control):
        event = page.hears_event("donation_changed")
        assert (event["donation"]["id"], event["donation"]["hidden"]) == (donation.public_id, True)
        assert (event["donation"]["name"], event["donation"]["words"], event["gone"]) == ("", "", False)
    public.hears_event("latest")
    for page in (overlay, public):
        assert page.events("latest")[-1]["latest"][0]["hidden"] is True
        assert SECRET not in str(page.frames) and "Имя" not in str(page.frames)
    assert control.events("donation_changed")[-1]["donation"]["given"] == {"name": "Плохое Имя", "words": SECRET}
    unhide(donation)
    assert overlay.hears_event("donation_changed")["donation"]["words"] == SECRET
    assert public.hears_event("latest")["latest"][0]["words"] == SECRET


def test_a_reversed_donation_is_gone_and_the_figures_go_down(open_page, goal_bar, give, reverse):
    donation = give(100)
    page = open_page(goal_bar)
    assert page.hello["snapshot"]["goal"]["raised"]["minor"] == 100_00
    reverse(donation)
    event = page.hears_event("donation_changed")
    assert (event["gone"], event["donation"]["words"]) == (True, "")
    assert page.events("goal")[-1]["goal"]["raised"]["minor"] == 0
    assert page.events("latest")[-1]["latest"] == []


def test_a_public_cursor_tells_nothing(open_page, goal, give):
    page = open_page(goal=goal.public_id)
    cursors = [page.hello["cursor"]]
    for _ in range(3):
        give(1)
        cursors.append(page.hears("events")["cursor"])
    assert len(set(cursors)) == 4
    assert all(len(cursor) == 16 and int(cursor, 16) > 0 for cursor in cursors)
    assert cursors != sorted(cursors) or cursors != sorted(cursors, reverse=True)


def test_a_public_page_hears_nothing_of_what_is_not_its_own(open_page, goal, anya, alert_box, give):
    from widgets.screen import play_test

    other = Goal(streamer=anya, slug="chair", title="Тайная цель", target_minor=100_00, currency="RUB", is_public=False)
    save_goal(other)
    page = open_page(goal=goal.public_id)
    play_test(alert_box)
    save_widget(alert_box)
    start_stream(anya)
    other.title = "Другая тайная цель"
    save_goal(other)
    give(7)  # counts in both
    page.hears_event("goal")
    assert len(page.frames) == 1  # it was not even told that something else happened
    assert "айная" not in str(page.frames)
    assert [event["goal"]["id"] for event in page.events("goal")] == [goal.public_id]


def test_a_goal_that_becomes_private_falls_silent(open_page, goal, control_room, give):
    page, control = open_page(goal=goal.public_id), open_page(control_room)
    goal.is_public = False
    goal.title = "Тайна"
    save_goal(goal)
    give(100)
    control.hears_event("donation")
    goal.is_public = True
    goal.title = "Открыто"
    save_goal(goal)
    assert page.hears("events")["events"][0]["goal"]["title"] == "Открыто"


def test_an_archived_goal_falls_silent(open_page, goal, control_room, give):
    page, control = open_page(goal=goal.public_id), open_page(control_room)
    archive_goal(goal)
    give(100)
    control.hears_event("donation")
    assert page.frames == []


def test_a_deleted_goal_keeps_no_news_from_the_others(open_page, goal, control_room, give):
    open_page(goal=goal.public_id)
    control = open_page(control_room)
    goal.delete()
    give(100)
    control.hears_event("donation")


def test_a_started_and_a_stopped_stream_change_the_totals(open_page, total):
    page = open_page(total)
    start_stream(total.streamer)
    assert page.hears_event("totals")["totals"]["stream"]["minor"] == 0
    stop_stream(total.streamer)
    assert page.hears_event("totals")["totals"]["stream"] is None


def test_changed_options_reach_the_open_overlay(open_page, latest):
    page = open_page(latest)
    latest.options = {"count": 3}
    save_widget(latest)
    widget = page.hears_event("widget")["widget"]
    assert (widget["id"], widget["options"]) == (latest.public_id, {"count": 3})


def test_a_wallets_trouble_is_told_in_the_control_room_alone(
    open_page, control_room, total, alert_box, goal, give, wallet
):
    control, overlays = open_page(control_room), [open_page(total), open_page(alert_box)]
    public = open_page(goal=goal.public_id)
    [known] = control.hello["snapshot"]["wallets"]
    assert (known["title"], known["state"], known["level"]) == ("QIWI", "working", "ok")
    InfoToken.objects.update(expires_at=timezone.now() + timedelta(days=5))
    tell_of_time(timezone.now())
    told = control.hears_event("wallet")["wallet"]
    assert (told["id"], told["title"], told["state"], told["level"]) == (known["id"], "QIWI", "expires", "warning")
    assert told["until"].startswith(f"{InfoToken.objects.get().expires_at:%Y-%m-%dT%H:%M}")
    assert wallet.account not in str(control.frames)
    give(100)
    for page in overlays:
        page.hears_event("donation")
        assert page.events("wallet") == []
        assert "wallets" not in page.hello["snapshot"]
        assert not any(word in str(page.frames) for word in ("QIWI", "expires", told["id"]))
    public.hears_event("goal")
    assert len(public.frames) == 1  # not even an empty frame before it


def test_the_control_room_hears_that_a_wallet_is_archived(open_page, control_room, wallet):
    page = open_page(control_room)
    archive_wallet(wallet)
    assert page.hears_event("wallet")["wallet"]["state"] == "archived"
    assert open_page(control_room).hello["snapshot"]["wallets"] == []


def test_a_goal_bar_that_is_given_another_goal_is_told_its_figures(open_page, goal_bar, anya):
    other = Goal(streamer=anya, slug="chair", title="Кресло", target_minor=500_00, currency="RUB")
    save_goal(other)
    page = open_page(goal_bar)
    goal_bar.goal = other
    save_widget(goal_bar)
    assert page.hears_event("widget")["widget"]["options"]["goal"] == other.public_id
    assert [event["goal"]["id"] for event in page.events("goal")] == [other.public_id]


def test_what_counts_nowhere_is_not_told(open_page, latest, control_room, give, wallet):
    Donation.objects.create(
        streamer=wallet.streamer, wallet=wallet, txn_id="p", status="pending", kind="gift", currency="RUB", minor=5_00,
        occurred_at="2026-11-22T06:00:00Z", recorded_at="2026-11-22T06:00:00Z",
    )  # fmt: skip
    page, control = open_page(latest), open_page(control_room)
    assert control.hello["snapshot"]["donations"] == []
    give(100)
    page.hears_event("donation")
    assert [row["money"]["minor"] for row in page.events("latest")[-1]["latest"]] == [100_00]


# --- coming back ------------------------------------------------------------------------------------------------------


def test_a_page_that_comes_back_hears_exactly_what_it_missed(open_page, total, give):
    page = open_page(total)
    give(1)
    page.hears_event("donation")
    page.close()
    give(2, 3)
    give(4)
    back = open_page(total, page=page)
    assert back.hello["snapshot"]["totals"]["all"]["minor"] == 10_00
    give(5)
    back.hears_donations(2, 3, 4, 5)


def test_a_line_that_broke_before_the_replay_was_heard_misses_nothing(open_page, total, give):
    page = open_page(total)
    page.close()
    give(1, 2)
    # It hears the hello alone, and the line breaks at once.
    again = open_page(total, page=page)
    again.close()
    back = open_page(total, page=again)
    back.hears_donations(1, 2)


def test_a_page_that_missed_nothing_is_told_nothing_again(open_page, total, give):
    page = open_page(total)
    give(1)
    page.hears_event("donation")
    page.close()
    back = open_page(total, page=page)
    give(2)
    back.hears_donations(2)


def comes_back_to_a_snapshot(open_page, total, give, **says):
    back = open_page(total, **says)
    assert back.hello["snapshot"]["totals"]["all"]["minor"] == 6_00
    give(4)
    back.hears_donations(4)
    return True


def test_a_cursor_of_another_epoch_brings_the_snapshot_alone(open_page, total, give):
    give(1, 2, 3)
    assert comes_back_to_a_snapshot(open_page, total, give, epoch="another", cursor="1")


def test_a_cursor_from_the_future_brings_the_snapshot_alone(open_page, total, give):
    give(1, 2, 3)
    epoch = FeedCounter.objects.get().epoch
    assert comes_back_to_a_snapshot(open_page, total, give, epoch=epoch, cursor="1000")


def test_a_cursor_that_is_too_old_brings_the_snapshot_alone(open_page, total, give):
    from widgets.news import LONGEST_REPLAY

    give(1, 2, 3)
    FeedCounter.objects.update(seq=LONGEST_REPLAY + 10)
    epoch = FeedCounter.objects.get().epoch
    assert comes_back_to_a_snapshot(open_page, total, give, epoch=epoch, cursor="0")


def test_pruned_events_bring_the_snapshot_alone(open_page, total, give):
    give(1, 2, 3)
    page = open_page(total)
    give(4)
    page.hears_event("donation")
    Event.objects.filter(seq=int(page.hello["cursor"]) + 1).delete()
    back = open_page(total, epoch=page.hello["epoch"], cursor=page.hello["cursor"])
    give(5)
    back.hears_donations(5)


def test_a_public_page_comes_back_to_its_snapshot(open_page, goal, give):
    page = open_page(goal=goal.public_id)
    give(1)
    page.hears_event("goal")
    page.close()
    give(2)
    back = open_page(page=page, goal=goal.public_id)
    assert back.hello["snapshot"]["goal"]["raised"]["minor"] == 3_00
    give(3)
    assert back.hears_event("goal")["goal"]["raised"]["minor"] == 6_00
    assert len(back.frames) == 1


def test_another_log_under_open_pages_sends_them_to_start_anew(open_page, total, goal, give):
    give(1, 2, 3)
    page, public = open_page(total), open_page(goal=goal.public_id)
    an_older_copy_is_restored()
    assert (page.is_closed_with(), public.is_closed_with()) == (4002, 4002)
    assert comes_back_to_a_snapshot(open_page, total, give, epoch=page.hello["epoch"], cursor=page.cursor)


def an_older_copy_is_restored():
    FeedCounter.objects.update(epoch="restored", seq=2)
    Event.objects.filter(seq__gt=2).delete()


def test_a_log_that_shrank_sends_pages_to_start_anew(open_page, total, give):
    give(1, 2, 3)
    page = open_page(total)
    FeedCounter.objects.update(seq=2)
    assert page.is_closed_with() == 4002


# --- pages that do not keep up ----------------------------------------------------------------------------------------


def test_a_page_that_never_acknowledges_is_closed_and_the_others_hear_all(open_page, total, give):
    deaf, page = open_page(total, acknowledges=False), open_page(total)
    for amount in range(1, 31):
        give(amount, words="ы" * 2000)
        page.hears_event("donation")
    page.hears_donations(*range(1, 31))
    assert deaf.is_closed_with() == 4008
    heard = deaf.donations()
    assert len(heard) < 30
    back = open_page(total, page=deaf)
    back.hears_donations(*range(1, 31)[len(heard) :])


def test_a_page_that_was_away_during_a_flood_of_long_words_is_told_all_of_it(open_page, total, give):
    page = open_page(total)
    page.close()
    give(*range(1, 201), words="ы" * 2000)
    back = open_page(total, page=page)
    back.hears_donations(*range(1, 201))
    give(1000)
    back.hears_donations(*range(1, 201), 1000)


def test_an_acknowledgement_of_what_was_never_sent_changes_nothing(open_page, total, give):
    page = open_page(total)
    page.says({"type": "ack", "cursor": "1000000"})
    page.says({"type": "ack", "cursor": ""})
    give(1)
    page.hears_event("donation")


def test_options_are_those_of_the_moment_of_the_hello(open_page, total):
    make_widget(total.streamer, "total", "another")
    total.options = {"scope": "all"}
    save_widget(total)
    assert open_page(total).hello["widget"]["options"]["scope"] == "all"
