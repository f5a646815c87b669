"""Which columns are converted as a whole; that what comes of them is right is seen to by whole lines."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tap_responsys.celltexts import Column, Timestamps, integers, line_numbers, texts

Cells = tuple[NDArray[np.uint8], NDArray[np.intp], NDArray[np.intp]]


def cells(values: list[str]) -> Cells:
    """Return a block with these values, where they begin and how long they are."""
    sizes = [len(value.encode()) for value in values]
    begins = np.cumsum([0, *(size + 3 for size in sizes[:-1])]) + 1
    block = "".join(f'"{value}",' for value in values).encode() + bytes(128)
    return np.frombuffer(block, np.uint8), begins, np.array(sizes)


def shown(column: Column) -> list[str | None]:
    """Return a column's values."""
    found: list[str | None] = [
        words.tobytes()[:length].decode()
        for words, length in zip(column.words, column.lengths.tolist(), strict=True)
    ]
    for row in column.empty.tolist():
        found[row] = None
    return found


WHOLE = ["1", "", "0", "-3", "-30", "123456789012345678", "-123456789012345678", "20", "7654321", "90071992"]


@pytest.mark.parametrize("others", [[], WHOLE])
@pytest.mark.parametrize("text", WHOLE)
def test_whole_numbers_of_a_column_are_taken_as_they_are(text: str, others: list[str]) -> None:
    data, begins, lengths = cells([text, *others])
    (column,) = integers(data, begins[np.newaxis], lengths[np.newaxis])
    assert column is not None
    assert shown(column) == [value or None for value in [text, *others]]
    assert not column.quoted


@pytest.mark.parametrize("others", [[], WHOLE])
@pytest.mark.parametrize(
    "text",
    ["007", "00", "+5", "-0", "-", "--1", "-07", "9" * 19, "1.0", " 1", "x", "1x", "1" * 30, "1-", "\u0663"],
)
def test_a_column_with_another_number_is_left_over(text: str, others: list[str]) -> None:
    data, begins, lengths = cells([*others, text])
    assert integers(data, begins[np.newaxis], lengths[np.newaxis]) == [None]


def test_texts_are_taken_as_they_are() -> None:
    values = ["a", "", "é€", "b" * 8, "c" * 300]
    data, begins, lengths = cells(values)
    (column,) = texts(data, begins[np.newaxis], lengths[np.newaxis])
    assert column is not None
    assert shown(column) == [value or None for value in values]
    assert column.quoted


DAYS = ["03-Jan-2019 13:01:02", "", "2019-01-03 13:00:59", "3-Jan-2019 05:00:00", "31-Dec-2018 23:59:59"]


@pytest.mark.parametrize(
    ("timezone", "expected"),
    [
        ("UTC", ["2019-01-03T13:01:02", "2019-01-03T13:00:59", "2019-01-03T05:00:00", "2018-12-31T23:59:59"]),
        (
            "Europe/Berlin",
            ["2019-01-03T12:01:02", "2019-01-03T12:00:59", "2019-01-03T04:00:00", "2018-12-31T22:59:59"],
        ),
    ],
)
def test_times_of_a_column_are_converted(timezone: str, expected: list[str]) -> None:
    expected = [f"{time}+00:00" for time in expected]
    column = Timestamps(timezone).column(*cells(DAYS), with_extremes=True)
    assert column is not None
    assert shown(column) == [expected[0], None, *expected[1:]]
    assert (column.oldest, column.newest) == (expected[-1], expected[0])


@pytest.mark.parametrize("text", ["03-Jan-2019", "03-Jan-2019 13:01:02.5", "30-Feb-2019 10:00:00", "x"])
def test_a_column_with_another_time_is_left_over(text: str) -> None:
    assert Timestamps("UTC").column(*cells([*DAYS, text]), with_extremes=False) is None


@pytest.mark.parametrize("first", [1, 7, 95, 9_990, 12_345_678, 99_999_995, 10**15])
def test_lines_are_numbered(first: int) -> None:
    rows = np.array([0, 1, 4, 9])
    assert shown(line_numbers(first, rows)) == [str(first + row) for row in rows.tolist()]
