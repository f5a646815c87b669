"""Runs Connect's import jobs: when they are started over REST, and on a schedule."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from responsys_sandbox.imports import run_import, waiting_files
from responsys_sandbox.jobstore import JobCounts, RunningError
from responsys_sandbox.pgp import PgpKeyFolder
from responsys_sandbox.values import STORED_TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo
    from pathlib import Path

    from responsys_sandbox.imports import ImportResult
    from responsys_sandbox.jobstore import ConnectJob, RunStatus
    from responsys_sandbox.store import Store

_AT_ONCE = 5
"""Runs at a time: as many as one call can start."""


class JobError(Exception):
    """A job cannot be started; the message is the API's error code."""


class JobRunner:
    """Runs jobs in threads of its own while a `with` block lasts.

    Runs that a former sandbox has left are aborted when it begins. When it ends, those under way come to
    their end, and those that wait for their turn are aborted.

    Args:
        store: The account.
        files: The file server's root.
        keys: Folder of the account's PGP keys.
        zone: The account's zone.
        every: Seconds between looks for files that wait for an active job; None for no schedule.
        clock: Epoch seconds.

    Attributes:
        while_running: Called with the run's id before its files are read; holding it holds the run.
    """

    def __init__(
        self,
        store: Store,
        files: Path,
        *,
        keys: Path,
        zone: tzinfo = UTC,
        every: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.while_running: Callable[[int], object] = lambda _: None
        self._store, self._files, self._keys = store, files, keys
        self._zone, self._every, self._clock = zone, every, clock
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="connect-job")
        self._under_way: set[Future[None]] = set()
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._stopped = threading.Event()
        self._timer = threading.Thread(target=self._keep_schedule, name="connect-schedule", daemon=True)

    def __enter__(self) -> Self:
        self._store.jobs.abort_running(self._clock())
        if self._every is not None:
            self._timer.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopped.set()
        if self._every is not None:
            self._timer.join()
        self._pool.shutdown(cancel_futures=True)
        self._store.jobs.abort_running(self._clock())

    def trigger(self, job_id: int) -> int:
        """Start a job and return the id of its run.

        Raises:
            JobError: There is no such job, it is no import job, it is inactive, or it runs.
        """
        job = self._store.jobs.find(job_id)
        if job is None:
            raise JobError("CONNECT_JOB_NOT_FOUND")
        if job.settings is None:
            raise JobError("CANNOT_RUN_CONNECT_JOB")
        if not job.active:
            raise JobError("CONNECT_JOB_INACTIVE")
        try:
            run_id = self._store.jobs.begin(job_id, self._clock())
        except RunningError:
            raise JobError("CONNECT_JOB_ALREADY_RUNNING") from None
        with self._lock:
            self._under_way = {run for run in self._under_way if not run.done()}
            self._under_way.add(self._pool.submit(self._run, job, run_id))
        return run_id

    def run_waiting(self) -> list[int]:
        """Start every active import job that files wait for and that does not run; return the runs' ids."""
        started = []
        for job in self._store.jobs.jobs():
            if job.settings and job.active and waiting_files(self._files, job.settings):
                try:
                    started.append(self.trigger(job.id))
                except JobError:
                    continue
        return started

    def abort(self, run_id: int) -> None:
        """Abort a run: it loads nothing from now on, unless it has begun to."""
        run = self._store.jobs.run(run_id)
        counts = run.counts if run else JobCounts()
        self._store.jobs.end(run_id, self._clock(), "aborted", "The run was aborted", counts)

    def settle(self) -> None:
        """Wait for the end of the runs under way; raise what one of them has raised."""
        for run in tuple(self._under_way):
            run.result()

    def _run(self, job: ConnectJob, run_id: int) -> None:
        try:
            self.while_running(run_id)
            run = self._store.jobs.run(run_id)
            if job.settings is None or run is None or run.status != "running":
                return
            moment = datetime.fromtimestamp(self._clock(), self._zone).strftime(STORED_TIMESTAMP)
            keys = PgpKeyFolder(self._keys)
            # A file belongs to one run: another one finds it gone.
            with self._reading:
                result = run_import(self._store, self._files, job.settings, keys=keys, moment=moment)
        except BaseException:
            self._store.jobs.end(run_id, self._clock(), "failed", "Internal error", JobCounts())
            raise
        status: RunStatus = "succeeded" if result.succeeded else "failed"
        self._store.jobs.end(run_id, self._clock(), status, _message(result), _counts(result))

    def _keep_schedule(self) -> None:
        while not self._stopped.wait(self._every):
            self.run_waiting()


def _message(result: ImportResult) -> str:
    problems = [f"{file.name}: {file.problem}" for file in result.files if file.problem]
    if not result.files and not result.succeeded:
        return f"No file {result.job.file_pattern} was found in {result.job.directory}"
    return "; ".join(problems)


def _counts(result: ImportResult) -> JobCounts:
    files = result.files
    return JobCounts(
        processed=sum(file.records for file in files),
        added=sum(file.inserted for file in files),
        updated=sum(file.updated for file in files),
        rejected=sum(file.skipped for file in files),
    )
