"""Jobs of Connect: start them, list their runs, see how a run ended (REST reference, advanced calls)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from responsys_sandbox.jobrunner import JobError
from responsys_sandbox.rest.errors import ERRORS, ApiError, invalid
from responsys_sandbox.values import STORED_TIMESTAMP

if TYPE_CHECKING:
    from responsys_sandbox.jobrunner import JobRunner
    from responsys_sandbox.jobstore import ConnectJob, JobRun
    from responsys_sandbox.rest.call import Call

MAX_JOBS = 5
"""Jobs that one call can start."""

_DATE = "%m-%d-%Y"
_LETTERS = {"lower": str.lower, "upper": str.upper, "title": str.title}


def trigger_job(call: Call) -> Any:
    """`PUT /connectJobs/{jobId}/trigger`."""
    runner, job_id = _runner(call), _number(call.names["jobId"])
    call.json_object()
    return _triggered(call, runner, job_id)


def trigger_jobs(call: Call) -> Any:
    """`PUT /connectJobs/trigger`: start up to five jobs; a result for each, in their order."""
    runner = _runner(call)
    ids = call.json_object().get("jobIds")
    if not isinstance(ids, list) or not 0 < len(ids) <= MAX_JOBS:
        raise invalid(f"jobIds is a list of 1 to {MAX_JOBS} ids")
    numbers = [_number(str(each)) for each in ids]
    return [_result(call, *_outcome(runner, number)) for number in numbers]


def list_runs(call: Call) -> Any:
    """`GET /connectJobs/{jobId}/jobRuns?sdate=&edate=`: the runs that began on these days, both included."""
    _runner(call)
    job = _job(call)
    first, last = _day(call, "sdate", date.min), _day(call, "edate", date.max)
    found = [
        {
            "jobRunId": _told(call, run.id),
            "jobName": job.name,
            "jobRunStatus": _status(call, run),
            "durationInSeconds": _told(call, _seconds(call, run)),
            "jobStartTime": _began(call, run).strftime(STORED_TIMESTAMP),
        }
        for run in call.store.jobs.runs(job.id)
        if first <= _began(call, run).date() <= last
    ]
    return {"items": found} if call.options.lists_in_items else found


def read_run(call: Call) -> Any:
    """`GET /connectJobs/{jobId}/jobRuns/{jobRunId}/status`."""
    _runner(call)
    job = _job(call)
    text = call.names["jobRunId"]
    run = call.store.jobs.run(int(text)) if _is_number(text) else None
    if run is None or run.job_id != job.id:
        raise ApiError("CONNECT_JOB_RUN_NOT_FOUND", f"Connect job run [{text}] does not exist")
    return {
        "jobRunStatus": _status(call, run),
        call.options.connect_message_key: run.message,
        "recordsProcessed": _told(call, run.counts.processed),
        "recordsAdded": _told(call, run.counts.added),
        "recordsRejected": _told(call, run.counts.rejected),
        "recordsUpdated": _told(call, run.counts.updated),
        "durationInSeconds": _told(call, _seconds(call, run)),
    }


def _runner(call: Call) -> JobRunner:
    if call.runner is None or call.options.connect_disabled:
        raise ApiError("CONNECT_DISABLED_FOR_USER", "Connect is disabled for the user")
    return call.runner


def _triggered(call: Call, runner: JobRunner, job_id: int) -> dict[str, Any]:
    run_id, code = _outcome(runner, job_id)
    if code and not call.options.connect_refusals_as_results:
        raise ApiError(code, f"{ERRORS[code][1]}: {job_id}")
    return _result(call, run_id, code)


def _outcome(runner: JobRunner, job_id: int) -> tuple[int | None, str]:
    try:
        return runner.trigger(job_id), ""
    except JobError as error:
        return None, str(error)


def _result(call: Call, run_id: int | None, code: str) -> dict[str, Any]:
    return {
        "jobRunId": run_id and _told(call, run_id),
        "errorMessage": f"{code}: {ERRORS[code][1]}" if code else None,
        "success": not code,
    }


def _job(call: Call) -> ConnectJob:
    number = _number(call.names["jobId"])
    job = call.store.jobs.find(number)
    if job is None:
        raise ApiError("CONNECT_JOB_NOT_FOUND", f"Connect job [{number}] does not exist")
    return job


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19  # noqa: PLR2004  what the store can hold


def _number(text: str) -> int:
    if not _is_number(text):
        raise invalid("Job Id should be a numeric value.")
    return int(text)


def _day(call: Call, name: str, usual: date) -> date:
    text = call.query.get(name, [""])[0]
    if not text:
        return usual
    try:
        return datetime.strptime(text, _DATE).replace(tzinfo=UTC).date()
    except ValueError:
        raise ApiError("INVALID_DATE", f"{name} has the form MM-DD-YYYY") from None


def _status(call: Call, run: JobRun) -> Any:
    word = _LETTERS[call.options.connect_status_case](run.status)
    return {"value": word} if call.options.connect_status_in_object else word


def _told(call: Call, number: int) -> int | str:
    return str(number) if call.options.connect_numbers_as_text else number


def _began(call: Call, run: JobRun) -> datetime:
    return datetime.fromtimestamp(run.started_at, ZoneInfo(call.options.account_time_zone))


def _seconds(call: Call, run: JobRun) -> int:
    return round((run.ended_at or call.now) - run.started_at)
