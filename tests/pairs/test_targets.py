"""tap-responsys in front of targets of others: every record arrives, once."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from support.programs import output_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Program = Callable[[str, str], Path]

# target-postgres is in tests/pipeline, where Meltano runs it.
pytestmark = pytest.mark.timeout(600)


def records(messages: bytes) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for message in map(json.loads, messages.splitlines()):
        if message["type"] == "RECORD":
            found.setdefault(message["stream"], []).append(message["record"])
    return found


def settings(tmp_path: Path, **config: Any) -> Path:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def test_target_jsonl(exports: bytes, program: Program, tmp_path: Path) -> None:
    config = settings(tmp_path, destination_path=str(tmp_path), do_timestamp_file=False)
    state = output_of([program("target-jsonl", "target-jsonl"), "--config", config], sent=exports)
    for stream, rows in records(exports).items():
        lines = (tmp_path / f"{stream}.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line) for line in lines] == rows, stream
    assert "bookmarks" in json.loads(state.splitlines()[-1])


def test_target_csv(exports: bytes, program: Program, tmp_path: Path) -> None:
    config = settings(tmp_path, output_path=str(tmp_path), overwrite_behavior="replace_file")
    output_of([program("target-csv", "target-csv"), "--config", config], sent=exports)
    for stream, rows in records(exports).items():
        (path,) = tmp_path.glob(f"{stream}.csv")
        with path.open(encoding="utf-8", newline="") as file:
            written = Counter(
                (row["_sdc_source_file"], row["_sdc_source_lineno"]) for row in csv.DictReader(file)
            )
        sent = Counter((row["_sdc_source_file"], str(row["_sdc_source_lineno"])) for row in rows)
        assert written == sent, stream


def test_target_duckdb_and_the_same_once_more(exports: bytes, program: Program, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    config = settings(tmp_path, path=str(path), default_target_schema="responsys")
    keys = {
        stream: {(row["_sdc_source_file"], row["_sdc_source_lineno"]) for row in rows}
        for stream, rows in records(exports).items()
        if stream != "contacts"
    }
    for _ in range(2):
        output_of([program("target-duckdb", "target-duckdb"), "--config", config], sent=exports)
        with closing(duckdb.connect(str(path))) as connection:
            for stream, expected in keys.items():
                query = f"SELECT _sdc_source_file, _sdc_source_lineno FROM responsys.{stream}"  # noqa: S608
                rows = connection.execute(query).fetchall()
                assert len(rows) == len(expected), stream
                assert set(rows) == expected
            (people,) = connection.execute("SELECT count(*) FROM responsys.contacts").fetchone() or (0,)
        assert people == len({row["RIID_"] for row in records(exports)["contacts"]})


def test_singers_own_checker(exports: bytes, program: Program) -> None:
    report = output_of([program("singer-check-tap", "singer-tools")], sent=exports).decode()
    assert "The output is valid." in report
    counted = re.findall(r"^\| (\w+) +\| (\d+) ", report, re.MULTILINE)
    rows = records(exports)
    assert {stream: int(number) for stream, number in counted} == {
        stream: len(rows.get(stream, ())) for stream, _ in counted
    }
    assert "contacts" in dict(counted)
