"""No token, link key, wallet number or payer's phone in any log line, frame, page or error page: each error provoked.

Everything runs as it does in an installation: the sandbox, `manage.py poll` and the web server in processes of their
own, whose output is kept and searched.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from config.crew import daphne
from tests.conftest import ROOT, free_port
from tests.databases import IS_POSTGRES, PASSWORD, database_of, open_database

pytestmark = pytest.mark.xdist_group("secrets")

PAYER = "79997654321"
NEVER_A_TOKEN = "fedcba98765432100123456789abcdef"
P2P_KEY = base64.b64encode(json.dumps({"version": "P2P", "data": {"payin_merchant_site_uid": "x"}}).encode()).decode()
HOSTILE = "<script>alert(1)</script> {{ settings.SECRET_KEY }} %s %(token)s \u202e привет"

POLL = """
import sys
import django
from django.core.management import execute_from_command_line
django.setup()
from donations.providers import http
http.READ_SECONDS = 1.0
execute_from_command_line(["manage.py", "poll"])
"""
"""The command as it is, only less patient with a service that does not answer."""

CAST = """
import json, sys
import django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from donations.models import AccessKey, Goal, InfoToken, Member, Streamer, Wallet, WalletState
from donations.tallies import save_goal
from widgets.models import Widget
from widgets.screen import make_widget

call_command("migrate", verbosity=0)
call_command("collectstatic", verbosity=0, interactive=False)
anya = Streamer.objects.create(slug="anya", name="Anya", language="ru")
user = User.objects.create_superuser("anya", password="correct horse anya")
Member.objects.create(streamer=anya, user=user, role=Member.Role.OWNER)
goal = Goal(streamer=anya, slug="mic", title="Mic", target_minor=100, currency="RUB")
save_goal(goal)
for name, (number, secret) in json.load(sys.stdin).items():
    wallet = Wallet.objects.create(
        streamer=anya, provider="qiwi-sandbox", account=number, title=name, poll_seconds=5
    )
    WalletState.objects.create(wallet=wallet, next_poll_at=timezone.now(), hurry=True, alerts_from=timezone.now())
    token = InfoToken(wallet=wallet)
    token.put(secret)
    if name == "lost key":
        token.sealed = "gAAAA" + token.sealed[9:]
    token.save()
alert = make_widget(anya, Widget.Kind.ALERT, "Alert")
control = AccessKey.mint(anya, AccessKey.Purpose.CONTROL)
control.save()
browser = Client()
browser.force_login(user)
print(json.dumps({
    "session": browser.cookies["sessionid"].value,
    "alert": AccessKey.objects.get(subject=alert.public_id).reveal(),
    "control": control.reveal(),
    "goal": goal.public_id,
}))
"""

FAULTS: dict[str, dict[str, object]] = {
    "good": {},
    "refused": {"status": 401},
    "shut out": {"status": 423},
    "broken": {"status": 500},
    "HTML": {"html": True},
    "truncated": {"truncate": True},
    "silent": {"timeout": True},
    "no balance": {},
    "no history": {},
    "lost key": {},
}
SCOPES = {"no balance": ["profile", "history"], "no history": ["profile", "balance"]}
ERRORS = {
    "refused": "TokenRefused",
    "shut out": "Blocked",
    "broken": "PassingFault",
    "HTML": "NonsenseAnswer",
    "truncated": "NonsenseAnswer",
    "silent": "PassingFault",
    "no history": "ScopeMissing",
    "lost key": "CannotUnseal",
}


# A defect in the middle of a token being stored.
if IS_POSTGRES:
    SPOIL = (
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'spoilt'; END $$",
        "CREATE TRIGGER spoil BEFORE INSERT ON donations_infotoken EXECUTE FUNCTION spoil()",
    )
    MEND = "DROP FUNCTION spoil CASCADE"
else:
    SPOIL = ("CREATE TRIGGER spoil BEFORE INSERT ON donations_infotoken BEGIN SELECT RAISE(ABORT, 'spoilt'); END",)
    MEND = "DROP TRIGGER spoil"


def wait_until(happened: Callable[[], object], what: str, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.05)


class House:
    """An installation with a wallet for every fault, and what its processes print."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.port, self.sandbox_port = free_port(), free_port()
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.url = f"http://127.0.0.1:{self.port}"
        names = ("KOPILKA_SIGNING_KEY", "KOPILKA_SECRET_KEYS", "KOPILKA_PEPPER")
        rest = {name: value for name, value in os.environ.items() if name not in names}
        self.environment = (
            rest
            | database_of(folder)
            | {
                "KOPILKA_DATA": str(folder),
                "KOPILKA_URL": self.url,
                "KOPILKA_SANDBOX_URL": self.sandbox_url,
                "KOPILKA_SANDBOX_PUBLIC_URL": self.sandbox_url,
                "KOPILKA_DEMO": "1",
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "PYTHONUNBUFFERED": "1",
            }
        )

    def open(self) -> None:
        """Start everything, with all faults switched on."""
        self.start_sandbox()
        self.wallets = {name: self.open_wallet(name, SCOPES.get(name)) for name in FAULTS}
        self.wallets["able to pay"] = self.open_wallet("able to pay", ["profile", "balance", "history", "payments"])
        cast = {name: (wallet["number"], wallet["token"]) for name, wallet in self.wallets.items() if name in FAULTS}
        self.cast = json.loads(self.run(CAST, json.dumps(cast)))
        for name, faults in FAULTS.items():
            self.control("PUT", f"/sandbox/wallets/{self.wallets[name]['id']}/faults", faults)
        self.start("web", *daphne(self.port, "127.0.0.1"))
        self.start("poll", sys.executable, "-c", POLL)
        wait_until(lambda: self.answers(self.url), "the web server answers")

    def start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("a") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT, text=True
            )

    def start_sandbox(self) -> None:
        ours = {name: value for name, value in self.environment.items() if name != "DJANGO_SETTINGS_MODULE"}
        command = [sys.executable, "-m", "donations.sandbox", "-v", "--data", str(self.folder / "sandbox")]
        with (self.folder / "sandbox.log").open("a") as log:
            self.processes["sandbox"] = subprocess.Popen(
                [*command, "--port", str(self.sandbox_port)], cwd=ROOT, env=ours, stdout=log, stderr=log, text=True
            )
        wait_until(lambda: self.answers(f"{self.sandbox_url}/sandbox/health"), "the sandbox answers")

    def run(self, program: str, words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=self.environment,
            input=words,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def control(self, method: str, path: str, body: object = None) -> Any:
        answer = requests.request(method, self.sandbox_url + path, json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def open_wallet(self, name: str, scopes: list[str] | None) -> dict[str, Any]:
        wish = {"nickname": name.upper().replace(" ", "_")} | ({"scopes": scopes} if scopes else {})
        made = self.control("POST", "/sandbox/wallets", wish)
        return {"id": made["id"], "number": made["number"], "token": made["tokens"][0]["token"]}

    def pay(self, comment: str) -> None:
        body = {"amount": 100_00, "comment": comment, "payer": PAYER}
        self.control("POST", f"/sandbox/wallets/{self.wallets['good']['id']}/pay", body)
        self.read_now()

    def answers(self, url: str) -> bool:
        assert all(process.poll() is None for process in self.processes.values()), self.log("web", "poll", "sandbox")
        try:
            return requests.get(url, timeout=5).status_code < 500
        except requests.RequestException:
            return False

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with open_database(self.folder) as connection:
            return connection.execute(query).fetchall()

    def order(self, *statements: str) -> None:
        with open_database(self.folder) as connection:
            for statement in statements:
                connection.execute(statement)

    def read_now(self) -> None:
        """ "Poll now" for the good wallet: nobody needs to wait for its turn."""
        due = "UPDATE donations_walletstate SET next_poll_at = CURRENT_TIMESTAMP, hurry = true WHERE wallet_id ="
        self.order(f"{due} (SELECT id FROM donations_wallet WHERE title = 'good')")

    def errors(self) -> dict[str, str]:
        """What the machine noted about each wallet."""
        rows = "donations_wallet wallet JOIN donations_walletstate state ON state.wallet_id = wallet.id"
        return {title: error for title, error in self.ask(f"SELECT title, error FROM {rows}") if error}

    def log(self, *names: str) -> str:
        files = [self.folder / f"{name}.log" for name in names]
        return "".join(file.read_text(encoding="utf-8") for file in files if file.exists())

    @property
    def secrets(self) -> set[str]:
        """Tokens, link keys and the installation's own keys: nowhere at all."""
        tokens = {wallet["token"] for wallet in self.wallets.values()}
        keys = {line.partition("=")[2] for line in (self.folder / "keys.env").read_text().split()}
        # A short password may be a word of its own, such as postgres.
        database = {PASSWORD} if len(PASSWORD) > 10 else set()
        return tokens | keys | database | {self.cast["alert"], self.cast["control"], NEVER_A_TOKEN, P2P_KEY}

    @property
    def numbers(self) -> set[str]:
        """Wallets and a payer, without the country's 7, which may be written as +7 or 8."""
        return {PAYER[1:]} | {wallet["number"][1:] for wallet in self.wallets.values()}

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    try:
        house.open()
        yield house
    finally:
        house.stop()


def assert_silent(text: str, secrets: set[str]) -> None:
    told = [secret for secret in secrets if secret in text]
    # Not the text itself: a failing test must not print what it looks for.
    assert not told, f"{len(told)} secrets told, first in: {text[: text.index(told[0])][-80:]!r}"


def test_no_fault_of_a_wallet_tells_a_secret(house):
    wait_until(lambda: house.errors().items() >= ERRORS.items(), "each wallet's error is noted")
    assert house.errors() == ERRORS
    said = house.log("poll")
    assert all(error in said for error in ERRORS.values())
    assert_silent(said + house.log("sandbox"), house.secrets | house.numbers)
    details = str(house.ask("SELECT error, error_detail FROM donations_walletstate"))
    assert_silent(details, house.secrets | house.numbers)


def test_a_sandbox_that_is_down_tells_no_secret(house):
    process = house.processes.pop("sandbox")
    process.terminate()
    process.wait(10)
    try:
        house.read_now()
        wait_until(lambda: house.errors().get("good") == "PassingFault", "the outage is noted")
        answer = connect_wallet(house, house.wallets["good"]["token"])
        assert "did not answer" in answer.text
        assert_silent(answer.text, house.secrets)
    finally:
        house.start_sandbox()
    house.read_now()
    wait_until(lambda: "good" not in house.errors(), "the outage is over", 30)
    assert_silent(house.log("poll", "web", "sandbox"), house.secrets | house.numbers)


def browser(house: House) -> requests.Session:
    """Anya, signed in."""
    session = requests.Session()
    session.headers["Accept-Language"] = "en"
    session.cookies.set("sessionid", house.cast["session"])
    session.get(f"{house.url}/panel/wallets/connect/", timeout=20)
    session.headers["X-CSRFToken"] = session.cookies["csrftoken"]
    return session


def connect_wallet(house: House, token: str, **more: str) -> requests.Response:
    form = {"provider": "qiwi-sandbox", "token": token, "poll_seconds": "60", "account": "", "title": "", **more}
    return browser(house).post(f"{house.url}/panel/wallets/connect/", form, timeout=30)


def test_no_form_error_tells_a_secret(house):
    tokens = {
        "refused": (NEVER_A_TOKEN, "does not accept"),
        "P2P": (P2P_KEY, "P2P"),
        "able to pay": (house.wallets["able to pay"]["token"], "can spend"),
        "no history": (house.wallets["no history"]["token"], "history"),
        "broken": (house.wallets["broken"]["token"], "did not answer"),
        "HTML": (house.wallets["HTML"]["token"], "makes no sense"),
        "shut out": (house.wallets["shut out"]["token"], "asked us to wait"),
        "not a header": (f"{NEVER_A_TOKEN}\u20ac", "does not accept"),
    }
    for name, (token, words) in tokens.items():
        answer = connect_wallet(house, token, poll_seconds="60")
        assert answer.status_code == 200, name
        assert words in answer.text, name
        assert_silent(answer.text, house.secrets | house.numbers)
    wrong = connect_wallet(house, NEVER_A_TOKEN, provider="nonsense", poll_seconds="x")
    assert wrong.status_code == 200
    assert_silent(wrong.text, house.secrets | house.numbers)
    assert_silent(house.log("web", "sandbox"), house.secrets | house.numbers)


def test_no_error_page_tells_a_secret(house):
    """A CSRF failure, a page that is not there, a wrong method, and a defect in the middle of a token being stored."""
    form = {"provider": "qiwi-sandbox", "token": house.wallets["good"]["token"], "poll_seconds": "60"}
    address = f"{house.url}/panel/wallets/connect/"
    session = browser(house)
    stranger = {"Cookie": f"sessionid={house.cast['session']}"}
    house.order(*SPOIL)
    try:
        answers = [
            (500, session.post(address, form, timeout=20)),
            (403, requests.post(address, form, headers=stranger, timeout=20)),
            (404, session.get(f"{house.url}/panel/wallets/999/", timeout=20)),
            (404, session.get(f"{house.url}/@nobody/", timeout=20)),
            (405, session.post(f"{house.url}/panel/wallets/", form, timeout=20)),
            (400, session.get(house.url, headers={"Host": "evil.example"}, timeout=20)),
        ]
    finally:
        house.order(MEND)
    assert [answer.status_code for _status, answer in answers] == [status for status, _answer in answers]
    for _status, answer in answers:
        assert_silent(answer.text + str(answer.headers), house.secrets | house.numbers)
    assert "spoilt" in house.log("web")
    assert_silent(house.log("web"), house.secrets | house.numbers)


def test_no_page_of_the_panel_tells_a_token_or_a_payer(house):
    house.pay(HOSTILE)
    wait_until(lambda: house.ask("SELECT 1 FROM donations_donation"), "the gift is recorded")
    session = browser(house)
    wallets = [pk for (pk,) in house.ask("SELECT id FROM donations_wallet")]
    addresses = ["", "donations/", "wallets/", "streams/", "goals/", *(f"wallets/{pk}/" for pk in wallets)]
    admin = ["infotoken", "accesskey", "donation", "wallet", "walletstate", "event"]
    pages = [f"/panel/{address}" for address in addresses] + [f"/admin/donations/{name}/" for name in admin]
    pages += [f"/admin/donations/infotoken/{pk}/change/" for (pk,) in house.ask("SELECT id FROM donations_infotoken")]
    for page in pages:
        answer = session.get(house.url + page, timeout=20)
        assert answer.status_code == 200, page
        assert_silent(answer.text, house.secrets | {PAYER[1:]})
    public = requests.get(f"{house.url}/@anya/mic/", timeout=20)
    assert "&lt;script&gt;" in public.text
    assert_silent(public.text, house.secrets | {PAYER[1:]})
    assert_silent(house.log("web", "poll", "sandbox"), house.secrets | house.numbers)


def said_to(house: House, *frames: str | bytes) -> str:
    """All that the socket answers to these frames until it closes or falls silent."""
    heard = []
    with connect(f"ws://127.0.0.1:{house.port}/ws/", origin=house.url) as socket:
        try:
            for frame in frames:
                socket.send(frame)
            while True:
                heard.append(str(socket.recv(timeout=2)))
        except TimeoutError:
            pass
        except ConnectionClosed as closed:
            heard.append(str(closed))
    return "\n".join(heard)


def test_no_bad_hello_is_answered_with_a_secret(house):
    key = house.cast["alert"]
    hello = {"type": "hello", "v": 1, "key": key, "epoch": None, "cursor": None}
    bad = [
        json.dumps(hello | {"key": key[:-1] + "!"}),
        json.dumps(hello | {"v": 99}),
        json.dumps(hello | {"type": key}),
        json.dumps(hello | {"playing": [key]}),
        json.dumps(hello | {"finished": key}),
        json.dumps(hello)[:-2],
        json.dumps([key]),
        json.dumps(hello | {"key": key * 100}),
        json.dumps({key: key}),
        key,
        json.dumps(hello).encode(),
        "[" * 10_000,
        json.dumps(hello | {"goal": key * 1000}),
    ]
    for frame in bad:
        answer = said_to(house, frame)
        assert "refused" in answer, frame[:40]
        assert_silent(answer, house.secrets | house.numbers)
    after = said_to(house, json.dumps(hello), json.dumps({"type": "ack", "cursor": [key]}))
    assert "refused" in after
    assert_silent(after, house.secrets | house.numbers)
    assert_silent(house.log("web"), house.secrets | house.numbers)


def test_no_frame_tells_a_secret_while_hostile_words_go_over_the_line(house):
    def hello(**who: str) -> str:
        return json.dumps({"type": "hello", "v": 1, "epoch": None, "cursor": None, **who})

    whos = ({"key": house.cast["alert"]}, {"key": house.cast["control"]}, {"goal": house.cast["goal"]})
    for who in whos:
        mark = f"привет {next(iter(who))}{len(next(iter(who.values())))}"
        frames = ""
        with connect(f"ws://127.0.0.1:{house.port}/ws/", origin=house.url) as socket:
            socket.send(hello(**who))
            frames += str(socket.recv(timeout=5))
            house.pay(f"{HOSTILE} {mark}")
            while mark not in frames:
                frames += str(socket.recv(timeout=15))
        assert "<script>alert(1)</script>" in frames
        assert_silent(frames, house.secrets | house.numbers)
    assert_silent(house.log("web", "poll", "sandbox"), house.secrets | house.numbers)


def test_each_process_still_runs_and_has_spoken(house):
    assert all(process.poll() is None for process in house.processes.values())
    assert house.log("poll")
    assert house.log("sandbox")
