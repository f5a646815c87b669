"""What is read: states, receipts, rejects files, count files; and what is said where they are missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from support import statusdata

from responsys_status.masking import general, without_addresses
from responsys_status.readexports import read_counts
from responsys_status.readreceipts import read_receipts, read_refusals
from responsys_status.readstate import state_of_file, state_of_meltano
from responsys_status.sources import Refusals
from target_responsys.rejects import Rejects

if TYPE_CHECKING:
    from pathlib import Path


def test_a_state_file_and_the_log_of_a_target(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(statusdata.state(), indent=1))
    found, source = state_of_file(path)
    assert (len(found), source.found, source.place) == (9, True, "state file state.json")
    path.write_text('{"bookmarks": {}}\n' + json.dumps(statusdata.state()) + "\n")
    assert len(state_of_file(path)[0]) == 9


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "the file is not there"),
        ("{", "it is not a JSON object"),
        ("", "it is not a JSON object"),
        ("[1]", "it is not a JSON object"),
        ('{"bookmarks": {"sent": {}}}', "it holds no bookmark of the tap"),
        (
            '{"bookmarks": {"sent": {"ledger_version": 9}}}',
            "the bookmark of stream sent is not a ledger that can be read",
        ),
    ],
)
def test_states_that_tell_nothing(tmp_path: Path, text: str | None, problem: str) -> None:
    path = tmp_path / "state.json"
    if text is not None:
        path.write_text(text)
    found, source = state_of_file(path)
    assert (found, source.problem) == ({}, problem)


def meltano(folder: Path, script: str) -> str:
    program = folder / "meltano"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


def test_meltano_is_asked_for_its_state(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text(json.dumps(statusdata.state()))
    command = meltano(
        tmp_path, f'[ "$*" = "state get dev:a-to-b" ] && echo "a line of log" && cat {tmp_path}/kept'
    )
    found, source = state_of_meltano("dev:a-to-b", command)
    assert (len(found), source.place) == (9, "Meltano's state dev:a-to-b")
    assert state_of_meltano("dev:other", command)[1].problem == "Meltano has no such state"
    gone = state_of_meltano("dev:a-to-b", str(tmp_path / "nowhere" / "meltano"))[1].problem
    assert gone == "meltano cannot be run: No such file or directory"


def test_receipts_come_oldest_first_and_other_files_are_passed_over(tmp_path: Path) -> None:
    for receipt in reversed(statusdata.receipts()):
        name = f"{receipt['execution_id']}-{receipt['campaign_name'][:3].strip('<')}.json"
        (tmp_path / name).write_text(json.dumps(receipt))
    (tmp_path / "other.json").write_text("{}")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "newer.json").write_text('{"format": 99, "started": "x"}')
    found, source = read_receipts(tmp_path)
    assert len(found) == len(statusdata.receipts())
    assert [receipt["started"] for receipt in found] == sorted(receipt["started"] for receipt in found)
    assert source.found
    assert read_receipts(tmp_path / "nowhere")[1].problem == "the folder is not there"
    (tmp_path / "empty").mkdir()
    assert read_receipts(tmp_path / "empty")[1].problem == "it holds no receipt"


def rejects_file(path: Path, reasons: list[str]) -> dict[str, Any]:
    rejects = Rejects(str(path))
    for reason in reasons:
        record = {"email": statusdata.ADDRESS}
        rejects.add("people", {}, ["email"], record, {"reason": reason, "code": "C1", "table": "CDP/T"})
    rejects.close()
    return {"rejects": {"records": len(reasons), "file": str(path)}}


def test_refused_records_are_counted_by_reason_without_their_values(tmp_path: Path) -> None:
    reasons = [
        "column AGE: 'x' is no number",
        "column AGE: 'y' is no number",
        f"{statusdata.ADDRESS} is twice there",
    ]
    receipt = rejects_file(tmp_path / "rejects.jsonl", reasons)
    with (tmp_path / "rejects.jsonl").open("a") as file:
        file.write('{"type": "RECORD", "rej')
    assert read_refusals([receipt, receipt], tmp_path) == [
        Refusals("CDP/T", "C1", "column AGE: '…' is no number", 2),
        Refusals("CDP/T", "C1", "… is twice there", 1),
    ]


def test_a_rejects_file_that_is_gone_tells_nothing(tmp_path: Path) -> None:
    receipts: list[dict[str, Any]] = [
        {"rejects": {"records": 3, "file": "gone.jsonl"}},
        {"rejects": {"records": 0, "file": None}},
        {},
    ]
    assert read_refusals(receipts, tmp_path) == []


def test_counts_are_found_beside_their_exports(tmp_path: Path) -> None:
    below = tmp_path / "download"
    below.mkdir()
    for name, text in {
        "1_SENT_20260304_050000.txt": "data 99",
        "1_SENT_20260304_050000.txt.ready": "12\n",
        "1_OPEN_20260304_050000.txt.zip": "",
        "1_OPEN_20260304_050000.ready": "Records: 34",
        "1_OPEN_20260304_050000.txt.COUNT": "x",
        "1_BOUNCE_20260304_050000.txt.gz": "",
        "1_BOUNCE_20260304_050000.txt.ready": "9",
        "LIST.csv": "",
        "LIST.count": "LIST.csv 56",
        "1_CLICK_20260304_050000.txt": "",
        "1_CLICK_20260304_050000.txt.ready": "",
        "stray.ready": "78",
    }.items():
        (below / name).write_text(text)
    counts, source = read_counts(tmp_path)
    assert counts == {
        "1_SENT_20260304_050000.txt": 12,
        "1_OPEN_20260304_050000.txt.zip": 34,
        "1_BOUNCE_20260304_050000.txt.gz": 9,
        "LIST.csv": 56,
    }
    assert source.found
    assert read_counts(tmp_path / "nowhere")[1].problem == "the folder is not there"


@pytest.mark.parametrize(
    "text",
    ["ann.lee@north.example", "<ann+1@north.example>", "x='ann@b.co'", "ann%40b.co", "ünï@ö.example", "a@b"],
)
def test_addresses_are_never_shown(text: str) -> None:
    masked = without_addresses(f"before {text} after")
    assert "@" not in masked
    assert "%40" not in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")


def test_reasons_are_general_and_short() -> None:
    assert general("a 'b'  \n\"c\" d") == "a '…' '…' d"
    assert len(general("x" * 500)) == 161
