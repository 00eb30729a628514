"""`manage.py start` as a real process, on free ports and with a data folder of its own."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest
from observed import BASE, Observed, eventually, pid_of, surroundings

pytestmark = pytest.mark.xdist_group("processes")

NAMES = ("web", "jobs", "poll", "wallet")
JOBS_PROCESSES = 6
"""Of django-q2 with two workers: main, sentinel, monitor, pusher and the workers."""


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Installation(Observed):
    """A start on a data folder. `ready()` waits for its banner."""

    def __init__(self, data: Path, *options: str, launcher: tuple[str, ...] = (sys.executable,), **variables: str):
        self.data = data
        self.port = free_port()
        argv = [*launcher, "manage.py", "start", "--port", str(self.port), *options]
        super().__init__(argv, surroundings(KOPILKA_DATA=str(data), **variables), "KOPILKA_DATA")

    def ready(self) -> Installation:
        self.hear("Ctrl-C", seconds=240)
        return self

    def child(self, name: str) -> int | None:
        return pid_of(name, self.data / "run")

    def group(self, name: str) -> set[int]:
        return {pid for pid in self.living() if group_of(pid) == self.child(name)}

    def status(self, host: str = "127.0.0.1") -> int | None:
        """Of the first page; None while nothing answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/", headers={"Host": host})
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()


def group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


Start = Callable[..., Installation]
Test = TypeVar("Test", bound=Callable[..., None])


def started_before(test: Test) -> Test:
    """A test on a data folder that was started on before; beside those that share one installation."""
    return pytest.mark.xdist_group("started-before")(pytest.mark.usefixtures("prepared")(test))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start on this test's data folder."""
    started: list[Installation] = []

    def begin(*options: str, **settings: str) -> Installation:
        started.append(Installation(tmp_path, *options, **settings))
        return started[-1]

    yield begin
    for installation in started:
        installation.end()


@pytest.fixture(scope="module")
def prepared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first start does before it becomes the supervisor; it takes longer than all the rest of a start."""
    folder = tmp_path_factory.mktemp("prepared")
    for words in (["migrate"], ["collectstatic", "--noinput"]):
        argv = [sys.executable, "manage.py", *words, "--verbosity=0"]
        subprocess.run(argv, cwd=BASE, env=surroundings(KOPILKA_DATA=str(folder)), check=True)
    return folder


@pytest.fixture
def prepared(prepared_folder: Path, tmp_path: Path) -> None:
    """This test's data folder was started on before."""
    shutil.copytree(prepared_folder, tmp_path, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A real installation that several tests disturb, one after the other."""
    running = Installation(tmp_path_factory.mktemp("installation"))
    try:
        yield running.ready()
    finally:
        running.end()


def test_the_first_start_prints_a_link_to_set_it_up_on_its_own_port(installation: Installation):
    assert f"http://127.0.0.1:{installation.port}/welcome/#" in installation.hear("Set it up")
    assert installation.hear("Public address").split()[2] == f"http://127.0.0.1:{installation.port}"
    assert installation.status() is not None


def test_each_child_has_a_pid_file_with_its_own_process(installation: Installation):
    assert {installation.child(name) for name in NAMES} <= installation.living()


def test_a_second_start_on_the_same_data_is_told(installation: Installation):
    second = Installation(installation.data)
    assert second.process.wait(30) == 1
    assert f"already runs on {installation.data} (process {installation.process.pid})" in second.hear("cannot start")
    assert installation.status() is not None


def test_a_taken_port_is_told_before_anything_starts(installation: Installation, start: Start, tmp_path: Path):
    late = start("--port", str(installation.port))
    assert late.process.wait(30) == 1
    words = late.hear("cannot start")
    assert f"port {installation.port} is taken" in words
    assert "--port" in words
    assert not (tmp_path / "kopilka.sqlite3").exists()
    assert late.living() == set()


def test_a_taken_sandbox_port_is_told_too(installation: Installation, start: Start):
    late = start("--demo", "--sandbox-port", str(installation.port))
    assert late.process.wait(30) == 1
    assert "--sandbox-port" in late.hear(f"port {installation.port} is taken")


@pytest.mark.parametrize("host", ["0.0.0.0", "http://192.168.1.20", "192.168.1.20:8000", "::1"])
def test_a_host_that_makes_no_link_is_refused_in_words(start: Start, host: str):
    late = start("--host", host)
    assert late.process.wait(30) == 1
    assert late.hear("cannot start")
    assert "Traceback" not in late.said


def test_a_database_that_cannot_be_opened_is_told_without_its_password(start: Start, tmp_path: Path):
    port = free_port()
    late = start(DATABASE_URL=f"postgres://kopilka:secret-word@127.0.0.1:{port}/kopilka")
    assert late.process.wait(30) == 1
    assert "Connection refused" in late.hear(f"port {port} failed")
    odd = Installation(tmp_path, DATABASE_URL="postgres://kopilka:secret/word@127.0.0.1/kopilka")
    assert odd.process.wait(30) == 1
    odd.hear("written as %2F")
    assert "secret" not in late.said + odd.said


def test_no_command_line_tells_where_the_database_server_is(installation: Installation):
    """Everybody on the machine can read it, and the address holds a password."""
    words = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", ",".join(map(str, installation.living()))],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "config.crew" in words
    assert "postgres:" not in words


def test_a_killed_web_server_comes_back(installation: Installation):
    first = installation.child("web")
    assert first
    os.kill(first, signal.SIGKILL)
    installation.hear("web was killed by SIGKILL; it starts again in 1 s")
    installation.hear("web was started again")
    assert eventually(installation.status)
    assert installation.child("web") != first


def test_a_killed_poller_comes_back(installation: Installation):
    first = installation.child("poll")
    assert first
    os.kill(first, signal.SIGKILL)
    installation.hear("poll was started again")
    assert installation.child("poll") not in (None, first)


def test_a_killed_task_queue_leaves_no_orphans_and_comes_back(installation: Installation):
    assert eventually(lambda: len(installation.group("jobs")) == JOBS_PROCESSES)
    before = installation.group("jobs")
    leader = installation.child("jobs")
    assert leader
    os.kill(leader, signal.SIGKILL)
    installation.hear("jobs was started again")
    assert not before & installation.living()
    assert eventually(lambda: len(installation.group("jobs")) == JOBS_PROCESSES)


def test_a_dead_sentinel_replaces_the_task_queue(installation: Installation):
    """Then its main process ends with code 0 and leaves four orphans."""
    assert eventually(lambda: len(installation.group("jobs")) == JOBS_PROCESSES)
    before = installation.group("jobs")
    leader = installation.child("jobs")
    sentinel = min(pid for pid in before if pid != leader)
    os.kill(sentinel, signal.SIGKILL)
    assert eventually(lambda: not before & installation.living(), 15)
    assert eventually(lambda: len(installation.group("jobs")) == JOBS_PROCESSES)


@started_before
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_of_it_within_ten_seconds(start: Start, tmp_path: Path, number: signal.Signals):
    running = start().ready()
    assert eventually(lambda: len(running.group("jobs")) == JOBS_PROCESSES)
    running.process.send_signal(number)
    assert running.process.wait(10) == 0
    assert running.is_alone(1)
    assert not list((tmp_path / "run").glob("*.pid"))


@started_before
def test_nothing_is_left_ten_seconds_after_a_kill_and_it_starts_again(start: Start):
    running = start().ready()
    running.process.kill()
    assert running.is_alone(10)
    assert start("--port", str(running.port)).ready()


@started_before
def test_nothing_is_left_when_uv_is_killed(start: Start):
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed: pip install uv")
    running = start(launcher=(uv, "run", "--no-sync")).ready()
    running.process.kill()
    assert running.is_alone(10)


@started_before
def test_a_task_queue_without_a_heartbeat_is_replaced(start: Start):
    """The minute task beats once a minute, so fifteen seconds without a beat are sure to come."""
    running = start(KOPILKA_STALE_AFTER="15").ready()
    assert eventually(lambda: running.group("jobs"))
    before = running.group("jobs")
    running.hear("jobs has done nothing for", seconds=60)
    assert eventually(lambda: not before & running.living())
    assert eventually(lambda: len(running.group("jobs")) == JOBS_PROCESSES, 60)


def test_a_wallet_of_imaginary_money_that_dies_disturbs_nobody(installation: Installation):
    others = [installation.child(name) for name in ("web", "jobs", "poll")]
    wallet = installation.child("wallet")
    assert wallet
    os.kill(wallet, signal.SIGKILL)
    installation.hear("wallet was started again")
    assert [installation.child(name) for name in ("web", "jobs", "poll")] == others
    assert installation.status()


@started_before
def test_a_neighbour_on_the_sandboxs_port_keeps_nobody_from_starting(start: Start):
    running = start()
    with socket.socket() as neighbour:
        neighbour.bind(("127.0.0.1", running.port + 100))
        neighbour.listen()
        running.ready()
        assert eventually(lambda: running.child("wallet") in running.living(), 10)


@started_before
def test_links_follow_from_the_host_and_its_pages_answer(start: Start):
    running = start("--host", "kopilka.test").ready()
    assert f"http://kopilka.test:{running.port}/welcome/#" in running.hear("Set it up")
    assert running.status(host="kopilka.test") not in (None, 400)
    assert running.status(host="elsewhere.test") == 400


@started_before
def test_an_address_that_was_set_is_kept(start: Start):
    running = start(KOPILKA_URL="https://donate.example.org").ready()
    assert "https://donate.example.org/welcome/#" in running.hear("Set it up")


def test_the_demo_prints_one_link_and_runs_its_sandbox(start: Start):
    running = start("--demo", "--sandbox-port", str(free_port())).ready()
    assert running.child("wallet") in running.living()
    links = [word for line in running.lines if " | " not in line for word in line.split() if word.startswith("http")]
    assert len(links) == 1
    running.process.terminate()
    assert running.process.wait(10) == 0
    assert running.is_alone(1)


def test_windows_is_told_of_wsl_without_a_traceback():
    """Run as on Windows: there the command could not even be imported."""
    program = (
        "import runpy, sys, django.core.management\n"
        "sys.modules['fcntl'] = None\n"
        "sys.platform, sys.argv = 'win32', ['manage.py', 'start', '--demo']\n"
        "runpy.run_path('manage.py', run_name='__main__')"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=BASE, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "WSL2" in told.stderr
    assert "Traceback" not in told.stderr
