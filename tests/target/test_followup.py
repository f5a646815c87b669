"""What follows the upload: jobs are started, files taken, rows found; and everything that can be amiss."""

from __future__ import annotations

import functools
import io
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.delivery import CARTS, FOLDER, lines, record, run_target, state
from support.faketime import FakeTime

from responsys_io.errors import DataError, SettingsError, TransientError
from responsys_io.supplemental import Column as ReadColumn
from responsys_io.supplemental import Table as ReadTable
from responsys_sandbox.importjob import ImportJob
from responsys_sandbox.imports import run_import
from responsys_sandbox.rest import Drop, Fault, Refuse
from responsys_sandbox.tables import Column, Table
from target_responsys import connections
from target_responsys.destinations import Destination
from target_responsys.endofrun import RejectedRowsError
from target_responsys.followup import FollowUp
from target_responsys.readback import LookedUp, look_up, unreadable
from target_responsys.routing import Constant, Field, Route
from target_responsys.samples import SampledRow, Samples
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from responsys_sandbox.jobstore import JobRun
    from responsys_sandbox.sandbox import Sandbox


def carts(count: int) -> list[dict[str, Any]]:
    added = "2026-07-01T10:00:00+02:00"
    rows = [
        record("carts", customer_id=number // 3, product=f"Tea {number} ", price=1.50, added=added)
        for number in range(count)
    ]
    return [CARTS, *rows, state(at=count)]


@pytest.fixture
def table(sandbox: Sandbox) -> str:
    names = {"CAMPAIGN_ID": "STR100", "CUSTOMER_ID": "INTEGER", "PRODUCT": "STR500", "PRICE": "NUMBER"}
    columns = tuple(Column(name, kind) for name, kind in {**names, "ADDED": "TIMESTAMP"}.items())
    sandbox.store.create_table(Table(FOLDER, "Carts", columns, ("CAMPAIGN_ID", "CUSTOMER_ID", "PRODUCT")))
    return "Carts"


def job(**options: Any) -> ImportJob:
    given = {"name": "Carts", "file_pattern": "Carts*.csv", "ready_extension": "ready", **options}
    return ImportJob(folder=FOLDER, table="Carts", **given)


@pytest.fixture
def config(sandbox: Sandbox, config: dict[str, Any]) -> dict[str, Any]:
    """Settings that name a saved job, which `sandbox.store.jobs.save` changes."""
    return {
        **config,
        "delivery": "sftp",
        "table_name": "Carts",
        "date_suffix": False,
        "ready_extension": "ready",
        "pickup_timeout": 60,
        "connect_job_id": str(sandbox.store.jobs.save(job())),
    }


class Running:
    """Runs the target, with time that passes only while it waits; jobs end meanwhile."""

    def __init__(self, sandbox: Sandbox, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        self.sandbox, self.config = sandbox, config
        self.time = FakeTime(while_waiting=sandbox.connect.settle)
        self.target: TargetResponsys
        follow = functools.partial(FollowUp, sleep=self.time.sleep, clock=self.time.clock)
        monkeypatch.setattr(connections, "FollowUp", follow)

    def __call__(self, *, count: int = 300, **more: Any) -> None:
        self.target = TargetResponsys(config={**self.config, **more})
        try:
            self.target.listen(io.BytesIO(lines(carts(count))))  # type: ignore[arg-type]  # takes bytes
        finally:
            self.jobs = self.target.connections.jobs

    def listen_without_jobs(self, job: ImportJob | None, **more: Any) -> None:
        """Run without a job to start; Connect runs this one by its own schedule."""
        if job:
            self.time.while_waiting = lambda: run_import(self.sandbox.store, self.sandbox.files, job)
        self(connect_job_id=None, **more)

    @property
    def states(self) -> list[tuple[str, str]]:
        return [(file.state, file.reason) for file in self.target.files]

    @property
    def runs(self) -> list[JobRun]:
        return self.sandbox.store.jobs.runs(int(self.config["connect_job_id"]))


@pytest.fixture
def run(sandbox: Sandbox, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    running = Running(sandbox, config, monkeypatch)
    yield running
    sandbox.connect.settle()


READINGS: list[dict[str, Any]] = [
    {},
    {"connect_status_in_object": False, "connect_status_case": "upper", "connect_numbers_as_text": True},
    {"connect_status_case": "title", "connect_message_key": "errorMessage", "lists_in_items": True},
]


@pytest.mark.parametrize("reading", READINGS)
def test_loaded_and_found_in_the_table(
    reading: dict[str, Any], table: str, run: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in reading.items():
        setattr(run.sandbox.rest.options, name, value)
    run()
    assert run.states == [("verified", "")]
    (result,) = run.jobs
    assert str(result) == ("Import job 1, run 1: succeeded, processed 300, added 300, updated 0, rejected 0")
    assert len(run.sandbox.store.rows(FOLDER, table)) == 300
    assert capsys.readouterr().out == '{"at": 300}\n'


@pytest.mark.parametrize("reading", READINGS)
def test_a_job_that_refuses_the_file(
    reading: dict[str, Any], table: str, run: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    """The count file that this job expects counts the header: it refuses the file and removes it."""
    for name, value in reading.items():
        setattr(run.sandbox.rest.options, name, value)
    run.sandbox.store.jobs.save(job(count_extension="count", count_header=True))
    with pytest.raises(DataError, match=r"RSYS-4304: Import job 1, run 1, has failed: Carts.csv: .* say 301"):
        run(count_extension="count")
    assert not (run.sandbox.files / "upload" / "Carts.csv").exists()
    ((state, reason),) = run.states
    assert (state, run.jobs[0].status) == ("failed", "failed")
    assert "has failed: Carts.csv: the count file" in reason
    assert run.sandbox.store.rows(FOLDER, table) == []
    assert capsys.readouterr().out == "", "no state for what is not in the table"


@pytest.mark.usefixtures("table")
def test_an_aborted_run(run: Running) -> None:
    let_go = threading.Event()
    run.sandbox.connect.while_running = lambda _: let_go.wait()
    run.time.while_waiting = lambda: run.sandbox.connect.abort(1)
    try:
        with pytest.raises(TransientError, match="RSYS-4305: Import job 1, run 1, was aborted"):
            run()
    finally:
        let_go.set()
    assert run.states == [("failed", "Import job 1, run 1, was aborted.")]
    assert run.jobs[0].status == "aborted"


@pytest.mark.usefixtures("table")
def test_a_run_that_does_not_end_in_time(run: Running, capsys: pytest.CaptureFixture[str]) -> None:
    let_go = threading.Event()
    run.sandbox.connect.while_running = lambda _: let_go.wait()
    run.time.while_waiting = lambda: None
    try:
        with pytest.raises(TransientError, match="RSYS-4306: .* has not ended within 60 seconds"):
            run()
        with pytest.raises(TransientError, match="RSYS-4302: Connect job 1 runs already"):
            run()
    finally:
        let_go.set()
    assert sum(run.time.waits) == pytest.approx(120)
    assert run.jobs[0].status == "not started"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("as_result", [False, True])
@pytest.mark.parametrize("takes_the_file", [False, True])
def test_a_job_that_runs_already(table: str, run: Running, as_result: bool, takes_the_file: bool) -> None:
    """It is started again when it has ended, unless its run has loaded the file by then."""
    run.sandbox.rest.options.connect_refusals_as_results = as_result
    let_go, begun = threading.Event(), []

    def hold(run_id: int) -> None:
        begun.append(run_id)
        if run_id == 1:
            let_go.wait()

    def pass_time() -> None:
        if not let_go.is_set() and not takes_the_file:
            run.sandbox.connect.abort(1)
        let_go.set()
        run.sandbox.connect.settle()

    run.sandbox.connect.while_running = hold
    run.time.while_waiting = pass_time
    try:
        run.sandbox.connect.trigger(1)
        run()
    finally:
        let_go.set()
    assert begun == ([1] if takes_the_file else [1, 2])
    assert run.jobs[0].run_id == str(begun[-1])
    assert run.states == [("verified", "")]
    assert len(run.sandbox.store.rows(FOLDER, table)) == 300


@pytest.mark.parametrize("lost", ["before", "after", "during"])
def test_a_start_whose_answer_is_lost_happens_once(table: str, run: Running, lost: Any) -> None:
    run.sandbox.rest.faults.add(Fault(action=Drop(lost), method="PUT", path=r"/connectJobs/.*/trigger"))
    run()
    assert [each.status for each in run.runs] == ["succeeded"]
    assert run.jobs[0].run_id == "1"
    assert run.states == [("verified", "")]
    assert len(run.sandbox.store.rows(FOLDER, table)) == 300


@pytest.mark.usefixtures("table")
def test_a_start_in_doubt_is_not_repeated_where_runs_are_not_listed(run: Running) -> None:
    faults = run.sandbox.rest.faults
    faults.add(Fault(action=Drop("after"), method="PUT", path=r"/connectJobs/.*/trigger"))
    for _ in range(3):
        faults.add(Fault(action=Refuse("OPERATION_NOT_SUPPORTED"), method="GET", path=r".*/jobRuns"))
    with pytest.raises(TransientError, match="RSYS-4004"):
        run()
    run.sandbox.connect.settle()
    assert len(run.runs) == 1


REFUSED_STARTS = [
    ("inactive", "RSYS-4303: .*CONNECT_JOB_INACTIVE. Activate the job"),
    ("missing", "RSYS-4303: .*CONNECT_JOB_NOT_FOUND. Set connect_job_id"),
    ("group", "RSYS-4303: .*CANNOT_RUN_CONNECT_JOB. Have connect_job_id name a single import job"),
    ("no access", "RSYS-4010: .*CONNECT_DISABLED_FOR_USER. The user needs access to Connect"),
]


@pytest.mark.parametrize("as_result", [False, True])
@pytest.mark.parametrize(("why", "text"), REFUSED_STARTS)
@pytest.mark.usefixtures("table")
def test_a_job_that_cannot_be_started(
    why: str, text: str, as_result: bool, run: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs, options = run.sandbox.store.jobs, run.sandbox.rest.options
    jobs.activate(1, active=why != "inactive")
    options.connect_disabled = why == "no access"
    options.connect_refusals_as_results = as_result and why != "no access"
    number = {"missing": "99", "group": str(jobs.save_group("G"))}.get(why, "1")
    with pytest.raises(SettingsError, match=text):
        run(connect_job_id=number)
    ((state, reason),) = run.states
    assert state == "failed"
    assert reason.startswith("its import job was not started: RSYS-")
    assert (run.sandbox.files / "upload" / "Carts.csv").exists()
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("table")
def test_a_job_that_fails_does_not_hide_what_became_of_others(run: Running) -> None:
    bad = run.sandbox.store.jobs.save(job(name="Bad", file_pattern="Nothing*.csv"))
    run.target = TargetResponsys(
        config={**run.config, "tables": {"other": {"table": "Other", "connect_job_id": str(bad)}}}
    )
    other = [{**message, "stream": "other"} for message in carts(3)[:-1]]
    with pytest.raises(DataError, match="RSYS-4304"):
        run.target.listen(io.BytesIO(lines([*other, *carts(3)])))  # type: ignore[arg-type]  # takes bytes
    assert [state for state, _ in run.states] == ["failed", "verified"]


def test_records_that_the_job_rejects(table: str, run: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """Its keys are there: a job that appends leaves them out."""
    run()
    run.sandbox.store.jobs.save(job(update="append"))
    price: dict[str, Any] = {"tables": {"carts": {"table": table, "columns": {"price": None}}}}
    assert capsys.readouterr().out == '{"at": 300}\n'
    with pytest.raises(RejectedRowsError, match="RSYS-5304: 300 records were rejected by import job 1"):
        run(max_rejected_rows=299, **price)
    assert run.states == [("verified", "")]
    assert capsys.readouterr().out == "", "no rejects file has these records"
    run(max_rejected_rows=300, **price)
    assert run.jobs[0].rejected == 300
    assert capsys.readouterr().out == '{"at": 300}\n'


def test_rejected_records_cannot_be_verified(table: str, run: Running) -> None:
    run(count=10)
    run.sandbox.store.merge(
        run.sandbox.store.table(FOLDER, table),  # type: ignore[arg-type]  # it is there
        [{**row, "PRICE": "9"} for row in run.sandbox.store.rows(FOLDER, table)],
        update=True,
    )
    run.sandbox.store.jobs.save(job(update="append"))
    run(count=10, max_rejected_rows=10)
    looked_up = "5 rows looked for in table Carts, 5 have other values"
    assert run.states == [("picked up", f"its import job has rejected records, and of {looked_up}")]


def test_a_run_that_leaves_the_file(table: str, run: Running) -> None:
    run.sandbox.store.jobs.save(job(file_pattern="Cart.csv", no_file="succeed"))
    with pytest.raises(TransientError, match="RSYS-5204: upload/Carts.csv .* not taken by the run of"):
        run(pickup_timeout=None)
    assert sum(run.time.waits) <= 61, "the job has ended: no use in waiting for half an hour"
    assert run.sandbox.store.rows(FOLDER, table) == []


@pytest.mark.usefixtures("table")
def test_a_job_is_only_started_where_nothing_is_waited_for(run: Running) -> None:
    run(pickup_timeout=0)
    assert run.states == [("uploaded", "")]
    assert (run.jobs[0].run_id, run.jobs[0].status) == ("1", "running")
    assert run.time.waits == []


def test_a_job_that_deletes_the_file_without_loading_it(table: str, run: Running) -> None:
    with pytest.raises(DataError, match="RSYS-5205: upload/Carts.csv has left its folder, and of 5 rows"):
        run.listen_without_jobs(job(count_extension="count", count_header=True), count_extension="count")
    assert not (run.sandbox.files / "upload" / "Carts.csv").exists()
    assert run.states == [("failed", "of 5 rows looked for in table Carts, 5 are not there")]
    assert run.sandbox.store.rows(FOLDER, table) == []


def test_rows_of_an_earlier_file_prove_nothing(table: str, run: Running) -> None:
    run.listen_without_jobs(job())
    run.sandbox.store.merge(
        run.sandbox.store.table(FOLDER, table),  # type: ignore[arg-type]  # it is there
        [{**row, "PRICE": "9"} for row in run.sandbox.store.rows(FOLDER, table)],
        update=True,
    )
    with pytest.raises(DataError, match="RSYS-5205: .* 5 have other values"):
        run.listen_without_jobs(job(update="append"))


@pytest.mark.usefixtures("table")
def test_nobody_takes_the_file(run: Running) -> None:
    with pytest.raises(TransientError, match="RSYS-5204: upload/Carts.csv .* not taken within 60 seconds"):
        run.listen_without_jobs(None)
    assert run.states == [("failed", "not taken within 60 seconds")]
    assert sum(run.time.waits) == pytest.approx(60)
    assert (run.sandbox.files / "upload" / "Carts.csv").exists()


@pytest.mark.usefixtures("table")
def test_without_api_settings_being_taken_is_all_that_is_known(run: Running) -> None:
    run.listen_without_jobs(job(), api_url=None, api_username=None, api_password=None)
    assert run.states == [("picked up", "its rows were not looked for")]


def test_a_table_with_another_key_is_not_read(run: Running) -> None:
    columns = (Column("CAMPAIGN_ID", "STR100"), Column("CUSTOMER_ID", "INTEGER"), Column("PRODUCT", "STR500"))
    run.sandbox.store.create_table(Table(FOLDER, "Carts", columns, ("CUSTOMER_ID", "PRODUCT")))
    run()
    assert run.states == [("picked up", "the primary key of table Carts is not the stream's key")]


@pytest.mark.usefixtures("table")
def test_every_part_is_followed(run: Running) -> None:
    nine = run.sandbox.store.jobs.save(job(name="Nine"))
    run(split_rows=120, tables={"carts": {"table": "Carts", "connect_job_id": str(nine)}})
    assert run.states == [("verified", "")] * 3
    assert [(each.job_id, len(each.files), each.processed) for each in run.jobs] == [(str(nine), 3, 300)]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"folder_name": None}, "its rows were not looked for, since folder_name is not set"),
        ({"folder_name": "Other"}, "folder Other has no supplemental table Carts to read"),
        ({"verify_rows": 0}, "its rows were not looked for"),
    ],
)
@pytest.mark.usefixtures("table")
def test_what_cannot_be_looked_for_is_told(settings: dict[str, Any], reason: str, run: Running) -> None:
    run(**settings)
    assert run.states == [("picked up", reason)]


@pytest.mark.usefixtures("table")
def test_an_api_that_refuses_to_read_fails_the_run(run: Running) -> None:
    with pytest.raises(SettingsError, match="RSYS-5008"):
        run(folder_name="Nowhere")
    ((state, reason),) = run.states
    assert state == "picked up"
    assert reason.startswith("its rows could not be looked for: RSYS-5008")


@pytest.mark.usefixtures("table")
def test_nothing_is_waited_for_unless_asked(run: Running) -> None:
    run(pickup_timeout=None, connect_job_id=None)
    assert run.states == [("uploaded", "")]
    assert run.time.waits == []


def test_the_command_fails_with_one_line_when_nobody_takes_the_file(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Any
) -> None:
    more = {"connect_job_id": None, "pickup_timeout": 0.2}
    run = run_target(tmp_path, {**config, **more}, lines(carts(3)))
    assert (run.exit_code, run.stdout) == (1, "")
    assert len(run.errors) == 1
    assert run.errors[0].startswith(
        "RSYS-5204: upload/Carts.csv was uploaded and not taken within 0.2 seconds"
    )
    assert (sandbox.files / "upload" / "Carts.csv").exists()


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 40)), max_size=300), st.integers(1, 5))
def test_samples_are_few_their_last_rows_and_of_one_file_each(rows: list[tuple[int, int]], size: int) -> None:
    ordered = sorted(rows, key=lambda row: row[0])
    samples = Samples(size, [0])
    last: dict[str, tuple[int, str]] = {}
    for number, (part, key) in enumerate(ordered):
        samples.add(part, [str(key), str(number)], [str(key), str(number)])
        last[str(key)] = (part, str(number))
    kept = {part: samples.of(part) for part in (1, 2, 3)}
    for part, found in kept.items():
        assert len(found) <= size
        for row in found:
            assert last[row.values[0]] == (part, row.values[1])


def test_samples_are_spread_over_the_file() -> None:
    samples = Samples(5, [0])
    for number in range(1_000):
        samples.add(1, [str(number)], [str(number)])
    assert [row.values[0] for row in samples.of(1)] == ["0", "256", "512", "768"]
    assert Samples(0, [0]).of(1) == Samples(5, []).of(1) == []


ROUTE = Route(
    "s",
    FOLDER,
    "T",
    (Constant("CAMPAIGN_ID", "c1", "STR100", "campaign_id"),),
    (Field("id", "id", "integer", "INTEGER"), Field("value", "value", "text", "STR25")),
    ("id",),
    "CAMPAIGN_ID",
    "c1",
)


class OneRow:
    """A table with one row, which is asked for by its key as the table spells it."""

    def __init__(self, kind: str, value: str | None) -> None:
        names = {"CAMPAIGN_ID": "STR100", "ID": "INTEGER", "VALUE": kind}
        columns = tuple(ReadColumn(name, of) for name, of in names.items())
        self.table = ReadTable(FOLDER, "T", columns, ("CAMPAIGN_ID", "ID"))
        self._row = {"CAMPAIGN_ID": "c1", "ID": "1", "VALUE": value}

    def read(self, key: Mapping[str, str]) -> Mapping[str, str | None] | None:
        return self._row if key == {"CAMPAIGN_ID": "c1", "ID": "1"} else None


@pytest.mark.parametrize(
    ("kind", "value", "cell", "stored", "same"),
    [
        ("STR25", "Tea", "Tea", "Tea", True),
        ("STR25", " Tea ", " Tea ", "Tea", True),
        ("STR25", "Tea", "Tea", "Coffee", False),
        ("STR25", "Tea", "Tea", None, False),
        ("STR25", "x" * 30, "x" * 30, "x" * 25, True),
        ("STR25", "Tea time", "Tea time", "Tea", False),
        ("STR25", "=1", "'=1", "'=1", True),
        ("STR25", "", "NULL", "NULL", True),
        ("STR25", "", "", "kept", True),
        ("NUMBER", "1.50", "1.50", "1.5", True),
        ("NUMBER", "1.5", "1.5", "2", False),
        ("NUMBER", "1.5", "1.5", "", False),
        ("TIMESTAMP", "2026-07-01 08:00:00", "01-JUL-2026", "2026-07-01T08:00:00Z", True),
        ("TIMESTAMP", "2026-07-01 08:00:00", "01-JUL-2026", None, False),
    ],
)
def test_what_a_load_makes_of_a_value(
    kind: str, value: str, cell: str, stored: str | None, same: bool
) -> None:
    table = OneRow(kind, stored)
    row = SampledRow(["c1", "1", value], ["c1", "1", cell])
    assert look_up(table.read, ROUTE, table.table, [row]) == LookedUp("table T", same, 0, not same)


def test_rows_that_are_not_there_are_counted() -> None:
    table = OneRow("STR25", "x")
    rows = [SampledRow(["c1", key, value], ["c1", key, value]) for key, value in (("1", "y"), ("2", "x"))]
    looked_up = look_up(table.read, ROUTE, table.table, rows)
    assert str(looked_up) == "2 rows looked for in table T, 1 are not there and 1 have other values"


def test_tables_that_cannot_be_read_by_the_key() -> None:
    table = OneRow("STR25", "x").table

    def told(*key: str) -> str:
        return unreadable(ROUTE, Destination("supplemental", ReadTable(FOLDER, "T", table.columns, key)))

    assert told("CAMPAIGN_ID", "ID") == ""
    assert "no primary key" in told()
    assert "is not the stream's key" in told("ID")
    assert unreadable(ROUTE, None) == f"folder {FOLDER} has no supplemental table T to read"
    pet = replace(ROUTE, kind="pet", list_name="L", folder="")
    assert unreadable(pet, None) == "list L has no profile extension table T to read"
