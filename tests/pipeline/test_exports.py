"""Exports into the warehouse: everything once, then nothing, then what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from demo.exports import rows_by_stream
from demo.project import MeltanoError

if TYPE_CHECKING:
    from collections import Counter

    from demo.postgres import Postgres
    from demo.project import Project
    from demo.warehouse import Warehouse
    from responsys_sandbox.sandbox import Sandbox

pytestmark = [pytest.mark.pipeline, pytest.mark.timeout(600)]

# The runs follow each other: a run of Meltano is too dear to be made for each test.
LAST_BATCH = 'SELECT max(greatest("_sdc_batched_at", "_sdc_extracted_at")) FROM responsys.sent'


@pytest.fixture(scope="module")
def first_run(project: Project, warehouse: Warehouse) -> Counter[str]:
    project.run("exports")
    return warehouse.rows_by_stream()


def test_every_exported_row_arrives(first_run: Counter[str], sandbox: Sandbox) -> None:
    exported = rows_by_stream(sandbox.files / "download")
    assert set(exported) >= {"contacts", "sent", "open", "click", "bounce", "opt_out", "launch_state"}
    assert {stream: first_run[stream] for stream in exported} == dict(exported)
    assert first_run["rejected_rows"] == 0


@pytest.mark.usefixtures("first_run")
def test_sent_joins_to_the_names_of_launches(postgres: Postgres) -> None:
    query = """
        SELECT DISTINCT launch."CAMPAIGN_NAME", launch."LAUNCH_NAME"
        FROM responsys.sent AS sent
        LEFT JOIN responsys.launch_state AS launch ON launch."LAUNCH_ID" = sent."LAUNCH_ID"
    """
    with psycopg.connect(postgres.url) as connection:
        names = connection.execute(query).fetchall()
    assert names
    assert all(campaign and launch for campaign, launch in names)


def test_a_second_run_moves_nothing_and_the_next_day_moves_alone(
    first_run: Counter[str], project: Project, warehouse: Warehouse, sandbox: Sandbox, postgres: Postgres
) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        before = connection.execute(LAST_BATCH).fetchone()
        project.run("exports")
        assert connection.execute(LAST_BATCH).fetchone() == before
        assert warehouse.rows_by_stream() == first_run

        sandbox.account.add_days(1)
        project.run("exports")
        new = connection.execute(
            'SELECT count(*) FROM responsys.sent WHERE "_sdc_batched_at" > %s', before
        ).fetchone()
    exported = rows_by_stream(sandbox.files / "download")
    now = warehouse.rows_by_stream()
    assert {stream: now[stream] for stream in exported} == dict(exported)
    assert new == (now["sent"] - first_run["sent"],)
    assert now["sent"] > first_run["sent"]


@pytest.mark.usefixtures("first_run")
def test_a_failing_run_tells_and_keeps_the_bookmarks(project: Project, warehouse: Warehouse) -> None:
    rows, bookmarks = warehouse.rows_by_stream(), project.state("dev:tap-responsys-to-target-postgres")
    assert bookmarks
    with pytest.raises(MeltanoError, match="RSYS-"):
        project.run("exports", variables={"TAP_RESPONSYS_PATH": "no-such-folder"})
    assert project.state("dev:tap-responsys-to-target-postgres") == bookmarks
    assert warehouse.rows_by_stream() == rows
