"""The functions of Connect's jobs over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.restclient import RestClient, error

from responsys_sandbox.background import BackgroundLoop
from responsys_sandbox.importjob import ImportJob
from responsys_sandbox.jobrunner import JobRunner
from responsys_sandbox.rest import RestApi, RestOptions
from responsys_sandbox.store import Store
from responsys_sandbox.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.faketime import FakeTime

JOB = {"folder": "CDP", "table": "T", "file_pattern": "*.csv"}


@pytest.fixture
def runner(tmp_path: Path, time: FakeTime) -> Iterator[JobRunner]:
    """Run jobs of an account with one table."""
    with Store(tmp_path / "account.sqlite") as store:
        store.create_table(Table("CDP", "T", (Column("ID", "INTEGER"),), ("ID",)))
        (tmp_path / "upload").mkdir()
        with JobRunner(store, tmp_path, keys=tmp_path / "keys", clock=time.clock) as runner:
            yield runner


@pytest.fixture
def rest(tmp_path: Path, time: FakeTime, runner: JobRunner) -> Iterator[RestApi]:
    with Store(tmp_path / "account.sqlite") as store, BackgroundLoop() as loop:
        api = RestApi(store, options=RestOptions(limits={"triggerJob": 99}), clock=time.clock, runner=runner)
        loop.run(api.start())
        yield api
        loop.run(api.stop())


@pytest.fixture
def job(rest: RestApi) -> int:
    return rest.store.jobs.save(ImportJob(name="Job", **JOB))  # type: ignore[arg-type]  # texts all


def trigger(client: RestClient, job: object) -> Any:
    return client.call("PUT", f"/connectJobs/{job}/trigger", json={})


def put(tmp_path: Path) -> None:
    (tmp_path / "upload" / "a.csv").write_text("ID\n1\n2\n")


def test_a_run_from_its_start_to_its_status(
    client: RestClient, job: int, runner: JobRunner, tmp_path: Path, time: FakeTime
) -> None:
    put(tmp_path)
    answer = trigger(client, job)
    assert (answer.status_code, answer.json()) == (
        200,
        {"jobRunId": 1, "errorMessage": None, "success": True},
    )
    runner.settle()
    runs = client.call("GET", f"/connectJobs/{job}/jobRuns", params={"sdate": "11-14-2023"}).json()
    # 22:20 UTC of 14 November 2023, in the account's zone.
    began = "2023-11-14 14:20:00"
    assert runs == [
        {
            "jobRunId": 1,
            "jobName": "Job",
            "jobRunStatus": {"value": "succeeded"},
            "durationInSeconds": 0,
            "jobStartTime": began,
        }
    ]
    time.now += 60
    assert client.call("GET", f"/connectJobs/{job}/jobRuns/1/status").json() == {
        "jobRunStatus": {"value": "succeeded"},
        "errrorMessage": "",
        "recordsProcessed": 2,
        "recordsAdded": 2,
        "recordsRejected": 0,
        "recordsUpdated": 0,
        "durationInSeconds": 0,
    }


def test_the_days_that_runs_began_on(client: RestClient, job: int, runner: JobRunner) -> None:
    trigger(client, job)
    runner.settle()
    path = f"/connectJobs/{job}/jobRuns"

    def count(**days: str) -> int:
        return len(client.call("GET", path, params=days).json())

    assert count() == count(sdate="11-14-2023", edate="11-14-2023") == 1
    assert count(sdate="11-15-2023") == count(edate="11-13-2023") == 0
    assert error(client.call("GET", path, params={"sdate": "2023-11-14"})) == (400, "INVALID_DATE")
    client.rest.options.lists_in_items = True
    assert len(client.call("GET", path).json()["items"]) == 1


def test_the_readings_that_the_sources_leave_open(client: RestClient, job: int, runner: JobRunner) -> None:
    options = client.rest.options
    options.connect_status_in_object, options.connect_status_case = False, "upper"
    options.connect_message_key, options.connect_numbers_as_text = "errorMessage", True
    options.connect_refusals_as_results = True
    run_id = trigger(client, job).json()["jobRunId"]
    assert run_id == "1"
    runner.settle()
    told = client.call("GET", f"/connectJobs/{job}/jobRuns/{run_id}/status").json()
    assert (told["jobRunStatus"], told["recordsProcessed"]) == ("FAILED", "0")
    assert told["errorMessage"] == "No file *.csv was found in upload"
    client.store.jobs.activate(job, active=False)
    answer = trigger(client, job)
    assert answer.status_code == 200
    assert answer.json() == {
        "jobRunId": None,
        "errorMessage": "CONNECT_JOB_INACTIVE: Connect job not active",
        "success": False,
    }


def test_refusals(client: RestClient, job: int) -> None:
    answer = trigger(client, "abc")
    assert error(answer) == (400, "INVALID_PARAMETER")
    assert answer.json()["detail"] == "Job Id should be a numeric value."
    assert error(trigger(client, 99)) == (404, "CONNECT_JOB_NOT_FOUND")
    assert error(trigger(client, client.store.jobs.save_group("G"))) == (400, "CANNOT_RUN_CONNECT_JOB")
    assert error(client.call("PUT", f"/connectJobs/{job}/trigger")) == (400, "INVALID_REQUEST_CONTENT")
    for path, code in (
        ("/connectJobs/99/jobRuns", "CONNECT_JOB_NOT_FOUND"),
        (f"/connectJobs/{job}/jobRuns/7/status", "CONNECT_JOB_RUN_NOT_FOUND"),
        (f"/connectJobs/{job}/jobRuns/x/status", "CONNECT_JOB_RUN_NOT_FOUND"),
    ):
        assert error(client.call("GET", path)) == (404, code)
    client.store.jobs.activate(job, active=False)
    assert error(trigger(client, job)) == (400, "CONNECT_JOB_INACTIVE")
    client.rest.options.connect_disabled = True
    assert error(trigger(client, job)) == (401, "CONNECT_DISABLED_FOR_USER")
    assert error(client.call("GET", f"/connectJobs/{job}/jobRuns")) == (401, "CONNECT_DISABLED_FOR_USER")


def test_several_jobs_at_once(client: RestClient, job: int, runner: JobRunner) -> None:
    def start(ids: Any) -> Any:
        return client.call("PUT", "/connectJobs/trigger", json={"jobIds": ids})

    answers = start([job, 99]).json()
    runner.settle()
    assert [(each["jobRunId"], each["success"]) for each in answers] == [(1, True), (None, False)]
    for ids in ([], [1] * 6, "1", None):
        assert error(start(ids)) == (400, "INVALID_PARAMETER")


def test_an_account_without_connect(tmp_path: Path) -> None:
    with Store(tmp_path / "other.sqlite") as store, BackgroundLoop() as loop:
        api = RestApi(store, options=RestOptions())
        loop.run(api.start())
        client = RestClient(api)
        with client.http:
            client.log_in()
            assert error(trigger(client, 1)) == (401, "CONNECT_DISABLED_FOR_USER")
        loop.run(api.stop())
