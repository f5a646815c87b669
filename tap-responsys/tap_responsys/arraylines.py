"""Blocks of delimited lines to lines of RECORD messages, by arithmetic on whole columns.

Cells are found by `tap_responsys.cells`, converted by `tap_responsys.celltexts`, and put into lines by
`tap_responsys.placement`. Lines that need a parser, and blocks that do, are written by
`tap_responsys.recordlines.RecordWriter`: the messages are the same.
"""

from __future__ import annotations

import csv
from typing import IO, TYPE_CHECKING

import numpy as np

from tap_responsys import celltexts
from tap_responsys import columns as cols
from tap_responsys.cells import Cells, find_cells
from tap_responsys.celltexts import Timestamps
from tap_responsys.placement import placed
from tap_responsys.recordlines import (
    ONE_BYTE_EACH,
    RecordForm,
    RecordWriter,
    Written,
    pieces_of_lines,
    statuses,
    time_extracted,
    wanted_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from tap_responsys.celltexts import Column

# Of so many lines at most one may need a parser, or all get one.
_LINES_PER_OTHER = 4


class ArrayWriter:
    """Turns blocks into lines, as `RecordWriter` does.

    Args:
        form: What the records look like.
    """

    def __init__(self, form: RecordForm) -> None:
        self._form = form
        self._parsing = RecordWriter(form)
        self._columns = wanted_columns(form)
        self._names, self._fixed = pieces_of_lines(form)
        self._timestamps = Timestamps(form.timezone)

    def write(self, line: int, data: bytes, output: IO[bytes]) -> Written | None:
        """Write a block's rows as lines; see `RecordWriter.write`."""
        if b"\0" in data:
            return None
        form, cells = self._form, None
        if len(form.header) > 1:
            cells = find_cells(data, len(form.header), form.delimiter, form.quote_char)
        if cells is None or len(cells.others) * _LINES_PER_OTHER >= len(cells.rows):
            return self._parsing.write(line, data, output)
        extracted = time_extracted()
        try:
            others, apart = self._parsing.one_by_one(
                {line + number: text for number, text in cells.others.items()}, extracted
            )
        except (csv.Error, ValueError):
            return self._parsing.write(line, data, output)
        try:
            columns = self._made(cells, line)
        except ValueError:
            return None
        *pieces, last = (piece.encode(ONE_BYTE_EACH) for piece in self._fixed)
        differing = [columns[name] for name in self._names]
        lines, begins = placed(len(cells.rows), differing, [*pieces, last + extracted.encode(ONE_BYTE_EACH)])
        for text in _merged(lines, begins, cells.rows + line, others):
            output.write(text)
        output.flush()
        found = [apart]
        if moments := columns.get(form.moments):
            found.append(Written(0, moments.oldest, moments.newest))
        return Written(
            len(cells.rows) + apart.rows,
            min((each.oldest for each in found if each.oldest), default=""),
            max(each.newest for each in found),
        )

    def _made(self, cells: Cells, line: int) -> dict[str, Column]:
        """Return columns by name: those whose values differ from row to row, or tell how new it is."""
        form, lengths = self._form, cells.ends - cells.begins
        if not all(lengths[form.header.index(name)].all() for name in form.required):
            raise ValueError("an empty value that is required")
        made = {cols.SOURCE_LINE: celltexts.line_numbers(line, cells.rows)}
        known: dict[int, Column | None] = {}
        for kind, convert in (("text", celltexts.texts), ("integer", celltexts.integers)):
            if places := [place for _, place, each in self._columns if each == kind]:
                known.update(
                    zip(places, convert(cells.data, cells.begins[places], lengths[places]), strict=True)
                )
        for name, place, kind in self._columns:
            column = known.get(place)
            if kind == "timestamp":
                column = self._timestamps.column(
                    cells.data, cells.begins[place], lengths[place], with_extremes=name == form.moments
                )
            made[name] = column or celltexts.as_column(self._parsing.encoders[kind](cells.strings(place)))
        if cols.SUBSCRIPTION_STATUS in self._names:
            permissions = [""] * len(cells.rows)
            if cols.PERMISSION_STATUS in form.types:
                permissions = cells.strings(form.header.index(cols.PERMISSION_STATUS))
            made[cols.SUBSCRIPTION_STATUS] = celltexts.as_column(statuses(permissions))
        return made


def _merged(
    lines: NDArray[np.uint8],
    begins: NDArray[np.intp],
    numbers: NDArray[np.intp],
    others: Mapping[int, bytes],
) -> Iterator[bytes | memoryview]:
    """Yield the lines, and among them others in the order of their numbers."""
    begin = 0
    for number, text in others.items():
        end = int(begins[np.searchsorted(numbers, number)])
        yield lines[begin:end].data
        yield text
        begin = end
    yield lines[begin:].data
