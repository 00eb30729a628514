"""The stage: only in a demo, only for members, and its buttons go the long way."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from donations.models import AccessKey, Donation
from donations.streams import start_stream
from widgets.models import Widget
from widgets.screen import make_widget

LOOKS = ["/stage/", "/stage/gifts/", "/stage/workers/"]
DEEDS = ["/stage/give/", "/stage/stream/", "/stage/sound/", "/stage/kill/"]


@pytest.fixture
def demo(settings):
    """The installation runs as a demo."""
    settings.DEMO = True


@pytest.fixture
def member(client, anya_owner, wallet, goal, demo):
    """Anya at the stage of her demo, with a widget of each kind."""
    for kind in Widget.Kind.values:
        make_widget(wallet.streamer, kind, kind.title(), goal=goal if kind == "goal" else None)
    client.force_login(anya_owner)
    return client


def post(client, address, **body):
    return client.post(address, json.dumps(body), content_type="application/json")


def test_without_a_demo_there_is_no_stage(client, anya_owner, wallet, settings):
    settings.DEMO = False
    client.force_login(anya_owner)
    assert {client.get(address).status_code for address in LOOKS} == {404}
    assert {client.post(address).status_code for address in DEEDS} == {404}


def test_strangers_are_asked_to_sign_in(client, wallet, demo):
    for address in LOOKS:
        answer = client.get(address)
        assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
    for address in DEEDS:
        assert client.post(address).status_code == 302
    assert not Donation.objects.exists()


def test_who_is_a_member_of_another_streamer_sees_no_stage(client, boris_owner, wallet, demo):
    client.force_login(boris_owner)
    assert {client.get(address).status_code for address in LOOKS} == {404}


def test_the_real_overlays_lie_on_the_stream_with_their_keys(member, wallet):
    body = member.get("/stage/").content.decode()
    for kind in Widget.Kind.values:
        assert f'src="/o/{kind}/#' in body
    assert 'src="/@anya/mic/"' in body
    assert member.get("/stage/")["Cache-Control"].startswith("max-age=0")
    assert AccessKey.objects.filter(purpose="control", label="stage").count() == 1


def test_a_gift_is_paid_in_the_sandbox(member, wallet, sandbox):
    account = sandbox.make_wallet("STAGE-ONE")
    wallet.account = account["number"]
    wallet.save()
    answer = post(member, "/stage/give/", amount_minor=100_00, comment="Держи", repeat=1)
    assert answer.status_code == 201
    (gift,) = answer.json()["gifts"]
    (row,) = sandbox.call("GET", f"/sandbox/wallets/{account['id']}/books")["rows"]
    assert gift["txn"] == str(row["txn_id"])
    assert gift["minor"] == row["amount"] == 100_00
    assert gift["at"] == row["at"] and "." in gift["at"]
    assert row["comment"] == "Держи"


def test_a_burst_has_sums_and_words_of_its_own(member, wallet, sandbox):
    account = sandbox.make_wallet("STAGE-BURST")
    wallet.account = account["number"]
    wallet.save()
    answer = post(member, "/stage/give/", amount_minor=None, comment=None, repeat=10)
    rows = sandbox.call("GET", f"/sandbox/wallets/{account['id']}/books")["rows"]
    assert len(answer.json()["gifts"]) == len(rows) == 10
    assert len({gift["txn"] for gift in answer.json()["gifts"]}) == 10
    assert any(row["comment"] for row in rows)


def test_the_stage_knows_which_of_its_gifts_were_seen(member, give):
    donation = give(100)
    txn = donation.txn_id.removesuffix(":IN")
    answer = member.get("/stage/gifts/", {"txn": [txn, "77777777777"]}).json()
    assert [(gift["txn"], gift["donation"], gift["minor"]) for gift in answer["gifts"]] == [
        (txn, donation.public_id, 100_00)
    ]


@pytest.mark.parametrize(
    "wish",
    [
        {"amount_minor": 0},
        {"amount_minor": -5},
        {"amount_minor": 1.5},
        {"amount_minor": True},
        {"amount_minor": 10**12},
        {"amount_minor": 100, "comment": 5},
        {"amount_minor": 100, "comment": "x" * 501},
        {"amount_minor": 100, "repeat": 51},
        {"amount_minor": 100, "repeat": "2"},
    ],
)
def test_a_senseless_wish_is_refused_in_words(member, wish):
    answer = post(member, "/stage/give/", **wish)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_what_is_not_json_is_refused_in_words(member):
    for body in ("{", "[]", "null"):
        answer = member.post("/stage/give/", body, content_type="application/json")
        assert answer.status_code == 400 and answer.json()["error"]


def test_a_silent_sandbox_is_said_and_names_no_wallet(member, wallet, settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    answer = post(member, "/stage/give/", amount_minor=100, comment="")
    assert answer.status_code == 502
    assert "Nothing was paid" in answer.json()["error"]
    assert wallet.account not in answer.content.decode()


def test_the_stream_starts_and_stops_and_asking_twice_changes_nothing(member, anya):
    start_stream(anya)
    assert post(member, "/stage/stream/", on=True).json() == {"on": True}
    assert anya.sessions.open().count() == 1
    for _twice in range(2):
        assert post(member, "/stage/stream/", on=False).json() == {"on": False}
    assert not anya.sessions.open().exists()
    assert post(member, "/stage/stream/", on=True).json() == {"on": True}
    assert anya.sessions.open().count() == 1


def test_sound_is_an_option_of_the_alert(member, anya):
    assert post(member, "/stage/sound/", on=True).json() == {"on": True}
    assert anya.widgets.get(kind="alert").options["sound"] is True
    assert 'data-sound aria-pressed="true"' in member.get("/stage/").content.decode()
    assert post(member, "/stage/sound/", on=False).json() == {"on": False}
    assert anya.widgets.get(kind="alert").options["sound"] is False
    assert post(member, "/stage/sound/").status_code == 400


@pytest.fixture
def worker(settings, tmp_path):
    """A process that stands for the poller, with its pid where `start` writes it."""
    settings.DATA_DIR = tmp_path
    (tmp_path / "run").mkdir()
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (tmp_path / "run" / "poll.pid").write_text(f"{process.pid}\n")
    yield process
    process.kill()
    process.wait()


def test_a_worker_is_killed_for_good(member, worker):
    assert member.get("/stage/workers/").json()["workers"][0] == {"name": "poll", "pid": worker.pid}
    assert member.post("/stage/kill/").json() == {"name": "poll", "pid": worker.pid}
    assert worker.wait(30) == -signal.SIGKILL
    assert member.get("/stage/workers/").json()["workers"][0] == {"name": "poll", "pid": None}
    assert member.post("/stage/kill/").status_code == 409


@pytest.mark.parametrize("left_over", ["", "not a number", "0", "-1"])
def test_a_broken_pid_file_kills_nobody(member, worker, settings, left_over):
    (settings.DATA_DIR / "run" / "poll.pid").write_text(left_over)
    assert member.get("/stage/workers/").json()["workers"][0] == {"name": "poll", "pid": None}
    assert member.post("/stage/kill/").status_code == 409
    assert worker.poll() is None
