"""The supervisor: starts children, passes their lines on, starts the dead again, ends all of them together.

Plain Python without Django, in one thread: it lives as long as the installation and should stay small.

- Every child leads a session and a process group of its own. A child whose leader is gone is gone as a whole: the rest
  of the group gets SIGKILL before the restart, since orphans of a task queue would go on executing tasks.
- To stop, leaders get SIGTERM, leaders alone: django-q2's main process hangs for ever when its children get it too.
  What is left after `GRACE` seconds gets SIGKILL, group by group.
- If the supervisor itself is killed, the leash (see `config.leash`) kills all groups.
"""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

GRACE = 6.0
"""Seconds between SIGTERM and SIGKILL at the end; with them everything is over within 10 s."""
LONGEST_WAIT = 30.0
"""Seconds: the back-off before a restart grows 1, 2, 4 ... up to this."""
SETTLED = 60.0
"""Seconds of life after which a death counts as the first one again."""
TICK = 1.0
"""Seconds between two looks when nothing happens."""

LONGEST_LINE = 65_536
OURSELVES = "kopilka"
COLOURS = (36, 33, 35, 34, 32, 31)
LEASH = Path(__file__).with_name("leash.py")


class Screen:
    """Standard output that never blocks for long: a terminal that is held or a reader that sleeps loses lines, and
    must not keep the supervisor from its work."""

    def __init__(self, names: Sequence[str]) -> None:
        self.descriptor: int | None = sys.stdout.fileno()
        self.patience = TICK
        self.width = max(map(len, names), default=0)
        self.colours = dict(zip(names, COLOURS, strict=False)) if sys.stdout.isatty() else {}

    def show(self, name: str, line: str) -> None:
        """One line of a child, with its short name in front; without one it is shown as it is."""
        prefix = f"{name:<{self.width}} | " if name else ""
        if name in self.colours:
            prefix = f"\x1b[{self.colours[name]}m{prefix}\x1b[0m"
        self.write(f"{prefix}{line}\n".encode())

    def write(self, data: bytes) -> None:
        """Up to 4096 bytes go into a pipe without waiting once `select` calls it writable."""
        for start in range(0, len(data), 4096):
            if self.descriptor is None:
                return
            try:
                if not select.select([], [self.descriptor], [], self.patience)[1]:
                    self.patience = 0.0
                    return
                os.write(self.descriptor, data[start : start + 4096])
                self.patience = TICK
            except OSError:
                self.descriptor = None


class Leash:
    """Our end of the pipe to the process that outlives us."""

    def __init__(self) -> None:
        self.groups: set[int] = set()
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(LEASH)], stdin=subprocess.PIPE, start_new_session=True, bufsize=0
        )

    @property
    def pipe(self) -> int:
        """The descriptor that orders are written to."""
        assert self.process.stdin is not None
        return self.process.stdin.fileno()

    def tie_self(self) -> None:
        """Called between fork and exec: the child enters itself, so that no moment is left without a leash."""
        os.write(self.pipe, b"+%d\n" % os.getpid())

    def untie(self, group: int) -> None:
        """The group is gone; its number may be given to strangers."""
        self.groups.discard(group)
        with contextlib.suppress(BrokenPipeError):
            os.write(self.pipe, b"-%d\n" % group)

    def renew_if_gone(self) -> bool:
        """If somebody killed the leash, put all groups on a new one; whether that was needed."""
        if self.process.poll() is None:
            return False
        self.close()
        self.process = self._start()
        os.write(self.pipe, b"".join(b"+%d\n" % group for group in sorted(self.groups)))
        return True

    def close(self) -> None:
        """Let go: the leash kills what was not untied and ends."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=2)


class Child:
    """One process to keep alive. `env` is its whole environment; `once` says that its end is no news."""

    def __init__(self, name: str, argv: Sequence[str], env: Mapping[str, str], *, once: bool = False) -> None:
        self.name = name
        self.argv = list(argv)
        self.env = dict(env)
        self.once = once
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.due_at: float | None = 0.0
        """When to start, in `time.monotonic()` seconds; None while it runs or when it is not to run again."""
        self.deaths = 0
        self.unread = b""

    def start(self, leash: Leash) -> subprocess.Popen[bytes]:
        """Run it as the leader of a new session, tied to the leash before its first instruction."""
        self.started_at, self.due_at = time.monotonic(), None
        self.process = subprocess.Popen(
            self.argv,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Safe here: the supervisor has one thread.
            preexec_fn=leash.tie_self,
        )
        leash.groups.add(self.process.pid)
        os.set_blocking(output_of(self.process), False)
        return self.process

    def kill_group(self) -> None:
        """SIGKILL to the leader, if it lives, and to all that it started."""
        if self.process is not None:
            # Gone already; macOS says PermissionError of a group of zombies.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def lines(self) -> Iterator[str]:
        """One piece of what it has printed, in whole lines. Raises BlockingIOError when there is no more for now and
        EOFError at the end, after the rest."""
        assert self.process is not None
        piece = os.read(output_of(self.process), LONGEST_LINE)
        *whole, self.unread = (self.unread + piece).split(b"\n")
        if not piece or len(self.unread) > LONGEST_LINE:
            whole, self.unread = [line for line in (*whole, self.unread) if line], b""
        yield from map(readable, whole)
        if not piece:
            raise EOFError

    def put_off(self) -> float:
        """Make it due again after 1, 2, 4 ... 30 seconds, which are returned; 1 again after a minute of life."""
        now = time.monotonic()
        self.deaths = 1 if now - self.started_at >= SETTLED else self.deaths + 1
        wait = min(LONGEST_WAIT, 2.0 ** (self.deaths - 1))
        self.due_at = now + wait
        return wait


def output_of(process: subprocess.Popen[bytes]) -> int:
    """The descriptor that a child's lines are read from."""
    assert process.stdout is not None
    return process.stdout.fileno()


def readable(line: bytes) -> str:
    """A line as text, whatever bytes it has."""
    return line.decode(errors="replace").rstrip("\r")


def how_it_ended(code: int) -> str:
    """A return code in words: "ended with code 1", "was killed by SIGKILL"."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


class Pulse:
    """A value that changes for as long as a child does its work, and how many seconds it may stand still.

    Only the monotonic clock is asked: a laptop that slept or a clock that was set is no silence. `read` gives None
    when the value cannot be known just now, which is no silence either.
    """

    def __init__(self, child: Child, read: Callable[[], object | None], patience: float) -> None:
        self.child = child
        self.read = read
        self.patience = patience
        self.value: object | None = None
        self.changed_at = self.looked_at = time.monotonic()

    def silence(self) -> float:
        """Seconds since the value changed or the child was started, whichever is later."""
        now = time.monotonic()
        if now - self.looked_at >= min(5.0, self.patience / 10):
            self.looked_at = now
            self._look(now)
        return now - max(self.changed_at, self.child.started_at)

    def _look(self, now: float) -> None:
        value = self.read()
        if value is None or value != self.value:
            self.value, self.changed_at = value, now


class Supervisor:
    """Runs `children` until it is told to stop by SIGTERM, SIGINT or SIGHUP.

    `run_dir` gets a `<name>.pid` for each living child. `launcher` is the process that must stay our parent: `uv run`
    passes signals on, but cannot pass on its own SIGKILL.
    """

    def __init__(
        self, children: Sequence[Child], run_dir: Path, pulse: Pulse | None = None, launcher: int | None = None
    ) -> None:
        self.children = list(children)
        self.run_dir = run_dir
        self.pulse = pulse
        self.launcher = launcher
        self.stopping = False
        self.screen = Screen([child.name for child in children if not child.once] + [OURSELVES])
        self.selector = selectors.DefaultSelector()
        self.bell, self.ringer = os.pipe()

    def run(self) -> None:
        """Blocks until everything is over."""
        self.run_dir.mkdir(parents=True, exist_ok=True)
        self._listen_to_signals()
        self.leash = Leash()
        try:
            while not self.stopping:
                self._start_what_is_due()
                self._wait(TICK)
                self._bury_the_dead()
                self._feel_the_pulse()
                self._look_after_ourselves()
            self._stop()
        finally:
            self.leash.close()

    def say(self, words: str) -> None:
        """A line of our own."""
        self.screen.show(OURSELVES, words)

    def _listen_to_signals(self) -> None:
        """Each signal also rings the bell that the selector hears: a handler alone would wait for the next tick."""
        os.set_blocking(self.ringer, False)
        self.selector.register(self.bell, selectors.EVENT_READ, None)
        signal.set_wakeup_fd(self.ringer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        signal.signal(signal.SIGINT, self._ask_to_stop)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup sets it
            signal.signal(signal.SIGHUP, self._ask_to_stop)

    def _ask_to_stop(self, *_: object) -> None:
        self.stopping = True

    def _start_what_is_due(self) -> None:
        for child in self.children:
            if child.due_at is not None and child.due_at <= time.monotonic():
                self._start(child)

    def _start(self, child: Child) -> None:
        try:
            process = child.start(self.leash)
        except (OSError, subprocess.SubprocessError) as error:
            self.say(f"{child.name} cannot be started ({error}); next try in {child.put_off():.0f} s")
            return
        self.selector.register(output_of(process), selectors.EVENT_READ, child)
        self._pid_file(child).write_text(f"{process.pid}\n")
        if child.deaths:
            self.say(f"{child.name} was started again")

    def _pid_file(self, child: Child) -> Path:
        return self.run_dir / f"{child.name}.pid"

    def _wait(self, seconds: float) -> None:
        """Pass lines on until something happens or the time is over, whichever is first."""
        due = [child.due_at - time.monotonic() for child in self.children if child.due_at is not None]
        for key, _ in self.selector.select(max(0.0, min([seconds, *due]))):
            if key.data is None:
                os.read(self.bell, 4096)
            else:
                self._pass_on(key.data)

    def _pass_on(self, child: Child) -> bool:
        """Show one piece of its lines; whether there may be more."""
        try:
            for line in child.lines():
                self.screen.show("" if child.once else child.name, line)
        except BlockingIOError:
            return False
        except EOFError:
            # A pipe at its end would stay readable for ever.
            self._stop_listening(child)
            return False
        return True

    def _stop_listening(self, child: Child) -> None:
        assert child.process is not None
        with contextlib.suppress(KeyError):
            self.selector.unregister(output_of(child.process))

    def _bury_the_dead(self) -> None:
        for child in self.children:
            if child.process is None or (code := child.process.poll()) is None:
                continue
            self._bury(child)
            if not child.once:
                self.say(f"{child.name} {how_it_ended(code)}; it starts again in {child.put_off():.0f} s")
            elif code:
                self.say(f"{child.name} {how_it_ended(code)}")

    def _bury(self, child: Child) -> None:
        """Kill what a dead leader left, print its last lines and forget it."""
        assert child.process is not None and child.process.stdout is not None
        child.kill_group()
        while self._pass_on(child):
            continue
        self._stop_listening(child)
        self._pid_file(child).unlink(missing_ok=True)
        self.leash.untie(child.process.pid)
        child.process.stdout.close()
        child.process, child.unread = None, b""

    def _feel_the_pulse(self) -> None:
        if self.pulse is None or (child := self.pulse.child).process is None:
            return
        silence = self.pulse.silence()
        if silence > self.pulse.patience:
            self.say(f"{child.name} has done nothing for {silence:.0f} s; all of its processes are replaced")
            child.kill_group()
            child.process.wait()

    def _look_after_ourselves(self) -> None:
        if self.leash.renew_if_gone():
            self.say("the process that cleans up after us was gone; there is a new one")
        if self.launcher is not None and os.getppid() != self.launcher:
            self.say("the program that started us is gone")
            self.stopping = True

    def _stop(self) -> None:
        """SIGTERM to the leaders, `GRACE` seconds, SIGKILL to whatever is left."""
        self.say("stopping")
        for child in self.children:
            child.due_at = None
            if child.process is not None:
                child.process.terminate()
        deadline = time.monotonic() + GRACE
        while (left := deadline - time.monotonic()) > 0 and any(child.process for child in self.children):
            self._wait(min(left, TICK))
            for child in self.children:
                if child.process is not None and child.process.poll() is not None:
                    self._bury(child)
        for child in self.children:
            if child.process is not None:
                self.say(f"{child.name} did not stop in {GRACE:.0f} s and is killed")
                child.kill_group()
                child.process.wait()
                self._bury(child)
        self.say("stopped")
