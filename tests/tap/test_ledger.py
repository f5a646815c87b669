from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responsys_io.errors import DataError
from responsys_io.fileserver import RemoteFile
from tap_responsys.ledger import FileEntry, Ledger
from tap_responsys.listing import ExportFile
from tap_responsys.plan import is_on_or_after, unread


def export(day: int, *, size: int = 10, mtime: int = 100, stream: str = "open") -> ExportFile:
    stamp = f"201901{day:02}_060500"
    return ExportFile(
        RemoteFile(f"download/1_OPEN_{stamp}.txt", size, mtime), stream, f"1_OPEN_{stamp}", stamp
    )


def test_a_file_is_read_once_and_again_when_it_differs() -> None:
    ledger = Ledger()
    ledger.finish(export(3), rows=7)
    assert ledger.is_read(export(3))
    assert not ledger.is_read(export(3, size=11))
    assert not ledger.is_read(export(3, mtime=101))
    assert not ledger.is_read(export(4))


def test_an_interrupted_file_goes_on_at_its_row_unless_it_has_changed() -> None:
    ledger = Ledger()
    ledger.advance(export(3), 500)
    ledger = Ledger.from_state(json.loads(json.dumps(ledger.to_state())), "open")
    assert ledger.progress(export(3)).rows == 500
    assert ledger.progress(export(3, size=11)).rows == 0
    assert ledger.progress(export(4)).rows == 0
    ledger.finish(export(3), 900)
    assert ledger.open_file is None


def test_files_come_in_order_and_the_interrupted_one_first() -> None:
    ledger = Ledger()
    ledger.finish(export(2), 1)
    ledger.advance(export(4), 5)
    days = [item.stamp[6:8] for item in unread([export(5), export(4), export(3), export(2)], ledger)]
    assert days == ["04", "03", "05"]


def test_a_late_older_contact_list_has_the_newer_ones_read_again_after_it() -> None:
    lists = [export(day) for day in (1, 2, 3)]
    ledger = Ledger()
    ledger.finish(lists[1], 1, "2019-01-02T00:00:00+00:00")
    ledger.finish(lists[2], 1, "2019-01-03T00:00:00+00:00")
    assert ledger.finish(lists[0], 1, "2019-01-01T00:00:00+00:00") == sorted([lists[1].name, lists[2].name])
    ledger = Ledger.from_state(json.loads(json.dumps(ledger.to_state())), "contacts")
    assert unread(lists, ledger) == [lists[1], lists[2]]
    assert ledger.finish(lists[1], 1, "2019-01-02T00:00:00+00:00") == []
    assert ledger.finish(lists[2], 1, "2019-01-03T00:00:00+00:00") == []
    assert unread(lists, ledger) == []


def test_lists_to_be_read_again_come_by_their_content_not_by_their_names_and_after_new_ones() -> None:
    lists = [export(day) for day in (1, 2, 3, 4)]
    ledger = Ledger(again={lists[0].name: "2019-01-09", lists[1].name: "2019-01-08"})
    ledger.finish(lists[2], 1, "2019-01-10")
    assert unread(lists, ledger) == [lists[3], lists[1], lists[0]]


@given(st.permutations(range(8)), st.lists(st.integers(1, 8), max_size=4))
def test_whatever_the_order_of_arrival_the_newest_list_is_read_last(
    order: list[int], pauses: list[int]
) -> None:
    """Lists arrive in any order, several per run; the last row of each contact has to be the newest one."""
    ledger, arrived, last = Ledger(), [], -1
    waiting = list(order)
    for batch in [*pauses, len(order)]:
        arrived += [export(day + 1) for day in waiting[:batch]]
        waiting = waiting[batch:]
        while todo := unread(arrived, ledger):
            day = int(todo[0].stamp[6:8]) - 1
            ledger.finish(todo[0], 1, f"2019-01-{day + 1:02}")
            last = day
        if arrived:
            assert last == max(int(item.stamp[6:8]) - 1 for item in arrived)


def test_state_forgets_what_has_left_the_server() -> None:
    ledger = Ledger({"a": FileEntry(1, 1, 1), "b": FileEntry(1, 1, 1)}, ("b", FileEntry(1, 1, 5)), {"a": "x"})
    ledger.forget({"a"})
    assert (set(ledger.files), ledger.open_file, ledger.again) == ({"a"}, None, {"a": "x"})


@pytest.mark.parametrize(
    "state",
    [
        {"ledger_version": 99},
        {"files": {"a": 5}},
        {"files": {"a": [1]}},
        {"files": []},
        {"open": ["a"]},
        {"again": 7},
    ],
)
def test_a_state_that_is_none_of_ours_is_refused(state: dict[str, object]) -> None:
    with pytest.raises(DataError, match="RSYS-3401: The state of stream open"):
        Ledger.from_state(state, "open")


def test_the_state_of_other_tools_reads_as_nothing_read_yet() -> None:
    assert Ledger.from_state({"replication_key_value": "2019-01-01"}, "open") == Ledger()


@pytest.mark.parametrize(
    ("start", "taken"), [(None, True), ("2019-01-03", True), ("2019-01-04T00:00:00Z", False)]
)
def test_start_date_is_compared_with_the_exports_day(start: str | None, taken: bool) -> None:
    assert is_on_or_after(export(3), start) is taken
