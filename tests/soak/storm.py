"""The storm itself: processes that are killed, wallets that are paid into, and the comparison at the end."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from config.management.commands.start import schedule_minute
from donations.connecting import connect, poll_now, replace_token
from donations.models import Event, FeedCounter, Goal, Heartbeat, Streamer, Wallet
from donations.providers.base import ProviderError
from donations.tallies import save_goal
from tests.conftest import ROOT, SandboxServer
from tests.processes.observed import pids_with
from tests.soak.plan import FAULTS, LATE_BY, Act, Sizes, counts, plan

WALLETS_EACH = 5
STALE_AFTER = 75.0
"""Seconds of silence after which the task queue is replaced. Its sign of life comes once a minute."""
STATUSES = {"SUCCESS": "settled", "WAITING": "pending", "ERROR": "failed"}

Row = tuple[int, str, str]
"""Minor units, currency, status."""


class Storm:
    """`rage` makes it and answers with the exit code; `end` leaves no process behind."""

    def __init__(self, sandbox: SandboxServer, folder: Path, wishes: argparse.Namespace) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.wishes = wishes
        fast = wishes.wallets if not wishes.worker_kills else (wishes.wallets + 1) // 2
        self.sizes = Sizes(wishes.seconds, wishes.wallets, fast, wishes.payments, wishes.poll_kills)
        self.acts = plan(wishes.seed, self.sizes)
        self.done: Counter[str] = Counter()
        self.broken: Counter[str] = Counter()
        self.later: list[Act] = []
        self.worker_killed_at: list[float] = []
        self.beat: object = None
        call_command("migrate", verbosity=0, interactive=False)
        self.wallets = [self._open_wallet(number) for number in range(wishes.wallets)]
        self.poller = self._start_poller()
        self.jobs = self._start_jobs() if wishes.worker_kills else None

    # --- the cast ---

    def _open_wallet(self, number: int) -> tuple[dict[str, Any], Wallet]:
        """A wallet on both sides. Each streamer has five, and a goal that counts them all."""
        slug = f"streamer-{number // WALLETS_EACH}"
        streamer, new = Streamer.objects.get_or_create(slug=slug, defaults={"name": slug})
        if new:
            save_goal(Goal(streamer=streamer, slug="goal", title="Goal", target_minor=10**9, currency="RUB"))
        made = self.sandbox.make_wallet(f"SOAK{number}")
        pace = 5 if number < self.sizes.fast else 60
        return made, connect(streamer, "qiwi-sandbox", made["tokens"][0]["token"], poll_seconds=pace)

    def _start_poller(self) -> subprocess.Popen[bytes]:
        log = (self.folder / "poll.log").open("ab")
        return subprocess.Popen([sys.executable, "manage.py", "poll"], cwd=ROOT, stdout=log, stderr=log)

    def _start_jobs(self) -> subprocess.Popen[bytes]:
        schedule_minute()
        log = (self.folder / "jobs.log").open("ab")
        words = [sys.executable, "-m", "tests.soak.jobs", str(self.folder / "data"), str(STALE_AFTER)]
        return subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=log)

    def end(self) -> None:
        """Nothing of it lives on."""
        connections.close_all()
        self.poller.kill()
        self.poller.wait(10)
        if self.jobs is not None:
            self.jobs.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.jobs.wait(10)
        for pid in pids_with("KOPILKA_DATA", str(self.folder / "data")) - {os.getpid()}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    # --- what happens ---

    def rage(self, calm: float) -> int:
        """Do all that was planned, wait for the ledger for `calm` seconds at most, print the counts and the verdict."""
        began = time.monotonic()
        sizes = self.sizes
        print(f"storm of {sizes.seconds:.0f} s over {sizes.wallets} wallets, seed {self.wishes.seed}", flush=True)
        for act in self._in_time(began):
            self._do(act)
            self._kill_an_idle_worker(time.monotonic() - began)
        for made, _wallet in self.wallets:
            self.sandbox.call("DELETE", f"/sandbox/wallets/{made['id']}/faults")
        took = self._wait_for_the_ledger(calm)
        self._print_counts()
        return self._verdict(took, calm)

    def _in_time(self, began: float) -> Iterator[Act]:
        """Each act when its second has come, those too that others brought about."""
        while self.acts or self.later or time.monotonic() - began < self.sizes.seconds:
            now = time.monotonic() - began
            due = [act for act in (*self.acts[:1], *self.later) if act.second <= now]
            if due:
                act = min(due)
                (self.later if act in self.later else self.acts).remove(act)
                yield act
            else:
                self._kill_an_idle_worker(now)
                time.sleep(0.02)  # the storm's own clock: there is nothing to wait for

    def _do(self, act: Act) -> None:
        made, wallet = self.wallets[act.wallet]
        match act.verb:
            case "pay":
                self._pay(act, made)
            case "reverse":
                path = f"/sandbox/wallets/{made['id']}/transactions/{act.facts['txn_id']}"
                self.sandbox.call("POST", path, {"status": "ERROR"})
            case "break":
                self.broken[act.facts["name"]] += 1
                self.sandbox.call("PUT", f"/sandbox/wallets/{made['id']}/faults", FAULTS[act.facts["name"]])
            case "mend":
                self.sandbox.call("PUT", f"/sandbox/wallets/{made['id']}/faults", {})
            case "new token":
                self._new_token(act, made, wallet)
            case "poll now":
                poll_now(wallet)
            case "kill the poller":
                self.poller.kill()
                self.poller.wait()
                self.poller = self._start_poller()
        self.done[act.verb] += 1

    def _pay(self, act: Act, made: dict[str, Any]) -> None:
        facts = dict(act.facts)
        reversed_after = facts.pop("reversed_after", None)
        if ago := facts.pop("ago", None):
            facts["at"] = (timezone.now() - timedelta(seconds=ago)).isoformat()
        rows = self.sandbox.call("POST", f"/sandbox/wallets/{made['id']}/pay", facts)["payments"]
        self.done["rows"] += sum(row["type"] == "IN" for row in rows)
        if reversed_after:
            self.later.append(Act(act.second + reversed_after, "reverse", act.wallet, {"txn_id": rows[0]["txn_id"]}))

    def _new_token(self, act: Act, made: dict[str, Any], wallet: Wallet) -> None:
        """The owner replaces the token, and tries again when the wallet is in a bad mood."""
        token = self.sandbox.call("POST", f"/sandbox/wallets/{made['id']}/tokens", {})["token"]
        try:
            replace_token(wallet, token)
        except ProviderError:
            self.later.append(Act(act.second + 2, "new token", act.wallet))

    def _kill_an_idle_worker(self, now: float) -> None:
        """As soon as the task queue does its work (again), until it was killed as often as wished."""
        if len(self.worker_killed_at) >= self.wishes.worker_kills:
            return
        beat = Heartbeat.objects.filter(name="minute").values_list("at", flat=True).first()
        if beat is None or beat == self.beat or not (workers := self._idle_workers()):
            return
        self.beat = beat
        os.kill(workers[0], signal.SIGKILL)
        self.worker_killed_at.append(now)
        self.done["kill an idle worker"] += 1

    def _idle_workers(self) -> list[int]:
        """The processes of django-q2's cluster below its leader and its sentinel."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            leader = int((self.folder / "data" / "run" / "jobs.pid").read_text())
            below = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
            parents = {int(pid): int(parent) for pid, parent in (line.split() for line in below.splitlines())}
            sentinels = [pid for pid, parent in parents.items() if parent == leader]
            return sorted(pid for pid, parent in parents.items() if parent in sentinels)
        return []

    # --- what came of it ---

    def _wait_for_the_ledger(self, calm: float) -> float:
        """Seconds until it was true: not before the last late payment was told and settled, nor after `calm`."""
        began = time.monotonic()
        while (took := time.monotonic() - began) < calm and (took < LATE_BY or any(self._differences())):
            time.sleep(0.5)  # as a person who looks again
        return took

    def _books(self, made: dict[str, Any]) -> dict[str, Row]:
        rows = self.sandbox.call("GET", f"/sandbox/wallets/{made['id']}/books")["rows"]
        return {
            f"{row['txn_id']}:IN": (row["amount"], row["currency"], STATUSES[row["status"]])
            for row in rows
            if row["type"] == "IN"
        }

    def _ledger(self, wallet: Wallet) -> dict[str, Row]:
        rows = wallet.donations.values_list("txn_id", "minor", "currency", "status")
        return {txn_id: (minor, currency, status) for txn_id, minor, currency, status in rows}

    def _differences(self) -> Iterator[str]:
        for made, wallet in self.wallets:
            books, ledger = self._books(made), self._ledger(wallet)
            for txn_id in sorted(books.keys() | ledger.keys()):
                if books.get(txn_id) != ledger.get(txn_id):
                    yield f"wallet {wallet.pk}, {txn_id}: {books.get(txn_id)} in the books, {ledger.get(txn_id)} here"

    def _gaps(self) -> Iterator[str]:
        for counter in FeedCounter.objects.all():
            numbers = list(Event.objects.filter(streamer=counter.pk).order_by("seq").values_list("seq", flat=True))
            if numbers != list(range(1, counter.seq + 1)):
                yield f"streamer {counter.pk}: {len(numbers)} events, the counter stands at {counter.seq}"
        told = Event.objects.filter(kind=Event.Kind.DONATION).values_list("donation", flat=True)
        for donation, times in Counter(told).items():
            if times > 1:
                yield f"donation {donation}: announced {times} times"

    def _print_counts(self) -> None:
        planned = counts(plan(self.wishes.seed, self.sizes))
        for verb, number in sorted(self.done.items()):
            print(f"{verb:>20}: {number}" + (f" of {planned[verb]}" if planned[verb] > number else ""))
        for name, number in sorted(self.broken.items()):
            print(f"{'fault':>20}: {name}, {number} times")
        print(f"{'events':>20}: {Event.objects.count()}")

    def _verdict(self, took: float, calm: float) -> int:
        wrong = [*self._differences(), *self._gaps(), *self._left_out()]
        audit = subprocess.run([sys.executable, "manage.py", "audit"], cwd=ROOT, capture_output=True, text=True)
        if audit.returncode:
            wrong += (audit.stdout + audit.stderr).splitlines()
        for line in wrong[:40]:
            print(line)
        rows = sum(len(self._ledger(wallet)) for _made, wallet in self.wallets)
        verdict = "missed" if wrong else "met"
        figure = f"{len(wrong)} differences over {rows} rows, {took:.0f} s after the storm"
        print(f"soak: {figure} (target 0 within {calm:.0f} s) {verdict}")
        return 1 if wrong else 0

    def _left_out(self) -> Iterator[str]:
        """A storm that was weaker than wished proves less."""
        wished = {"kill the poller": self.wishes.poll_kills, "kill an idle worker": self.wishes.worker_kills}
        for verb, times in wished.items():
            if self.done[verb] < times:
                yield f"{verb}: {self.done[verb]} times instead of {times}"
        for name in FAULTS.keys() - self.broken.keys():
            yield f"fault {name} did not come"
