from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from bench.feedfiles import columns_of, file_name, write_export
from bench.inputs import catalog

if TYPE_CHECKING:
    from pathlib import Path


def test_an_export_has_its_rows_and_columns_and_is_the_same_every_time(tmp_path: Path) -> None:
    columns = columns_of("SENT", 20)
    for name in ("a", "b"):
        write_export(columns, 2_000, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with (tmp_path / "a").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, strict=True)
    assert header == [column.name for column in columns]
    assert {len(row) for row in rows} == {20}
    assert len({row[header.index("RIID")] for row in rows}) == len(rows) == 2_000
    fields = {field for row in rows for field in row}
    assert {"news, weekly", 'size 42"', "São Paulo", ""} <= fields


def test_columns_are_cut_and_filled_up() -> None:
    assert [column.name for column in columns_of("SENT", 2)] == ["EVENT_TYPE_ID", "ACCOUNT_ID"]
    assert columns_of("SENT", 100)[-1].name.startswith("CUSTOM_")
    assert len(columns_of("SENT", 100)) == 100
    assert len(columns_of("SENT")) == 17


def test_files_of_a_feed_have_names_of_their_own() -> None:
    assert file_name("SENT") == "1234_SENT_20260106_000000.txt"
    assert len({file_name("SENT", number) for number in range(10_000)}) == 10_000


def test_a_catalog_selects_everything() -> None:
    (stream,) = json.loads(json.dumps(catalog({"SENT": columns_of("SENT", 3)})))["streams"]
    assert stream["tap_stream_id"] == "sent"
    assert all(entry["metadata"]["selected"] for entry in stream["metadata"])
    assert stream["schema"]["properties"]["EVENT_TYPE_ID"] == {"type": ["null", "integer"]}
