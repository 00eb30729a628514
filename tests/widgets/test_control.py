"""The control room's server side: what it is shown, what can be done from it, by whom, and that it is written down."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
import requests
from django.utils import timezone, translation

from donations.events import writing
from donations.hiding import hide
from donations.models import AccessKey, Donation, DonorMark, Event, Streamer
from tests.processes.observed import eventually
from tests.widgets.page import Page
from widgets.cues import begin
from widgets.models import Controls, Cue, Deed, WidgetState
from widgets.protocol import CLOSE_TOO_SLOW
from widgets.screen import make_widget

refs = (f"ref-{n}" for n in itertools.count(1))


@pytest.fixture
def link(wallet):
    """Makes a helper's named link."""

    def make(role: str, label: str = "Оля", streamer: Streamer | None = None) -> AccessKey:
        key = AccessKey.mint(streamer or wallet.streamer, AccessKey.Purpose.CONTROL, label=label, role=role)
        key.save()
        return key

    return make


@pytest.fixture
def owner(link, open_page) -> Page:
    return open_page(link("owner", "Аня"))


@pytest.fixture
def moderator(link, open_page) -> Page:
    return open_page(link("moderator"))


def does(page: Page, action: str, ref: str = "", **fields: object) -> tuple[bool, str]:
    """What the page is answered."""
    ref = ref or next(refs)
    page.says({"type": "do", "ref": ref, "action": action, **fields})
    done = page.hears(lambda frame: frame["type"] == "done" and frame["ref"] == ref)
    return done["ok"], done["reason"]


def nth_event(page: Page, kind: str, count: int = 1) -> dict:
    """The event of this kind that is the `count`th to come. It may have come before an answer that was waited for."""
    while len(page.events(kind)) < count:
        page.hears_event(kind)
    return page.events(kind)[count - 1]


OK = (True, "")


def amounts(value: object) -> list[object]:
    """Everything in a frame that tells an amount."""
    if isinstance(value, dict):
        found = [inner for name in ("minor", "sums", "totals", "goal") if (inner := value.get(name)) is not None]
        return found + [thing for inner in value.values() for thing in amounts(inner)]
    return [thing for inner in value for thing in amounts(inner)] if isinstance(value, list) else []


# --- what it is shown -------------------------------------------------------------------------------------------------


def test_a_control_room_starts_from_everything(open_page, link, alert_box, give):
    open_page(alert_box)
    shown = give(100, name="Вася")
    hello = open_page(link("moderator")).hello
    snapshot = hello["snapshot"]
    assert (hello["audience"], snapshot["me"]) == ("control", {"name": "Оля", "role": "moderator"})
    [gift] = snapshot["donations"]
    assert (gift["id"], gift["money"]["minor"], gift["given"]) == (
        shown.public_id, 100_00, {"name": "Вася", "words": "Привет"},
    )  # fmt: skip
    assert snapshot.keys() >= {"wallets", "screens", "stream", "hold", "controls", "tests", "waiting", "streamer"}
    assert not snapshot.keys() & {"goal", "totals", "latest", "play"}


def test_links_from_before_there_were_roles_are_owners(open_page, control_room):
    hello = open_page(control_room).hello
    assert (hello["audience"], hello["snapshot"]["me"]["role"]) == ("control", "owner")


def test_a_snapshot_asks_as_much_for_many_donations_as_for_one(link, alert_box, give, django_assert_max_num_queries):
    from widgets.control_values import control_snapshot

    give(*range(1, 61))
    with django_assert_max_num_queries(18):
        assert len(control_snapshot(link("owner"), with_amounts=True)["donations"]) == 50


def test_without_amounts_nothing_ever_tells_one(open_page, link, long_alerts, give, reverse):
    give(1230321)
    page = open_page(link("without_amounts"))
    box = open_page(long_alerts)
    gift = give(7770777)
    box.plays()
    for action in ("hide", "unhide", "without_words", "trust", "unmark", "replay"):
        assert does(page, action, donation=gift.public_id) == OK
    assert does(page, "stream", on=True) == does(page, "test", widget=long_alerts.public_id) == OK
    reverse(gift)
    page.hears(lambda frame: any(event.get("gone") for event in frame.get("events", [])))
    assert page.hello["audience"] == "control_without_amounts"
    assert page.hello["snapshot"]["donations"][0]["money"] is None
    assert amounts(page.hello) == amounts(page.frames) == []
    assert "7770777" not in str(page.frames) and "1230321" not in str(page.hello["snapshot"]["donations"][0]["cues"])


def test_a_screen_is_seen_as_it_is_and_missed_when_it_is_gone(open_page, owner, long_alerts):
    box = open_page(long_alerts, about={"obs": "31.0.3", "visible": True, "active": True, "sound": "heard"})
    frame = owner.hears(lambda frame: frame["type"] == "health" and frame["screens"][0]["pages"])
    [screen] = [screen for screen in frame["screens"] if screen["widget"] == long_alerts.public_id]
    [page] = screen["pages"]
    assert (page["obs"], page["active"], page["sound"], page["speaks"]) == ("31.0.3", True, "heard", True)
    assert (page["stale"], screen["absent"]) == (True, False)
    assert does(owner, "stream", on=True) == OK
    box.close()
    owner.hears(lambda frame: frame["type"] == "health" and frame["screens"][0]["absent"])


def test_a_widget_was_seen_in_obs_until_its_page_closed(open_page, long_alerts):
    states = WidgetState.objects.filter(widget=long_alerts)
    box = open_page(long_alerts, about={"obs": "31.0.3"})
    assert eventually(lambda: states.exclude(seen_in_obs_at=None).exists(), 5)
    states.update(seen_in_obs_at=timezone.now() - timedelta(days=8))
    box.close()
    assert eventually(lambda: states.filter(seen_in_obs_at__gt=timezone.now() - timedelta(minutes=1)).exists(), 5)


def test_a_control_room_is_told_no_health_that_it_knows(open_page, owner, link):
    other = open_page(link("moderator"))
    with pytest.raises(TimeoutError):
        other.hears("health", 2.5)
        # That the wallet is read more often now. Nothing else happened.
        other.hears("health", 1.5)


# --- what can be done -------------------------------------------------------------------------------------------------


def test_every_control_of_a_donation_does_what_it_says(moderator, wallet, give):
    Streamer.objects.update(hold_who="all", hold_seconds=0)
    gift = give(100, name="Вася", words="Ой")
    name = gift.public_id
    event = moderator.hears_event("donation")
    assert (event["donation"]["held"], event["donation"]["name"], event["donation"]["given"]["name"]) == (
        True,
        "",
        "Вася",
    )

    def shown() -> tuple[str, str, bool]:
        gift.refresh_from_db()
        return gift.name_shown, gift.words_shown, gift.is_hidden

    assert does(moderator, "replay", donation=name)[0] is False
    assert (does(moderator, "approve", donation=name), shown()) == (OK, ("Вася", "Ой", False))
    assert (does(moderator, "without_words", donation=name), shown()) == (OK, ("Вася", "", False))
    assert (does(moderator, "anonymous", donation=name), shown()) == (OK, ("", "", False))
    assert (does(moderator, "edit", donation=name, words="Мило"), shown()) == (OK, ("", "Мило", False))
    assert (does(moderator, "hide", donation=name), shown()) == (OK, ("", "", True))
    assert does(moderator, "replay", donation=name)[0] is False
    assert (does(moderator, "unhide", donation=name), shown()) == (OK, ("", "Мило", False))
    assert does(moderator, "trust", donation=name) == OK
    assert DonorMark.objects.get().standing == "trusted"
    assert (does(moderator, "block", donation=name), shown()) == (OK, ("", "", True))
    mark = DonorMark.objects.get()
    assert (mark.standing, mark.by_name) == ("blocked", "Оля")
    assert does(moderator, "unmark", donation=name) == OK
    assert not DonorMark.objects.exists()
    assert does(moderator, "edit", donation=name)[0] is False
    done = Deed.objects.order_by("pk")
    assert [deed.action for deed in done] == [
        "approve", "without_words", "anonymous", "edit", "hide", "unhide", "trust", "block", "unmark",
    ]  # fmt: skip
    assert {(deed.who, deed.donation_id) for deed in done} == {("Оля", gift.pk)}
    assert "Мило" not in str([deed.facts for deed in done])


def test_a_double_click_skips_one_alert(open_page, moderator, long_alerts, give):
    box = open_page(long_alerts)
    give(1, 2, 3)
    first = box.plays()
    assert does(moderator, "skip", cue=first["id"]) == does(moderator, "skip", cue=first["id"]) == OK
    assert box.sees_leave(first) == "skipped"
    assert box.plays()["donation"]["money"]["minor"] == 2_00
    assert sorted(Cue.objects.values_list("state", flat=True)) == ["playing", "skipped", "waiting"]
    assert Deed.objects.get().cue == first["id"]


def test_skip_all_skips_those_that_were_seen(open_page, moderator, long_alerts, give):
    box = open_page(long_alerts)
    give(1, 2, 3)
    playing = box.plays()
    seen = list(Cue.objects.exclude(donation__minor=3_00).values_list("public_id", flat=True))
    assert does(moderator, "skip_all", cues=[*seen, "nobody"]) == OK
    assert box.sees_leave(playing) == "skipped"
    assert box.plays()["donation"]["money"]["minor"] == 3_00


def test_a_room_knows_what_plays_and_waits_and_is_held_however_old(open_page, link, long_alerts, give):
    box = open_page(long_alerts)
    Streamer.objects.update(hold_who="all", hold_seconds=0)
    held = give(1)
    Donation.objects.update(occurred_at=timezone.now() - timedelta(minutes=10))
    Streamer.objects.update(hold_who="nobody")
    give(*range(1, 61))
    playing = box.plays()
    snapshot = open_page(link("moderator")).hello["snapshot"]
    assert snapshot["waiting"] == 59
    assert len(snapshot["donations"]) == 51
    assert snapshot["donations"][-1]["id"] == held.public_id
    cues = [cue for gift in snapshot["donations"] for cue in gift["cues"]] + snapshot["tests"]
    assert [cue["id"] for cue in cues if cue["state"] == "playing"] == [playing["id"]]
    assert len({cue["id"] for cue in cues if cue["state"] == "waiting"}) == 59


def test_a_room_that_missed_too_many_alerts_to_be_told_of_each_starts_anew(moderator, long_alerts, give):
    begin(long_alerts.pk, 0)
    give(*range(1, 502))
    assert moderator.is_closed_with(10) == CLOSE_TOO_SLOW
    assert not [frame for frame in moderator.frames if frame["type"] == "cue"]


def test_a_replay_plays_on_every_alert_widget_and_counts_nothing(open_page, moderator, alert_box, total, give, anya):
    other = make_widget(anya, "alert", "Other", options={"duration_ms": 300, "gap_ms": 0})
    boxes = [open_page(alert_box), open_page(other)]
    gift = give(100)
    for box in boxes:
        assert box.plays()["kind"] == "alert"
    for _click in range(2):
        assert does(moderator, "replay", ref="once", donation=gift.public_id) == OK
    for box in boxes:
        cue = box.plays()
        assert (cue["kind"], cue["donation"]["id"]) == ("replay", gift.public_id)
    assert Cue.objects.filter(kind="replay").count() == 2
    assert open_page(total).hello["snapshot"]["totals"]["all"]["minor"] == 100_00
    assert does(moderator, "replay", donation=gift.public_id, widget=other.public_id) == OK
    assert boxes[1].plays()["kind"] == "replay"
    assert Cue.objects.filter(kind="replay").count() == 3


def test_what_was_taken_back_is_not_played_again(moderator, alert_box, give, reverse):
    gift = give(100)
    reverse(gift)
    assert does(moderator, "replay", donation=gift.public_id)[0] is False
    assert does(moderator, "edit", donation=gift.public_id, name="Вася")[0] is False


def test_pause_holds_alerts_back_and_every_overlay_hears_of_it(open_page, moderator, long_alerts, total, give):
    box, bar = open_page(long_alerts), open_page(total)
    assert does(moderator, "pause", on=True) == does(moderator, "pause", on=True) == OK
    for page in (box, bar, moderator):
        assert nth_event(page, "controls")["controls"] == {"paused": True, "mutes": [], "panic_until": None}
    give(1)
    moderator.hears(lambda frame: frame["type"] == "cue" and frame["cue"]["state"] == "waiting")
    assert box.told_to_play() == []
    assert does(moderator, "pause", on=False) == OK
    assert box.plays()["donation"]["money"]["minor"] == 1_00
    assert Deed.objects.filter(action="pause").count() == 2


def test_three_mutes_are_told_one_by_one(open_page, moderator, total):
    for mute in ("sound", "speech", "effects"):
        assert does(moderator, "mute", mute=mute, on=True) == OK
    assert does(moderator, "mute", mute="speech", on=False) == OK
    assert open_page(total).hello["snapshot"]["controls"]["mutes"] == ["sound", "effects"]
    assert does(moderator, "mute", mute="camera", on=True)[0] is False


def test_panic_clears_the_screen_at_once_and_lets_go_by_itself(open_page, moderator, long_alerts, give):
    box = open_page(long_alerts)
    give(1, 2)
    first = box.plays()
    assert does(moderator, "panic", on=True, seconds=5) == OK
    assert box.sees_leave(first) == "panic"
    if not box.events("controls"):  # either may come first
        box.hears_event("controls")
    assert box.events("controls")[-1]["controls"]["panic_until"] is not None
    assert Cue.objects.filter(state="waiting").count() == 1
    Controls.objects.update(panic_until=timezone.now())
    assert box.hears_event("controls")["controls"]["panic_until"] is None
    assert box.plays()["donation"]["money"]["minor"] == 2_00


def test_an_alert_that_began_in_the_moment_of_the_panic_plays_after_it(open_page, wallet, long_alerts, give):
    box = open_page(long_alerts)
    give(1)
    cue = box.plays()
    with writing(wallet.streamer_id) as log:
        Controls.objects.create(streamer=wallet.streamer, panic_until=timezone.now() + timedelta(seconds=60))
        log.add(Event.Kind.CONTROLS)
    assert box.sees_leave(cue) == "panic"
    Controls.objects.update(panic_until=timezone.now())
    assert box.plays()["id"] == cue["id"]


def test_a_panic_that_is_over_keeps_nothing_silent_though_nobody_wrote_it(open_page, wallet, long_alerts, give):
    Controls.objects.create(streamer=wallet.streamer, panic_until=timezone.now())
    box = open_page(long_alerts)
    assert box.hello["snapshot"]["controls"]["panic_until"] is None
    give(1)
    box.plays()


def test_a_panic_can_be_ended_and_is_of_a_sane_length(moderator):
    assert does(moderator, "panic", on=True) == does(moderator, "panic", on=False) == OK
    assert Controls.objects.get().panic_until is None
    for seconds in (4, 601, True, "60"):
        assert does(moderator, "panic", on=True, seconds=seconds)[0] is False


def test_a_stream_is_started_and_stopped_once(moderator, anya):
    assert does(moderator, "stream", on=True) == does(moderator, "stream", on=True) == OK
    assert nth_event(moderator, "stream")["stream"]["by_obs"] is False
    assert does(moderator, "stream", on=False) == does(moderator, "stream", on=False) == OK
    assert nth_event(moderator, "stream", 2)["stream"] is None
    assert anya.sessions.count() == 1


def test_a_test_alert_plays_once_however_often_it_is_sent(open_page, moderator, alert_box):
    box = open_page(alert_box)
    for _click in range(2):
        assert does(moderator, "test", ref="a-test", widget=alert_box.public_id) == OK
    assert box.plays()["kind"] == "test"
    assert Cue.objects.count() == 1


def test_only_an_owner_changes_who_is_held(owner, moderator, anya):
    rule = {"who": "all", "seconds": 30, "then": "drop"}
    assert does(moderator, "hold", hold=rule)[0] is False
    assert does(owner, "hold", hold=rule) == OK
    assert moderator.hears_event("hold")["hold"] == rule
    assert does(owner, "hold", hold={**rule, "who": "some"})[0] is False
    assert Deed.objects.get().facts == rule


def test_reasons_are_in_the_language_of_the_streamer(moderator, alert_box, give):
    gift = give(100)
    hide(gift)
    with translation.override("ru"):
        wanted = translation.gettext("It is hidden. Show it again first.")
    assert does(moderator, "replay", donation=gift.public_id) == (False, wanted)


# --- by whom ----------------------------------------------------------------------------------------------------------


def test_what_belongs_to_another_streamer_is_not_there(open_page, link, boris, long_alerts, give):
    box = open_page(long_alerts)
    gift = give(100)
    cue = box.plays()
    stranger = open_page(link("owner", "Борис", boris))
    for action in ("hide", "approve", "replay", "block", "anonymous"):
        assert does(stranger, action, donation=gift.public_id)[0] is False
    assert does(stranger, "skip", cue=cue["id"])[0] is False
    assert does(stranger, "skip")[0] is False
    assert does(stranger, "test", widget=long_alerts.public_id)[0] is False
    assert does(stranger, "skip_all", cues=[cue["id"]]) == OK
    assert does(stranger, "panic", on=True) == OK
    assert Cue.objects.get().state == "playing"
    gift.refresh_from_db()
    assert (gift.is_hidden, DonorMark.objects.count(), Deed.objects.filter(streamer=gift.streamer).count()) == (
        False, 0, 0,
    )  # fmt: skip


def test_a_link_that_was_taken_away_does_nothing_any_more(moderator, give):
    gift = give(100)
    AccessKey.objects.update(valid_until=timezone.now())
    moderator.says({"type": "do", "ref": "late", "action": "hide", "donation": gift.public_id})
    assert moderator.is_closed_with() == 4403
    gift.refresh_from_db()
    assert not gift.is_hidden


def test_an_overlay_has_no_controls(open_page, alert_box):
    box = open_page(alert_box)
    assert not box.hello["snapshot"].keys() & {"me", "donations", "wallets", "screens"}
    box.says({"type": "do", "ref": "x", "action": "pause", "on": True})
    assert box.is_closed_with() == 4400
    assert not Controls.objects.exists()


HOSTILE = [
    {"action": "money"},
    {"action": ["hide"]},
    {"action": {}},
    {"action": None},
    {"action": "hide"},
    {"action": "hide", "donation": 7},
    {"action": "hide", "donation": "\0"},
    {"action": "hide", "donation": "ы" * 10},
    {"action": "edit", "donation": "x", "words": {"a": 1}},
    {"action": "skip", "cue": []},
    {"action": "skip_all", "cues": "all"},
    {"action": "skip_all", "cues": [None]},
    {"action": "skip_all", "cues": ["\ud800"]},
    {"action": "pause"},
    {"action": "pause", "on": "yes"},
    {"action": "mute", "mute": [], "on": True},
    {"action": "panic", "on": True, "seconds": 1e9},
    {"action": "panic", "on": True, "seconds": 10**30},
    {"action": "test", "widget": {"$gt": ""}},
    {"action": "hold", "hold": []},
    {"action": "hold", "hold": {"who": "all", "seconds": -1, "then": "show"}},
    {"action": "hold", "hold": {"who": "all", "seconds": 1, "then": "'; DROP TABLE"}},
]


def test_what_makes_no_sense_is_answered_and_changes_nothing(owner):
    for fields in HOSTILE:
        ok, reason = does(owner, **fields)
        assert (ok, bool(reason)) == (False, True), fields
    assert not Deed.objects.exists()
    assert does(owner, "pause", on=True) == OK


@pytest.mark.parametrize("ref", [None, "", 7, [], "x" * 65, "ы"])
def test_a_control_without_a_sound_ref_makes_no_sense(owner, ref):
    owner.says({"type": "do", "ref": ref, "action": "pause", "on": True})
    assert owner.is_closed_with() == 4400


# --- by a plain POST --------------------------------------------------------------------------------------------------


@pytest.fixture
def post(web):
    """Sends one to the real web process."""

    def send(key: object = None, **request: object) -> tuple[int, dict]:
        headers = {"X-Kopilka-Key": key.reveal()} if isinstance(key, AccessKey) else {}
        headers |= request.pop("headers", {})
        method = request.pop("method", "POST")
        url = f"http://127.0.0.1:{web.port}/control/do/"
        answer = requests.request(method, url, headers=headers, timeout=10, **request)
        return answer.status_code, answer.json()

    return send


def test_a_post_pauses_and_says_so(post, link, moderator):
    key = link("moderator", "Stream Deck")
    done = (200, {"ok": True, "reason": ""})
    assert post(key, data={"action": "pause", "on": "true"}) == done
    assert moderator.hears_event("controls")["controls"]["paused"] is True
    assert post(headers={"Authorization": f"Bearer {key.reveal()}"}, json={"action": "pause", "on": False}) == done
    assert moderator.hears_event("controls")["controls"]["paused"] is False
    assert [deed.who for deed in Deed.objects.all()] == ["Stream Deck"] * 2


def test_a_post_without_an_alert_skips_the_one_that_plays_but_not_one_that_only_began(
    post, link, open_page, long_alerts, give
):
    key, box = link("moderator"), open_page(long_alerts)
    assert post(key, data={"action": "skip"})[0] == 400
    give(1, 2)
    first = box.plays()
    assert post(key, data={"action": "skip"})[0] == 400
    Cue.objects.filter(public_id=first["id"]).update(started_at=timezone.now() - timedelta(seconds=2))
    assert post(key, data={"action": "skip"})[0] == 200
    assert post(key, data={"action": "skip"})[0] == 400
    assert box.sees_leave(first) == "skipped"
    assert sorted(Cue.objects.values_list("state", flat=True)) in (["playing", "skipped"], ["skipped", "waiting"])


def test_a_post_that_names_no_alerts_skips_all(post, link, open_page, long_alerts, give, boris):
    box = open_page(long_alerts)
    give(1, 2, 3)
    playing = box.plays()
    assert post(link("owner", "Борис", boris), data={"action": "skip_all"})[0] == 200
    assert Cue.objects.filter(state="skipped").count() == 0
    assert post(link("moderator"), data={"action": "skip_all"})[0] == 200
    assert box.sees_leave(playing) == "skipped"
    assert set(Cue.objects.values_list("state", flat=True)) == {"skipped"}
    assert Deed.objects.get().facts == {"count": 3}


def test_a_post_is_refused_in_words(post, link, alert_box, wallet):
    moderator = link("moderator")
    overlay = AccessKey.objects.get(purpose="overlay")
    rule = {"who": "all", "seconds": 1, "then": "show"}
    refused = {
        403: [
            post(data={"action": "pause", "on": "1"}),
            post(overlay, data={"action": "pause", "on": "1"}),
            post(headers={"X-Kopilka-Key": "nonsense"}, data={"action": "pause", "on": "1"}),
            post(headers={"Cookie": f"key={moderator.reveal()}"}, data={"action": "pause", "on": "1"}),
            post(moderator, json={"action": "hold", "hold": rule}),
        ],
        400: [
            post(moderator, data="{", headers={"Content-Type": "application/json"}),
            post(moderator, json=[1]),
            post(moderator, json={"action": "pause", "on": 1}),
            post(moderator, data={"action": "pause", "on": "maybe"}),
            post(moderator, data={}),
            post(moderator, json={"action": "pause", "on": True, "ref": {}}),
            post(moderator, data={"action": "panic", "on": "1", "seconds": "9" * 40}),
        ],
        405: [post(moderator, method="GET"), post(moderator, method="PUT", data={"action": "pause", "on": "1"})],
        413: [post(moderator, data={"action": "edit", "words": "ы" * 20_000})],
    }
    for status, answers in refused.items():
        for code, body in answers:
            assert (code, body["ok"], bool(body["reason"])) == (status, False, True)
    assert not Controls.objects.exists() and not Deed.objects.exists()
