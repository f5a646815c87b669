"""The same rows at every station."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from responsys_status.counting import DayCounts, count
from responsys_status.ledger import ReadFile, StreamLedger
from responsys_status.sources import Inputs, Warehouse

DAY, NEXT = date(2026, 3, 4), date(2026, 3, 5)
FILE, LATER, NEXT_FILE = (
    f"77_SENT_{stamp}.txt" for stamp in ("20260304_050000", "20260304_170000", "20260305_050000")
)


def counted(ledger: StreamLedger, **more: Any) -> list[DayCounts]:
    return count(Inputs(datetime(2026, 3, 6, tzinfo=UTC), {ledger.stream: ledger}, **more))[ledger.stream]


def sent(**more: Any) -> StreamLedger:
    return StreamLedger("sent", frozenset({DAY, NEXT}), {DAY: 10, NEXT: 20}, **more)


def test_all_agree() -> None:
    warehouse = Warehouse(loaded={"sent": {FILE: 9, NEXT_FILE: 20}}, rejected={("sent", FILE, "why"): 1})
    assert counted(sent(), warehouse=warehouse, counts={FILE: 10, NEXT_FILE: 20}) == [
        DayCounts(DAY, 10, 10, 1, 9),
        DayCounts(NEXT, 20, 20, 0, 20),
    ]
    assert [line.difference for line in counted(sent(), warehouse=warehouse)] == [0, 0]


def test_rows_that_the_warehouse_has_not_or_has_twice() -> None:
    warehouse = Warehouse(loaded={"sent": {FILE: 8, NEXT_FILE: 23}})
    assert [line.difference for line in counted(sent(), warehouse=warehouse)] == [-2, 3]
    assert [line.difference for line in counted(sent(), warehouse=Warehouse())] == [-10, -20]


def test_rows_that_the_job_counted_and_nobody_has_read() -> None:
    assert [line.difference for line in counted(sent(), counts={FILE: 13})] == [-3, 0]


def test_the_header_counts_where_the_tap_has_seen_that() -> None:
    assert counted(sent(counts_header=True), counts={FILE: 11})[0].difference == 0


def test_a_day_with_a_file_without_a_count_is_not_compared() -> None:
    files = [ReadFile(FILE, DAY, 6), ReadFile(LATER, DAY, 4)]
    assert counted(sent(files=files), counts={FILE: 6})[0].stated is None
    assert counted(sent(files=files), counts={FILE: 6, LATER: 4})[0].stated == 10


def test_rejected_rows_that_were_not_loaded_are_known_from_the_state() -> None:
    files = [ReadFile(FILE, DAY, 10, 2)]
    line = counted(sent(files=files), warehouse=Warehouse(loaded={"sent": {FILE: 8}}))[0]
    assert (line.rejected, line.difference) == (2, 0)


def test_feeds_with_several_words_and_of_other_channels_are_told_apart() -> None:
    ledgers = {
        name: StreamLedger(name, frozenset({DAY}), {DAY: 5}) for name in ("click", "sms_click", "contacts")
    }
    counts = {"77_SMS_CLICK_20260304_050000.txt": 5, "77_CLICK_20260304_050000.zip": 6}
    found = count(Inputs(datetime(2026, 3, 6, tzinfo=UTC), ledgers, counts=counts))
    assert {name: lines[0].stated for name, lines in found.items()} == {"click": 6, "sms_click": 5}
