from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responsys_io.history import History

FIRST = date(2026, 1, 1)


def day(number: int) -> date:
    return FIRST + timedelta(number)


def stored(history: History) -> History:
    return History.from_state(json.loads(json.dumps(history.to_state())))


@given(st.lists(st.integers(0, 120), min_size=1, max_size=80))
def test_days_are_remembered_in_whatever_order_they_come(numbers: list[int]) -> None:
    history = History()
    for number in numbers:
        history.note(day(number), 1)
        history = stored(history)
    known = {day(number) for number in numbers}
    assert (history.first, history.last, history.present) == (min(known), max(known), len(known))
    span = {day(number) for number in range(min(numbers), max(numbers) + 1)}
    assert history.missing() == sorted(span - known)
    assert all(history.has(one) is (one in known) for one in map(day, range(-2, 124)))


def test_rows_of_several_files_of_a_day_add_up_and_corrections_count() -> None:
    history = History()
    history.note(day(0), 100)
    history.note(day(0), 50)
    history.note(day(0), -30)
    assert stored(history).rows == {day(0): 120}


def test_a_day_is_compared_with_the_same_weekday_of_four_weeks() -> None:
    history = History()
    for week, rows in enumerate((10, 400, 200, 300)):
        history.note(day(7 * week), rows)
        history.note(day(7 * week + 1), 9)
    assert stored(history).usual_rows(day(28)) == 250
    assert history.usual_rows(day(29)) == 9
    assert history.usual_rows(day(30)) is None


def test_only_as_much_detail_is_kept_as_the_comparison_needs() -> None:
    history = History()
    for number in range(400):
        history.note(day(number), number, lag=number)
    history = stored(history)
    assert (min(history.rows), max(history.rows)) == (day(371), day(399))
    assert (min(history.lags), max(history.lags)) == (day(393), day(399))
    assert history.present == 400
    assert len(json.dumps(history.to_state())) < 450


def test_the_smallest_lag_of_a_day_counts() -> None:
    history = History()
    for lag in (70, 3, 50):
        history.note(day(0), 1, lag)
    assert stored(history).lags == {day(0): 3}


def test_after_ten_years_the_first_days_are_forgotten() -> None:
    history = History()
    for number in range(4000):
        history.note(day(number))
    assert (stored(history).first, history.last, history.present) == (day(340), day(3999), 3660)


@pytest.mark.parametrize("absurd", [date(1970, 1, 1), date(2009, 1, 1), date(2087, 1, 1), date(9999, 12, 31)])
def test_a_date_that_is_centuries_off_does_not_fill_the_state(absurd: date) -> None:
    history = History()
    if absurd.year < 2000:
        history.note(absurd, 5)
    history.note(day(0), 5)
    history.note(absurd, 5)
    history.note(day(1), 5)
    assert (history.first, history.last, history.present) == (day(0), day(1), 2)
    assert len(json.dumps(history.to_state())) < 100
