"""The account of a sandbox folder: its life so far, and the exports of one more day."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from responsys_sandbox.accountclock import HOUR, MINUTE, AccountClock
from responsys_sandbox.exportoptions import ExportOptions, export_options
from responsys_sandbox.exports import ExportJobs
from responsys_sandbox.listjobs import list_jobs
from responsys_sandbox.pgp import PgpKeyFolder
from responsys_sandbox.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MEMORY = "account.json"
_LIST_JOB_AFTER = 300
"""Seconds from the start of the feeds' job to that of the first contact list's job."""
_TABLE_JOBS_AFTER = 300
"""Seconds from there to the first table's job."""


class AccountError(Exception):
    """The folder's account is not what was asked for."""


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """What determines an account's life.

    Args:
        contacts: How many people are in the list before the first day.
        seed: Same seed, same account.
        start: The account's date of the first export run.
        exports: The settings of its export jobs.
        leaving: Which part of the first contacts is deleted from the list in a day.
    """

    contacts: int = 500
    seed: int = 1
    start: date = date(2026, 3, 4)
    exports: ExportOptions = field(default_factory=ExportOptions)
    leaving: float = 0.0

    @property
    def clock(self) -> AccountClock:
        """The account's days."""
        return AccountClock(self.start, self.exports.utc_offset)


class Account:
    """The account whose memory is `<folder>/account.json` and whose exports go to `<folder>/files/download`.

    Several processes may open one folder: each call works from what the folder says. Use one at a time.

    Args:
        folder: The sandbox's folder.
        plan: The account's plan; None takes what the folder has.

    Raises:
        AccountError: If the folder has no account and no plan is given, or an account of another plan.
    """

    def __init__(self, folder: Path, plan: AccountPlan | None = None) -> None:
        self._memory = folder / _MEMORY
        self._download, self._spool = folder / "files" / "download", folder / "spool"
        self._pgp = PgpKeyFolder(folder / "keys")
        self._simulation: Simulation | None = None
        known = known_plan(folder)
        if known is None and plan is None:
            raise AccountError(f"{folder} holds no sandbox.")
        if known and plan and _life(known) != _life(plan):
            raise AccountError(
                f"{folder} holds an account of other contacts, seed, start, offset or leaving: "
                "choose another folder."
            )
        for path in (self._download, self._spool):
            path.mkdir(parents=True, exist_ok=True)
        if plan:
            self._write(plan, self.days if known else 0)

    @property
    def plan(self) -> AccountPlan:
        """What the account was made from."""
        return self._read()[0]

    @property
    def days(self) -> int:
        """How many days have been exported."""
        return self._read()[1]

    def add_days(self, number: int = 1, *, half_way: Callable[[Path], None] | None = None) -> list[Path]:
        """Live on and export, day by day.

        Args:
            number: How many days.
            half_way: Called for each file while only half of it stands under its final name.

        Returns:
            The files that have appeared, in order.
        """
        plan, days = self._read()
        written: list[Path] = []
        for day in range(days, days + number):
            if day not in plan.exports.silent_days:
                jobs = ExportJobs(self._download, self._spool, plan.exports, self._pgp, half_way)
                written += self._export(plan, day, jobs)
            self._write(plan, day + 1)
        return written

    def _export(self, plan: AccountPlan, day: int, jobs: ExportJobs) -> list[Path]:
        """Run the jobs of a day, over what has happened since they ran last."""
        before = next((d for d in range(day - 1, -1, -1) if d not in plan.exports.silent_days), None)
        simulation = self._lived(plan, 0 if before is None else before + 1)
        # Should the day break off, it is lived anew from the beginning.
        self._simulation = None
        run_at = plan.clock.run_at(day)
        events = chain.from_iterable(simulation.next_day() for _ in range(simulation.days, day + 1))
        written = jobs.feeds(events, run_at)
        since = None if before is None else plan.clock.run_at(before)
        list_at = run_at + _LIST_JOB_AFTER
        for number, job in enumerate(list_jobs(plan.exports)):
            kind = "full" if since is None else job.kind(plan.start + timedelta(days=day), day)
            people = simulation.contacts if kind == "full" else simulation.changed_since(since or 0)
            written += jobs.contacts(job.members(people), job.name, kind, list_at + number * MINUTE)
        written += jobs.tables(simulation.contacts, list_at + _TABLE_JOBS_AFTER)
        self._simulation = simulation
        return written

    def add_sample(
        self, stem: str, rows: int, *, half_way: Callable[[Path], None] | None = None
    ) -> list[Path]:
        """Export rows of any feed that are right in type only, an hour after the last daily run.

        Args:
            stem: Any stem of the layouts.
            rows: How many.
            half_way: As for `add_days`.

        Returns:
            The files that have appeared, in order.
        """
        plan, days = self._read()
        jobs = ExportJobs(self._download, self._spool, plan.exports, self._pgp, half_way)
        return jobs.sample(stem, rows, plan.clock.run_at(days) + HOUR)

    def contacts(self) -> list[dict[str, str | int]]:
        """Return the fields of the people who are in the list now, see `Contact.list_fields`."""
        plan, days = self._read()
        return [contact.list_fields() for contact in self._lived(plan, days).contacts]

    def _lived(self, plan: AccountPlan, days: int) -> Simulation:
        """Return the simulation after so many days; one that is behind lives through them unrecorded."""
        if self._simulation is None or self._simulation.days > days:
            self._simulation = Simulation(plan.seed, plan.contacts, plan.clock, plan.leaving)
        while self._simulation.days < days:
            for _ in self._simulation.next_day():
                pass
        return self._simulation

    def _read(self) -> tuple[AccountPlan, int]:
        return _parsed(self._memory.read_text(encoding="utf-8"))

    def _write(self, plan: AccountPlan, days: int) -> None:
        known = asdict(plan) | {"start": plan.start.isoformat(), "days": days}
        temporary = self._memory.with_suffix(".tmp")
        temporary.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
        temporary.replace(self._memory)


def _life(plan: AccountPlan) -> tuple[object, ...]:
    return plan.contacts, plan.seed, plan.start, plan.exports.utc_offset, plan.leaving


def known_plan(folder: Path) -> AccountPlan | None:
    """Return the plan of the account in a folder, None if it has none."""
    memory = folder / _MEMORY
    return _parsed(memory.read_text(encoding="utf-8"))[0] if memory.exists() else None


def _parsed(text: str) -> tuple[AccountPlan, int]:
    known = json.loads(text)
    start = date.fromisoformat(known["start"])
    exports = export_options(known["exports"])
    plan = AccountPlan(known["contacts"], known["seed"], start, exports, known.get("leaving", 0.0))
    return plan, known["days"]
