"""What the settings let a user choose about files and rows, with the tap as a command."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.exports import OPEN_HEADER, delimited, open_row, write, write_opens

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.plugins import Run

    Tap = Callable[..., Run]


def riids(run: Run, stream: str = "open") -> list[int]:
    return [record["RIID"] for record in run.records.get(stream, [])]


@pytest.mark.parametrize("days", [1, 20])
@pytest.mark.parametrize(
    ("mode", "read", "exit_code", "then"),
    [("reread", [1, 2], 0, []), ("skip", [], 0, []), ("fail", [], 1, []), (None, [1, 2], 0, [])],
)
def test_a_changed_file(
    mode: str | None,
    read: list[int],
    exit_code: int,
    then: list[int],
    days: int,
    tap: Tap,
    download: Path,
) -> None:
    """Also when the file was read so long ago that the ledger has it in a few characters only."""
    for day in range(3, 3 + days):
        write_opens(download, day, [1])
    first = tap()
    write_opens(download, 3, [1, 2])
    settings = {"on_changed_file": mode}
    second = tap(settings=settings, state=first.state)
    assert (second.exit_code, riids(second)) == (exit_code, read)
    assert "1234_OPEN_20190103_060500.txt has another size or time" in second.stderr
    assert any("RSYS-3304" in line for line in second.errors) is (mode == "fail")
    third = tap(settings=settings, state=second.state)
    assert (third.exit_code, riids(third)) == (exit_code, then)


@pytest.mark.parametrize(("limit", "exit_code"), [(None, 0), (0.4, 0), (0.3, 1), (0, 1)])
def test_more_rejected_rows_than_allowed_stop_the_stream(
    limit: float | None, exit_code: int, tap: Tap, download: Path
) -> None:
    rows = [OPEN_HEADER, open_row(1), ["x"], open_row(2), open_row(3), ["y"]]
    write(download / "1234_OPEN_20190103_060500.txt", rows)
    write(download / "1234_SENT_20190103_060500.txt", [("RIID",), ("5",)])
    run = tap(settings={"max_rejected_rows": limit})
    assert (run.exit_code, riids(run), riids(run, "sent")) == (exit_code, [1, 2, 3], [5])
    assert len(run.records["rejected_rows"]) == 2
    assert bool(run.state["bookmarks"]["open"]["files"]) is (exit_code == 0)
    if exit_code:
        assert "RSYS-3111: 2 of 5 rows of 1234_OPEN_20190103_060500.txt do not fit" in run.errors[0]


def test_rejected_rows_of_an_interrupted_file_count_as_well(tap: Tap, download: Path) -> None:
    rows = [OPEN_HEADER, ["x"], open_row(1), open_row(2)]
    path = write(download / "1234_OPEN_20190103_060500.txt", rows)
    state = {
        "bookmarks": {
            "open": {
                "ledger_version": 2,
                "files": {},
                "open": [path.name, path.stat().st_size, int(path.stat().st_mtime), 2, 1],
            }
        }
    }
    run = tap(settings={"max_rejected_rows": 0.2}, state=state)
    assert (run.exit_code, riids(run)) == (1, [2])
    assert "RSYS-3111: 1 of 3 rows" in run.errors[0]


def test_streams_and_dates_narrow_a_run(tap: Tap, download: Path) -> None:
    for day in (3, 4, 5, 6):
        write_opens(download, day, [day])
    write(download / "1234_SENT_20190104_060500.txt", [("RIID",), ("5",)])
    settings = {"streams": ["open"], "start_date": "2019-01-04", "end_date": "2019-01-06T00:00:00Z"}
    run = tap(settings=settings)
    assert (riids(run), set(run.records)) == ([4, 5], {"open"})
    assert [stream["stream"] for stream in _catalog(tap, settings)] == ["open", "rejected_rows"]
    again = tap(settings={"streams": ["open"]}, state=run.state)
    assert riids(again) == [3, 6]


def _catalog(tap: Tap, settings: dict[str, Any]) -> list[dict[str, Any]]:
    streams: list[dict[str, Any]] = json.loads(tap("--discover", settings=settings).stdout)["streams"]
    return streams


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"streams": ["opens"]}, "Setting streams has opens, which is no stream of this tap."),
        ({"end_date": "soon"}, "Setting end_date is no date in ISO 8601 form"),
        ({"max_rejected_rows": 5}, "Setting max_rejected_rows does not keep to maximum 1"),
        ({"on_changed_file": "ignore"}, "Setting on_changed_file has to be one of: reread, skip, fail."),
        ({"contact_lists": {"a b": "*"}}, "Setting contact_lists has the name a b; names are made of"),
        ({"table_exports": {"sent": {"file_pattern": "*"}}}, "has the name sent, which another stream has."),
        (
            {"table_exports": {"contacts_us": {"file_pattern": "*"}}, "contact_lists": {"US": "*"}},
            "Setting table_exports has the name contacts_us, which another stream has.",
        ),
        ({"table_exports": {"x": {}}}, "Setting table_exports.x.file_pattern is missing."),
        ({"table_exports": {"x": {"file_pattern": "*", "keys": []}}}, "has an entry that is not known."),
    ],
)
def test_settings_that_cannot_be_meant(settings: dict[str, Any], text: str, tap: Tap) -> None:
    run = tap(settings=settings)
    assert run.exit_code == 2
    assert text in run.errors[-1]


def test_a_late_file_of_long_ago_is_read_and_files_read_long_ago_are_not(tap: Tap, download: Path) -> None:
    for day in range(1, 31, 2):
        write_opens(download, day, [day])
    first = tap()
    assert len(riids(first)) == 15
    write_opens(download, 2, [2])
    second = tap(state=first.state)
    assert riids(second) == [2]
    assert riids(tap(state=second.state)) == []


def test_a_file_that_comes_back_within_the_look_back_is_not_read_twice(tap: Tap, download: Path) -> None:
    write_opens(download, 3, [3])
    write_opens(download, 4, [4])
    state = tap().state
    gone = download / "1234_OPEN_20190103_060500.txt"
    gone.unlink()
    state = tap(state=state).state
    write_opens(download, 3, [3])
    assert riids(tap(state=state)) == []
    gone.unlink()
    forgotten = tap(state=state, settings={"lookback_days": 0.5}).state
    write_opens(download, 3, [3])
    assert riids(tap(state=forgotten)) == [3]


@pytest.mark.parametrize(
    ("name", "content", "code", "goes_on"),
    [
        ("txt", b"PK\x03\x04 broken", "RSYS-3201", True),
        ("txt.gz", gzip.compress(delimited([OPEN_HEADER, open_row(4)]))[:-9], "RSYS-3201", True),
        ("txt", delimited([("5", "1234"), ("1", "2")]), "RSYS-3103", False),
        ("txt", delimited([(*OPEN_HEADER, "RIID")]), "RSYS-3101", False),
    ],
)
def test_a_damaged_file_keeps_no_later_one_waiting_and_a_wrong_setting_does(
    name: str, content: bytes, code: str, goes_on: bool, tap: Tap, download: Path
) -> None:
    for day in (3, 5):
        write_opens(download, day, [day])
    (download / f"1234_OPEN_20190104_060500.{name}").write_bytes(content)
    run = tap()
    assert run.exit_code == 1
    assert [day for day in riids(run) if day != 4] == ([3, 5] if goes_on else [3])
    assert ("goes on without this file" if goes_on else "stops here") in run.errors[0]
    assert code in run.errors[0]
    files = run.state["bookmarks"]["open"]["files"]
    assert f"1234_OPEN_20190104_060500.{name}" not in files
    assert len(files) == (2 if goes_on else 1)


def test_a_feed_that_stands_still_is_warned_about_before_events_are_lost(tap: Tap, download: Path) -> None:
    """Responsys keeps events for 14 days."""
    today = datetime.now(UTC).date()
    states = {}
    for days in (10, 12, 20):
        stamp = f"{today - timedelta(days=days):%Y%m%d}_060500"
        path = write(download / f"1234_OPEN_{stamp}.txt", [OPEN_HEADER, open_row(1)])
        states[days] = tap(settings={"streams": ["open"]}).state
        path.unlink()
    log = {days: tap(state=state, settings={"streams": ["open"]}).stderr for days, state in states.items()}
    assert "Responsys deletes events" not in log[10]
    assert "12 days ago; Responsys deletes events after 14 days: 2 days left" in log[12]
    assert f"possible permanent loss for dates {today - timedelta(days=20)}.." in log[20]


def test_columns_that_go_or_get_another_name_leave_their_values_to_no_other(tap: Tap, download: Path) -> None:
    without = [name for name in OPEN_HEADER if name != "CUSTOMER_ID"]
    renamed = ["SHOPPER" if name == "CUSTOMER_ID" else name for name in OPEN_HEADER]
    row = open_row(1)
    write(download / "1234_OPEN_20190103_060500.txt", [OPEN_HEADER, row])
    write(download / "1234_OPEN_20190104_060500.txt", [without, [*row[:4], *row[5:]]])
    write(download / "1234_OPEN_20190105_060500.txt", [renamed, row])
    first, second, third = tap().records["open"]
    assert (first["CUSTOMER_ID"], second.get("CUSTOMER_ID"), third.get("CUSTOMER_ID")) == ("c1", None, None)
    assert third["SHOPPER"] == "c1"
    same = {*OPEN_HEADER} - {"CUSTOMER_ID"}
    assert {name: second[name] for name in same} == {name: first[name] for name in same}
    assert {name: third[name] for name in same} == {name: first[name] for name in same}


def test_flattening_changes_nothing_about_flat_rows(tap: Tap, download: Path) -> None:
    write_opens(download, 3, [1, 2])
    flat = tap(settings={"flattening_enabled": True, "flattening_max_depth": 2})
    assert flat.records == tap().records
    assert flat.schemas["open"]["schema"]["properties"].keys() == flat.records["open"][0].keys()


def test_metrics_are_written_as_the_sdk_does(tap: Tap, download: Path) -> None:
    write_opens(download, 3, [1, 2])
    write(download / "1234_SENT_20190103_060500.txt", [("RIID",), ("x",)])
    metrics = [
        json.loads(line.split("METRIC: ")[1]) for line in tap().stderr.splitlines() if "METRIC: " in line
    ]
    counts = {m["tags"]["stream"]: m["value"] for m in metrics if m["metric"] == "record_count"}
    assert (counts["open"], counts["sent"], counts["rejected_rows"]) == (2, 0, 1)
