"""A pipeline that is killed again and again: each run goes on where the state says, to the very last row."""

from __future__ import annotations

import csv
import json
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.chaos import hooks, people
from support.chaos.attempt import Kill, attempt
from support.chaos.launcher import Job
from support.delivery import FOLDER, run_target
from support.pgp import pair
from support.plugins import environment

if TYPE_CHECKING:
    from support.chaos.attempt import Ended
    from support.chaos.world import World

PACKINGS = (".txt", ".zip", ".txt.gz", ".txt.gpg", ".zip.gpg")
MODES = ("sync", "async", "sftp")
ROWS_PER_FILE = 2_500
CHECKPOINT = 500
QUEUED_FACTOR = 2
CONSTANTS = {
    "tap_responsys.streams:ExportStream.STATE_MSG_FREQUENCY": CHECKPOINT,
    "target_responsys.target:CHECKPOINT_LINES": CHECKPOINT,
    "target_responsys.target:QUEUED_CHECKPOINT_FACTOR": QUEUED_FACTOR,
}


class ChaosError(AssertionError):
    """A promise was broken."""


@dataclass
class Tally:
    """What has been done.

    Args:
        kills: Kills that struck, by what was killed how.
        too_late: Those that found nothing to kill any more.
        runs: Runs of the pair in all.
        rows: Rows that were delivered.
        most_repeated: The most rows that one run had delivered beyond its state.
        set_aside: Rows that a run has set aside, and that were delivered out of its rejects file.
    """

    kills: Counter[str] = field(default_factory=Counter)
    too_late: int = 0
    runs: int = 0
    rows: int = 0
    most_repeated: int = 0
    set_aside: int = 0

    def add(self, other: Tally) -> None:
        """Count what another has counted."""
        self.kills.update(other.kills)
        self.too_late += other.too_late
        self.runs += other.runs
        self.rows += other.rows
        self.set_aside += other.set_aside
        self.most_repeated = max(self.most_repeated, other.most_repeated)


class Case:
    """One pipeline: a packing, a way of delivery, and kills that a seed decides.

    Args:
        seed: Decides everything that is chosen.
        world: Where it runs.
        rows: Rows of each export; a multiple of those between two states.
    """

    def __init__(self, seed: int, world: World, *, rows: int = ROWS_PER_FILE) -> None:
        self.seed = seed
        self._rows = rows
        self._chance = random.Random(seed)
        self._world = world
        self.packing = PACKINGS[seed % len(PACKINGS)]
        self.mode = MODES[seed % len(MODES)]
        self._name = f"case{seed}"
        self.folder = world.folder / self._name
        self._again = self.folder / "again"
        self._again.mkdir(parents=True)
        for place in ("download", "upload"):
            (world.sshd.files / place / self._name).mkdir()
        self._exports = people.Exports(world.sshd.files / "download" / self._name, self.packing)
        self._exports.write(self._rows)
        self._exports.write(self._rows)
        self._uploads = world.sshd.files / "upload" / self._name
        self._state: dict[str, Any] | None = None
        self.tally = Tally()
        self._write_settings()

    def run(self, kills: int) -> Tally:
        """Kill so often, then let it finish, and compare what has arrived with what was there.

        Raises:
            ChaosError: What has gone wrong, with the seed.
        """
        if self.mode not in self._world.run_seconds:
            # Else nobody knows where in a run a moment is.
            self._attempt(None)
        for _ in range(kills):
            if people.covered(self._state) == self._exports.rows and not self._exports.is_full:
                self._exports.write(self._rows)
            kill = self._next_kill()
            ended = self._attempt(kill)
            if ended.struck:
                self.tally.kills[self._label(kill)] += 1
            else:
                self.tally.too_late += 1
        last = self._attempt(None)
        if last.codes != {"tap": 0, "target": 0}:
            self._fail(f"the last run ended with {last.codes}", None)
        if people.covered(self._state) != self._exports.rows:
            self._fail(f"{people.covered(self._state)} of {self._exports.rows} rows are covered", None)
        if self._delivered() != people.table(self._exports.rows):
            self._fail("the table is not what it has to be", None)
        self.tally.rows = self._exports.rows
        return self.tally

    def _attempt(self, kill: Kill | None) -> Ended:
        arguments = {"tap": ["--config", "tap.json"], "target": ["--config", "target.json"]}
        if self._state is not None:
            (self.folder / "state.json").write_text(json.dumps(self._state), encoding="utf-8")
            arguments["tap"] += ["--state", "state.json"]
        point = kill.point if kill else None
        job = Job(str(self.folder), arguments, environment(), CONSTANTS, point)
        began = time.monotonic()
        seconds = self._world.run_seconds.get(self.mode, 0.0)
        ended = attempt(self._world.launcher, job, kill, self._world.servers, seconds)
        if not ended.struck and (kill or not seconds):
            self._world.run_seconds[self.mode] = time.monotonic() - began
        self.tally.runs += 1
        if ended.states:
            self._state = ended.states[-1]
        self._deliver_rejects()
        for problem in [*ended.problems, *self._broken_promises()]:
            self._fail(problem, kill)
        return ended

    def _deliver_rejects(self) -> None:
        """Deliver what the target has set aside, as its error line says one can.

        Of a queued call whose answer is lost it is not known when it will be carried out: later rows of its
        keys are not sent, whatever that costs, and the run fails.
        """
        rejects = self.folder / "rejects.jsonl"
        if not rejects.exists():
            return
        whole = rejects.read_bytes().rpartition(b"\n")[0] + b"\n"
        rejects.unlink()
        settings = json.loads((self.folder / "target.json").read_text(encoding="utf-8"))
        settings["rejects_file"] = str(self.folder / "rejected-again.jsonl")
        done = run_target(self._again, settings, whole)
        if done.exit_code:
            self._fail(f"what was set aside cannot be delivered: {done.errors}", None)
        self.tally.set_aside += whole.count(b'"RECORD"')

    def _broken_promises(self) -> list[str]:
        """Return what is wrong with what has arrived, given what the state says."""
        found, sure = [], people.covered(self._state)
        there = self._delivered()
        if any(there.get(email, -1) < score for email, score in people.table(sure).items()):
            found.append(f"the state covers {sure} rows, and not all of them have arrived")
        if self.mode != "sftp":
            repeated = max(there.values(), default=-1) + 1 - sure
            self.tally.most_repeated = max(self.tally.most_repeated, repeated)
            most = CHECKPOINT * (QUEUED_FACTOR if self.mode == "async" else 1)
            if repeated > most:
                found.append(f"{repeated} rows have arrived beyond what the state covers")
        return found

    def _delivered(self) -> dict[str, int]:
        """Return the score of each address, as it is in the table or would be once the files are loaded."""
        if self.mode != "sftp":
            if self._world.store.table(FOLDER, self._name) is None:
                return {}
            rows = self._world.store.rows(FOLDER, self._name)
            return {str(row["EMAIL"]): int(row["SCORE"] or -1) for row in rows}
        table = {}
        for data in sorted(self._uploads.glob("*.csv")):
            with data.open(encoding="utf-8", newline="") as file:
                lines = list(csv.DictReader(file))
            # The tap's states, and the ends of its files, come after so many rows: whole files end there.
            if not lines or (int(lines[-1]["SCORE"] or 0) + 1) % CHECKPOINT:
                self._fail(f"{data.name} is there, and is not whole", None)
            count = data.with_name(f"{data.name}.count")
            if not count.exists():
                continue
            if len(lines) != int(count.read_text(encoding="ascii")):
                self._fail(f"{data.name} has {len(lines)} rows, which is not what its count file says", None)
            table.update({line["EMAIL"]: int(line["SCORE"]) for line in lines})
        return table

    def _next_kill(self) -> Kill:
        chance = self._chance
        victims = chance.choices(
            [("tap",), ("target",), ("tap", "target"), ("gpg",), ("sshd",), ("api",)],
            [30, 30, 20, 10, 6, 4],
        )[0]
        if (victims == ("gpg",) and "gpg" not in self.packing) or (
            victims == ("api",) and self.mode == "sftp"
        ):
            victims = ("tap",)
        if victims[0] in {"sshd", "api"}:
            signals: tuple[tuple[float, signal.Signals], ...] = ((0.0, signal.SIGKILL),)
        else:
            first = chance.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
            signals = ((0.0, first),)
            while first != signal.SIGKILL and len(signals) < 3 and chance.random() < 0.25:
                more = chance.choice([signal.SIGTERM, signal.SIGINT])
                signals += ((chance.uniform(0, 0.05), more),)
        if chance.random() < 0.5:
            return Kill(victims, signals, after=chance.random())
        return Kill(victims, signals, point=self._next_point(victims))

    def _next_point(self, victims: tuple[str, ...]) -> hooks.Point:
        tap = {**hooks.TAP, **(hooks.TAP_PGP if "gpg" in self.packing else {})}
        target = {
            "sync": {**hooks.TARGET, **hooks.TARGET_API},
            "async": {**hooks.TARGET, **hooks.TARGET_API, **hooks.TARGET_ASYNC},
            "sftp": {**hooks.TARGET, **hooks.TARGET_FILES},
        }[self.mode]
        process = victims[0]
        if process == "gpg":
            process, tap = "tap", hooks.TAP_PGP
        elif process not in {"tap", "target"} or len(victims) > 1:
            process = self._chance.choice(["tap", "target"])
        places = tap if process == "tap" else target
        # What happens once is the beginning or the end of a run, mostly: the middle is where rows are.
        weights = [4 if times > 1 else 1 for times in places.values()]
        place = self._chance.choices(list(places), weights)[0]
        side: hooks.Side = "before" if self._chance.random() < 0.5 else "after"
        hit = self._chance.randint(1, min(places[place], 2 * self._rows))
        return hooks.Point(process, place, side, hit)

    def _label(self, kill: Kill) -> str:
        when = "point" if kill.point else "time"
        return f"{'+'.join(kill.victims)} {kill.signals[0][1].name} {when}"

    def _write_settings(self) -> None:
        sshd, api = self._world.sshd.config, self._world.api.settings
        tap = {**sshd, **people.TAP, "path": f"download/{self._name}"}
        if "gpg" in self.packing:
            tap["pgp_private_key"] = pair("customer").private.decode()
        target = {**api, **sshd, "create_tables": "apply", "campaign_id": "c1", "table_name": self._name}
        # Rows that do not fit: no table of an audience has room for them.
        tap["stream_maps"] = {"rejected_rows": None}
        target["rejects_file"] = str(self.folder / "rejects.jsonl")
        if self.mode == "sftp":
            target |= {
                "delivery": "sftp", "remote_path": f"upload/{self._name}", "count_extension": "count",
            }  # fmt: skip
        else:
            target |= {"api_mode": self.mode, "batch_size_rows": 100, "async_poll_interval": 0.05}
        for name, settings in (("tap", tap), ("target", target)):
            path = Path(self.folder, f"{name}.json")
            path.write_text(json.dumps(settings), encoding="utf-8")
            path.chmod(0o600)

    def _fail(self, problem: str, kill: Kill | None) -> None:
        logs = "\n".join(
            f"--- {path.name}\n{path.read_text(encoding='utf-8', errors='replace')[-3000:]}"
            for path in (self.folder / "tap.log", self.folder / "target.log")
        )
        kills = sum(self.tally.kills.values()) + self.tally.too_late
        raise ChaosError(
            f"seed {self.seed} ({self.packing}, {self.mode}), run {kills + 1}, "
            f"{kill or 'nothing killed'}: {problem}\n{logs}"
        )
