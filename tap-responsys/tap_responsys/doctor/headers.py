"""The first line of a file: how it is written, and whether it names columns."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DELIMITERS = {",": "comma", ";": "semicolon", "|": "pipe", "\t": "tab"}
ENCLOSURES = {'"': "double quotes", "'": "single quotes", "": "none"}


@dataclass(frozen=True)
class FirstLine:
    """A first line, taken apart: the delimiter and the enclosure that it is written with, and its fields."""

    delimiter: str
    quote_char: str
    fields: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields as names of columns."""
        return tuple(name.strip().upper() for name in self.fields)


def taken_apart(text: str, delimiter: str, quote_char: str) -> FirstLine:
    """Take the first line of a text apart; what cannot be is one field."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quotechar=quote_char or None,
        quoting=csv.QUOTE_MINIMAL if quote_char else csv.QUOTE_NONE,
    )
    try:
        fields = next(reader, [])
    except csv.Error:
        fields = text.splitlines()[:1]
    return FirstLine(delimiter, quote_char, tuple(fields))


def found_header(text: str, delimiter: str, quote_char: str, known: frozenset[str]) -> FirstLine | None:
    """Find the way of writing by which the first line names a known column, the expected one first."""
    delimiters = dict.fromkeys((delimiter, *DELIMITERS))
    enclosures = dict.fromkeys((quote_char, *ENCLOSURES))
    ways = (taken_apart(text, *way) for way in product(delimiters, enclosures))
    return next((line for line in ways if not known.isdisjoint(line.names)), None)


def other_delimiter(text: str, delimiter: str, quote_char: str) -> FirstLine | None:
    """Find the delimiter of a first line that is one field only with the expected one."""
    if len(taken_apart(text, delimiter, quote_char).fields) > 1:
        return None
    ways = (taken_apart(text, mark, quote_char) for mark in DELIMITERS if mark != delimiter)
    return max(
        (line for line in ways if len(line.fields) > 1), key=lambda line: len(line.fields), default=None
    )


def repeated(names: Sequence[str]) -> list[str]:
    """Return the names that stand more than once, `''` for several without a name."""
    return sorted({name for name in names if names.count(name) > 1})
