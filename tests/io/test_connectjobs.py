"""Starting a Connect job and following its runs, over a real HTTP connection."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from support.scriptedserver import ScriptedServer, hang_up, refuse, reply

from responsys_io.connectjobs import JobRun, JobRunningError, job_run, job_runs, trigger_job
from responsys_io.errors import DataError, SettingsError, TransientError
from responsys_io.restanswers import RefusedError
from responsys_io.restretry import UnknownOutcomeError

if TYPE_CHECKING:
    from responsys_io.restsession import RestSession

API = "/rest/api/v1.3/connectJobs"
STARTED = {"jobRunId": 31, "errorMessage": None, "success": True}


def test_a_job_is_started_by_its_id(scripted: ScriptedServer, session: RestSession) -> None:
    scripted.will(reply(200, STARTED))
    assert trigger_job(session, "17") == "31"
    call = scripted.received[-1]
    assert (call.method, call.path, json.loads(call.body)) == ("PUT", f"{API}/17/trigger", {})
    assert call.headers["content-type"] == "application/json"


REFUSALS = [
    ("CONNECT_JOB_ALREADY_RUNNING", JobRunningError, "RSYS-4302: Connect job 17 runs already"),
    ("CONNECT_JOB_NOT_FOUND", SettingsError, "RSYS-4303: .* Set connect_job_id to the id"),
    ("CONNECT_JOB_INACTIVE", SettingsError, "RSYS-4303: .* Activate the job in Connect"),
    ("CANNOT_RUN_CONNECT_JOB", SettingsError, "RSYS-4303: .* single import job"),
    ("CONNECT_DISABLED_FOR_USER", SettingsError, "RSYS-4010: .* access to Connect"),
]


@pytest.mark.parametrize(("code", "kind", "text"), REFUSALS)
@pytest.mark.parametrize("as_result", [False, True])
def test_a_refusal_tells_what_to_do(
    code: str, kind: type[Exception], text: str, as_result: bool, scripted: ScriptedServer, session: Any
) -> None:
    result = {"jobRunId": None, "errorMessage": f"{code}: no", "success": False}
    scripted.will(reply(200, result) if as_result else refuse(400, code))
    with pytest.raises(kind, match=text):
        trigger_job(session, "17")


@pytest.mark.parametrize("words", ["", None, 'Job "a" is of a@example.com.'])
def test_an_answer_without_success_is_an_error(
    words: str | None, scripted: ScriptedServer, session: RestSession
) -> None:
    scripted.will(reply(200, {"jobRunId": 0, "errorMessage": words, "success": False}))
    with pytest.raises(DataError, match="RSYS-4301: Responsys did not start Connect job 17: ") as caught:
        trigger_job(session, "17")
    assert ("it gives no reason" in str(caught.value)) is not bool(words)
    assert "example.com" not in str(caught.value)


def test_other_refusals_and_forms(scripted: ScriptedServer, session: RestSession) -> None:
    scripted.will(refuse(400, "INVALID_PARAMETER", "Job Id should be a numeric value."), reply(200, [1]))
    with pytest.raises(RefusedError, match="RSYS-4009.*start the Connect job.*numeric"):
        trigger_job(session, "x/7")
    assert scripted.received[-1].path == f"{API}/x%2F7/trigger"
    with pytest.raises(TransientError, match="RSYS-4005"):
        trigger_job(session, "7")


def test_a_start_whose_outcome_is_not_known_is_not_repeated(
    scripted: ScriptedServer, session: RestSession
) -> None:
    scripted.will(hang_up)
    with pytest.raises(UnknownOutcomeError):
        trigger_job(session, "17")


@pytest.mark.parametrize("status", ["failed", "FAILED", "Failed ", {"value": "failed"}, {"value": "Failed"}])
@pytest.mark.parametrize("key", ["errrorMessage", "errorMessage"])
@pytest.mark.parametrize("as_text", [False, True])
def test_how_a_run_stands(
    status: Any, key: str, as_text: bool, scripted: ScriptedServer, session: RestSession
) -> None:
    counts = {"recordsProcessed": 4, "recordsAdded": 1, "recordsUpdated": 2, "recordsRejected": 1}
    told = {name: str(count) if as_text else count for name, count in counts.items()}
    scripted.will(reply(200, {"jobRunStatus": status, key: "Bad\nfile.", "durationInSeconds": 3, **told}))
    assert job_run(session, "17", "31") == JobRun("31", "failed", "Bad file", 4, 1, 2, 1, 3.0)
    assert scripted.received[-1].path == f"{API}/17/jobRuns/31/status"


def test_a_run_that_has_not_ended(scripted: ScriptedServer, session: RestSession) -> None:
    scripted.will(
        *(reply(200, {"jobRunStatus": status}) for status in ("running", "queued", "aborted", None))
    )
    found = [job_run(session, "17", "31") for _ in range(3)]
    assert [run and run.has_ended for run in found] == [False, False, True]
    with pytest.raises(TransientError, match="RSYS-4005"):
        job_run(session, "17", "31")
    scripted.will(refuse(404, "CONNECT_JOB_RUN_NOT_FOUND"), refuse(404, "CONNECT_JOB_NOT_FOUND"))
    assert job_run(session, "17", "31") is None
    with pytest.raises(RefusedError, match="RSYS-4009"):
        job_run(session, "17", "31")


@pytest.mark.parametrize("envelope", [lambda runs: runs, lambda runs: {"items": runs}])
def test_the_runs_of_some_days(envelope: Any, scripted: ScriptedServer, session: RestSession) -> None:
    runs = [
        {"jobRunId": 31, "jobName": "J", "jobRunStatus": {"value": "running"}, "jobStartTime": "x"},
        {"jobRunId": "32", "jobName": "J", "jobRunStatus": "succeeded", "durationInSeconds": None},
    ]
    scripted.will(reply(200, envelope(runs)), refuse(404, "CONNECT_JOB_RUN_NOT_FOUND"))
    days = date(2026, 7, 9), date(2026, 12, 1)
    assert job_runs(session, "17", *days) == [JobRun("31", "running"), JobRun("32", "succeeded")]
    assert scripted.received[-1].path == f"{API}/17/jobRuns?sdate=07-09-2026&edate=12-01-2026"
    assert job_runs(session, "17", *days) == []
