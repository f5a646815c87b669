"""The jobs of Connect that the account has saved, and what has become of their runs."""

from __future__ import annotations

import json
from dataclasses import asdict, astuple, dataclass
from typing import TYPE_CHECKING, Literal

from responsys_sandbox.importjob import ImportJob

if TYPE_CHECKING:
    from responsys_sandbox.database import Database

JobKind = Literal["import", "group"]
RunStatus = Literal["running", "succeeded", "failed", "aborted"]

_JOB = "SELECT id, name, kind, active, settings FROM connect_job"
_RUN = (
    "SELECT id, job_id, started_at, ended_at, status, message, processed, added, updated, rejected"
    " FROM connect_run"
)


class RunningError(Exception):
    """The job is running already."""


@dataclass(frozen=True, slots=True)
class ConnectJob:
    """A saved job. A group, which cannot be started over REST, has no settings."""

    id: int
    name: str
    kind: JobKind
    active: bool
    settings: ImportJob | None


@dataclass(frozen=True, slots=True)
class JobCounts:
    """What a run has done with the records of its files."""

    processed: int = 0
    added: int = 0
    updated: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class JobRun:
    """A run; times are in epoch seconds, `message` says why it failed."""

    id: int
    job_id: int
    started_at: float
    ended_at: float | None
    status: RunStatus
    message: str
    counts: JobCounts


class JobStore:
    """Saved jobs and their runs; see `Store`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, job: ImportJob) -> int:
        """Save an import job under its name, over the one that has it, and return its id; it is active."""
        return self._save(job.name, "import", job)

    def save_group(self, name: str) -> int:
        """Save a job group, of which no more is known than that it is there; return its id."""
        return self._save(name, "group", None)

    def jobs(self) -> list[ConnectJob]:
        """Return all jobs by their id."""
        with self._database.reading() as db:
            return [_job(*row) for row in db.execute(_JOB + " ORDER BY id")]

    def find(self, job_id: int) -> ConnectJob | None:
        """Return the job of that id, or None."""
        return next((job for job in self.jobs() if job.id == job_id), None)

    def activate(self, job_id: int, *, active: bool) -> None:
        """Make a job active or inactive."""
        with self._database.writing() as db:
            db.execute("UPDATE connect_job SET active = ? WHERE id = ?", (active, job_id))

    def begin(self, job_id: int, now: float) -> int:
        """Begin a run and return its id.

        Raises:
            RunningError: one has begun and not ended.
        """
        with self._database.writing() as db:
            running = db.execute(
                "SELECT 1 FROM connect_run WHERE job_id = ? AND status = 'running'", (job_id,)
            ).fetchone()
            if running:
                raise RunningError
            begun = db.execute(
                "INSERT INTO connect_run (job_id, started_at, status, message, processed, added, updated,"
                " rejected) VALUES (?, ?, 'running', '', 0, 0, 0, 0)",
                (job_id, now),
            )
        return int(begun.lastrowid or 0)

    def end(self, run_id: int, now: float, status: RunStatus, message: str, counts: JobCounts) -> None:
        """End a run, unless it has ended."""
        with self._database.writing() as db:
            db.execute(
                "UPDATE connect_run SET ended_at = ?, status = ?, message = ?, processed = ?, added = ?,"
                " updated = ?, rejected = ? WHERE id = ? AND status = 'running'",
                (now, status, message, *astuple(counts), run_id),
            )

    def abort_running(self, now: float) -> None:
        """End the runs that a sandbox did not live to end."""
        with self._database.writing() as db:
            db.execute(
                "UPDATE connect_run SET ended_at = ?, status = 'aborted', message = 'The run was aborted'"
                " WHERE status = 'running'",
                (now,),
            )

    def run(self, run_id: int) -> JobRun | None:
        """Return the run of that id, or None."""
        with self._database.reading() as db:
            row = db.execute(_RUN + " WHERE id = ?", (run_id,)).fetchone()
        return _run(*row) if row else None

    def runs(self, job_id: int) -> list[JobRun]:
        """Return the runs of a job, oldest first."""
        with self._database.reading() as db:
            return [_run(*row) for row in db.execute(_RUN + " WHERE job_id = ? ORDER BY id", (job_id,))]

    def _save(self, name: str, kind: JobKind, settings: ImportJob | None) -> int:
        text = None if settings is None else json.dumps(asdict(settings))
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO connect_job (name, kind, active, settings) VALUES (?, ?, 1, ?)"
                " ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, active = 1,"
                " settings = excluded.settings",
                (name, kind, text),
            )
            found = db.execute("SELECT id FROM connect_job WHERE name = ?", (name,)).fetchone()
        return int(found[0])


def _job(job_id: int, name: str, kind: JobKind, active: int, settings: str | None) -> ConnectJob:
    if settings is None:
        return ConnectJob(job_id, name, kind, bool(active), None)
    known = json.loads(settings)
    for field in ("match", "columns"):
        known[field] = tuple(known[field])
    return ConnectJob(job_id, name, kind, bool(active), ImportJob(**known))


def _run(
    run_id: int,
    job_id: int,
    started_at: float,
    ended_at: float | None,
    status: RunStatus,
    message: str,
    *counts: int,
) -> JobRun:
    return JobRun(run_id, job_id, started_at, ended_at, status, message, JobCounts(*counts))
