"""What came while no page could play: under each policy of its widget."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from donations.models import Event
from donations.streams import start_stream
from tests.processes.observed import eventually
from tests.widgets.test_cues import OBS, SHORT, become, play_through, roubles
from widgets.cues import begin
from widgets.models import Cue, WidgetState
from widgets.screen import make_widget


@pytest.fixture
def box(wallet):
    """Makes an alert box with these options."""

    def make(**options):
        return make_widget(wallet.streamer, "alert", "Alerts", options={**SHORT, **options})

    return make


def an_hour_passes(widget):
    """What was given up to now came an hour ago, while the box was away."""
    an_hour = timedelta(hours=1)
    for event in Event.objects.filter(kind="donation"):
        Event.objects.filter(pk=event.pk).update(at=event.at - an_hour)
    for state in WidgetState.objects.filter(widget=widget).exclude(away_since=None):
        WidgetState.objects.filter(pk=state.pk).update(away_since=state.away_since - an_hour)


def close(page, widget):
    page.close()
    assert become_away(widget)


def become_away(widget):
    return eventually(lambda: WidgetState.objects.get(widget=widget).away_since is not None)


def test_what_is_young_is_played_and_the_rest_summed_up(open_page, box, give):
    widget = box()
    close(open_page(widget), widget)
    give(100, 250)
    give(5, currency="USD")
    an_hour_passes(widget)
    give(7)
    page = open_page(widget)
    assert play_through(page, 1) == [7]
    digest = page.plays()
    assert (digest["kind"], digest["digest"]["count"]) == ("digest", 3)
    assert [(money["minor"], money["currency"]) for money in digest["digest"]["sums"]] == [
        (350_00, "RUB"),
        (5_00, "USD"),
    ]
    page.sees_leave(digest)
    assert become(widget, "missed", "missed", "missed", "shown", "shown") is True


def test_the_sum_is_told_once(open_page, box, give):
    widget = box()
    close(open_page(widget), widget)
    give(1)
    an_hour_passes(widget)
    page = open_page(widget)
    page.sees_leave(page.plays())
    close(page, widget)
    give(2)
    assert play_through(open_page(widget), 1) == [2]
    assert list(Cue.objects.filter(kind="digest").values_list("state", flat=True)) == ["shown"]


def test_the_age_is_its_owners_to_say(open_page, box, give):
    widget = box(missed_minutes=90)
    close(open_page(widget), widget)
    give(1)
    an_hour_passes(widget)
    assert play_through(open_page(widget), 1) == [1]


def test_all_is_played_however_old(open_page, box, give):
    widget = box(missed="all")
    close(open_page(widget), widget)
    give(1, 2)
    an_hour_passes(widget)
    give(3)
    assert play_through(open_page(widget), 3) == [1, 2, 3]


def test_nothing_of_it_is_played(open_page, box, give):
    widget = box(missed="skip")
    close(open_page(widget), widget)
    give(1, 2)
    page = open_page(widget)
    assert become(widget, "missed", "missed") is True
    give(3)
    assert play_through(page, 1) == [3]
    assert become(widget, "missed", "missed", "shown") is True


def test_it_waits_while_every_page_is_hidden_and_is_played_when_one_is_seen(open_page, box, give):
    widget = box()
    pages = [open_page(widget, about={**OBS, "active": False}), open_page(widget, about={"obs": "", "visible": False})]
    give(1, 2)
    assert become(widget, "waiting", "waiting") is True
    assert become_away(widget)
    # Late and bunched, as OBS tells it.
    for active in (False, True):
        pages[0].says({"type": "about", "about": {"active": active}})
    assert play_through(pages[0], 2) == [1, 2]
    assert pages[1].spoke() == []


def test_hidden_for_an_hour_and_back(open_page, box, give):
    widget = box()
    page = open_page(widget, about={**OBS, "active": True})
    page.says({"type": "about", "about": {"active": False}})
    assert become_away(widget)
    give(1)
    assert become(widget, "waiting") is True
    an_hour_passes(widget)
    page.says({"type": "about", "about": {"active": True}})
    assert page.plays()["digest"]["count"] == 1


def test_what_came_after_the_web_process_died_is_missed_even_when_nothing_is_left_of_it(open_page, box, give):
    widget = box()
    begin(widget.pk, 0)
    give(1, 2)
    Event.objects.update(at=timezone.now() - timedelta(minutes=30))
    WidgetState.objects.update(process="dead", page="gone")
    assert open_page(widget).plays()["digest"]["count"] == 2


def test_it_plays_only_while_a_stream_is_on(open_page, box, give, wallet):
    widget = box(only_streaming=True)
    page = open_page(widget)
    give(1)
    assert become(widget, "waiting") is True
    start_stream(wallet.streamer)
    assert play_through(page, 1) == [1]


def test_it_waits_while_a_stream_waits_for_its_obs_to_come_back(open_page, box, give, anya):
    page = open_page(box(only_streaming=True), about={**OBS, "streaming": True})
    give(1)
    assert play_through(page, 1) == [1]
    page.says({"type": "about", "about": {"streaming": False}})
    assert eventually(lambda: anya.sessions.get().obs_left_at, 5)
    give(2)
    with pytest.raises(TimeoutError):
        page.hears("play", 1)
    page.says({"type": "about", "about": {"streaming": True}})
    assert play_through(page, 1) == [2]


def test_what_waits_for_another_reason_is_not_missed(open_page, box, give):
    widget = box(duration_ms=60_000)
    page = open_page(widget)
    give(1, 2)
    first = page.plays()
    an_hour_passes(widget)
    page.close()
    back = open_page(widget)
    assert back.plays()["id"] == first["id"]
    assert Cue.objects.filter(state="missed").count() == 0


def test_what_the_wallet_told_too_late_is_summed_up(open_page, box, give, wallet, settings):
    from donations.events import writing
    from donations.ingest import ingest
    from donations.money import Money
    from donations.providers.base import Kind, Payment, Status

    widget = box()
    page = open_page(widget)
    payments = [
        Payment(
            txn_id=f"late {number}",
            status=Status.SETTLED,
            money=Money(100_00, "RUB"),
            occurred_at=timezone.now() - timedelta(minutes=40),
            kind=Kind.GIFT,
            payer="+79990000042",
            name="",
            words="",
        )
        for number in range(3)
    ]
    with writing(wallet.streamer_id) as log:
        ingest(log, wallet, payments, wallet.state.alerts_from)
    digest = page.plays()
    assert (digest["digest"]["count"], digest["digest"]["sums"][0]["minor"]) == (3, 300_00)
    give(5)
    assert roubles(page.plays()) == 5
