"""Where the values of a block of delimited lines stand, found for all of them at once.

What the CSV parser makes of a line is only asked where the line does not show it: there, and only there, the
two could differ. A line shows it when each of its cells either has no enclosure, or has one at both ends and
in between only doubled ones. No line is taken to end within an enclosure: a block in which one might, and
every other that is unusual as a whole, is left to the parser.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tap_responsys.recordlines import ONE_BYTE_EACH
from tap_responsys.records import LONGEST_FIELD

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOM = 128
"""Bytes, NUL, that follow a block, so that any value can be read with those after it."""
_LINE_FEED, _RETURN, _QUOTE, _BACKSLASH, _SPACE = b'\n\r"\\ '
# Each value of a column takes as much room as the longest. One that is so many times as long as usual, and of
# more bytes than these, is left to the parser with its line.
_TIMES_USUAL, _NEVER_LONG = 4, 64
_SHORTEST_ENCLOSED = 2


@dataclass(frozen=True)
class Cells:
    """The values of a block's rows, and the lines that are left to the parser.

    Args:
        data: The block and room behind it; doubled double quotes have become what JSON writes for one.
        begins: Where values begin, without the enclosure: columns by rows.
        ends: Where they end.
        rows: The line of each row, counted from 0.
        others: The lines left over, counted likewise, each with its text.
    """

    data: NDArray[np.uint8]
    begins: NDArray[np.intp]
    ends: NDArray[np.intp]
    rows: NDArray[np.intp]
    others: dict[int, bytes]

    @cached_property
    def _text(self) -> str:
        return self.data.tobytes().decode(ONE_BYTE_EACH)

    def strings(self, column: int) -> list[str]:
        """Return a column's values, but for doubled quotes, in which a character is a byte."""
        places = zip(self.begins[column].tolist(), self.ends[column].tolist(), strict=True)
        return [self._text[begin:end] for begin, end in places]


class _Lines:
    """The separators of a block by lines.

    Args:
        separators: Where cells end.
        last: Which of these end lines.
    """

    def __init__(self, separators: NDArray[np.intp], last: NDArray[np.intp]) -> None:
        self.separators = separators
        self.last = last
        self.ends = separators[last]
        """Where lines end."""
        self.begins = np.empty_like(self.ends)
        """Where lines begin."""
        self.begins[:1] = 0
        np.add(self.ends[:-1], 1, out=self.begins[1:])
        self.widths = _differences(last, -1)
        """How many cells each line has."""

    def holding(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the lines that places of the block belong to."""
        return np.searchsorted(self.ends, places)


def find_cells(block: bytes, width: int, delimiter: str, quote_char: str) -> Cells | None:
    """Find the cells of a block.

    Args:
        block: Whole lines in a character set that extends ASCII as UTF-8 does; no NUL.
        width: How many cells a row has, two or more: a row of one may be an empty line.
        delimiter: One character of ASCII.
        quote_char: The enclosure, one such character or empty for none.

    Returns:
        None where lines may not be told apart without a parser.
    """
    last_is_open = not block.endswith(b"\n")
    data = _copied(block, ROOM)
    if last_is_open:
        data[len(block)] = _LINE_FEED
    enclosures = (data == ord(quote_char)).nonzero()[0] if quote_char else np.empty(0, np.intp)
    breaks = data == _LINE_FEED
    returns = block.count(b"\r") if b"\r" in block else 0
    found = _all_enclosed(
        data, enclosures, (int(np.count_nonzero(breaks)), returns), width, delimiter, quote_char
    )
    if found is None:
        separators = (breaks | (data == ord(delimiter))).nonzero()[0]
        lines = _Lines(separators, breaks[separators].nonzero()[0])
        if returns and (last_is_open or not returns == len(lines.last) == block.count(b"\r\n")):
            return None
        found = _separated(data, enclosures, lines, width, quote_char, has_returns=bool(returns))
        if found is None:
            return None
    cells, lines, left = found
    left[cells.rows[_far_longer(cells)]] = True
    return _without(cells, left, lines, block)


def _all_enclosed(
    data: NDArray[np.uint8],
    enclosures: NDArray[np.intp],
    ends_of_lines: tuple[int, int],
    width: int,
    delimiter: str,
    quote_char: str,
) -> tuple[Cells, _Lines, NDArray[np.bool_]] | None:
    """Find the cells where each has an enclosure, as in what Responsys writes; None where one has not.

    An enclosure within a value is doubled: the value seems to end, and another to begin right behind it.

    Args:
        data: The block and room behind it.
        enclosures: Where its enclosures are.
        ends_of_lines: How many LF and how many CR there are.
        width: How many cells a row has.
        delimiter: One character of ASCII.
        quote_char: The enclosure.

    Returns:
        The cells of all lines, the lines, and which of these are left to the parser.
    """
    rows, returns = ends_of_lines
    if len(enclosures) < 2 * rows * width or len(enclosures) % 2:
        return None
    begins, ends = enclosures[::2], enclosures[1::2]
    doubled = begins[1:] - ends[:-1] == 1
    escaping = ends[:-1][doubled]
    if escaping.size:
        if quote_char != '"':
            return None
        begins, ends = begins[np.append(True, ~doubled)], ends[np.append(~doubled, True)]
    if len(ends) != rows * width:
        return None
    separators = ends + 1
    of_rows = separators[width - 1 :: width]
    of_rows += returns == rows
    marks = data[separators].reshape(rows, width)
    if (
        begins[0] != 0
        or (begins[1:] != separators[:-1] + 1).any()
        or (marks[:, :-1] != ord(delimiter)).any()
        or (marks[:, -1] != _LINE_FEED).any()
        or (returns and (data[of_rows - 1] != _RETURN).any())
    ):
        return None
    lines = _Lines(separators, np.arange(width - 1, len(separators), width))
    left = np.zeros(rows, np.bool_)
    left[lines.holding(_escaped(data, separators, rows, quote_char))] = True
    data[escaping] = _BACKSLASH
    cells = Cells(data, _by_column(begins + 1, width), _by_column(ends, width), np.arange(rows), {})
    return cells, lines, left


def _separated(
    data: NDArray[np.uint8],
    enclosures: NDArray[np.intp],
    lines: _Lines,
    width: int,
    quote_char: str,
    *,
    has_returns: bool,
) -> tuple[Cells, _Lines, NDArray[np.bool_]] | None:
    """Find the cells between separators, of lines as they are without a parser; see `_all_enclosed`.

    Returns:
        None where lines may not be told apart.
    """
    left = lines.widths != width
    if left.any() and enclosures.size:
        lines = _without_enclosed(lines, left, enclosures)
        if len(lines.last) != len(left):
            return None
        left = lines.widths != width
    left[lines.holding(_escaped(data, lines.separators, len(left), quote_char))] = True
    ends = lines.separators
    begins = np.empty_like(ends)
    begins[0] = 0
    np.add(ends[:-1], 1, out=begins[1:])
    if left.any():
        kept = np.repeat(~left, lines.widths)
        begins, ends = begins[kept], ends[kept]
    cells = Cells(data, _by_column(begins, width), _by_column(ends, width), (~left).nonzero()[0], {})
    if has_returns:
        cells.ends[-1] -= 1
    cells, more = _opened(cells, lines, enclosures, quote_char)
    left[more] = True
    return cells, lines, left


def _without_enclosed(lines: _Lines, wrong: NDArray[np.bool_], enclosures: NDArray[np.intp]) -> _Lines:
    """Return lines without the separators that are enclosed, in those lines that have a wrong number.

    If all such marks of a line are enclosures, one is enclosed that comes after an odd number of them.
    """
    widths, begins = lines.widths[wrong], lines.begins[wrong]
    of_wrong = _ranges(lines.last[wrong] + 1 - widths, widths)
    before = np.searchsorted(enclosures, lines.separators[of_wrong])
    before -= np.repeat(np.searchsorted(enclosures, begins), widths)
    enclosed = of_wrong[before & 1 == 1]
    is_last = np.zeros(len(lines.separators), np.bool_)
    is_last[lines.last] = True
    return _Lines(np.delete(lines.separators, enclosed), np.delete(is_last, enclosed).nonzero()[0])


def _escaped(
    data: NDArray[np.uint8], separators: NDArray[np.intp], lines: int, quote_char: str
) -> NDArray[np.intp]:
    """Return where there are bytes that JSON does not take as they are; enclosures are looked at later.

    Args:
        data: The block and room behind it.
        separators: Where cells end.
        lines: How many of these are line ends.
        quote_char: The enclosure.
    """
    text = data[: separators[-1] + 1]
    escaped = text < _SPACE
    escaped |= text == _BACKSLASH
    if quote_char != '"':
        escaped |= text == _QUOTE
    if np.count_nonzero(escaped) == lines:
        return np.empty(0, np.intp)
    escaped[separators] = False
    escaped &= text != _RETURN
    return escaped.nonzero()[0]


def _opened(
    cells: Cells, lines: _Lines, enclosures: NDArray[np.intp], quote_char: str
) -> tuple[Cells, NDArray[np.intp]]:
    """Return cells without enclosures, and the lines whose enclosures only the parser understands."""
    if not enclosures.size:
        return cells, np.empty(0, np.intp)
    mark = ord(quote_char)
    enclosed = cells.data[cells.begins] == mark
    enclosed &= cells.data[cells.ends - 1] == mark
    enclosed &= cells.ends - cells.begins >= _SHORTEST_ENCLOSED
    opened = replace(cells, begins=cells.begins + enclosed, ends=cells.ends - enclosed)
    until = np.searchsorted(enclosures, lines.ends)
    counts = _differences(until, 0)
    more = (counts[cells.rows] != 2 * np.add.reduce(enclosed, axis=0, dtype=np.intp)).nonzero()[0]
    if not more.size:
        return opened, more
    # Each of these rows has other marks than those around cells.
    theirs, held = cells.rows[more], enclosed[:, more]
    inner = np.zeros(len(cells.data), np.bool_)
    inner[enclosures[_ranges(until[theirs] - counts[theirs], counts[theirs])]] = True
    inner[cells.begins[:, more][held]] = False
    inner[cells.ends[:, more][held] - 1] = False
    places = inner.nonzero()[0]
    first, second = places[::2], places[1::2]
    if quote_char == '"' and len(first) == len(second) and (second - first == 1).all():
        row = np.searchsorted(cells.rows, lines.holding(first))
        column = (cells.begins[:, row] <= first).sum(axis=0) - 1
        if enclosed[column, row].all():
            cells.data[first] = _BACKSLASH
            return opened, np.empty(0, np.intp)
    return opened, theirs


def _far_longer(cells: Cells) -> NDArray[np.bool_]:
    """Say of each row whether a value of its is much longer than others of the column."""
    lengths = cells.ends - cells.begins
    found = np.zeros(lengths.shape[1], np.bool_)
    if found.size:
        for column in np.flatnonzero(lengths.max(axis=1) > _NEVER_LONG):
            limit = max(_NEVER_LONG, _TIMES_USUAL * lengths[column].mean())
            found |= lengths[column] > min(limit, LONGEST_FIELD)
    return found


def _without(cells: Cells, left: NDArray[np.bool_], lines: _Lines, block: bytes) -> Cells:
    """Return the cells but for those of lines that are left over: these as they stand in the block."""
    if not left.any():
        return cells
    stay = ~left[cells.rows]
    others = {line: block[lines.begins[line] : lines.ends[line] + 1] for line in left.nonzero()[0].tolist()}
    if not stay.all():
        cells = replace(cells, begins=cells.begins[:, stay], ends=cells.ends[:, stay], rows=cells.rows[stay])
    return replace(cells, others=others)


def _copied(block: bytes, room: int) -> NDArray[np.uint8]:
    """Return the bytes of a block and room behind them, which is NUL."""
    data = np.empty(len(block) + room, np.uint8)
    data[: len(block)] = np.frombuffer(block, np.uint8)
    data[len(block) :] = 0
    return data


def _differences(numbers: NDArray[np.intp], first: int) -> NDArray[np.intp]:
    """Return by how much each number is more than the one before, and the first one more than this."""
    found = numbers.copy()
    found[1:] -= numbers[:-1]
    found[:1] -= first
    return found


def _ranges(begins: NDArray[np.intp], sizes: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return so many numbers from each of these on, one after the other."""
    until = np.cumsum(sizes)
    return np.repeat(begins - until + sizes, sizes) + np.arange(until[-1])


def _by_column(places: NDArray[np.intp], width: int) -> NDArray[Any]:
    return np.ascontiguousarray(places.reshape(-1, width).T)
