"""The sandbox as a program: how it starts, what it says, what outlives it and how it ends."""

from __future__ import annotations

import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.conftest import ROOT, SandboxServer

from .visitor import Visitor
from .wallet import SandboxWallet

Start = Callable[..., subprocess.Popen[str]]
LISTENS = re.compile(r"sandbox listening on (http://\S+:\d+)\n")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the program in a folder of its own; nothing stays behind."""
    running: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "donations.sandbox", "--data", str(tmp_path / "data"), *words]
        pipe = subprocess.PIPE
        running.append(subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


def address(process: subprocess.Popen[str]) -> str:
    """What its first line names."""
    assert process.stdout
    line = process.stdout.readline()
    told = LISTENS.fullmatch(line)
    assert told, line
    return told[1]


def open_wallet(url: str) -> SandboxWallet:
    return SandboxWallet.open(url, requests.Session(), "ANYA")


def own_address() -> str | None:
    """This computer's address on its network; None without a network. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        found = probe.getsockname()[0]
    return None if found.startswith("127.") else found


def test_port_zero_takes_a_free_port_and_names_it(start: Start, tmp_path: Path) -> None:
    url = address(start("--port", "0"))
    assert requests.get(f"{url}/sandbox/health", timeout=20).json() == {"ok": True}
    assert (tmp_path / "data" / "sandbox.sqlite3").exists()
    assert stat.S_IMODE((tmp_path / "data" / "sandbox.key").stat().st_mode) == 0o600


def test_a_taken_port_is_one_clear_line(start: Start, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        late = start("--port", str(port))
        said, complained = late.communicate(timeout=20)
    assert (late.returncode, said) == (1, "")
    assert complained == f"sandbox: cannot listen on 127.0.0.1:{port}: Address already in use\n"
    assert not (tmp_path / "data").exists(), "nothing is made before it is sure to run"


def test_ledger_tokens_and_faults_outlive_a_sudden_end(tmp_path: Path) -> None:
    first = SandboxServer(tmp_path)
    wallet = open_wallet(first.url)
    for facts in ({"repeat": 5}, {"kind": "conversion"}, {"status": "WAITING"}, {"appears_after": 600}):
        wallet.pay(100_50, comment="спасибо", **facts)
    retired = wallet.another_token("profile")
    wallet.http.delete(f"{wallet.url}/sandbox/tokens/{retired}", timeout=20).raise_for_status()
    wallet.break_by(status=500, only="balance", until=600)
    books = wallet.books()
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(20)

    second = SandboxServer(tmp_path)
    try:
        again = SandboxWallet(second.url, wallet.http, wallet.id, wallet.number, wallet.nickname, wallet.token)
        after = again.books()
        assert (after["rows"], after["balances"]) == (books["rows"], books["balances"])
        assert again.ask("/funding-sources/v2/persons/{w}/accounts").status_code == 500
        assert len(again.rows()) == 8
        assert again.ask("/person-profile/v1/profile/current", token=retired).status_code == 401
        (new,) = again.pay()
        assert new["txn_id"] > max(row["txn_id"] for row in books["rows"])
    finally:
        second.stop()


def test_it_ends_at_once_though_somebody_still_waits(start: Start) -> None:
    program = start("--port", "0")
    wallet = open_wallet(address(program))
    wallet.break_by(timeout=True)
    answers: list[int | None] = []
    asking = threading.Thread(target=lambda: answers.append(status_of_the_profile(wallet)))
    asking.start()
    while not wallet.books()["calls"]:
        time.sleep(0.05)
    begun = time.monotonic()
    program.terminate()
    assert program.wait(20) == 0
    assert time.monotonic() - begun < 5, "it holds an answer back for two minutes"
    asking.join(20)
    assert answers in ([504], [None]), "an answer, if the half second for it was enough"


def status_of_the_profile(wallet: SandboxWallet) -> int | None:
    """None if the connection ends without an answer."""
    try:
        return wallet.ask("/person-profile/v1/profile/current", timeout=60).status_code
    except requests.ConnectionError:
        return None


def test_what_it_says_holds_no_token_number_or_path(start: Start) -> None:
    program = start("--port", "0", "-v")
    wallet = open_wallet(address(program))
    wallet.pay(comment="my secret words")
    wallet.history()
    wallet.ask("/payment-history/v2/transactions/5", token="wrong-token")
    wallet.http.delete(f"{wallet.url}/sandbox/tokens/{wallet.token}", timeout=20)
    wallet.http.get(f"{wallet.url}/nowhere/{wallet.number}", timeout=20)
    program.terminate()
    said, complained = program.communicate(timeout=20)
    assert said == ""
    assert complained.splitlines() == [
        "POST control-wallets 201",
        "POST control-pay 201",
        "GET qiwi-history 200",
        "GET qiwi-transaction 401",
        "DELETE control-token 200",
        "GET - 404",
    ]


def test_without_being_asked_it_says_nothing(start: Start) -> None:
    program = start("--port", "0")
    open_wallet(address(program)).history()
    program.terminate()
    assert program.communicate(timeout=20) == ("", "")


def test_links_name_the_address_that_people_reach(start: Start) -> None:
    program = start("--port", "0", "--public-url", "https://pay.example/")
    wallet = open_wallet(address(program))
    page = Visitor(wallet.url).see(f"/wallets/{wallet.id}/")
    assert 'href="https://pay.example/payment/form/99?' in page.answer.text
    assert 'href="https://pay.example/payment/form/99999?' in page.answer.text


def test_another_computer_pays_and_switches_nothing(start: Start) -> None:
    here = own_address()
    if here is None:
        pytest.skip("this computer is on no network")
    near = address(start("--port", "0", "--bind", "0.0.0.0")).replace("0.0.0.0", "127.0.0.1")
    wallet = open_wallet(near)
    far = Visitor(near.replace("127.0.0.1", here))
    for path in ("/sandbox/wallets", f"/wallets/{wallet.id}/", "/person-profile/v1/profile/current"):
        assert far.see(path).answer.status_code == 403
    page = far.see("/payment/form/99", {"extra['account']": wallet.number})
    assert "Thank you" in far.send(page, page.forms[0], amount="5").words
    assert wallet.books()["balances"] == {"RUB": 5_00}
