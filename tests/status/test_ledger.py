"""Reading the tap's state: what the tap itself writes, in every version, and what is none."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from support import statusdata

from responsys_io.exportnames import day_in
from responsys_io.history import History
from responsys_status.ledger import ReadFile, ledgers
from tap_responsys.ledger import FileEntry, Ledger

DAY = date(2026, 3, 4)
NOON = 1772625600


def test_a_ledger_of_the_tap_is_read_as_it_was_meant() -> None:
    history = History()
    for offset, rows in ((0, 10), (1, 12), (3, 9)):
        history.note(DAY + timedelta(offset), rows)
    name = "77_SENT_20260307_050000.txt"
    ledger = Ledger(
        files={name: FileEntry(100, NOON, 9, 2)},
        open_file=("77_SENT_20260308_050000.txt", FileEntry(50, NOON, 4)),
        again={"b.txt": "x", "a.txt": "y"},
        counts_header=True,
        history=history,
    )
    read = ledgers({"bookmarks": {"sent": ledger.to_state()}})["sent"]
    assert sorted(read.days) == [DAY, DAY + timedelta(1), DAY + timedelta(3)]
    assert (read.first, read.last) == (history.first, history.last)
    assert read.rows == history.rows
    assert read.files == [ReadFile(name, date(2026, 3, 7), 9, 2)]
    assert read.open_file == ReadFile("77_SENT_20260308_050000.txt", date(2026, 3, 8), 4)
    assert (read.again, read.counts_header) == (["a.txt", "b.txt"], True)


def test_history_of_years_agrees_with_the_taps_own() -> None:
    history = History()
    for offset in range(0, 700, 3):
        history.note(DAY + timedelta(offset), offset)
    read = ledgers({"bookmarks": {"sent": Ledger(history=history).to_state()}})["sent"]
    assert len(read.days) == history.present
    assert read.last == history.last
    assert read.rows == history.rows


def test_a_ledger_of_version_1_has_its_days_in_its_files() -> None:
    state = {
        "ledger_version": 1,
        "files": {"77_OPEN_20260304_050000.txt": [10, NOON, 5, ""], "list.csv": [1, NOON, 2, "x"]},
    }
    read = ledgers({"bookmarks": {"open": state}})["open"]
    assert read.days == {DAY}
    assert [file.rejected for file in read.files] == [0, 0]


def test_meltanos_wrapping_and_streams_without_a_ledger() -> None:
    inner = {
        "bookmarks": {"sent": statusdata.bookmark("sent"), "campaigns": {}, "other": {"replication_key": "x"}}
    }
    assert list(ledgers({"singer_state": inner})) == ["sent"]
    assert ledgers({}) == {}


@pytest.mark.parametrize(
    "bookmark",
    [
        {"ledger_version": 3},
        {"ledger_version": 2, "files": {"a": [1]}},
        {"ledger_version": 2, "files": []},
        {"ledger_version": 2, "history": {"first": "soon", "days": "1"}},
        {"ledger_version": 2, "history": {"first": "2026-01-01", "days": "x"}},
        {"ledger_version": 2, "open": [1]},
    ],
)
def test_what_is_no_ledger_is_said_with_its_stream(bookmark: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="stream sent"):
        ledgers({"bookmarks": {"sent": bookmark}})


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("77_SENT_20260304_050000.txt", DAY),
        ("CONTACT_LIST_2026-03-04.csv", DAY),
        ("77_SENT_20261399_050000.txt", None),
        ("list.csv", None),
        ("1234567890123.txt", None),
    ],
)
def test_the_day_in_a_name(name: str, day: date | None) -> None:
    assert day_in(name) == day
