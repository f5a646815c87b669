from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responsys_io.errors import DataError
from responsys_io.fileserver import RemoteFile
from tap_responsys.ledger import FileEntry, Ledger
from tap_responsys.listing import ExportFile
from tap_responsys.plan import is_within, unread

DAY = 86_400


def export(day: int, *, size: int = 10, mtime: int = 100, stream: str = "open") -> ExportFile:
    stamp = f"2019{day // 28 + 1:02}{day % 28 + 1:02}_060500"
    return ExportFile(
        RemoteFile(f"download/1_OPEN_{stamp}.txt", size, mtime), stream, f"1_OPEN_{stamp}", stamp
    )


def entry(item: ExportFile, rows: int = 1, as_of: str = "") -> FileEntry:
    return FileEntry(item.remote.size, item.remote.mtime, rows, as_of=as_of)


def finish(ledger: Ledger, item: ExportFile, rows: int = 1, as_of: str = "") -> list[str]:
    return ledger.finish(item, entry(item, rows, as_of))


def stored(ledger: Ledger) -> Ledger:
    """The ledger of the next run."""
    return Ledger.from_state(json.loads(json.dumps(ledger.to_state())), "open")


def test_a_file_is_read_once_and_has_changed_when_it_differs() -> None:
    ledger = Ledger()
    finish(ledger, export(3), rows=7)
    for other in (export(3, size=11), export(3, mtime=101)):
        assert (ledger.is_read(other), ledger.has_changed(other)) == (False, True)
    assert (ledger.is_read(export(3)), ledger.has_changed(export(3))) == (True, False)
    assert (ledger.is_read(export(4)), ledger.has_changed(export(4))) == (False, False)


@pytest.mark.parametrize("days", [1, 13, 100])
def test_a_changed_file_can_be_taken_for_read(days: int) -> None:
    ledger = Ledger()
    for day in range(days):
        finish(ledger, export(day))
    changed = export(0, size=99)
    assert ledger.has_changed(changed)
    ledger.accept(changed)
    assert (ledger.is_read(changed), ledger.is_read(export(0))) == (True, False)
    assert stored(ledger) == ledger


def test_an_interrupted_file_goes_on_at_its_row_unless_it_has_changed() -> None:
    ledger = Ledger()
    ledger.advance(export(3), FileEntry(10, 100, 500, 3, oldest="a", newest="b"))
    ledger = stored(ledger)
    assert ledger.progress(export(3)) == FileEntry(10, 100, 500, 3, oldest="a", newest="b")
    assert ledger.progress(export(3, size=11)).rows == 0
    assert ledger.progress(export(4)).rows == 0
    finish(ledger, export(3), 900)
    assert ledger.open_file is None


def test_files_come_in_order_and_the_interrupted_one_first() -> None:
    ledger = Ledger()
    finish(ledger, export(1), 1)
    ledger.advance(export(3), entry(export(3), 5))
    assert unread([export(4), export(3), export(2), export(1)], ledger) == [export(3), export(2), export(4)]


def test_a_late_older_contact_list_has_the_newer_ones_read_again_after_it() -> None:
    lists = [export(day) for day in (1, 2, 3)]
    ledger = Ledger()
    finish(ledger, lists[1], 1, "2019-01-02T00:00:00+00:00")
    finish(ledger, lists[2], 1, "2019-01-03T00:00:00+00:00")
    assert finish(ledger, lists[0], 1, "2019-01-01T00:00:00+00:00") == sorted([lists[1].name, lists[2].name])
    ledger = stored(ledger)
    assert not ledger.has_changed(lists[1])
    assert unread(lists, ledger) == [lists[1], lists[2]]
    assert finish(ledger, lists[1], 1, "2019-01-02T00:00:00+00:00") == []
    assert finish(ledger, lists[2], 1, "2019-01-03T00:00:00+00:00") == []
    assert unread(lists, ledger) == []


def test_lists_to_be_read_again_come_by_their_content_not_by_their_names_and_after_new_ones() -> None:
    lists = [export(day) for day in (1, 2, 3, 4)]
    ledger = Ledger(again={lists[0].name: "2019-01-09", lists[1].name: "2019-01-08"})
    finish(ledger, lists[2], 1, "2019-01-10")
    assert unread(lists, ledger) == [lists[3], lists[1], lists[0]]


def test_files_that_have_left_are_remembered_for_the_look_back() -> None:
    ledger = Ledger()
    here, gone, long_gone = export(3, mtime=40 * DAY), export(2, mtime=35 * DAY), export(1, mtime=5 * DAY)
    for item in (long_gone, gone, here):
        finish(ledger, item)
    ledger.advance(long_gone, entry(long_gone))
    ledger.again[long_gone.name] = "x"
    ledger.forget({here.name}, 40 * DAY, 30)
    assert [ledger.is_read(item) for item in (here, gone, long_gone)] == [True, True, False]
    assert (ledger.open_file, ledger.again) == (None, {})
    ledger.forget({here.name}, 40 * DAY, 0)
    assert [ledger.is_read(item) for item in (here, gone)] == [True, False]


def test_a_file_that_stays_is_remembered_however_old_it_is() -> None:
    ledger, item = Ledger(), export(1, mtime=DAY)
    finish(ledger, item)
    ledger.forget({item.name}, 400 * DAY, 30)
    assert ledger.is_read(item)


def test_old_files_that_have_left_are_forgotten_and_those_that_stay_are_not() -> None:
    ledger = Ledger()
    items = [export(day, mtime=day * DAY) for day in range(300)]
    for item in items:
        finish(ledger, item)
    kept = {item.name for item in items[::2]}
    ledger.forget(kept, 300 * DAY, 30)
    assert all(ledger.is_read(item) for item in items[::2])
    assert all(ledger.is_read(item) for item in items[270:])
    assert not any(ledger.is_read(item) for item in items[1:100:2])


def test_the_state_has_a_form_that_later_versions_can_rely_on() -> None:
    ledger = Ledger()
    assert ledger.to_state() == {"ledger_version": 2, "files": {}}
    assert Ledger.from_state({"files": {}}, "open") == ledger
    assert (ledger.table_version, ledger.full_rows, ledger.counts_header) == (0, 0, None)
    ledger.finish(export(2), FileEntry(10, 1_546_498_800, 7))
    ledger.finish(export(3), FileEntry(10, 1_546_585_200, 8, 2, newest="2019-01-04T06:00:00+00:00"))
    ledger.advance(export(4), FileEntry(10, 100, 5, as_of="2019-01-05", oldest="2019-01-04"))
    ledger.again["other"] = "2019-01-06"
    ledger.counts_header, ledger.table_version, ledger.full_rows = False, 11, 12
    state = {
        "ledger_version": 2,
        "files": {export(2).name: [10, 1_546_498_800, 7], export(3).name: [10, 1_546_585_200, 8, 2]},
        "open": [export(4).name, 10, 100, 5, 0, "2019-01-05", "2019-01-04"],
        "again": {"other": "2019-01-06"},
        "counts_header": False,
        "history": {"first": "2019-01-03", "days": "3", "rows": [7, 8], "lags": [60]},
        "table_version": 11,
        "full_rows": 12,
    }
    assert ledger.to_state() == state
    assert Ledger.from_state(state, "open") == ledger
    for day in range(5, 13):
        finish(ledger, export(day))
    assert len(ledger.files) == 10
    assert "older" not in ledger.to_state()
    finish(ledger, export(13))
    assert len(ledger.files) == 10
    assert list(ledger.to_state()["older"]) == ["2019q1"]
    assert stored(ledger) == ledger


@pytest.mark.parametrize("days", [1, 13])
def test_a_file_with_other_bytes_counts_as_changed_until_it_is_read_or_accepted(days: int) -> None:
    ledger = Ledger()
    for day in range(days):
        finish(ledger, export(day))
    ledger.digests = {export(0).name: "aa"}
    assert not ledger.is_doubted(export(0))
    ledger.doubt(export(0))
    ledger = stored(ledger)
    assert ledger.digests == {export(0).name: "aa"}
    assert days > 1 or ledger.to_state()["files"] == {export(0).name: [-1, 100, 1]}
    assert ledger.is_doubted(export(0))
    assert ledger.has_changed(export(0))
    assert unread([export(0)], ledger) == [export(0)]
    accepted = stored(ledger)
    accepted.accept(export(0))
    finish(ledger, export(0))
    for one in (ledger, accepted):
        assert one.is_read(export(0))
        assert not one.is_doubted(export(0))


def test_an_entry_stays_what_it_is() -> None:
    """Ledgers and readings hand them to each other."""
    with pytest.raises(AttributeError):
        entry(export(1)).rows = 5  # type: ignore[misc]


def test_what_is_left_out_at_the_end_of_a_files_line_is_nothing() -> None:
    state = {"files": {"a": [10, 100, 7]}, "open": ["b", 10, 100, 0]}
    ledger = Ledger.from_state(state, "open")
    assert ledger.files == {"a": FileEntry(10, 100, 7, 0, "", "", "")}
    assert FileEntry(10, 100, 7) == FileEntry(10, 100, 7, 0, "", "", "")
    assert ledger.open_file == ("b", FileEntry(10, 100, 0))
    assert {name: ledger.to_state()[name] for name in ("files", "open")} == state


def test_a_file_read_again_counts_once_in_the_rows_of_its_day() -> None:
    ledger, day = Ledger(), export(3).day
    finish(ledger, export(3), 100)
    finish(ledger, export(3, size=11), 120)
    assert ledger.history.rows == {day: 120}
    for later in range(4, 16):
        finish(ledger, export(later), 5)
    assert export(3).name not in ledger.files
    finish(ledger, export(3, size=12), 90)
    assert ledger.history.rows[day] == 90
    assert ledger.is_read(export(3, size=12))
    assert not ledger.older.knows(export(3).name)


def test_files_of_one_day_add_up_and_lists_count_no_rows() -> None:
    ledger, first = Ledger(), export(3)
    second = ExportFile(RemoteFile("other.txt", 5, 100), "open", "other", first.stamp)
    finish(ledger, first, 100)
    finish(ledger, second, 50)
    assert ledger.history.rows == {first.day: 150}
    finish(ledger, export(4), 70, as_of="2019-01-05")
    assert (ledger.history.rows, ledger.history.last) == ({first.day: 150}, export(4).day)


@pytest.mark.parametrize(
    ("newest", "mtime", "lags"),
    [
        ("2019-01-04T05:00:00+00:00", 1_546_585_200, [120]),
        ("2019-01-04T09:00:00+02:00", 1_546_585_291, [2]),
        ("", 1_546_585_200, []),
        ("2019-01-04T05:00:00+00:00", 0, []),
    ],
)
def test_the_minutes_from_the_newest_event_to_the_file_are_remembered(
    newest: str, mtime: int, lags: list[int]
) -> None:
    ledger = Ledger()
    ledger.finish(export(3, mtime=mtime), FileEntry(10, mtime, 1, newest=newest))
    assert list(ledger.history.lags.values()) == lags
    for later in range(4, 16):
        finish(ledger, export(later))
    # One that was read long ago and is read once more.
    ledger.history.lags.clear()
    ledger.finish(export(15, size=12, mtime=mtime), FileEntry(12, mtime, 1, newest=newest))
    assert list(ledger.history.lags.values()) == lags


def test_lists_that_are_as_new_as_each_other_are_read_once() -> None:
    ledger = Ledger()
    for day in range(13):
        finish(ledger, export(day), as_of="2019-01-09")
    assert ledger.again == {}
    assert all(ledger.is_read(export(day)) for day in range(13))


def test_a_late_older_list_has_all_read_again_that_were_read_long_ago() -> None:
    ledger = Ledger()
    for day in range(1, 14):
        finish(ledger, export(day), as_of=f"2019-02-{day:02}")
    late = export(0)
    assert finish(ledger, late, as_of="2019-02-12") == [export(13).name]
    assert [day for day in range(14) if ledger.is_read(export(day))] == [0, *range(4, 13)]
    finish(ledger, export(13), as_of="2019-02-13")
    assert ledger.again == {}


def test_the_look_back_ends_to_the_second() -> None:
    ledger = Ledger()
    kept, dropped = export(1, mtime=30 * DAY), export(2, mtime=30 * DAY - 1)
    for item in (kept, dropped):
        finish(ledger, item)
    ledger.advance(kept, entry(kept))
    ledger.again = {kept.name: "x"}
    ledger.forget({kept.name}, 32 * DAY, 2)
    assert list(ledger.files) == [kept.name]
    assert ledger.open_file == (kept.name, entry(kept))
    assert ledger.again == {kept.name: "x"}
    ledger.forget(set(), 32 * DAY + DAY // 2, 2.5)
    assert list(ledger.files) == [kept.name]


@pytest.mark.parametrize(
    "state",
    [
        {"ledger_version": 99},
        {"files": {"a": 5}},
        {"files": {"a": [1]}},
        {"files": []},
        {"ledger_version": 1, "files": {"a": [9, 10**18, 5]}},
        {"ledger_version": 1, "files": {"a": [9, 10**30, 5]}},
        {"ledger_version": 1, "files": {"a": [9, 10**12, 5]}},
        {"open": ["a"]},
        {"again": 7},
        {"older": {"2019q1": "not nine characters each"}},
        {"older": {"2019q1": "nine char"}},
        {"history": {"first": "2019-01-01"}},
        {"history": {"first": "never", "days": "1"}},
        {"table_version": "x"},
        {"digests": 5},
    ],
)
def test_a_state_that_is_none_of_ours_is_refused(state: dict[str, object]) -> None:
    with pytest.raises(DataError, match="RSYS-3401: The state of stream open"):
        Ledger.from_state(state, "open")


def test_the_state_of_other_tools_reads_as_nothing_read_yet() -> None:
    assert Ledger.from_state({"replication_key_value": "2019-01-01"}, "open") == Ledger()


def test_a_state_of_the_first_version_is_taken_over() -> None:
    state: dict[str, Any] = {
        "ledger_version": 1,
        "files": {export(1).name: [10, 100, 7], export(2).name: [10, 100, 8, "2019-01-02"]},
        "open": [export(3).name, 10, 100, 500, "2019-01-03"],
        "counts_header": True,
        "again": {export(4).name: "2019-01-04"},
    }
    ledger = Ledger.from_state(state, "contacts")
    assert [ledger.is_read(export(day)) for day in (1, 2, 3, 4)] == [True, True, False, False]
    assert ledger.progress(export(3)) == FileEntry(10, 100, 500, as_of="2019-01-03")
    assert (ledger.history.last, ledger.history.rows) == (date(2019, 1, 3), {date(2019, 1, 2): 7})
    assert (ledger.counts_header, ledger.again) == (True, {export(4).name: "2019-01-04"})
    assert finish(ledger, export(5), as_of="2019-01-01") == [export(2).name]
    assert stored(ledger) == ledger


@pytest.mark.parametrize(
    ("start", "end", "taken"),
    [
        (None, None, True),
        ("2019-01-04", None, True),
        ("2019-01-05T00:00:00Z", None, False),
        (None, "2019-01-04", False),
        (None, "2019-01-05T00:00:00Z", True),
    ],
)
def test_dates_are_compared_with_the_exports_day(start: str | None, end: str | None, taken: bool) -> None:
    assert is_within(export(3), start, end) is taken


def test_of_a_moment_only_the_day_counts() -> None:
    item = export(3)
    assert item.day.isoformat() == "2019-01-04"
    assert is_within(item, "2019-01-04T23:59:59Z", "2019-01-05T00:00:01Z")
    assert not is_within(item, None, "2019-01-04T12:00:00Z")


def test_two_years_of_daily_files_in_eight_streams_stay_below_64_kilobytes() -> None:
    bookmarks = {}
    for stream in range(8):
        ledger = Ledger(counts_header=False)
        for day in range(731):
            stamp = f"{date.fromordinal(737_000 + day):%Y%m%d}_06050{stream}"
            name = f"123456_LAUNCH_STATE_{stamp}.txt.zip"
            file = RemoteFile(f"download/{name}", 2_500_000 + day, 1_546_500_000 + day * DAY)
            item = ExportFile(file, "open", name, stamp)
            ledger.finish(item, FileEntry(file.size, file.mtime, 123_456, newest="2019-01-03T07:00:00+00:00"))
            assert ledger.is_read(item)
        bookmarks[f"launch_state_{stream}"] = ledger.to_state()
        assert stored(ledger) == ledger
        assert ledger.history.present == 731
    assert len(json.dumps({"bookmarks": bookmarks})) < 64 * 1024


@given(
    st.integers(2, 40).flatmap(
        lambda number: st.tuples(st.permutations(range(number)), st.permutations(range(number)))
    ),
    st.lists(st.integers(1, 30), max_size=4),
)
def test_whatever_the_order_of_arrival_and_of_names_the_newest_list_is_read_last(
    orders: tuple[list[int], list[int]], pauses: list[int]
) -> None:
    """Lists arrive in any order, several per run; each contact's last row has to be the newest one.

    The ledger keeps two of them in full here, so that many are old ones.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tap_responsys.ledger._KEPT_IN_FULL", 2)
        play_lists(*orders, pauses)


def play_lists(arrival: list[int], ages: list[int], pauses: list[int]) -> None:
    ledger, arrived = Ledger(), list[ExportFile]()
    waiting = list(arrival)
    last: dict[int, int] = {}
    for batch in [*pauses, len(arrival)]:
        arrived += [export(number) for number in waiting[:batch]]
        waiting = waiting[batch:]
        ledger = stored(ledger)
        steps = 0
        while todo := unread(arrived, ledger):
            number = next(number for number in arrival if export(number) == todo[0])
            finish(ledger, todo[0], 1, f"{ages[number]:04}")
            # Contact k is in every list whose number divides by k, and in the list of number k - 1.
            for contact in (1, 2, 3, 5, 7):
                if number % contact == 0:
                    last[contact] = ages[number]
            steps += 1
            assert steps < 10_000
        for contact, age in last.items():
            there = [
                ages[number] for number in arrival if export(number) in arrived and number % contact == 0
            ]
            assert age == max(there)
