"""The supervisor keeps small children: it starts them again, passes their words on, and never leaves one behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from observed import Observed, eventually, pid_of, surroundings

pytestmark = pytest.mark.xdist_group("supervisor")

PUPPETS = Path(__file__).with_name("puppets.py")
PATIENT = "import signal; print('here'); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here')\nwhile True: signal.pause()"
PARENT = (
    "import os, signal\nif os.fork() == 0:\n  signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "  while True: signal.pause()\nprint('here'); signal.pause()"
)
MARKER = "KOPILKA_TEST_PUPPETS"

Perform = Callable[..., Observed]
PerformUnheard = Callable[[dict[str, str]], "subprocess.Popen[bytes]"]


@pytest.fixture
def perform(tmp_path: Path) -> Iterator[Perform]:
    """Start the supervisor with children, given as name and Python code or a whole command."""
    shows: list[Observed] = []

    def start(plays: dict[str, str | list[str]], *pulse: str, **environment: str) -> Observed:
        argv = [sys.executable, str(PUPPETS), str(tmp_path), json.dumps(plays), *pulse]
        show = Observed(argv, surroundings(**{MARKER: str(tmp_path)}, **environment), MARKER)
        shows.append(show)
        return show

    yield start
    for show in shows:
        show.end()


@pytest.fixture
def perform_unheard(tmp_path: Path) -> Iterator[PerformUnheard]:
    """Start the supervisor with a pipe for its words that nobody reads."""
    shows: list[subprocess.Popen[bytes]] = []

    def start(plays: dict[str, str]) -> subprocess.Popen[bytes]:
        argv = [sys.executable, str(PUPPETS), str(tmp_path), json.dumps(plays)]
        shows.append(subprocess.Popen(argv, env=surroundings(**{MARKER: str(tmp_path)}), stdout=subprocess.PIPE))
        return shows[-1]

    yield start
    for show in shows:
        show.kill()
        show.wait()
        if show.stdout is not None:
            show.stdout.close()


def test_lines_carry_the_name_of_the_child_that_said_them(perform: Perform):
    show = perform({"web": PATIENT, "wallet": "print('one\\ntwo'); import signal; signal.pause()"})
    assert show.hear("two") == "wallet  | two"
    assert show.hear("here") == "web     | here"


def test_a_line_without_an_end_is_shown_when_its_child_dies(perform: Perform):
    show = perform({"web": "import sys; sys.stdout.write('last words'); sys.exit(3)"})
    assert show.hear("last words") == "web     | last words"
    show.hear("web ended with code 3; it starts again in 1 s")


def test_a_child_that_was_told_to_run_once_speaks_plainly_and_is_not_missed(perform: Perform):
    show = perform({"web": PATIENT, "once": "print('welcome')"})
    assert show.hear("welcome") == "welcome"
    show.process.terminate()
    show.process.wait(30)
    assert "once" not in show.said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_everything_and_returns_zero(perform: Perform, tmp_path: Path, number: signal.Signals):
    show = perform({"web": PATIENT, "jobs": PARENT})
    show.hear("here", times=2)
    show.process.send_signal(number)
    assert show.process.wait(30) == 0
    assert show.is_alone(1)
    assert not list(tmp_path.glob("*.pid"))


def test_a_child_that_does_not_listen_is_killed_in_time(perform: Perform):
    show = perform({"jobs": STUBBORN})
    show.hear("here")
    began = time.monotonic()
    show.process.terminate()
    assert show.process.wait(10) == 0
    assert time.monotonic() - began < 10
    assert show.is_alone(1)
    show.hear("jobs did not stop in 6 s and is killed")


def test_nothing_is_left_when_the_supervisor_itself_is_killed(perform: Perform):
    show = perform({"web": PATIENT, "jobs": PARENT, "poll": STUBBORN})
    show.hear("here", times=3)
    assert len(show.living()) == 6
    show.process.kill()
    assert show.is_alone(10)


def test_nothing_is_left_when_it_is_killed_in_the_midst_of_starting(perform: Perform, tmp_path: Path):
    show = perform({f"child{number}": PARENT for number in range(20)})
    assert eventually(lambda: pid_of("child3", tmp_path))
    show.process.kill()
    assert show.is_alone(10)


def test_a_killed_child_comes_back_and_its_pid_file_follows(perform: Perform, tmp_path: Path):
    show = perform({"web": PATIENT})
    show.hear("here")
    first = pid_of("web", tmp_path)
    assert first
    os.kill(first, signal.SIGKILL)
    show.hear("web was killed by SIGKILL; it starts again in 1 s")
    show.hear("here", times=2)
    assert pid_of("web", tmp_path) not in (None, first)
    assert "web was started again" in show.said


def test_orphans_of_a_dead_leader_are_killed_before_the_restart(perform: Perform, tmp_path: Path):
    show = perform({"jobs": PARENT})
    show.hear("here")
    before = show.living()
    leader = pid_of("jobs", tmp_path)
    assert leader
    os.kill(leader, signal.SIGKILL)
    show.hear("here", times=2)
    # The supervisor and its leash are the only ones that lived before.
    assert len(show.living() & before) == 2
    assert len(show.living()) == 4


def test_the_wait_before_a_restart_grows(perform: Perform):
    show = perform({"web": "raise SystemExit(0)"})
    show.hear("web ended with code 0; it starts again in 1 s")
    show.hear("web ended with code 0; it starts again in 2 s")
    show.hear("web ended with code 0; it starts again in 4 s")


def test_a_program_that_is_not_there_is_said_and_tried_again(perform: Perform):
    show = perform({"jobs": ["/nowhere/at/all"]})
    show.hear("next try in 1 s")
    assert show.hear("next try in 2 s").startswith("kopilka | jobs cannot be started (")


def test_a_child_whose_pulse_stands_still_is_replaced_with_all_of_its_group(perform: Perform, tmp_path: Path):
    pulse = tmp_path / "pulse"
    pulse.write_text("once")
    show = perform({"jobs": PARENT}, str(pulse), "1.5")
    show.hear("here")
    before = show.living()
    show.hear("all of its processes are replaced")
    show.hear("here", times=2)
    assert len(show.living() & before) == 2


def test_a_child_whose_pulse_goes_on_is_left_alone(perform: Perform, tmp_path: Path):
    pulse = tmp_path / "pulse"
    pulse.write_text("0")
    beat = (
        f"import pathlib, time\nfor n in range(40):\n  pathlib.Path({str(pulse)!r}).write_text(str(n)); time.sleep(.1)"
    )
    show = perform({"jobs": f"{beat}\nprint('lived'); time.sleep(60)"}, str(pulse), "1.5")
    show.hear("lived")
    assert "replaced" not in show.said


def test_a_new_leash_takes_over_when_the_old_one_is_killed(perform: Perform, tmp_path: Path):
    show = perform({"jobs": PARENT})
    show.hear("here")
    leader = pid_of("jobs", tmp_path)
    group = {pid for pid in show.living() if leader and os.getpgid(pid) == leader}
    (leash,) = show.living() - group - {show.process.pid}
    os.kill(leash, signal.SIGKILL)
    show.hear("there is a new one")
    show.process.kill()
    assert show.is_alone(10)


def test_it_ends_with_the_program_that_launched_it(perform: Perform, tmp_path: Path):
    """`uv run` killed by SIGKILL passes nothing on."""
    show = perform({"web": PATIENT}, LAUNCHER="1")
    show.hear("the program that started us is gone")
    assert show.process.wait(30) == 0
    assert show.is_alone(1)


def test_a_reader_that_sleeps_keeps_no_child_from_its_work_nor_us_from_stopping(
    perform_unheard: PerformUnheard, tmp_path: Path
):
    done = tmp_path / "done"
    chatter = f"import pathlib\nfor n in range(2000): print('x' * 1000)\npathlib.Path({str(done)!r}).touch(); {PATIENT}"
    unheard = perform_unheard({"web": chatter})
    assert eventually(done.exists)
    unheard.terminate()
    assert unheard.wait(30) == 0


def test_a_reader_that_goes_away_does_not_end_it(perform_unheard: PerformUnheard, tmp_path: Path):
    unheard = perform_unheard({"web": f"print('word'); {PATIENT}"})
    assert unheard.stdout is not None
    unheard.stdout.close()
    first = eventually(lambda: pid_of("web", tmp_path))
    assert first
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: pid_of("web", tmp_path) not in (None, first))
    unheard.terminate()
    assert unheard.wait(30) == 0
