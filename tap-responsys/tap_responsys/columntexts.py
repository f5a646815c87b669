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
_LONGEST_CERTAIN = 18  # digits that are 64 bits whatever they are
_DIGITS_AND_ENDS = b"0123456789\n"
_TIMES = re.compile(r"(?: (?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])*", re.ASCII)
_TIME_LENGTH = len(" 00:00:00")
# A day's seconds, and some.
_MOST_REMEMBERED = 100_000

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
    remembered = _Remembered(lambda text: write(convert(text))).__getitem__

    def one_by_one(column: Sequence[str]) -> Sequence[str]:
        return list(map(remembered, column))

    if column_type == "integer":
        return lambda column: _plain_integers(column) or one_by_one(column)
    if column_type == "timestamp" and timezone.upper() == "UTC":
        return lambda column: _plain_timestamps(column) or one_by_one(column)
    return one_by_one


def _texts(column: Sequence[str]) -> Sequence[str]:
    return [encode_basestring(value) if value else NULL for value in column]


def _plain_integers(column: Sequence[str]) -> Sequence[str] | None:
    """Return whole numbers where all are empty, or of 64 bits and written as JSON writes them."""
    joined = "\n" + "\n".join(column)
    if (
        "\n0" in joined
        or joined.count("\n") != len(column)
        or joined.encode().translate(None, _DIGITS_AND_ENDS)
        or max(map(len, column), default=0) > _LONGEST_CERTAIN
    ):
        return None
    return [value or NULL for value in column] if "" in column else column


def _plain_timestamps(column: Sequence[str]) -> Sequence[str] | None:
    """Return timestamps of UTC where all have a day and a time to the second.

    Remembering them costs more: there are so many seconds in a day that they are far away in memory.
    """
    if not _TIMES.fullmatch("".join([value[-_TIME_LENGTH:] for value in column])):
        return None
    return [f'"{iso_day(value[:-_TIME_LENGTH])}T{value[1 - _TIME_LENGTH :]}+00:00"' for value in column]


def _written(value: object) -> str:
    return _encode(value).decode()


class _Remembered(dict[str, str]):
    """JSON by text, made when a text is first seen."""

    def __init__(self, make: Callable[[str], str]) -> None:
        self._make = make

    def __missing__(self, text: str) -> str:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        made = self[text] = self._make(text) if text else NULL
        return made
