"""The program: what it writes, what it prints, how it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support import statusdata

from responsys_status.cli import dbt_warehouse

if TYPE_CHECKING:
    from pathlib import Path


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "RESPONSYS_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "responsys_status", *arguments],
        cwd=folder,
        env=inherited | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "state.json").write_text(json.dumps(statusdata.state()))
    (tmp_path / "receipts").mkdir()
    for place, receipt in enumerate(statusdata.receipts()):
        (tmp_path / "receipts" / f"{place}.json").write_text(json.dumps(receipt))
    return tmp_path


def test_page_and_document_are_written_and_named(folder: Path) -> None:
    done = run(
        folder,
        "--state=state.json",
        "--receipts=receipts",
        "--as-of=2026-05-20T11:30+02:00",
        "--output=out/page.html",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Wrote out/page.html (")
    assert done.stdout.endswith(" KB) and page.json: problem.\n")
    document = json.loads((folder / "out" / "page.json").read_text())
    assert document["made_for"] == "2026-05-20T09:30:00+00:00"
    assert len(document["coverage"]["streams"]) == 9
    assert "2026-05-20 09:30 UTC" in (folder / "out" / "page.html").read_text()


def test_variables_are_the_options_and_the_same_again_gives_the_same_bytes(folder: Path) -> None:
    settings = {
        "RESPONSYS_STATUS_STATE": "state.json",
        "RESPONSYS_STATUS_AS_OF": "2026-05-20",
        "RESPONSYS_STATUS_OUTPUT": "page.html",
    }
    assert run(folder, **settings).returncode == 0
    first = (folder / "page.html").read_bytes()
    assert run(folder, **settings).returncode == 0
    assert (folder / "page.html").read_bytes() == first


def test_without_anything_there_is_a_page(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0
    assert "output/responsys-status.html" in done.stdout
    assert done.stdout.endswith("unknown.\n")


def test_a_page_that_cannot_be_written_and_a_time_that_is_none_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(tmp_path, "--output=file/page.html")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "RSYS-1040" in done.stderr
    done = run(tmp_path, "--as-of=tomorrow")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "RSYS-1041" in done.stderr


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({}, ""),
        ({"DBT_POSTGRES_USER": "me"}, ""),
        ({"DBT_DUCKDB_PATH": "w.duckdb", "DBT_POSTGRES_HOST": "h"}, "duckdb:w.duckdb"),
        (
            {"DBT_POSTGRES_HOST": "h", "DBT_POSTGRES_PASSWORD": "a'b\\c d", "DBT_POSTGRES_DATABASE": "w"},
            "host='h' password='a\\'b\\\\c d' dbname='w'",
        ),
    ],
)
def test_the_warehouse_of_dbt(variables: dict[str, str], url: str) -> None:
    assert dbt_warehouse(variables) == url
