"""The Hub under many hands: pages enter and leave in any moment while the log grows."""

from __future__ import annotations

import asyncio
import json
import random
import threading

import pytest
from channels.testing import WebsocketCommunicator
from django.db import connections
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from donations.models import Donation, Event, Wallet, WalletState
from donations.tallies import raised
from tests.widgets.conftest import key_of
from tests.widgets.source import Listener, Source
from widgets import debt, hub, protocol
from widgets.booth import Booth
from widgets.desk import Desk
from widgets.encoded import Encoded
from widgets.hub import Hub, _run
from widgets.line import Line
from widgets.news import Place, Room, place_of
from widgets.socket import Socket

pytestmark = pytest.mark.django_db(transaction=True)
few = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def new_hub():
    """Makes Hubs. The one before gives the connections of its threads back, as the end of its process would."""
    hubs = []

    def make():
        close_all()
        hubs.append(Hub())
        return hubs[-1]

    def close_all():
        while hubs:
            hub = hubs.pop()
            for executor, threads in ((hub._thread, 1), (hub._readers, 2), (hub._clerk, 1)):
                gate = threading.Barrier(threads)
                list(executor.map(give_back, [gate] * threads))
                executor.shutdown()

    yield make
    close_all()


def give_back(gate):
    """In each thread of a pool: none of them takes the work of another."""
    gate.wait()
    connections.close_all()


async def until(condition, seconds=30.0):
    """Waits until this is true."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


async def elsewhere(work, *arguments):
    """Database work in another thread, as another process would do it."""

    def run():
        try:
            return work(*arguments)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


def test_nothing_runs_while_no_page_is_open(new_hub, control_room, wallet):
    async def scene():
        hub = new_hub()
        assert not hub.is_looking
        first, second = (Listener(hub, wallet.streamer_id, Room("control")) for _ in range(2))
        await first.enter()
        await second.enter()
        assert hub.is_looking
        await hub.leave(first.socket)
        await hub.leave(first.socket)
        assert hub.is_looking
        await hub.leave(second.socket)
        await until(lambda: not hub.is_looking, 1)
        await first.enter()
        assert hub.is_looking
        await hub.leave(first.socket)
        await until(lambda: not hub.is_looking, 1)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scene())


@pytest.mark.parametrize("audience", ["overlay", "control"])
def test_who_looks_at_an_overlay_has_its_wallets_read_often_and_strangers_do_not(wallet, boris, audience):
    his = Wallet.objects.create(streamer=boris, provider="qiwi", account="79990000002", title="QIWI")
    WalletState.objects.create(wallet=his, next_poll_at=timezone.now())
    watched = WalletState.objects.filter(watched_until__gt=timezone.now(), hurry=True)

    async def scene():
        hub = Hub()
        stranger = Listener(hub, boris.pk, Room("public"))
        await stranger.enter()
        page = Listener(hub, wallet.streamer_id, Room(audience))
        await page.enter()
        while not await elsewhere(watched.exists):
            await asyncio.sleep(0.01)
        for each in (page, stranger):
            await hub.leave(each.socket)
        await until(lambda: not hub.is_looking, 1)

    asyncio.run(scene())
    assert [state.wallet for state in watched.all()] == [wallet]


def test_that_it_is_watched_is_said_once_a_minute(wallet, monkeypatch):
    said = []
    monkeypatch.setattr(hub, "watch", lambda ids, now: said.append(ids))
    monkeypatch.setattr(hub, "LOOK_EVERY", 0.01)

    async def scene(expected):
        page = Listener(watched, wallet.streamer_id, Room("overlay"))
        await page.enter()
        await until(lambda: len(said) >= expected)
        await watched.leave(page.socket)
        await until(lambda: not watched.is_looking, 1)

    watched = Hub()
    asyncio.run(scene(1))
    asyncio.run(scene(1))
    assert len(said) == 1
    monkeypatch.setattr(hub, "SAY_WATCHED_EVERY", -1.0)
    watched._says_watched_at.clear()
    asyncio.run(scene(3))
    assert said[0] == [wallet.streamer_id]


def test_a_page_that_owes_too_long_leaves_the_hub_although_nothing_more_happens(new_hub, wallet, monkeypatch):
    monkeypatch.setattr(debt, "LONGEST_OWED_SECONDS", 0.1)
    monkeypatch.setattr(hub, "SLOW_ROUNDS_EVERY", 0.05)
    sent = []

    async def scene():
        async def send(message):
            sent.append(message)

        the_hub = new_hub()
        place = await the_hub.read(place_of, wallet.streamer_id)
        page = Socket(send, wallet.streamer_id, Room("control"), place)
        await the_hub.enter(page)
        page.write(Encoded("{}"), "1", protocol.ACK_EVENTS)
        await until(lambda: not the_hub.is_looking)

    asyncio.run(scene())
    assert sent[-1] == {"type": "websocket.close", "code": protocol.CLOSE_TOO_SLOW}


def test_pages_that_ask_the_same_at_once_share_an_answer_that_is_newer_than_their_question():
    asked = []

    def answer(what):
        asked.append(what)
        if what == "nonsense":
            raise ValueError
        return what, len(asked)

    async def scene():
        desk = Desk(asyncio.to_thread)
        first = await asyncio.gather(*(desk.ask(answer, what) for what in ("a", "b", "a")))
        assert first == [("a", 1), ("b", 2), ("a", 1)]
        assert await desk.ask(answer, "a") == ("a", 3)
        broken, whole = await asyncio.gather(
            desk.ask(answer, "nonsense"), desk.ask(answer, "c"), return_exceptions=True
        )
        assert (type(broken), whole) == (ValueError, ("c", 5))

    asyncio.run(scene())


def test_a_page_that_says_nothing_is_sent_away(new_hub, monkeypatch):
    monkeypatch.setattr(protocol, "HELLO_SECONDS", 0.05)

    async def scene():
        page = WebsocketCommunicator(Line.as_asgi(hub=new_hub(), version="1"), "/ws/")
        assert (await page.connect())[0]
        assert await page.receive_output() == {"type": "websocket.close", "code": protocol.CLOSE_NO_HELLO}
        await page.disconnect()

    asyncio.run(scene())


def test_a_page_that_said_hello_is_not_sent_away(new_hub, monkeypatch, control_room, give):
    monkeypatch.setattr(protocol, "HELLO_SECONDS", 0.5)

    async def scene():
        page = WebsocketCommunicator(Line.as_asgi(hub=new_hub(), version="1"), "/ws/")
        await page.connect()
        hello = {"type": "hello", "v": 1, "key": control_room.reveal(), "epoch": None, "cursor": None}
        await page.send_to(text_data=json.dumps(hello))
        assert json.loads(await page.receive_from())["type"] == "hello"
        await asyncio.sleep(0.1)
        await elsewhere(give, 1)
        assert json.loads(await page.receive_from(5))["type"] == "events"
        await page.disconnect()

    asyncio.run(scene())


def test_what_is_done_in_a_control_room_waits_for_no_look(new_hub, monkeypatch, control_room):
    monkeypatch.setattr(hub, "LOOK_EVERY", 60.0)

    async def scene():
        page = WebsocketCommunicator(Line.as_asgi(hub=new_hub(), version="1"), "/ws/")
        await page.connect()
        hello = {"type": "hello", "v": 1, "key": control_room.reveal(), "epoch": None, "cursor": None}
        await page.send_to(text_data=json.dumps(hello))
        await page.receive_from()
        await page.send_to(text_data=json.dumps({"type": "do", "ref": "1", "action": "pause", "on": True}))
        told = [json.loads(await page.receive_from(5))]
        while told[-1]["type"] != "events":
            told.append(json.loads(await page.receive_from(5)))
        assert told[-1]["events"][0]["controls"]["paused"] is True
        await page.disconnect()

    asyncio.run(scene())


def test_a_line_that_is_cut_off_in_any_way_leaves_the_hub(new_hub, alert_box):
    async def scene():
        hub = new_hub()
        page = WebsocketCommunicator(Line.as_asgi(hub=hub, version="1"), "/ws/")
        await page.connect()
        hello = {"type": "hello", "v": 1, "key": key, "epoch": None, "cursor": None}
        await page.send_to(text_data=json.dumps(hello))
        await page.receive_from()
        assert hub.is_looking
        page.future.cancel()
        await until(lambda: not hub.is_looking, 2)

    key = key_of(alert_box)
    asyncio.run(scene())


GIFTS = 10
visits = st.lists(
    st.tuples(st.integers(0, GIFTS - 1), st.integers(1, 10), st.sampled_from(["control", "overlay", "public"])),
    min_size=1,
    max_size=25,
)


@few
@given(visits=visits)
def test_whoever_enters_in_any_moment_hears_everything_once(visits, new_hub, wallet, goal, give):
    """Each visit: enter when so many donations were given, stay for so many, listen in this room."""
    first = last_seq()
    given_up_to_now, end = 0, 0

    async def visit(hub, enter_at, stay, room):
        listener = Listener(hub, wallet.streamer_id, Room(room, goal.pk if room == "public" else None))
        await until(lambda: given_up_to_now >= enter_at)
        await listener.enter()
        await until(lambda: given_up_to_now >= min(enter_at + stay, GIFTS))
        if enter_at + stay >= GIFTS:
            await until(lambda: end and listener.socket.place.seq == end)
        await hub.leave(listener.socket)
        return listener, enter_at + stay >= GIFTS

    async def scene():
        nonlocal given_up_to_now, end
        hub = new_hub()
        tasks = [asyncio.create_task(visit(hub, *facts)) for facts in visits]
        while given_up_to_now < GIFTS:
            await elsewhere(give, 1)
            given_up_to_now += 1
        end = await elsewhere(last_seq)
        visited = await asyncio.gather(*tasks)
        await until(lambda: not hub.is_looking)
        return visited

    visited = asyncio.run(scene())
    gifts = Event.objects.filter(kind="donation", seq__gt=first).order_by("seq")
    log = list(gifts.values_list("seq", "donation__public_id"))
    for listener, stayed in visited:
        all_since = [public_id for seq, public_id in log if seq > listener.entered_at.seq]
        if listener.room.audience == "public":
            counts = [event["goal"]["count"] for event in listener.told if event["kind"] == "goal"]
            assert counts == sorted(counts)
            assert not (stayed and all_since) or counts[-1] == raised(goal).count
        elif stayed:
            assert listener.donations() == all_since
        else:
            assert listener.donations() == all_since[: len(listener.donations())]


def test_who_enters_behind_the_others_hears_what_they_heard_already(new_hub, wallet, give):
    async def scene():
        hub = new_hub()
        first, second = (Listener(hub, wallet.streamer_id, Room("overlay")) for _ in range(2))
        await first.enter()
        await elsewhere(give, 1)
        await until(first.donations)
        await second.enter_at(first.entered_at)
        await until(second.donations, 5)
        assert second.donations() == first.donations()
        for listener in (first, second):
            await hub.leave(listener.socket)

    asyncio.run(scene())


def test_who_enters_while_the_log_is_read_hears_what_is_found_then(new_hub, wallet, give):
    """The Hub's thread is held up with a look in its queue. It may be other work: one of a few is a look."""

    async def enter_in_mid_look(hub, others):
        place, gate = others[-1].socket.place, threading.Barrier(2)
        held = asyncio.create_task(hub.in_thread(gate.wait))
        await until(lambda: gate.n_waiting and hub._thread._work_queue.qsize())
        await elsewhere(give, 1)
        late = Listener(hub, wallet.streamer_id, Room("overlay"))
        await late.enter_at(place)
        gate.wait()
        await held
        await until(late.donations, 5)
        others.append(late)

    async def scene():
        hub = new_hub()
        listeners = [Listener(hub, wallet.streamer_id, Room("overlay"))]
        await listeners[0].enter()
        for _time in range(8):
            await enter_in_mid_look(hub, listeners)
        await until(lambda: len({listener.socket.place for listener in listeners}) == 1)
        told = listeners[0].donations()
        assert [listener.donations() for listener in listeners[1:]] == [told[number:] for number in range(8)]
        for listener in listeners:
            await hub.leave(listener.socket)

    asyncio.run(scene())


def test_what_comes_while_a_new_alert_box_enters_is_played(new_hub, alert_box, give):
    """The database keeps the page waiting, while a look tells it the news already."""

    async def scene():
        hub = new_hub()
        told = []

        async def hear(message):
            told.append(json.loads(message["text"])["type"])

        here, gate = await elsewhere(place_of, alert_box.streamer_id), threading.Barrier(2)
        held = asyncio.create_task(_run(hub._clerk, gate.wait))
        await until(lambda: gate.n_waiting)
        page = Socket(hear, alert_box.streamer_id, Room("overlay"), here, alert_box.pk, is_alert=True, page="page")
        entering = asyncio.create_task(hub.enter(page))
        await elsewhere(give, 1)
        await until(lambda: "events" in told)
        gate.wait()
        await asyncio.gather(held, entering)
        await until(lambda: "play" in told, 5)
        await hub.leave(page)

    asyncio.run(scene())


def last_seq():
    return Event.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def test_nothing_begins_from_an_older_copy_of_the_log(new_hub, alert_box, give):
    """Between the moment in which the copy is put in place and the look that notices it."""

    async def scene():
        hub = new_hub()
        told = []

        async def hear(message):
            told.append(json.loads(message["text"])["type"])

        here = await elsewhere(place_of, alert_box.streamer_id)
        page = Socket(hear, alert_box.streamer_id, Room("overlay"), here, alert_box.pk, is_alert=True, page="page")
        booth = Booth(alert_box.pk, alert_box.streamer_id, hub.process, hub.in_thread, hub._send_away)
        await booth.enter(page, here, "", 0, ())
        await elsewhere(give, 1)
        waits_at = await elsewhere(place_of, alert_box.streamer_id)
        page.place = Place(waits_at.epoch, waits_at.seq + 1)
        await booth.attend()
        assert told == []
        page.place = waits_at
        await booth.attend()
        assert told == ["play"]

    asyncio.run(scene())


# --- one alert box whose line breaks in every way ---------------------------------------------------------------------

ACTS = ["give", "give and hear", "end alone", "break", "come", "come first", "come in between", "all at once"]


async def act(source, what, give):
    old = source.socket
    match what:
        case "give":
            await elsewhere(give, 1)
        case "give and hear" if old is not None:
            await elsewhere(give, 1)
            await until(lambda: source.playing)
        case "end alone":
            source.end_alone()
        case "break":
            await source.lose(old)
        case "come" if old is None:
            await source.connect()
        case "come first":
            await source.connect()
            await source.lose(old)
        case "come in between":
            await asyncio.gather(source.lose(old), source.connect())
        case "all at once":
            await asyncio.gather(elsewhere(give, 1), source.lose(old), source.connect())


@pytest.mark.parametrize("seed", range(6))
def test_every_alert_is_shown_once_in_order_however_its_line_breaks(seed, new_hub, long_alerts, give, skip):
    """An alert stays until a moderator takes it away, or its page is left alone with it."""

    async def scene():
        hub = new_hub()
        source = Source(hub, long_alerts.streamer_id, long_alerts.pk)
        await source.connect()
        dice = random.Random(seed)
        for what in dice.choices(ACTS, k=40):
            await act(source, what, give)
            if source.playing and dice.random() < 0.3:
                await elsewhere(skip, {"id": source.playing[0]})
        await elsewhere(give, 1)
        if source.socket is None:
            await source.connect()
        given_ids = await elsewhere(lambda: list(Donation.objects.order_by("pk").values_list("public_id", flat=True)))
        while len(source.shown) < len(given_ids):
            await until(lambda: source.playing)
            await elsewhere(skip, {"id": source.playing[0]})
            await until(lambda playing=source.playing: source.playing != playing)
        await source.lose(source.socket)
        await until(lambda: not hub.is_looking)
        assert source.shown == given_ids
        assert source.dropped == []

    asyncio.run(scene())
