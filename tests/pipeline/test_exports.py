"""Exports into the warehouse: everything once, then nothing, then what is new."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from demo.exports import rows_by_stream
from demo.project import ROOT, MeltanoError

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

    from demo.postgres import Postgres
    from demo.project import Project
    from demo.warehouse import Warehouse

    from responsys_sandbox.sandbox import Sandbox

pytestmark = [pytest.mark.pipeline, pytest.mark.timeout(600)]

# The runs follow each other: a run of Meltano is too dear to be made for each test.
SELECTED = ("contacts", "sent", "open", "click", "bounce", "opt_in", "opt_out", "launch_state")


def exported(sandbox: Sandbox) -> dict[str, int]:
    """The rows that the selected streams should have, none of them rejected."""
    rows = rows_by_stream((sandbox.files / "download").iterdir())
    return {**{stream: rows[stream] for stream in SELECTED}, "rejected_rows": 0}


@pytest.fixture(scope="module")
def first_run(project: Project, warehouse: Warehouse) -> Counter[str]:
    project.run("exports")
    return warehouse.rows_by_stream()


def test_every_exported_row_arrives(first_run: Counter[str], sandbox: Sandbox) -> None:
    assert first_run == exported(sandbox)
    assert all(first_run[stream] for stream in ("contacts", "sent", "open", "click", "launch_state"))


@pytest.mark.usefixtures("first_run")
def test_sent_joins_to_the_names_of_launches(postgres: Postgres, sandbox: Sandbox) -> None:
    query = """
        SELECT DISTINCT sent."LAUNCH_ID"::text, launch."CAMPAIGN_NAME", coalesce(launch."LAUNCH_NAME", '')
        FROM responsys.sent AS sent
        LEFT JOIN responsys.launch_state AS launch ON launch."LAUNCH_ID" = sent."LAUNCH_ID"
    """
    with psycopg.connect(postgres.url) as connection:
        joined = set(connection.execute(query).fetchall())
    launches = {
        (row["LAUNCH_ID"], row["CAMPAIGN_NAME"], row["LAUNCH_NAME"])
        for path in (sandbox.files / "download").glob("*_LAUNCH_STATE_*.txt")
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines(keepends=True))
    }
    assert len({campaign for _, campaign, _ in joined}) > 1
    assert joined <= launches


@pytest.mark.usefixtures("first_run")
def test_the_readmes_query_tells_what_was_sent(postgres: Postgres, warehouse: Warehouse) -> None:
    query = (ROOT / "README.md").read_text(encoding="utf-8").split("```sql\n")[1].split("```")[0]
    with psycopg.connect(postgres.url) as connection:
        rows = connection.execute(query.strip().removesuffix(";")).fetchall()
    assert all(campaign for _, campaign, _, _ in rows)
    assert sum(sends for *_, sends in rows) == warehouse.rows_by_stream()["sent"]


def test_a_second_run_moves_nothing_and_the_next_day_moves_alone(
    first_run: Counter[str], project: Project, warehouse: Warehouse, sandbox: Sandbox
) -> None:
    after_first = datetime.now(UTC)
    project.run("exports")
    assert warehouse.rows_by_stream() == first_run
    assert warehouse.rows_by_stream(since=after_first).total() == 0

    old = set((sandbox.files / "download").iterdir())
    sandbox.account.add_days(1)
    new = set((sandbox.files / "download").iterdir()) - old
    project.run("exports")
    assert warehouse.rows_by_stream() == exported(sandbox)
    moved, expected = warehouse.rows_by_stream(since=after_first), rows_by_stream(new)
    assert {stream: moved[stream] for stream in SELECTED} == {stream: expected[stream] for stream in SELECTED}
    assert moved["sent"] > 0


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


@pytest.mark.usefixtures("first_run")
def test_contacts_missing_from_a_full_list_are_marked_deleted(
    project: Project, postgres: Postgres, sandbox: Sandbox
) -> None:
    download = sandbox.files / "download"
    first, *others = sorted(download.glob("CONTACT_LIST_*.csv"))
    header, *lines = lines_of(first)
    known = {row["RIID_"] for path in (first, *others) for row in csv.DictReader(lines_of(path))}
    staying = {row["RIID_"] for row in csv.DictReader([header, *lines[3:]])}
    later = download / "CONTACT_LIST_20991231_060500.csv"
    later.write_text(header + "".join(lines[3:]), encoding="utf-8")
    later.with_suffix(".ready").write_text(f"{len(lines) - 3}\n", encoding="ascii")
    project.run("exports", variables={"TAP_RESPONSYS_DETECT_DELETED_CONTACTS": "true"})
    with psycopg.connect(postgres.url) as connection:
        rows = connection.execute(
            'SELECT "RIID_"::text, "EMAIL_ADDRESS_", _sdc_deleted_at IS NULL FROM responsys.contacts'
        ).fetchall()
    for path in (later, later.with_suffix(".ready")):
        path.unlink()
    assert {riid for riid, _, _ in rows} == known
    assert {riid for riid, _, alive in rows if alive} == staying
    assert all(address for _, address, _ in rows)


def test_the_probe_tells_whether_the_settings_are_right(project: Project) -> None:
    project.invoke("tap-responsys:probe")
    with pytest.raises(MeltanoError, match="RSYS-2101: There is no folder no-such-folder"):
        project.invoke("tap-responsys:probe", variables={"TAP_RESPONSYS_PATH": "no-such-folder"})


@pytest.mark.usefixtures("first_run")
def test_a_failing_run_tells_and_keeps_the_bookmarks(project: Project, warehouse: Warehouse) -> None:
    rows, bookmarks = warehouse.rows_by_stream(), project.state("dev:tap-responsys-to-target-postgres")
    assert bookmarks
    with pytest.raises(MeltanoError, match="RSYS-"):
        project.run("exports", variables={"TAP_RESPONSYS_PATH": "no-such-folder"})
    assert project.state("dev:tap-responsys-to-target-postgres") == bookmarks
    assert warehouse.rows_by_stream() == rows
