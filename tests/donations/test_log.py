"""The log under many writers at once: real threads, each with a connection of its own."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from donations import events
from donations.events import writing
from donations.ingest import ingest
from donations.models import Donation, Event, FeedCounter
from donations.money import Money
from donations.providers.base import Kind, Payment, Status
from donations.streams import StreamAlreadyOn, start_stream
from donations.tallies import raised, raised_in_all_time


def together(works):
    """Run all at once; what they raised."""
    errors = []
    gate = threading.Barrier(len(works))

    def run(work):
        try:
            gate.wait()
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


@pytest.mark.django_db(transaction=True)
def test_writers_of_one_streamer_follow_one_another(wallet, goal):
    payments = [
        Payment(f"{n}:IN", Status.SETTLED, Kind.GIFT, Money(100, "RUB"), timezone.now(), words="x") for n in range(40)
    ]

    def writer(start):
        def work():
            # All write the same payments, each beginning elsewhere.
            for payment in payments[start:] + payments[:start]:
                with writing(wallet.streamer_id) as log:
                    ingest(log, wallet, [payment], None if start == 0 else timezone.now())

        return work

    assert together([writer(start) for start in (0, 10, 20, 30)]) == []
    assert Donation.objects.count() == 40
    assert raised(goal).minor == 40 * 100
    counter = FeedCounter.objects.get(pk=wallet.streamer_id)
    kept = raised_in_all_time(wallet.streamer)["RUB"]
    assert (kept.minor, kept.count) == (4000, 40)
    assert list(Event.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, counter.seq + 1))


@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_at_once_one_starts_the_stream(anya):
    errors = together([lambda: start_stream(anya)] * 4)
    assert [type(error) for error in errors] == [StreamAlreadyOn] * 3
    assert anya.sessions.open().count() == 1
    assert Event.objects.filter(kind="stream").count() == 1


def test_old_events_are_forgotten_some_at_a_time(anya, monkeypatch):
    monkeypatch.setattr(events, "MOST_PRUNED", 2)
    now = timezone.now()
    ages = [40, 20, 31, 35]
    Event.objects.bulk_create(
        Event(streamer=anya, seq=seq, kind=Event.Kind.TEST, at=now - timedelta(days=age))
        for seq, age in enumerate(ages, 1)
    )
    assert [events.prune(now) for _minute in range(3)] == [2, 1, 0]
    assert [event.seq for event in Event.objects.all()] == [2]
