"""What follows the upload: import jobs are started, files leave the folder, rows are in the table."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from responsys_io.errors import ResponsysError
from responsys_io.restlogin import has_login
from target_responsys.fileresult import raise_failures
from target_responsys.importjobs import JobResult, failure, follow, refuse_rejects, start
from target_responsys.patience import Patience
from target_responsys.settings import chosen
from target_responsys.tablerules import TableRule
from target_responsys.verification import verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from responsys_io.fileserver import FileServer
    from responsys_io.restapi import RestApi
    from target_responsys.fileresult import FileResult, State
    from target_responsys.routing import Route
    from target_responsys.samples import SampledRow

logger = logging.getLogger(__name__)

JOB_SECONDS = 1800.0
"""How long an import job is waited for unless a setting says otherwise."""
# A job deletes its files before it has succeeded; the folder may show it a little later.
_GONE_SECONDS = 60.0


@dataclass(frozen=True)
class Delivered:
    """A file that was uploaded, and what is needed to follow it.

    Args:
        result: What became of it so far; takes the further states.
        route: Where its stream goes.
        rows: Rows of it to look for.
        job: Id of the import job to start; empty for none.
    """

    result: FileResult
    route: Route
    rows: Sequence[SampledRow]
    job: str


def job_of(config: Mapping[str, Any], stream: str) -> str:
    """Return the id of the import job that loads a stream; empty where none is to be started."""
    return TableRule.of_stream(stream, config).connect_job_id or config.get("connect_job_id") or ""


def waiting_time(config: Mapping[str, Any], job: str) -> float:
    """Return for how many seconds files are followed, given the job that loads them; 0 for not at all."""
    seconds = config.get("pickup_timeout")
    if seconds is None:
        return JOB_SECONDS if job else 0.0
    return float(seconds)


@dataclass
class _Group:
    """Files that are followed together: those of an import job, or all that have none."""

    files: list[Delivered]
    patience: Patience
    job: JobResult | None

    def fail(self, reason: str) -> None:
        for file in self.files:
            file.result.becomes("failed", reason)

    def in_state(self, state: State) -> list[Delivered]:
        return [file for file in self.files if file.result.state == state]


class FollowUp:
    """Follows the files of a run as far as the settings ask for it.

    Args:
        config: The target's settings.
        server: The file server.
        api: Returns the REST API; called only where a job is started or rows are looked for.
        sleep: Waits so many seconds.
        clock: Returns seconds from some moment on.

    Attributes:
        jobs: What became of the import jobs.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        server: FileServer,
        api: Callable[[], RestApi],
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config, self._server, self._api = config, server, api
        self._sleep, self._clock = sleep, clock
        self.jobs: list[JobResult] = []

    def run(self, files: Sequence[Delivered], *, tolerated: int) -> None:
        """Start the jobs, wait for their end and for the files, and look for rows.

        A job that fails does not keep other files from being followed.

        Args:
            files: What was uploaded.
            tolerated: Records that the jobs may reject.

        Raises:
            ResponsysError: RSYS-4301 to RSYS-4306 for jobs, see `trigger_job` and `failure`.
            TransientError: RSYS-5204 for files that were not taken in time.
            DataError: RSYS-5205 for files that were taken and whose rows are not in the table.
            RejectedRowsError: RSYS-5304 for records that the jobs have left out.
        """
        groups = self._grouped(files)
        with_jobs = [(group, group.job) for group in groups if group.job]
        self.jobs = [job for _, job in with_jobs]
        errors = [error for group, job in with_jobs if (error := self._start(group, job))]
        followed = [group for group in groups if group.patience.seconds]
        started = [(group, job) for group, job in with_jobs if job.run_id and group.patience.seconds]
        errors += [error for group, job in started if (error := self._follow(group, job))]
        for group in followed:
            self._wait(group)
        if has_login(self._config) and chosen(self._config, "verify_rows"):
            self._verify(followed)
        results = [file.result for group in followed for file in group.files]
        for result in results:
            logger.info("%s", result)
        if errors:
            raise errors[0]
        raise_failures(results)
        refuse_rejects(self.jobs, tolerated)

    def _grouped(self, files: Sequence[Delivered]) -> list[_Group]:
        by_job: dict[str, list[Delivered]] = defaultdict(list)
        for file in files:
            by_job[file.job].append(file)
        return [
            _Group(
                own,
                Patience(waiting_time(self._config, job), self._sleep, self._clock),
                JobResult(job, [file.result.name for file in own]) if job else None,
            )
            for job, own in by_job.items()
        ]

    def _start(self, group: _Group, job: JobResult) -> ResponsysError | None:
        try:
            start(self._api().session, job, lambda: not self._standing(group.files), group.patience)
        except ResponsysError as error:
            job.reason = str(error)
            group.fail(f"its import job was not started: {error}")
            return error
        return None

    def _follow(self, group: _Group, job: JobResult) -> ResponsysError | None:
        try:
            follow(self._api().session, job, group.patience)
        except ResponsysError as error:
            group.fail(f"what became of its import job is not known: {error}")
            return error
        failed = failure(job, group.patience.seconds)
        if failed:
            group.fail(failed.problem)
        return failed

    def _standing(self, files: Sequence[Delivered]) -> list[Delivered]:
        return [file for file in files if self._server.stat(file.result.name) is not None]

    def _wait(self, group: _Group) -> None:
        """Wait until the files have left the folder; those of a job that has ended should have."""
        patience = group.patience.at_most(_GONE_SECONDS) if group.job else group.patience
        waiting = group.in_state("uploaded")
        while True:
            standing = self._standing(waiting)
            for file in waiting:
                if file not in standing:
                    file.result.becomes("picked up", "its rows were not looked for")
            waiting = standing
            if not waiting or not patience.pause():
                break
        for file in waiting:
            how = "by the run of its import job" if group.job else f"within {patience.seconds:g} seconds"
            file.result.becomes("failed", f"not taken {how}")

    def _verify(self, groups: Sequence[_Group]) -> None:
        for group in groups:
            rejected = (group.job and group.job.rejected) or 0
            for file in group.in_state("picked up"):
                try:
                    file.result.becomes(
                        *verdict(self._api(), file.route, file.rows, self._config, rejected=rejected)
                    )
                except ResponsysError as error:
                    file.result.becomes("picked up", f"its rows could not be looked for: {error}")
                    raise
