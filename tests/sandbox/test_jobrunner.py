"""Saved import jobs and their runs: started, on a schedule, held, aborted, left behind."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from responsys_sandbox.importjob import ImportJob
from responsys_sandbox.jobrunner import JobError, JobRunner
from responsys_sandbox.jobstore import JobCounts, JobRun
from responsys_sandbox.store import Store
from responsys_sandbox.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLE = Table("CDP", "T", (Column("ID", "INTEGER"),), ("ID",))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "account.sqlite") as store:
        store.create_table(TABLE)
        yield store


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    folder = tmp_path / "files" / "upload"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def runner(store: Store, upload: Path, tmp_path: Path) -> Iterator[JobRunner]:
    with JobRunner(store, upload.parent, keys=tmp_path / "keys", clock=lambda: 100.0) as runner:
        yield runner


def job(**changes: Any) -> ImportJob:
    settings = {"name": "J", "folder": "CDP", "table": "T", "file_pattern": "*.csv", "match": ()} | changes
    return ImportJob(**settings)


def run_of(store: Store, run_id: int) -> JobRun:
    run = store.jobs.run(run_id)
    assert run
    return run


def test_jobs_are_kept_as_they_were_saved(store: Store) -> None:
    pet = job(list_name="L", match=("RIID_",), columns=("A", "B"), mapping={"A": "B"})
    job_id = store.jobs.save(pet)
    group = store.jobs.save_group("All")
    assert [(each.id, each.kind, each.settings) for each in store.jobs.jobs()] == [
        (job_id, "import", pet),
        (group, "group", None),
    ]
    store.jobs.activate(job_id, active=False)
    assert store.jobs.find(job_id).active is False  # type: ignore[union-attr]  # it is there
    assert store.jobs.save(job()) == job_id
    assert store.jobs.find(job_id).active is True  # type: ignore[union-attr]
    assert store.jobs.find(99) is None


def test_a_run_that_succeeds_and_one_that_fails(store: Store, upload: Path, runner: JobRunner) -> None:
    job_id = store.jobs.save(job(bad_rows="skip"))
    (upload / "a.csv").write_text("ID\n1\n2\nx\n")
    first = runner.trigger(job_id)
    runner.settle()
    counts = JobCounts(processed=3, added=2, updated=0, rejected=1)
    assert run_of(store, first) == JobRun(first, job_id, 100.0, 100.0, "succeeded", "", counts)
    second = runner.trigger(job_id)
    runner.settle()
    run = run_of(store, second)
    assert (run.status, run.message) == ("failed", "No file *.csv was found in upload")
    (upload / "a.csv").write_text("NO\n1\n")
    third = runner.trigger(job_id)
    runner.settle()
    assert run_of(store, third).message == "a.csv: the header lacks the key column ID"
    store.jobs.save(job(no_file="succeed"))
    fourth = runner.trigger(job_id)
    runner.settle()
    assert run_of(store, fourth).status == "succeeded"
    assert [run.id for run in store.jobs.runs(job_id)] == [first, second, third, fourth]


def test_jobs_that_cannot_be_started(store: Store, runner: JobRunner) -> None:
    with pytest.raises(JobError, match="CONNECT_JOB_NOT_FOUND"):
        runner.trigger(1)
    with pytest.raises(JobError, match="CANNOT_RUN_CONNECT_JOB"):
        runner.trigger(store.jobs.save_group("G"))
    job_id = store.jobs.save(job())
    store.jobs.activate(job_id, active=False)
    with pytest.raises(JobError, match="CONNECT_JOB_INACTIVE"):
        runner.trigger(job_id)


def test_a_held_run_can_be_aborted_and_loads_nothing(store: Store, upload: Path, runner: JobRunner) -> None:
    job_id = store.jobs.save(job())
    (upload / "a.csv").write_text("ID\n1\n")
    let_go = threading.Event()
    runner.while_running = lambda _: let_go.wait()
    try:
        run_id = runner.trigger(job_id)
        assert run_of(store, run_id).status == "running"
        with pytest.raises(JobError, match="CONNECT_JOB_ALREADY_RUNNING"):
            runner.trigger(job_id)
        assert runner.run_waiting() == []
        runner.abort(run_id)
    finally:
        let_go.set()
    runner.settle()
    assert run_of(store, run_id).status == "aborted"
    assert (upload / "a.csv").exists()
    assert store.rows("CDP", "T") == []


def test_two_jobs_that_are_about_one_file(store: Store, upload: Path, runner: JobRunner) -> None:
    jobs = [store.jobs.save(job(name=name)) for name in ("J", "K")]
    (upload / "a.csv").write_text("ID\n" + "".join(f"{number}\n" for number in range(5000)))
    together = threading.Barrier(2)
    runner.while_running = lambda _: together.wait()
    runs = [runner.trigger(job_id) for job_id in jobs]
    runner.settle()
    ends = sorted((run_of(store, run_id).status, run_of(store, run_id).message) for run_id in runs)
    assert ends == [("failed", "No file *.csv was found in upload"), ("succeeded", "")]
    assert len(store.rows("CDP", "T")) == 5000


def test_a_run_that_breaks_is_over(store: Store, runner: JobRunner) -> None:
    job_id = store.jobs.save(job())

    def break_down(_: int) -> None:
        raise RuntimeError("broken")

    runner.while_running = break_down
    run_id = runner.trigger(job_id)
    with pytest.raises(RuntimeError, match="broken"):
        runner.settle()
    assert (run_of(store, run_id).status, run_of(store, run_id).message) == ("failed", "Internal error")


def test_what_a_former_sandbox_has_left_is_aborted(store: Store, upload: Path, tmp_path: Path) -> None:
    run_id = store.jobs.begin(store.jobs.save(job()), 1.0)
    with JobRunner(store, upload.parent, keys=tmp_path / "keys"):
        assert run_of(store, run_id).status == "aborted"


def test_a_schedule_starts_what_files_wait_for(store: Store, upload: Path, tmp_path: Path) -> None:
    waiting, other = store.jobs.save(job()), store.jobs.save(job(name="O", file_pattern="o_*.txt"))
    sleeping = store.jobs.save(job(name="S"))
    store.jobs.activate(sleeping, active=False)
    (upload / "a.csv").write_text("ID\n1\n")
    begun = threading.Event()
    with JobRunner(store, upload.parent, keys=tmp_path / "keys", every=0.01) as runner:
        runner.while_running = lambda _: begun.set()
        assert begun.wait(20)
        runner.settle()
    assert [len(store.jobs.runs(job_id)) for job_id in (waiting, other, sleeping)] == [1, 0, 0]
    assert store.rows("CDP", "T") == [{"ID": "1"}]
