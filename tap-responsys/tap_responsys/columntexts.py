"""Columns of text to columns of JSON: what reading row by row makes of each value, as it is written."""

from __future__ import annotations

from json.encoder import encode_basestring  # which escapes as msgspec does
from typing import TYPE_CHECKING

import msgspec

from tap_responsys.values import converter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responsys_io.feeds import ColumnType

NULL = "null"
_LONGEST_CERTAIN = 18  # digits that are 64 bits whatever they are
_DIGITS_AND_ENDS = b"0123456789\n"
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
    remembered = _Remembered(converter(column_type, timezone)).__getitem__

    def one_by_one(column: Sequence[str]) -> Sequence[str]:
        return list(map(remembered, column))

    if column_type != "integer":
        return one_by_one

    def integers(column: Sequence[str]) -> Sequence[str]:
        if not _are_plain(column):
            return one_by_one(column)
        return [value or NULL for value in column] if "" in column else column

    return integers


def _texts(column: Sequence[str]) -> Sequence[str]:
    return [encode_basestring(value) if value else NULL for value in column]


def _are_plain(column: Sequence[str]) -> bool:
    """Tell whether all values are empty, or whole numbers of 64 bits as JSON writes them."""
    joined = "\n" + "\n".join(column)
    return (
        "\n0" not in joined
        and joined.count("\n") == len(column)
        and not joined.encode().translate(None, _DIGITS_AND_ENDS)
        and max(map(len, column), default=0) <= _LONGEST_CERTAIN
    )


class _Remembered(dict[str, str]):
    """JSON by text, made when a text is first seen."""

    def __init__(self, convert: Callable[[str], object]) -> None:
        self._convert = convert

    def __missing__(self, text: str) -> str:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        made = self[text] = _encode(self._convert(text)).decode() if text else NULL
        return made
