"""Thousands of open pages of one goal bar, under daphne and under uvicorn, beside a bare broadcast server.

    uv run python -m tests.benchmarks.fanout

The real web process over a data folder of its own; this process commits real donations into its database. Beside it
runs what cannot be beaten (`tests.benchmarks.bare`), which is given the very frames that ours sends, in rounds that
take turns. The pages of each server are in a process of their own (`tests.benchmarks.fleet`).

fan-out     from the frame's own `now`, which either server sets when it encodes the frame once for all, until a page
            has read its bytes. One donation a round: the p99 over all pages, the median of the rounds. What comes
            before, from the commit until the Hub looks, is in `steady` and in `tests.benchmarks.latency`.
connecting  until the last of so many pages, 100 at a time, has the answer to its hello: ours looks the key up and
            draws a snapshot, the bare server sends that same text.
idle        the processor time of the web process while nothing happens, pings and looks at the log included.
memory      resident bytes a page more than before the first one, over the same of the bare server.
steady      50 donations a second: from `recorded_at`, the moment of the payment's transaction, until a page has read
            it, over all pages and donations; every page must have heard each of them once, in order.

Every process may open as many files as the system lets it. Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from config.crew import daphne
from tests.benchmarks.ledger import open_installation
from tests.conftest import ROOT, free_port
from tests.widgets.page import Page
from tests.widgets.web import Web, is_open, uvicorn

SERVERS = {"daphne": daphne, "uvicorn": uvicorn}
MOST_P99 = {"daphne": 2.5, "uvicorn": 1.5}
MOST_CONNECTING = {"daphne": 4.0, "uvicorn": 3.0}
MOST_IDLE_PERCENT = 3.0
MOST_KB_A_PAGE = 40.0
MOST_STEADY_MS = 1000.0
DONATIONS_A_SECOND = 50
PATIENCE = 60.0
TICK, PAGE_SIZE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")

Verdicts = list[bool]


class Fleet:
    """Pages on one server, in a process of their own."""

    def __init__(self, port: int, hello: dict[str, Any]) -> None:
        words = [sys.executable, "-m", "tests.benchmarks.fleet", str(port), json.dumps(hello)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)

    def say(self, *words: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def do(self, *words: object) -> dict[str, Any]:
        self.say(*words)
        return self.answer()

    def hear(self, count: int, give: Callable[[], object], patience: float = PATIENCE) -> dict[str, Any]:
        """What the pages heard of so many donations, which come by `give`."""
        self.say("hear", count, patience)
        self.answer()
        give()
        heard = self.answer()
        assert heard["behind"] == heard["lost"] == 0, heard
        return heard

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


class Bare:
    """The bare server, and what it is told."""

    def __init__(self) -> None:
        self.port = free_port()
        words = [sys.executable, "-m", "tests.benchmarks.bare", str(self.port)]
        self.process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, text=True)
        while not is_open(self.port):
            time.sleep(0.05)

    def say(self, frame: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(frame) + "\n")
        self.process.stdin.flush()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


class Stage:
    """A streamer with a wallet and a goal bar in the database of this process."""

    def __init__(self) -> None:
        from donations.models import AccessKey, Goal, Streamer, Wallet
        from donations.tallies import save_goal
        from widgets.screen import make_widget

        streamer = Streamer.objects.create(slug="bench", name="Bench")
        self.wallet = Wallet.objects.create(streamer=streamer, provider="qiwi-sandbox", account="7999", title="QIWI")
        goal = Goal(streamer=streamer, slug="goal", title="Goal", target_minor=10**9, currency="RUB")
        save_goal(goal)
        bar = make_widget(streamer, "goal", "Goal", goal=goal)
        self.key = AccessKey.objects.get(subject=bar.public_id).reveal()
        self.hello = {"type": "hello", "v": 1, "key": self.key, "epoch": None, "cursor": None}
        self.given = 0
        self.give()

    def give(self) -> None:
        """Take in one payment in a transaction of its own."""
        from django.utils import timezone

        from donations.events import writing
        from donations.ingest import ingest
        from donations.money import Money
        from donations.providers.base import Kind, Payment, Status

        self.given += 1
        now = timezone.now()
        payment = Payment(
            txn_id=f"{self.given}:IN",
            status=Status.SETTLED,
            money=Money(100_00 + self.given, "RUB"),
            occurred_at=now,
            kind=Kind.GIFT,
            payer="+79990000042",
            words="Спасибо за стрим! 🎉",
        )
        with writing(self.wallet.streamer_id) as log:
            ingest(log, self.wallet, [payment], now - timedelta(hours=1))

    def give_many(self, count: int) -> None:
        """So many, `DONATIONS_A_SECOND`."""
        start = time.monotonic()
        for number in range(count):
            time.sleep(max(start + number / DONATIONS_A_SECOND - time.monotonic(), 0))
            self.give()


class Process:
    """A process that is looked at: resident bytes and processor seconds."""

    def __init__(self, pid: int) -> None:
        self.folder = Path(f"/proc/{pid}")

    def bytes(self) -> int:
        return int((self.folder / "statm").read_text().split()[1]) * PAGE_SIZE

    def cpu(self) -> float:
        user, system = (self.folder / "stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICK


class Duel:
    """One of our servers and the bare one, each with its pages. `frame` is what ours sent last."""

    def __init__(self, name: str, folder: Path, stage: Stage, scene: ExitStack) -> None:
        self.name, self.stage = name, stage
        self.web = Web(folder, SERVERS[name])
        scene.callback(self.web.stop)
        self.bare = scene.enter_context(closing(Bare()))
        self.watcher = scene.enter_context(closing(Page(self.web.url, key=stage.key)))
        self.bare.say({"hello": self.watcher.hello})
        self.ours = Process(self.web.process.pid)
        self.theirs = Process(self.bare.process.pid)

    @contextmanager
    def pages(self) -> Iterator[tuple[Fleet, Fleet]]:
        """A fleet for ours and one for the bare server."""
        ours, theirs = (Fleet(port, self.stage.hello) for port in (self.web.port, self.bare.port))
        with closing(ours), closing(theirs):
            yield ours, theirs
        time.sleep(1)  # both servers see that they are gone

    def give(self) -> None:
        self.stage.give()
        self.frame = self.watcher.hears("events", PATIENCE)

    def connect(self, count: int, rounds: int) -> Verdicts:
        """Time and memory of `count` pages, new ones each round; the memory is that of the first round."""
        ours, theirs, memory = [], [], []
        for _round in range(rounds):
            with self.pages() as fleets:
                for fleet, process, took in zip(fleets, (self.ours, self.theirs), (ours, theirs), strict=True):
                    before = process.bytes()
                    took.append(fleet.do("connect", count)["seconds"])
                    time.sleep(0.5)
                    memory.append((process.bytes() - before) / count / 1024)
        print(row(f"connecting {count:,}, s", median(theirs), median(ours)))
        print(row("memory, KB a page", memory[1], memory[0]))
        ratio = median(ours) / median(theirs)
        return [
            verdict(f"{self.name} connecting {count}", ratio, MOST_CONNECTING[self.name], "times the bare server's"),
            verdict(f"{self.name} memory", memory[0] - memory[1], MOST_KB_A_PAGE, "KB a page over the bare server"),
        ]

    def fan_out(self, count: int, rounds: int) -> Verdicts:
        """p99 of one frame to `count` pages."""
        with self.pages() as fleets:
            for fleet in fleets:
                fleet.do("connect", count)
            heard: tuple[list[Any], list[Any]] = [], []
            spent = [self._cpu(fleets)]
            for _round in range(rounds + 1):
                time.sleep(0.3)
                heard[0].append(fleets[0].hear(1, self.give)["sent"])
                time.sleep(0.3)
                heard[1].append(fleets[1].hear(1, lambda: self.bare.say(self.frame))["sent"])
            spent.append(self._cpu(fleets))
        # The first one warms up.
        ours, theirs = (
            {name: median(one[name] for one in side[1:]) for name in ("min", "p50", "p99")} for side in heard
        )
        for name in ("min", "p50", "p99"):
            print(row(f"fan-out to {count:,}, {name}, ms", theirs[name], ours[name]))
        costs = [1e6 * (after - before) / (rounds + 1) / count for before, after in zip(*spent, strict=True)]
        print(row("  processor, us a frame", costs[1], costs[0]))
        print(row("  its client, us a frame", costs[3], costs[2]))
        ratio = ours["p99"] / theirs["p99"]
        return [verdict(f"{self.name} fan-out {count}", ratio, MOST_P99[self.name], "times the bare server's p99")]

    def _cpu(self, fleets: tuple[Fleet, Fleet]) -> list[float]:
        return [self.ours.cpu(), self.theirs.cpu(), *(fleet.do("cpu")["seconds"] for fleet in fleets)]

    def idle(self, count: int, seconds: float) -> Verdicts:
        """Processor time with `count` pages to which nothing happens."""
        with self.pages() as fleets:
            for fleet in fleets:
                fleet.do("connect", count)
            for fleet in fleets:
                fleet.say("hear", 1, seconds + 2)  # it answers pings meanwhile
                fleet.answer()
            time.sleep(1)
            before = self.ours.cpu(), self.theirs.cpu()
            time.sleep(seconds)
            ours, theirs = (
                100 * (after - was) / seconds
                for after, was in zip((self.ours.cpu(), self.theirs.cpu()), before, strict=True)
            )
        print(row(f"idle with {count:,}, % of a core", theirs, ours))
        return [verdict(f"{self.name} idle", ours, MOST_IDLE_PERCENT, "% of a core")]

    def steady(self, count: int, seconds: int) -> Verdicts:
        """`DONATIONS_A_SECOND` to `count` pages."""
        total = seconds * DONATIONS_A_SECOND
        with self.pages() as (fleet, _theirs):
            fleet.do("connect", count)
            before, start = self.ours.cpu(), time.monotonic()
            heard = fleet.hear(total, lambda: self.stage.give_many(total), seconds + PATIENCE)
            load = 100 * (self.ours.cpu() - before) / (time.monotonic() - start)
        recorded = heard["recorded"]
        times = ", ".join(f"{name} {recorded[name]:.0f}" for name in recorded)
        print(f"{f'{total:,} donations to {count:,}, ms':<34}{times}; web process {load:.0f} % of a core")
        in_order = bool(heard["in_order"])
        print(f"{self.name} steady: every page heard all, in order {'met' if in_order else 'missed'}")
        return [in_order, verdict(f"{self.name} steady p99", recorded["p99"], MOST_STEADY_MS, "ms")]


def row(title: str, theirs: float, ours: float) -> str:
    return f"{title:<34}{theirs:>10.1f}{ours:>10.1f}"


def verdict(title: str, figure: float, target: float, unit: str) -> bool:
    is_met = figure <= target
    print(f"{title}: {figure:.2f} {unit} (target {target:g}) {'met' if is_met else 'missed'}")
    return is_met


def open_more_files() -> None:
    """This process and all that it starts may open as many files as the system lets them."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def run(arguments: argparse.Namespace, folder: Path) -> Verdicts:
    stage = Stage()
    met: Verdicts = []
    for name in arguments.servers:
        with ExitStack() as scene:
            duel = Duel(name, folder, stage, scene)
            print(f"{name:<34}{'bare':>10}{'ours':>10}")
            if "connect" in arguments.parts:
                met += duel.connect(arguments.connect, arguments.connect_rounds)
            if "idle" in arguments.parts:
                met += duel.idle(arguments.connect, arguments.idle_seconds)
            if "fanout" in arguments.parts:
                for count in arguments.sockets:
                    met += duel.fan_out(count, arguments.rounds)
            if "steady" in arguments.parts:
                met += duel.steady(arguments.steady, arguments.steady_seconds)
    return met


def parse(words: Sequence[str] | None = None) -> argparse.Namespace:
    parts = ["connect", "idle", "fanout", "steady"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=list(SERVERS))
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts)
    parser.add_argument("--sockets", nargs="+", type=int, default=[2000, 5000], help="pages of the fan-out")
    parser.add_argument("--rounds", type=int, default=15, help="of the fan-out")
    parser.add_argument("--connect", type=int, default=2000, help="pages that connect, and then are idle")
    parser.add_argument("--connect-rounds", type=int, default=3)
    parser.add_argument("--idle-seconds", type=float, default=112.0, help="two pings fit in")
    parser.add_argument("--steady", type=int, default=1000, help="pages of the steady flow")
    parser.add_argument("--steady-seconds", type=int, default=60)
    return parser.parse_args(words)


def main() -> int:
    arguments = parse()
    open_more_files()
    with tempfile.TemporaryDirectory(prefix="kopilka-fanout-") as folder:
        open_installation(Path(folder))
        met = run(arguments, Path(folder))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
