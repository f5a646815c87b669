"""The status page of a real pipeline: Meltano's state, receipts, PostgreSQL, the jobs' ready files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from demo.project import Project
    from demo.warehouse import Warehouse

    from responsys_sandbox.sandbox import Sandbox

pytestmark = [pytest.mark.pipeline, pytest.mark.timeout(600)]


def made(project: Project, folder: Path, **settings: str) -> dict[str, Any]:
    page = folder / "status.html"
    own = {"RESPONSYS_STATUS_RECEIPTS": str(folder / "receipts"), "RESPONSYS_STATUS_OUTPUT": str(page)}
    project.run("status", variables=own | settings)
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    document: dict[str, Any] = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    return document


def test_a_run_of_the_project_shows_on_the_page(
    project: Project, sandbox: Sandbox, warehouse: Warehouse, tmp_path: Path
) -> None:
    before = made(project, tmp_path)
    assert before["sources"]["state"]["problem"] == "it holds no bookmark of the tap"
    assert before["coverage"]["streams"] == []
    project.run("exports")
    last = sandbox.account.plan.start.replace(day=sandbox.account.plan.start.day + sandbox.account.days - 1)
    document = made(
        project,
        tmp_path,
        RESPONSYS_STATUS_EXPORTS=str(sandbox.files / "download"),
        RESPONSYS_STATUS_AS_OF=f"{last}T20:00",
    )
    assert document["sources"]["state"] == {
        "place": "Meltano's state dev:tap-responsys-to-target-postgres",
        "problem": "",
    }
    streams = {each["stream"]: each for each in document["coverage"]["streams"]}
    assert streams["sent"]["present"] == sandbox.account.days
    assert all(set(each["marks"].values()) == {"read"} for each in streams.values())
    assert [notice["text"] for notice in document["notices"]] == [
        "Not read: folder receipts of receipts: the folder is not there."
    ]
    rows = warehouse.rows_by_stream()
    for stream, days in document["counts"].items():
        assert sum(day["loaded"] for day in days) == rows[stream], stream
        assert all(day["stated"] == day["read"] == day["loaded"] for day in days), stream
    assert set(document["counts"]) == set(streams) - {"contacts"}
    assert len(document["engagement"]["missing_models"]) == 3
