"""Days read, missing and late, and the window of 14 days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from responsys_status.coverage import Coverage, calendar, coverage, page_order
from responsys_status.ledger import ReadFile, StreamLedger

TODAY = date(2026, 5, 20)


def ago(days: int) -> date:
    return TODAY - timedelta(days)


def covered(*days: int, stream: str = "sent", **more: object) -> Coverage:
    ledger = StreamLedger(stream, frozenset(map(ago, days)), **more)  # type: ignore[arg-type]  # by name
    return coverage(ledger, calendar({stream: ledger}, TODAY), TODAY)


def test_every_day_of_the_calendar_has_its_mark() -> None:
    marks = covered(5, 4, 2).marks
    assert {(TODAY - day).days: mark for day, mark in marks.items()} == {
        5: "read", 4: "read", 3: "missing", 2: "read", 1: "late", 0: "due",
    }  # fmt: skip


def test_a_day_with_rejects_and_one_that_is_being_read() -> None:
    files = [ReadFile("a", ago(2), 10, 1), ReadFile("b", ago(1), 10)]
    marks = covered(2, 1, files=files, open_file=ReadFile("c", TODAY, 4)).marks
    assert [marks[ago(days)] for days in (2, 1, 0)] == ["rejects", "read", "reading"]


def test_before_the_first_export_there_is_nothing_to_miss() -> None:
    ledgers = {
        "sent": StreamLedger("sent", frozenset({ago(9)})),
        "open": StreamLedger("open", frozenset({ago(1)})),
    }
    days = calendar(ledgers, TODAY)
    assert (days[0], days[-1]) == (ago(9), TODAY)
    assert coverage(ledgers["open"], days, TODAY).marks[ago(2)] == "before"


def test_a_calendar_has_six_weeks_at_most_and_today_at_least() -> None:
    assert len(calendar({"sent": StreamLedger("sent", frozenset({ago(400)}))}, TODAY)) == 42
    assert calendar({}, TODAY) == [TODAY]
    assert calendar({"sent": StreamLedger("sent", frozenset({ago(-3)}))}, TODAY) == [TODAY]


@pytest.mark.parametrize(
    ("last", "left", "lost"),
    [
        (0, 14, None),
        (1, 13, None),
        (13, 1, None),
        (14, 0, (ago(14), ago(14))),
        (16, 0, (ago(16), ago(14))),
    ],
)
def test_the_window_closes_after_14_days(last: int, left: int, lost: tuple[date, date] | None) -> None:
    found = covered(last)
    assert (found.days_left, found.lost) == (left, lost)
    assert [mark for mark in found.marks.values() if mark == "lost"] == ["lost"] * max(0, last - 14)


def test_lists_have_no_window_and_are_late_all_the_same() -> None:
    found = covered(30, stream="contacts")
    assert (found.days_left, found.lost, found.is_feed) == (None, None, False)
    assert set(found.marks.values()) == {"read", "late", "due"}


def test_history_that_models_need() -> None:
    found = covered(*range(70))
    assert (found.present, found.short_of) == (70, {60: 0, 90: 20})
    assert covered(9, 7, 5).missing == (ago(8), ago(6))


def test_a_stream_never_read() -> None:
    found = covered()
    assert (found.first, found.last, found.present, found.days_left, found.missing) == (
        None,
        None,
        0,
        None,
        (),
    )


def test_the_seven_feeds_come_first() -> None:
    names = dict.fromkeys(["web", "contacts", "sms_sent", "click", "sent"])
    assert page_order(names) == ["sent", "click", "contacts", "sms_sent", "web"]
