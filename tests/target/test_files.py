"""The CSV spool, the names of files, and the rejects file."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responsys_io.errors import DataError, SettingsError
from target_responsys.csvspool import CsvSpool
from target_responsys.filenames import FileNames, file_names
from target_responsys.rejects import Rejects

if TYPE_CHECKING:
    from pathlib import Path

STARTED = datetime(2026, 11, 23, 22, 5, 9, tzinfo=UTC)
PLACES = {"table": "Carts", "stream": "public-carts", "campaign_id": "c1", "execution_id": "e1"}


def written(rows: list[list[str]], config: dict[str, Any] | None = None) -> bytes:
    with contextlib.closing(CsvSpool(["A", "B"], config or {})) as spool:
        for row in rows:
            spool.write(row)
        return spool.finished().read()


def test_every_field_is_enclosed_and_lines_end_with_lf() -> None:
    assert written([["1", 'say "é"']]) == '"A","B"\n"1","say ""é"""\n'.encode()


@pytest.mark.parametrize(
    ("config", "data"),
    [
        ({"include_header": False}, b'"1","2"\n'),
        ({"delimiter": "tab"}, b'"A"\t"B"\n"1"\t"2"\n'),
        ({"delimiter": "|", "quote_char": "'"}, b"'A'|'B'\n'1'|'2'\n"),
        ({"encoding": "utf-16-le"}, '"A","B"\n"1","2"\n'.encode("utf-16-le")),
    ],
)
def test_the_settings_of_the_format(config: dict[str, Any], data: bytes) -> None:
    assert written([["1", "2"]], config) == data


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2)))
def test_what_is_written_reads_back(rows: list[list[str]]) -> None:
    text = io.StringIO(written(rows).decode(), newline="")
    assert list(csv.reader(text))[1:] == rows


def test_a_character_that_the_encoding_has_not() -> None:
    with pytest.raises(DataError, match="RSYS-5201.*latin-1") as raised:
        written([["1", "secret €"]], {"encoding": "latin-1"})
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(("config", "count"), [({}, 1), ({"count_header": True}, 2)])
def test_what_the_count_file_says(config: dict[str, Any], count: int) -> None:
    with contextlib.closing(CsvSpool(["A"], config)) as spool:
        spool.write(["x"])
        assert spool.count == count


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({}, FileNames("upload/Carts_20261123_220509.csv", None, None)),
        (
            {"date_suffix": False, "count_extension": "count", "ready_extension": ".ready"},
            FileNames("upload/Carts.csv", "upload/Carts.csv.count", "upload/Carts.csv.ready"),
        ),
        (
            {"date_suffix": False, "count_extension": "cnt", "marker_names": "replace", "remote_path": "/in"},
            FileNames("/in/Carts.csv", "/in/Carts.cnt", None),
        ),
        (
            {"file_name": "{stream} {campaign_id}/{date}", "date_suffix": False},
            FileNames("upload/public-carts_c1_20261123.csv", None, None),
        ),
        ({"file_name": "../{execution_id}", "date_suffix": False}, FileNames("upload/_e1.csv", None, None)),
    ],
)
def test_names(config: dict[str, Any], names: FileNames) -> None:
    assert file_names(config, PLACES, STARTED, ()) == names


def test_no_file_of_a_run_replaces_another() -> None:
    taken: list[str] = []
    for _ in range(3):
        taken.append(file_names({"date_suffix": False}, PLACES, STARTED, taken).data)
    assert taken == ["upload/Carts.csv", "upload/Carts_2.csv", "upload/Carts_3.csv"]


def reject(rejects: Rejects, stream: str, record: dict[str, Any]) -> None:
    schema = {"properties": {"id": {"type": "integer"}}}
    rejects.add(stream, schema, ["id"], record, {"code": "MERGEFAILED", "reason": "no", "table": "T"})


def test_rejects_are_messages_with_the_schema_first(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "rejects.jsonl"
    rejects = Rejects(str(path))
    assert not path.parent.exists()
    reject(rejects, "a", {"id": 1})
    reject(rejects, "a", {"id": 2})
    reject(rejects, "b", {"id": 3})
    rejects.settle()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["type"], line["stream"]) for line in lines] == [
        ("SCHEMA", "a"),
        ("RECORD", "a"),
        ("RECORD", "a"),
        ("SCHEMA", "b"),
        ("RECORD", "b"),
    ]
    assert lines[1]["record"] == {"id": 1}
    assert lines[1]["rejected"] == {"code": "MERGEFAILED", "reason": "no", "table": "T"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert rejects.count == 3
    rejects.close()


def test_an_older_file_is_replaced_and_its_reader_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    path.write_text("older\n")
    with path.open() as reader:
        rejects = Rejects(str(path))
        reject(rejects, "a", {"id": 1})
        rejects.close()
        assert reader.read() == "older\n"
    assert "older" not in path.read_text()


def test_a_rejects_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="RSYS-1008.*rejects_file"):
        reject(Rejects(str(tmp_path / "file" / "rejects.jsonl")), "a", {})
