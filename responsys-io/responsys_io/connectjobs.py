"""Jobs of Connect over REST: start one, see its runs, see how a run ended.

Paths and shapes are those of Oracle's REST reference, advanced calls on connectJobs. It does not tell in
which letters a status comes, and spells a run's message `errrorMessage`; every reading of either is taken.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from responsys_io.errors import DataError, SettingsError, TransientError
from responsys_io.restanswers import Judged, RefusedError, Verdict, refusal, without_values
from responsys_io.restpages import items_of
from responsys_io.restsession import Endpoint, encoded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from responsys_io.restsession import RestSession

_JOB = "/connectJobs/{job}"
_TRIGGER = Endpoint("PUT", f"{_JOB}/trigger", "start the Connect job")
_RUNS = Endpoint("GET", f"{_JOB}/jobRuns", "list the runs of the Connect job")
_RUN = Endpoint("GET", f"{_JOB}/jobRuns/{{run}}/status", "read the status of the Connect job's run")

RUNNING, SUCCEEDED, FAILED, ABORTED = "running", "succeeded", "failed", "aborted"
ENDED = frozenset({SUCCEEDED, FAILED, ABORTED})
"""Statuses that a run keeps."""

_ALREADY_RUNNING = "CONNECT_JOB_ALREADY_RUNNING"
_NO_RUN = "CONNECT_JOB_RUN_NOT_FOUND"
_REMEDIES = {
    "CONNECT_JOB_NOT_FOUND": "Set connect_job_id to the id that the job has in the list of Connect jobs in "
    "Responsys; a job whose expiration date has passed is deleted for good.",
    "CONNECT_JOB_INACTIVE": "Activate the job in Connect.",
    "CANNOT_RUN_CONNECT_JOB": "Have connect_job_id name a single import job: job groups cannot be started.",
}
_CODE = re.compile(r"\b[A-Z]+(?:_[A-Z]+)*_CONNECT_JOB|\bCONNECT_[A-Z_]+")
_MESSAGE_LENGTH = 200


class JobRunningError(TransientError):
    """The job runs already, and can be started when it has ended."""


@dataclass(frozen=True)
class JobRun:
    """A run of a job.

    Args:
        id: Its id.
        status: `running`, `succeeded`, `failed` or `aborted`; in lower case whatever else Responsys says.
        message: Why it failed, in Responsys's words without what may be a value; empty otherwise.
        processed: Records processed; None where Responsys does not tell, as in a list of runs.
        added: Records added.
        updated: Records updated.
        rejected: Records rejected.
        seconds: How long it took.
    """

    id: str
    status: str
    message: str = ""
    processed: int | None = None
    added: int | None = None
    updated: int | None = None
    rejected: int | None = None
    seconds: float | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in ENDED


def trigger_job(session: RestSession, job_id: str) -> str:
    """Start a job that is active and not running; return the id of its run.

    Raises:
        JobRunningError: RSYS-4302.
        SettingsError: RSYS-4303 for a job that is not there, not active or cannot be started; RSYS-4010 for a
            user without access to Connect.
        DataError: RSYS-4301 when Responsys answers that the start has not succeeded, RSYS-4009 for any other
            refusal.
        UnknownOutcomeError: RSYS-4004 when it is not known whether it was started.
    """
    try:
        # Sent twice, the second one could start it again, or be refused because it runs.
        answer = session.call(_TRIGGER, {"job": job_id}, body=encoded({}), repeatable=False)
    except RefusedError as error:
        _raise_known(job_id, error.error_code)
        raise
    if not isinstance(answer, dict):
        raise _TRIGGER.unusable()
    run_id = answer.get("jobRunId")
    if answer.get("success") is False or run_id in (None, ""):
        message = _message(answer)
        found = _CODE.search(message)
        _raise_known(job_id, found[0] if found else "")
        raise DataError(
            "RSYS-4301",
            f"Responsys did not start Connect job {job_id}: {message or 'it gives no reason'}.",
            "Look at the job in Connect.",
        )
    return str(run_id)


def job_runs(session: RestSession, job_id: str, first: date, last: date) -> list[JobRun]:
    """Return the runs of a job that began on these days of the account, without their counts.

    Raises:
        SettingsError: RSYS-4303 for a job that is not there.
        RefusedError: RSYS-4009 for any other refusal.
        TransientError: RSYS-4005 for an answer of a form that is not known.
    """
    query = [("sdate", f"{first:%m-%d-%Y}"), ("edate", f"{last:%m-%d-%Y}")]
    try:
        answer = session.call(_RUNS, {"job": job_id}, query=query)
    except RefusedError as error:
        if error.error_code == _NO_RUN:
            return []
        _raise_known(job_id, error.error_code)
        raise
    return [_run(entry, str(entry.get("jobRunId"))) for entry in items_of(answer, "jobRuns", _RUNS)]


def job_run(session: RestSession, job_id: str, run_id: str) -> JobRun | None:
    """Return how a run of a job stands; None while Responsys does not know it.

    Raises:
        RefusedError: RSYS-4009 when that is refused.
        TransientError: RSYS-4005 for an answer of a form that is not known.
    """
    try:
        answer = session.call(_RUN, {"job": job_id, "run": run_id})
    except RefusedError as error:
        if error.error_code == _NO_RUN:
            return None
        raise
    if not isinstance(answer, dict):
        raise _RUN.unusable()
    return _run(answer, run_id)


def _raise_known(job_id: str, code: str) -> None:
    """Raise what a refusal means, where that is known."""
    if code == _ALREADY_RUNNING:
        raise JobRunningError(
            "RSYS-4302",
            f"Connect job {job_id} runs already, so that it was not started.",
            "Run again when it has ended, or set pickup_timeout higher to wait for that.",
        )
    if remedy := _REMEDIES.get(code):
        raise SettingsError("RSYS-4303", f"Responsys does not start Connect job {job_id}: {code}.", remedy)
    if code == "CONNECT_DISABLED_FOR_USER":
        raise refusal(_TRIGGER.does, Judged(Verdict.REFUSED, 200, {"errorCode": code}))


def _run(entry: Mapping[str, Any], run_id: str) -> JobRun:
    status = entry.get("jobRunStatus")
    if isinstance(status, dict):
        status = status.get("value")
    if not isinstance(status, str):
        raise _RUN.unusable()
    return JobRun(
        id=run_id,
        status=status.strip().lower(),
        message=_message(entry),
        processed=_count(entry.get("recordsProcessed")),
        added=_count(entry.get("recordsAdded")),
        updated=_count(entry.get("recordsUpdated")),
        rejected=_count(entry.get("recordsRejected")),
        seconds=_number(entry.get("durationInSeconds")),
    )


def _message(entry: Mapping[str, Any]) -> str:
    words = next((entry[name] for name in ("errrorMessage", "errorMessage") if entry.get(name)), "")
    return without_values(" ".join(str(words).split()))[:_MESSAGE_LENGTH].rstrip(". ")


def _count(value: Any) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _number(value: Any) -> float | None:
    """Return a number that may come as text, or None for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
