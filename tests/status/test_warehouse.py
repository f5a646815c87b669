"""The warehouse, PostgreSQL and DuckDB: the same answers from both, and a reason where there is none."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import duckdb
import psycopg
import pytest
from demo.postgres import running_postgres

from responsys_status.readwarehouse import Schemas, UnreachableError, connected, read_warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLES = (
    "CREATE SCHEMA loaded",
    "CREATE SCHEMA marts",
    'CREATE TABLE loaded."sent" ("RIID" BIGINT, "_sdc_source_file" TEXT)',
    "INSERT INTO loaded.sent VALUES (1, 'a.txt'), (2, 'a.txt'), (3, 'b.txt')",
    'CREATE TABLE loaded."SMS_SENT" ("_SDC_SOURCE_FILE" TEXT)',
    "INSERT INTO loaded.\"SMS_SENT\" VALUES ('c.txt')",
    "CREATE TABLE loaded.open (note TEXT)",
    'CREATE TABLE loaded."contacts" ("_sdc_source_file" TEXT)',
    "CREATE TABLE loaded.rejected_rows (stream TEXT, reason TEXT, raw TEXT, _sdc_source_file TEXT)",
    (
        "INSERT INTO loaded.rejected_rows VALUES ('sent', 'no number: ''x''', 'ann@b.example', 'a.txt'),"
        " ('sent', 'no number: ''y''', '', 'a.txt')"
    ),
    (
        "CREATE TABLE marts.responsys__daily_overview (day DATE, sends BIGINT, delivered BIGINT,"
        " open_rate DOUBLE PRECISION)"
    ),
    (
        "INSERT INTO marts.responsys__daily_overview"
        " VALUES ('2026-03-02', 4, 4, 0.25), ('2026-03-01', 9, 0, NULL)"
    ),
    (
        "CREATE TABLE marts.responsys__campaign_overview (campaign_id BIGINT, campaign_name TEXT,"
        " sends BIGINT, open_rate NUMERIC(6, 3))"
    ),
    (
        "INSERT INTO marts.responsys__campaign_overview VALUES (7, 'Spring', 5, 0.5), (-1, NULL, 0, NULL),"
        " (8, NULL, 6, 0.1), (9, 'for ann@b.example', 1, 0)"
    ),
)


@pytest.fixture(scope="module")
def on_postgres() -> Iterator[str]:
    with running_postgres() as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            for statement in TABLES:
                connection.execute(statement)
        yield server.url


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("duckdb") / "warehouse.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        for statement in TABLES:
            connection.execute(statement)
    return f"duckdb:{path}"


@pytest.mark.parametrize("warehouse", ["on_postgres", "on_duckdb"])
def test_what_a_warehouse_holds(warehouse: str, request: pytest.FixtureRequest) -> None:
    held, source = read_warehouse(request.getfixturevalue(warehouse), Schemas("loaded", "MARTS"))
    assert source.found
    assert held
    assert held.loaded == {"open": {}, "sent": {"a.txt": 2, "b.txt": 1}, "sms_sent": {"c.txt": 1}}
    assert held.rejected == {("sent", "a.txt", "no number: '…'"): 2}
    assert held.missing_models == ["MARTS.responsys__domain_overview"]
    assert [(day["day"], day["sends"], day["open_rate"]) for day in held.daily] == [
        ("2026-03-01", 9, None),
        ("2026-03-02", 4, 0.25),
    ]
    assert [(group["name"], group["sends"], group["open_rate"]) for group in held.campaigns] == [
        ("campaign 8", 6, 0.1),
        ("Spring", 5, 0.5),
        ("for …", 1, 0.0),
        ("no campaign", 0, None),
    ]
    assert held.campaigns[0]["bounce_rate"] is None
    assert held.domains == []


@pytest.mark.parametrize("warehouse", ["on_postgres", "on_duckdb"])
def test_its_connections_only_read(warehouse: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(warehouse)
    with pytest.raises(UnreachableError, match="read-only"), connected(url) as connection:
        connection.execute("CREATE TABLE loaded.other (a TEXT)")


def test_a_warehouse_that_cannot_be_reached_gives_a_reason_without_the_password(tmp_path: Path) -> None:
    held, source = read_warehouse("postgresql://me:Secret-99@127.0.0.1:1/db", Schemas())
    assert held is None
    assert "refused" in source.problem
    assert "Secret-99" not in source.problem
    assert "\n" not in source.problem
    held, source = read_warehouse(f"duckdb:{tmp_path / 'none.duckdb'}", Schemas())
    assert held is None
    assert "none.duckdb" in source.problem


def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("responsys_status.readwarehouse.import_module", missing)
    assert read_warehouse("duckdb:x", Schemas())[1].problem.endswith("'responsys-status[duckdb]'")
    assert read_warehouse("postgresql://h/d", Schemas())[1].problem.endswith("'responsys-status[postgres]'")
