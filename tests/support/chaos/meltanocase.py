"""`meltano run` that is killed: what it leaves behind goes on where its own state says."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.project import MeltanoError, Project

from support.chaos import people
from support.chaos.attempt import ENDED_SECONDS
from support.chaos.case import ChaosError, Tally
from support.delivery import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.chaos.world import World

RUN = ("tap-responsys", "target-responsys")
STATE_ID = "dev:tap-responsys-to-target-responsys"
ROWS_PER_FILE = 12_000
# The target's own: it reports a state after so many rows, or seconds.
CHECKPOINT_ROWS = 10_000
# How long a run takes, until one has been seen to its end.
RUN_SECONDS = 10.0


class MeltanoCase:
    """A pipeline of Meltano's over exports of two days.

    Args:
        seed: Decides everything that is chosen.
        world: Where it runs.
    """

    def __init__(self, seed: int, world: World) -> None:
        self.seed = seed
        self._chance = random.Random(seed)
        self._world = world
        self._name = f"meltano{seed}"
        download = world.sshd.files / "download" / self._name
        download.mkdir()
        self._exports = people.Exports(download, ".txt")
        self._project = Project(world.folder / self._name, self._variables())
        self._run_seconds = RUN_SECONDS
        self.tally = Tally()

    def run(self, kills: int) -> Tally:
        """Kill so often, then let it finish, and compare.

        Raises:
            ChaosError: What has gone wrong, with the seed.
        """
        for number in range(kills):
            if self._covered() == self._exports.rows and not self._exports.is_full:
                self._exports.write(ROWS_PER_FILE)
                self._exports.write(ROWS_PER_FILE)
            self._kill(number)
        try:
            self._project.run("--force", *RUN)
        except MeltanoError as error:
            raise self._failure(str(error)) from error
        self.tally.runs += 1
        if self._covered() != self._exports.rows:
            raise self._failure(f"{self._covered()} of {self._exports.rows} rows are covered")
        if self._delivered() != people.table(self._exports.rows):
            raise self._failure("the table is not what it has to be")
        self.tally.rows = self._exports.rows
        return self.tally

    def _kill(self, number: int) -> None:
        how = self._chance.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        log = self._project.folder / f"kill-{number}.log"
        by_rows = self._chance.random() < 0.5
        wanted = self._newest() + self._chance.randint(1, ROWS_PER_FILE * 2)
        seconds = self._chance.random() * self._run_seconds
        meltano = self._project.start("run", "--force", *RUN, log=log, own_session=True)
        began = time.monotonic()

        def is_time() -> bool:
            if by_rows:
                return self._newest() >= wanted
            return time.monotonic() - began >= seconds

        _wait_until(lambda: meltano.poll() is not None or is_time(), ENDED_SECONDS)
        struck = meltano.poll() is None
        meltano.send_signal(how)
        try:
            code = meltano.wait(ENDED_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(meltano.pid, signal.SIGKILL)
            raise self._failure(f"Meltano was still there after {how.name}") from None
        # Whatever it had started notices that its other half is gone.
        if not _wait_until(lambda: not _session(meltano.pid), ENDED_SECONDS):
            for pid in _session(meltano.pid):
                os.kill(pid, signal.SIGKILL)
            raise self._failure(f"plugins were still there after {how.name} to Meltano")
        if struck and code == 0 and how == signal.SIGKILL:
            raise self._failure("Meltano ended with 0 after SIGKILL")
        self.tally.runs += 1
        if struck:
            self.tally.kills[f"meltano {how.name} {'rows' if by_rows else 'time'}"] += 1
        else:
            self.tally.too_late += 1
            self._run_seconds = time.monotonic() - began
        self._check(how.name, code)

    def _check(self, how: str, code: int) -> None:
        sure, there = self._covered(), self._delivered()
        if any(there.get(email, -1) < score for email, score in people.table(sure).items()):
            raise self._failure(f"after {how} the state covers {sure} rows, and not all of them have arrived")
        if code == 0 and sure != self._exports.rows:
            raise self._failure(f"after {how} Meltano reports success with {sure} rows covered")
        repeated = self._newest() - sure
        self.tally.most_repeated = max(self.tally.most_repeated, repeated)

    def _covered(self) -> int:
        """Return how many rows Meltano's own state covers, looked up where `meltano state get` does."""
        database = self._project.folder / "meltano.db"
        if not database.exists():
            return 0
        with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'state'").fetchone():
                return 0
            query = "SELECT completed_state FROM state WHERE state_id = ?"
            found = connection.execute(query, (STATE_ID,)).fetchone()
        return people.covered(json.loads(found[0]).get("singer_state")) if found and found[0] else 0

    def _delivered(self) -> dict[str, int]:
        if self._world.store.table(FOLDER, self._name) is None:
            return {}
        rows = self._world.store.rows(FOLDER, self._name)
        return {str(row["EMAIL"]): int(row["SCORE"] or -1) for row in rows}

    def _newest(self) -> int:
        return max(self._delivered().values(), default=-1) + 1

    def _failure(self, problem: str) -> ChaosError:
        return ChaosError(f"seed {self.seed} (Meltano, logs in {self._project.folder}): {problem}")

    def _variables(self) -> dict[str, str]:
        tap: dict[str, Any] = {**self._world.sshd.config, **people.TAP, "path": f"download/{self._name}"}
        tap["_select"] = [f"{people.STREAM}.*"]
        target = {"table_name": self._name, "campaign_id": "c1", "create_tables": "apply"}
        own = {
            f"{plugin}_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
            for plugin, settings in (("TAP_RESPONSYS", tap), ("TARGET_RESPONSYS", target))
            for name, value in settings.items()
        }
        api = self._world.api.environment
        return {name: value for name, value in api.items() if name.startswith("TARGET_")} | own


def _wait_until(done: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _session(leader: int) -> list[int]:
    """Return the living processes of a session."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[3] == str(leader) and fields[0] != "Z":
            found.append(int(status.parent.name))
    return found
