"""Import jobs of a run: started once, whatever gets lost, and followed to the end of their runs."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from responsys_io.connectjobs import ABORTED, FAILED, JobRunningError, job_run, job_runs, trigger_job
from responsys_io.errors import DataError, ResponsysError, TransientError
from responsys_io.restanswers import RefusedError
from responsys_io.restretry import UnknownOutcomeError
from target_responsys.endofrun import RejectedRowsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responsys_io.connectjobs import JobRun
    from responsys_io.restsession import RestSession
    from target_responsys.patience import Patience

logger = logging.getLogger(__name__)


@dataclass
class JobResult:
    """An import job of the run, as a receipt tells of it.

    Attributes:
        job_id: the job.
        files: names of the files that it is to load.
        run_id: its run; empty where it was not started.
        status: not started; running when no more is known; succeeded, failed or aborted.
        reason: why it was not started, or what Responsys says of its run.
        processed: records that it read, None where that is not known; and so on.
        added: records added to the table.
        updated: records that have changed a row.
        rejected: records that it has left out.
    """

    job_id: str
    files: list[str] = field(default_factory=list)
    run_id: str = ""
    status: str = "not started"
    reason: str = ""
    processed: int | None = None
    added: int | None = None
    updated: int | None = None
    rejected: int | None = None

    def take(self, run: JobRun) -> None:
        """Take what is known of the run."""
        self.run_id, self.status, self.reason = run.id, run.status, run.message
        self.processed, self.added = run.processed, run.added
        self.updated, self.rejected = run.updated, run.rejected

    def __str__(self) -> str:
        names = ("processed", "added", "updated", "rejected")
        counts = [f"{name} {count}" for name in names if (count := getattr(self, name)) is not None]
        told = [f"{self.status}{f' ({self.reason})' if self.reason else ''}", *counts]
        return f"Import job {self.job_id}, run {self.run_id or 'none'}: {', '.join(told)}"


def start(session: RestSession, job: JobResult, taken: Callable[[], bool], patience: Patience) -> None:
    """Start a job, and note its run.

    A job that runs already is tried again when it may have ended. Where its run has taken the files
    meanwhile, that run is the one to follow: another one would find none. A start whose outcome is not known
    is looked for among the runs of the job before it is repeated.

    Args:
        session: Makes the calls.
        job: The job; gets run and status.
        taken: Tells whether all of its files have left the folder.
        patience: How long a running job is waited for.

    Raises:
        ResponsysError: See `trigger_job`.
    """
    job.run_id = _started(session, job.job_id, taken, patience)
    job.status = "running"
    logger.info("Started import job %s: run %s", job.job_id, job.run_id)


def follow(session: RestSession, job: JobResult, patience: Patience) -> None:
    """Wait for the end of a job's run, and note what came of it.

    Raises:
        ResponsysError: The status cannot be read.
    """
    while True:
        run = job_run(session, job.job_id, job.run_id)
        if run is not None:
            job.take(run)
        if (run is not None and run.has_ended) or not patience.pause():
            break
    logger.info("%s", job)


def failure(job: JobResult, waited: float) -> ResponsysError | None:
    """Return the error of a job that was started and has not succeeded, or None."""
    which = f"Import job {job.job_id}, run {job.run_id},"
    if job.status == FAILED:
        return DataError(
            "RSYS-4304",
            f"{which} has failed: {job.reason or 'Responsys gives no reason'}.",
            "Look at the job's log in Connect. It deletes files that it refuses; the server's archive folder "
            "has a copy. The next run delivers the data again.",
        )
    if job.status == ABORTED:
        return TransientError(
            "RSYS-4305",
            f"{which} was aborted.",
            "Find out in Connect who has aborted it and why. The next run delivers the data again.",
        )
    if job.status != "succeeded":
        return TransientError(
            "RSYS-4306",
            f"{which} has not ended within {waited:g} seconds.",
            "Look at the job in Connect, or set pickup_timeout higher. The next run delivers the data again.",
        )
    return None


def refuse_rejects(jobs: Sequence[JobResult], tolerated: int) -> None:
    """Fail a run whose import jobs have left out more records than are tolerated.

    Raises:
        RejectedRowsError: RSYS-5304. No state is to be reported: these records are in no rejects file.
    """
    rejecting = [job for job in jobs if job.rejected]
    rejected = sum(job.rejected or 0 for job in rejecting)
    if rejected > tolerated:
        which = ", ".join(f"{job.job_id} (run {job.run_id})" for job in rejecting)
        raise RejectedRowsError(
            "RSYS-5304",
            f"{rejected} records were rejected by import job {which}, {tolerated} are tolerated; all others "
            "are loaded.",
            "The job's log in Connect has the reasons. Correct the records, or set max_rejected_rows higher.",
        )


def _started(session: RestSession, job_id: str, taken: Callable[[], bool], patience: Patience) -> str:
    before = _runs(session, job_id)
    in_doubt = False

    def found() -> str | None:
        """Return the run that was started unseen, or that has taken the files."""
        runs = _runs(session, job_id)
        own = _newest(runs, without=before) if in_doubt else None
        return own or (_newest(runs, without=_ended(before)) if taken() else None)

    while True:
        failed: ResponsysError
        try:
            return trigger_job(session, job_id)
        except UnknownOutcomeError as error:
            failed, in_doubt = error, True
            if before is None:
                raise
        except JobRunningError as error:
            failed = error
        if run := found():
            return run
        if not patience.pause():
            raise failed
        # It may have been started, or have taken the files, while nobody looked.
        if run := found():
            return run


def _runs(session: RestSession, job_id: str) -> list[JobRun] | None:
    """Return the job's latest runs; None where Responsys does not list them."""
    # The days are those of the account's zone, which may be ahead or behind.
    today = datetime.now(UTC).date()
    try:
        return job_runs(session, job_id, today - timedelta(days=1), today + timedelta(days=1))
    except RefusedError as error:
        logger.warning("The runs of import job %s are not known: %s", job_id, error)
        return None


def _ended(runs: Sequence[JobRun] | None) -> list[JobRun]:
    return [run for run in runs or () if run.has_ended]


def _newest(runs: Sequence[JobRun] | None, *, without: Sequence[JobRun] | None) -> str | None:
    known = {run.id for run in without or ()}
    new = [run.id for run in runs or () if run.id not in known]
    return max(new, key=lambda run_id: (len(run_id), run_id), default=None)
