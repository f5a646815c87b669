"""The names of files, and the rejects file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from responsys_io.errors import SettingsError
from target_responsys.filenames import FileNames, file_naming, template_problem
from target_responsys.rejects import Rejects

if TYPE_CHECKING:
    from pathlib import Path

STARTED = datetime(2026, 11, 23, 22, 5, 9, tzinfo=UTC)
PLACES = {"table": "Carts", "stream": "public-carts", "campaign_id": "c1", "execution_id": "e1"}


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
            {"file_name": "{stream}_{campaign_id}_{date}", "date_suffix": False},
            FileNames("upload/public_carts_c1_20261123.csv", None, None),
        ),
        ({"file_name": "{execution_id}", "date_suffix": False}, FileNames("upload/e1.csv", None, None)),
        (
            {"date_suffix": False, "split_rows": 10, "ready_extension": "ready"},
            FileNames("upload/Carts_001.csv", None, "upload/Carts_001.csv.ready"),
        ),
        (
            {"date_suffix": False, "compression": "gzip", "encryption": "pgp", "count_extension": "count"},
            FileNames("upload/Carts.csv.gz.gpg", "upload/Carts.csv.gz.gpg.count", None),
        ),
        (
            {
                "date_suffix": False,
                "compression": "zip",
                "split_bytes": 9,
                "marker_names": "replace",
                "ready_extension": "ready",
            },
            FileNames("upload/Carts_001.zip", None, "upload/Carts_001.ready"),
        ),
    ],
)
def test_names(config: dict[str, Any], names: FileNames) -> None:
    assert file_naming(config, PLACES, STARTED, ()).of(1) == names


def test_a_name_never_leaves_its_folder() -> None:
    places = {**PLACES, "stream": "../../etc/passwd", "table": "\u00fc"}
    config = {"file_name": "{stream}", "date_suffix": False}
    assert file_naming(config, places, STARTED, ()).stem == "upload/_etc_passwd"
    assert file_naming({"date_suffix": False}, places, STARTED, ()).stem == "upload/_"


def test_the_text_in_an_archive_has_the_name_of_its_part() -> None:
    naming = file_naming({"date_suffix": False, "split_rows": 1, "compression": "zip"}, PLACES, STARTED, ())
    assert naming.member(12) == "Carts_012.csv"


def test_parts_of_an_earlier_delivery_are_known_by_their_number() -> None:
    naming = file_naming({"date_suffix": False, "split_rows": 1, "count_extension": "n"}, PLACES, STARTED, ())
    there = [
        "Carts_001.csv",
        "Carts_002.csv",
        "Carts_1000.csv",
        "Carts_003.csv.n",
        "Carts_03.csv",
        "Carts.csv",
    ]
    there += ["My_Carts_003.csv", "Carts_003.zip", "Carts_2_003.csv", "Carts_20260101.csv.part"]
    assert [names.data for names in naming.surplus(there, 1)] == [
        "upload/Carts_002.csv",
        "upload/Carts_1000.csv",
    ]
    assert file_naming({"date_suffix": False}, PLACES, STARTED, ()).surplus(there, 0) == []


def test_no_file_of_a_run_replaces_another() -> None:
    taken: list[str] = []
    for _ in range(3):
        taken.append(file_naming({"date_suffix": False}, PLACES, STARTED, taken).stem)
    assert taken == ["upload/Carts", "upload/Carts_2", "upload/Carts_3"]


@pytest.mark.parametrize("template", ["Audience-{date}", "in/{table}", "{table}.csv", "Caf\u00e9", "a b"])
def test_a_template_has_letters_digits_and_underscores_only(template: str) -> None:
    assert template_problem(template)
    assert not template_problem("Audience_{table}_{date}_2")


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
