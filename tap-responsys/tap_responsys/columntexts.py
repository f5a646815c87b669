"""Columns of text to columns of JSON: what reading row by row makes of each value, as it is written."""

from __future__ import annotations

import re
from json.encoder import encode_basestring  # which escapes as msgspec does
from typing import TYPE_CHECKING

import msgspec

from tap_responsys.values import converter, iso_day

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responsys_io.feeds import ColumnType

NULL = "null"
_LONGEST_CERTAIN = 18  # characters of whole numbers that are 64 bits whatever they are
_DIGITS_AND_ENDS = b"0123456789\n"
_HOUR = re.compile(r"(.*) ([01][0-9]|2[0-3])", re.ASCII)
_MINUTES_AND_SECONDS, _SECONDS, _SECONDS_AND_ZONE = (len(text) for text in (":00:00", ":00", ":00+00:00"))
_COLONS, _TENS = frozenset(":"), frozenset("012345")
MOST_REMEMBERED = 100_000
"""Texts; a day's seconds, and some."""

_encode = msgspec.json.Encoder(decimal_format="number").encode


def column_encoder(column_type: ColumnType, timezone: str) -> Callable[[Sequence[str]], Sequence[str]]:
    """Return the function that turns a column's texts into JSON.

    It raises ValueError for a column with a text that is not of the type. Columns of one type may share it:
    it remembers what it has seen.

    Args:
        column_type: The column's type.
        timezone: IANA name of the zone that timestamps are written in.
    """
    if column_type == "text":
        return _texts
    convert = converter(column_type, timezone, remembers=False)
    # Timestamps are made of digits and marks that JSON takes as they are.
    write = '"{}"'.format if column_type == "timestamp" else _written
    remembered = _Remembered(lambda text: write(convert(text)) if text else NULL).__getitem__

    def one_by_one(column: Sequence[str]) -> Sequence[str]:
        return list(map(remembered, column))

    if column_type == "integer":
        return lambda column: _plain_integers(column) or one_by_one(column)
    if column_type == "timestamp" and timezone.upper() == "UTC":
        hours = _Remembered(_iso_hour).__getitem__
        return lambda column: _plain_timestamps(column, hours) or one_by_one(column)
    return one_by_one


def begins_of_timestamps(timezone: str) -> tuple[int, Callable[[str], str]]:
    """Return how much of a timestamp is the same in UTC, and a function for what comes before.

    The first is a number of characters: those of a colon and two digits, or of two of both. The function
    turns the others into the first 16 characters that RFC 3339 has for them, or 13; it raises ValueError for
    a text that is not of the type, and for some that are.

    Args:
        timezone: IANA name of the zone that timestamps are written in.
    """
    if timezone.upper() == "UTC":
        return _MINUTES_AND_SECONDS, _iso_hour
    convert = converter("timestamp", timezone, remembers=False)

    def minute(text: str) -> str:
        first, last = convert(f"{text}:00"), convert(f"{text}:59")
        if (first, last) != tuple(f"{first[:-_SECONDS_AND_ZONE]}:{second}+00:00" for second in ("00", "59")):
            raise ValueError("a minute in which clocks are changed")
        return str(first[:-_SECONDS_AND_ZONE])

    return _SECONDS, minute


def _texts(column: Sequence[str]) -> Sequence[str]:
    return [encode_basestring(value) if value else NULL for value in column]


def _plain_integers(column: Sequence[str]) -> Sequence[str] | None:
    """Return whole numbers where all are empty, or of 64 bits and written as JSON writes them."""
    joined = "\n" + "\n".join(column)
    if "-" in joined:
        if "-" in column:
            return None
        joined = joined.replace("\n-", "\n")
    zeros = joined.count("\n0")
    if (
        (zeros and zeros != column.count("0"))
        or joined.count("\n") != len(column)
        or joined.encode().translate(None, _DIGITS_AND_ENDS)
        or max(map(len, column), default=0) > _LONGEST_CERTAIN
    ):
        return None
    return [value or NULL for value in column] if "" in column else column


def _plain_timestamps(column: Sequence[str], hours: Callable[[str], str]) -> Sequence[str] | None:
    """Return timestamps of UTC where all have a day and a time to the second.

    Only days with hours are remembered: there are so many seconds in a day that they are far away in memory.
    """
    ends = [value[-_MINUTES_AND_SECONDS:] for value in column]
    joined = "".join(ends)
    colons, tens, ones = (joined[place::3] for place in range(3))
    if (
        len(joined) != _MINUTES_AND_SECONDS * len(column)
        or _COLONS.union(colons) != _COLONS
        or _TENS.union(tens) != _TENS
        or not (ones.isascii() and ones.isdecimal())
    ):
        return None
    begins = map(hours, [value[:-_MINUTES_AND_SECONDS] for value in column])
    return [f'"{begin}{end}+00:00"' for begin, end in zip(begins, ends, strict=True)]


def _iso_hour(text: str) -> str:
    """Return a day with an hour as RFC 3339 writes it."""
    match = _HOUR.fullmatch(text)
    if not match:
        raise ValueError("not a time")
    return f"{iso_day(match[1])}T{match[2]}"


def _written(value: object) -> str:
    return _encode(value).decode()


class _Remembered(dict[str, str]):
    """JSON by text, made when a text is first seen."""

    def __init__(self, make: Callable[[str], str]) -> None:
        self._make = make

    def __missing__(self, text: str) -> str:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        made = self[text] = self._make(text)
        return made
