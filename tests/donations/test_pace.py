"""Pace: faster while it matters, and nobody's haste cuts short what a wallet must wait for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from donations import pace
from donations.connecting import connect
from donations.models import StreamSession, WalletState
from donations.outcomes import write
from donations.pace import watch
from donations.polling import fetch
from donations.providers import PROVIDERS
from donations.providers.base import Limit
from donations.streams import move_stream, start_stream, stop_stream

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def every(purse):
    """From the beginning of a reading to when the next is due, and which of the two readers has it then."""
    purse.was_read(hurry=True)
    job = purse.claim()
    write([fetch(job)])
    state = purse.state
    return state.next_poll_at - job.started_at, "poller" if state.hurry else "minute task"


def rests(purse, **facts):
    """Read half a minute ago, and not due for another half."""
    purse.was_read(30 * SECOND, next_poll_at=timezone.now() + 30 * SECOND, **facts)


def is_due_for_the_poller(purse):
    return purse.claim() is not None


def test_a_wallet_is_read_every_five_seconds_while_its_streamer_is_live(purse):
    assert every(purse) == (MINUTE, "minute task")
    start_stream(purse.wallet.streamer)
    assert every(purse) == (5 * SECOND, "poller")
    stop_stream(purse.wallet.streamer)
    assert every(purse) == (MINUTE, "minute task")


def test_a_wallet_is_read_every_five_seconds_while_it_is_watched(purse):
    watch([purse.wallet.streamer_id], timezone.now())
    assert every(purse) == (5 * SECOND, "poller")
    purse.note(watched_until=timezone.now() - SECOND)
    assert every(purse) == (MINUTE, "minute task")


def test_what_is_always_read_as_often_stays_so(another_purse):
    purse = another_purse(poll_seconds=5)
    start_stream(purse.wallet.streamer)
    stop_stream(purse.wallet.streamer)
    assert every(purse) == (5 * SECOND, "poller")


def test_no_haste_goes_below_the_providers_interval(purse, monkeypatch):
    monkeypatch.setattr(PROVIDERS["qiwi-sandbox"], "minimum_interval", 20 * SECOND)
    start_stream(purse.wallet.streamer)
    assert every(purse) == (20 * SECOND, "poller")


@pytest.mark.parametrize("happens", [lambda streamer: start_stream(streamer), lambda s: watch([s.pk], timezone.now())])
def test_when_it_begins_to_matter_the_wallet_is_due_at_once(purse, happens):
    rests(purse)
    assert not is_due_for_the_poller(purse)
    happens(purse.wallet.streamer)
    assert is_due_for_the_poller(purse)


def test_that_it_is_still_watched_does_not_make_it_due_again(purse):
    watch([purse.wallet.streamer_id], timezone.now() - MINUTE)
    rests(purse)
    watch([purse.wallet.streamer_id], timezone.now())
    assert not is_due_for_the_poller(purse)
    assert purse.state.watched_until > timezone.now() + MINUTE


def test_going_live_in_the_middle_of_a_quiet_reading_is_not_lost(purse):
    purse.was_read()
    outcome = fetch(purse.claim(fast=False))
    start_stream(purse.wallet.streamer)
    write([outcome])
    assert purse.state.next_poll_at <= timezone.now()
    assert purse.state.hurry
    assert purse.claim(purse.state.rests_until) is not None


def test_haste_does_not_end_what_a_wallet_waits_for(another_purse):
    backing_off, stopped, told_to_wait = (another_purse() for _ in range(3))
    rests(backing_off, error="PassingFault")
    rests(told_to_wait, error="Blocked", error_until=timezone.now() + MINUTE)
    stopped.was_read(error="TokenRefused", next_poll_at=None)
    before = [purse.state.next_poll_at for purse in (backing_off, told_to_wait, stopped)]
    watch([stopped.wallet.streamer_id], timezone.now())
    start_stream(stopped.wallet.streamer)
    assert [purse.state.next_poll_at for purse in (backing_off, told_to_wait, stopped)] == before


def test_only_the_wallets_of_who_is_live_are_hastened(another_purse, boris):
    mine, his = another_purse(), another_purse(boris)
    for purse in (mine, his):
        rests(purse)
    start_stream(boris)
    assert is_due_for_the_poller(his)
    assert not is_due_for_the_poller(mine)


def test_a_stream_whose_end_is_corrected_is_off(purse):
    session = start_stream(purse.wallet.streamer)
    StreamSession.objects.update(started_at=timezone.now() - HOUR)
    move_stream(session, timezone.now() - HOUR, timezone.now() - MINUTE)
    assert not purse.state.live


def test_a_wallet_that_is_connected_during_the_stream_is_read_fast(sandbox, anya):
    start_stream(anya)
    made = sandbox.make_wallet("LIVE")
    wallet = connect(anya, "qiwi-sandbox", made["tokens"][0]["token"])
    assert WalletState.objects.get(pk=wallet.pk).live


@pytest.mark.parametrize(("calls", "most", "spread"), [(100, 20, 61), (1, 1, 1), (10, 2, 7)])
def test_what_is_spread_leaves_room_for_what_began_last_and_what_was_lost(calls, most, spread):
    each = pace.spacing(Limit(calls, MINUTE, "wallet"), most)
    assert round(MINUTE / each) == spread
    # In any minute: all but the last reading fit into less than the minute, then the last one and a lost one.
    assert spread - 1 + most + (most if calls > 1 else 0) <= calls
