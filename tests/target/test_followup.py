"""What follows the upload: jobs are started, files taken, rows found; and everything that can be amiss."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.delivery import CARTS, FOLDER, lines, record, run_target, state
from support.faketime import FakeTime

from responsys_io.errors import DataError, TransientError
from responsys_io.supplemental import Column as ReadColumn
from responsys_io.supplemental import Table as ReadTable
from responsys_sandbox.importjob import ImportJob
from responsys_sandbox.imports import ImportResult, run_import
from responsys_sandbox.tables import Column, Table
from target_responsys import target as target_module
from target_responsys.followup import follow_up
from target_responsys.readback import missing_rows, unreadable
from target_responsys.routing import Constant, Field, Route
from target_responsys.samples import SampledRow, Samples
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from responsys_sandbox.sandbox import Sandbox


def carts(count: int) -> list[dict[str, Any]]:
    added = "2026-07-01T10:00:00+02:00"
    rows = [
        record("carts", customer_id=number // 3, product=f"Tea {number} ", price=1.50, added=added)
        for number in range(count)
    ]
    return [CARTS, *rows, state(at=count)]


@pytest.fixture
def config(config: dict[str, Any]) -> dict[str, Any]:
    names = {"delivery": "sftp", "table_name": "Carts", "date_suffix": False, "ready_extension": "ready"}
    return {
        **config,
        **names,
        "pickup_timeout": 60,
        "connect_job_id": "7",
        "date_mask": "YYYY-MM-DD HH24:MI:SS",
    }


@pytest.fixture
def table(sandbox: Sandbox) -> str:
    names = {"CAMPAIGN_ID": "STR100", "CUSTOMER_ID": "INTEGER", "PRODUCT": "STR500", "PRICE": "NUMBER"}
    columns = tuple(Column(name, kind) for name, kind in {**names, "ADDED": "TIMESTAMP"}.items())
    sandbox.store.create_table(Table(FOLDER, "Carts", columns, ("CAMPAIGN_ID", "CUSTOMER_ID", "PRODUCT")))
    return "Carts"


def job(**options: Any) -> ImportJob:
    given = {"file_pattern": "Carts*.csv", "ready_extension": "ready", **options}
    return ImportJob(name="Carts", folder=FOLDER, table="Carts", **given)


class Connect:
    """Connect runs its job when the target has waited for it for a while."""

    def __init__(self, sandbox: Sandbox, job: ImportJob | None, after: float = 3) -> None:
        self.time = FakeTime()
        self.started: list[str] = []
        self.results: list[ImportResult] = []
        self._sandbox, self._job, self._after = sandbox, job, after

    def trigger(self, job_id: str) -> None:
        assert (self._sandbox.files / "upload" / "Carts.csv.ready").exists(), "started before all files stood"
        self.started.append(job_id)

    def sleep(self, seconds: float) -> None:
        self.time.sleep(seconds)
        if self._job and self.started and sum(self.time.waits) >= self._after:
            self.results.append(run_import(self._sandbox.store, self._sandbox.files, self._job))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, config: dict[str, Any]) -> Callable[..., TargetResponsys]:
    def run(connect: Connect, *, count: int = 300, **more: Any) -> TargetResponsys:
        patched = functools.partial(follow_up, sleep=connect.sleep, clock=connect.time.clock)

        def with_fakes(*arguments: Any, trigger: Any, **how: Any) -> None:
            del trigger
            patched(*arguments, trigger=connect.trigger, **how)

        monkeypatch.setattr(target_module, "follow_up", with_fakes)
        target = TargetResponsys(config={**config, **more})
        runs.append(target)
        target.listen(io.BytesIO(lines(carts(count))))  # type: ignore[arg-type]  # takes bytes
        return target

    runs: list[TargetResponsys] = []
    run.runs = runs  # type: ignore[attr-defined]
    return run


def states(run: Any) -> list[tuple[str, str]]:
    return [(file.state, file.reason) for file in run.runs[-1].files]


def test_taken_and_found_in_the_table(
    sandbox: Sandbox, table: str, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    connect = Connect(sandbox, job())
    run(connect)
    assert states(run) == [("verified", "")]
    assert connect.started == ["7"]
    assert len(sandbox.store.rows(FOLDER, table)) == 300
    assert capsys.readouterr().out == '{"at": 300}\n'


def test_a_job_that_deletes_the_file_without_loading_it(
    sandbox: Sandbox, table: str, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """The count file that this job expects counts the header: it refuses the file and removes it."""
    connect = Connect(sandbox, job(count_extension="count", count_header=True))
    with pytest.raises(DataError, match="RSYS-5205: upload/Carts.csv has left its folder, and of 5 rows"):
        run(connect, count_extension="count")
    assert not connect.results[-1].succeeded
    assert not (sandbox.files / "upload" / "Carts.csv").exists()
    assert states(run) == [("failed", "of 5 rows looked for in table Carts, 5 are not there")]
    assert sandbox.store.rows(FOLDER, table) == []
    assert capsys.readouterr().out == "", "no state for what is not in the table"


def test_rows_of_an_earlier_file_prove_nothing(sandbox: Sandbox, table: str, run: Any) -> None:
    run(Connect(sandbox, job()))
    sandbox.store.merge(
        sandbox.store.table(FOLDER, table),  # type: ignore[arg-type]  # it is there
        [{**row, "PRICE": "9"} for row in sandbox.store.rows(FOLDER, table)],
        update=True,
    )
    with pytest.raises(DataError, match="RSYS-5205: .* 5 have other values"):
        run(Connect(sandbox, job(update="append")))


@pytest.mark.usefixtures("table")
def test_nobody_takes_the_file(sandbox: Sandbox, run: Any) -> None:
    connect = Connect(sandbox, None)
    with pytest.raises(TransientError, match="RSYS-5204: upload/Carts.csv .* not taken within 60 seconds"):
        run(connect)
    assert states(run) == [("failed", "not taken within 60 seconds")]
    assert sum(connect.time.waits) == pytest.approx(60)
    assert (sandbox.files / "upload" / "Carts.csv").exists()


@pytest.mark.usefixtures("table")
def test_without_api_settings_being_taken_is_all_that_is_known(sandbox: Sandbox, run: Any) -> None:
    none = {"connect_job_id": None, "api_url": None, "api_username": None, "api_password": None}
    connect = Connect(sandbox, job())
    connect.started.append("by its own schedule")
    run(connect, **none)
    assert states(run) == [("picked up", "its rows were not looked for")]


def test_a_table_with_another_key_is_not_read(sandbox: Sandbox, run: Any) -> None:
    columns = (Column("CAMPAIGN_ID", "STR100"), Column("CUSTOMER_ID", "INTEGER"), Column("PRODUCT", "STR500"))
    sandbox.store.create_table(Table(FOLDER, "Carts", columns, ("CUSTOMER_ID", "PRODUCT")))
    run(Connect(sandbox, job()))
    assert states(run) == [("picked up", "the primary key of table Carts is not the stream's key")]


@pytest.mark.usefixtures("table")
def test_every_part_is_followed(sandbox: Sandbox, run: Any) -> None:
    class Ready(Connect):
        def trigger(self, job_id: str) -> None:
            self.started.append(job_id)

    connect = Ready(sandbox, job())
    run(connect, split_rows=120, tables={"carts": {"table": "Carts", "connect_job_id": "9"}})
    assert states(run) == [("verified", "")] * 3
    assert connect.started == ["9"]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"folder_name": None}, "its rows were not looked for, since folder_name is not set"),
        ({"folder_name": "Other"}, "folder Other has no supplemental table Carts to read"),
        ({"verify_rows": 0}, "its rows were not looked for"),
    ],
)
@pytest.mark.usefixtures("table")
def test_what_cannot_be_looked_for_is_told(
    settings: dict[str, Any], reason: str, sandbox: Sandbox, run: Any
) -> None:
    run(Connect(sandbox, job()), **settings)
    assert states(run) == [("picked up", reason)]


@pytest.mark.usefixtures("table")
def test_an_api_that_refuses_to_read_fails_the_run(sandbox: Sandbox, run: Any) -> None:
    with pytest.raises(DataError, match="RSYS-4009"):
        run(Connect(sandbox, job()), folder_name="Nowhere")
    ((state, reason),) = states(run)
    assert state == "picked up"
    assert reason.startswith("its rows could not be looked for: RSYS-4009")


@pytest.mark.usefixtures("table")
def test_a_job_that_cannot_be_started_fails_the_run(sandbox: Sandbox, run: Any) -> None:
    class Refusing(Connect):
        def trigger(self, job_id: str) -> None:
            raise DataError("RSYS-4009", f"Job {job_id} is not active.")

    with pytest.raises(DataError, match="RSYS-4009"):
        run(Refusing(sandbox, None))
    assert states(run) == [("failed", "its import job was not started: RSYS-4009: Job 7 is not active.")]


@pytest.mark.usefixtures("table")
def test_nothing_is_waited_for_unless_asked(sandbox: Sandbox, run: Any) -> None:
    connect = Connect(sandbox, None)
    run(connect, pickup_timeout=0, connect_job_id=None)
    assert states(run) == [("uploaded", "")]
    assert connect.time.waits == []


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

    def describe(self, folder: str, table: str, /) -> ReadTable | None:
        raise NotImplementedError

    def read(self, table: ReadTable, key: Mapping[str, str], /) -> Mapping[str, str | None] | None:
        assert table is self.table
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
    problem = missing_rows(table, ROUTE, table.table, [row])
    assert problem == ("" if same else "of 1 rows looked for in table T, 1 have other values")


def test_rows_that_are_not_there_are_counted() -> None:
    table = OneRow("STR25", "x")
    rows = [SampledRow(["c1", key, value], ["c1", key, value]) for key, value in (("1", "y"), ("2", "x"))]
    problem = missing_rows(table, ROUTE, table.table, rows)
    assert problem == "of 2 rows looked for in table T, 1 are not there and 1 have other values"


def test_tables_that_cannot_be_read_by_the_key() -> None:
    table = OneRow("STR25", "x").table
    assert unreadable(ROUTE, table) == ""
    assert "no supplemental table T" in unreadable(ROUTE, None)
    assert "no primary key" in unreadable(ROUTE, ReadTable(FOLDER, "T", table.columns))
    assert "is not the stream's key" in unreadable(ROUTE, ReadTable(FOLDER, "T", table.columns, ("ID",)))
