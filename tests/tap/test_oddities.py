"""Files that are not as they should be, read by the tap as a command."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from support.exports import OPEN_HEADER, delimited, open_row, write_opens

from responsys_sandbox.account import Account, AccountPlan
from responsys_sandbox.contacts import LIST_COLUMNS
from responsys_sandbox.exportoptions import ExportOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.plugins import Run

    Tap = Callable[..., Run]

OPENS = "1234_OPEN_20190103_060500.txt"


def riids(run: Run, stream: str = "open") -> list[int]:
    return [record["RIID"] for record in run.records.get(stream, [])]


def test_broken_rows_are_shown_as_they_stand_and_the_counts_add_up(tap: Tap, download: Path) -> None:
    broken = [b'"4","never closed', b'"4","1234"x,', b'"4","\0"', b'"4","Zo\xeb"', delimited([["4"]])[:-1]]
    good = [delimited([open_row(riid)]) for riid in range(1, 7)]
    lines = [part for pair in zip(good, [*broken, b""], strict=True) for part in (pair[0], pair[1] + b"\n")]
    (download / OPENS).write_bytes(delimited([OPEN_HEADER]) + b"".join(lines))
    (download / OPENS).with_suffix(".ready").write_text("11", encoding="utf-8")
    run = tap(settings={"ready_extension": "ready"})
    assert run.exit_code == 0
    assert [(row["RIID"], row["_sdc_source_lineno"]) for row in run.records["open"]] == [
        (riid, 2 * riid) for riid in range(1, 7)
    ]
    assert [(row["_sdc_source_lineno"], row["raw"]) for row in run.records["rejected_rows"]] == [
        (3, '"4","never closed'), (5, '"4","1234"x,'), (7, '"4","\\x00"'), (9, '"4","Zo\\xeb"'), (11, '"4"')
    ]  # fmt: skip
    assert run.state["bookmarks"]["open"]["files"][OPENS][2] == 11


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_character_sets(encoding: str, tap: Tap, download: Path) -> None:
    row = open_row(1)
    row[4] = "Zoë"
    text = delimited([OPEN_HEADER, row]).decode()
    if encoding == "utf-16-le":
        text = "\ufeff" + text
    (download / OPENS).write_bytes(text.encode(encoding))
    run = tap(settings={"encoding": encoding.removesuffix("-sig")})
    assert run.exit_code == 0
    assert [record["CUSTOMER_ID"] for record in run.records["open"]] == ["Zoë"]


def test_files_without_header_have_the_documented_columns(tap: Tap, download: Path) -> None:
    (download / OPENS).write_bytes(delimited([open_row(1), ["x"], open_row(2)]))
    run = tap(settings={"has_header": False, "column_names": {"open": list(OPEN_HEADER)}})
    assert run.exit_code == 0
    assert [(row["RIID"], row["_sdc_source_lineno"]) for row in run.records["open"]] == [(1, 1), (2, 3)]
    assert [row["_sdc_source_lineno"] for row in run.records["rejected_rows"]] == [2]
    (download / "CONTACT_LIST_20190103.csv").write_bytes(b'"7","I","gold"\n')
    names = {"contacts": ["RIID_", "EMAIL_PERMISSION_STATUS_", "TIER"], "open": list(OPEN_HEADER)}
    run = tap(settings={"has_header": False, "column_names": names})
    (contact,) = run.records["contacts"]
    assert (contact["RIID_"], contact["subscription_status"], contact["TIER"]) == (7, "subscribed", "gold")


def test_a_days_exports_are_the_same_with_and_without_header(
    tap: Tap, download: Path, tmp_path: Path
) -> None:
    runs = []
    for header in (True, False):
        exports = ExportOptions(header=header, custom_columns=(), add_ons=(), derived_column="")
        account = Account(tmp_path / f"header {header}", AccountPlan(contacts=60, exports=exports))
        for path in account.add_days():
            shutil.copy2(path, download)
        contacts = {"contacts": list(LIST_COLUMNS)}
        runs.append(
            tap(settings={"has_header": header, "column_names": contacts, "ready_extension": "ready"})
        )
    assert [run.exit_code for run in runs] == [0, 0]
    with_header, without = (run.records for run in runs)
    assert with_header.keys() >= {"sent", "open", "contacts", "launch_state"}
    for records in without.values():
        for record in records:
            record["_sdc_source_lineno"] += 1
    assert without == with_header


@pytest.mark.parametrize(
    ("name", "content", "settings", "error"),
    [
        (OPENS, delimited([OPEN_HEADER, open_row(1)]), {}, "RSYS-3110: The first line of " + OPENS),
        (OPENS, b'"1","2"\n', {}, "RSYS-3109: The first row of " + OPENS),
        ("CONTACT_LIST.csv", b'"1","2"\n', {}, "RSYS-3108: CONTACT_LIST.csv has no header"),
        (OPENS, delimited([open_row(1)]), {"has_header": True}, "or set has_header to false"),
    ],
)
def test_a_header_where_none_is_expected_and_none_where_one_is(
    name: str, content: bytes, settings: dict[str, Any], error: str, tap: Tap, download: Path
) -> None:
    (download / name).write_bytes(content)
    run = tap(settings={"has_header": False, **settings})
    assert run.exit_code == 1
    assert error in run.errors[0]
    assert run.records == {}


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ({"open": []}, "Setting column_names.open does not keep to minItems 1."),
        ({"open": "RIID"}, "Setting column_names.open has to be of type array."),
        ({"open": ["RIID", "RIID"]}, "Setting column_names.open does not keep to uniqueItems True."),
    ],
)
def test_wrong_column_names(names: dict[str, Any], problem: str, tap: Tap, download: Path) -> None:
    write_opens(download, 3, [1])
    run = tap(settings={"column_names": names})
    assert run.exit_code == 2
    assert run.errors == [f"RSYS-1000: {problem} tap-responsys --about lists every setting."]


def test_discovery_shows_the_columns_of_a_given_layout(tap: Tap, download: Path) -> None:
    (download / OPENS).write_bytes(delimited([open_row(1, "gold")]))
    names = {"open": [*OPEN_HEADER, "LOYALTY"]}
    run = tap("--discover", settings={"has_header": False, "column_names": names})
    (opens,) = [s for s in json.loads(run.stdout)["streams"] if s["tap_stream_id"] == "open"]
    assert opens["schema"]["properties"]["LOYALTY"]["type"] == ["string", "null"]
