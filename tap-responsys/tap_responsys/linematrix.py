"""Blocks of delimited lines to lines of RECORD messages, by arithmetic on whole columns.

The lines of a block are the rows of a matrix of bytes: each column of the matrix holds what all lines have at
one place, with NUL where a value is shorter than others. Without the NULs it is what is written. Lines that
need a parser, and blocks that do, are written by `tap_responsys.recordlines.RecordWriter`: the messages
are the same.
"""

from __future__ import annotations

import csv
from typing import IO, TYPE_CHECKING

import numpy as np

from tap_responsys import celltexts
from tap_responsys import columns as cols
from tap_responsys.cells import Cells, find_cells
from tap_responsys.celltexts import NULL_WORD, WORD, Column, Timestamps
from tap_responsys.recordlines import (
    MADE_AT_ONCE,
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

# Of so many lines at most one may need a parser, or all get one.
_LINES_PER_OTHER = 4


class MatrixWriter:
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
        for text in _merged(self._matrix(columns, extracted), cells.rows + line, others):
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
                column = self._timestamps.column(cells.data, cells.begins[place], lengths[place])
            made[name] = column or celltexts.as_column(self._parsing.encoders[kind](cells.strings(place)))
        if cols.SUBSCRIPTION_STATUS in self._names:
            permissions = [""] * len(cells.rows)
            if cols.PERMISSION_STATUS in form.types:
                permissions = cells.strings(form.header.index(cols.PERMISSION_STATUS))
            made[cols.SUBSCRIPTION_STATUS] = celltexts.as_column(statuses(permissions))
        return made

    def _matrix(self, columns: dict[str, Column], extracted: str) -> NDArray[np.uint8]:
        """Return the lines as rows of a matrix."""
        shared, after = bytearray(), b""
        places = []
        for name, piece in zip(self._names, self._fixed, strict=False):
            column = columns[name]
            shared += after + piece.encode(ONE_BYTE_EACH)
            before = len(shared)
            shared += column.before.encode()
            shared += bytes(-len(shared) % WORD)
            places.append((column, before, len(shared)))
            shared += bytes(column.words.shape[1] * WORD)
            after = column.after.encode()
        shared += after + (self._fixed[-1] + extracted).encode(ONE_BYTE_EACH)
        shared += bytes(-len(shared) % WORD)
        matrix = np.empty((len(columns[cols.SOURCE_LINE].words), len(shared)), np.uint8)
        matrix[:] = np.frombuffer(shared, np.uint8)
        words = matrix.view(celltexts.WORD_TYPE)
        for column, before, begin in places:
            size = column.words.shape[1]
            words[:, begin // WORD : begin // WORD + size] = column.words
            if len(column.empty):
                end = begin + size * WORD
                matrix[column.empty, before:end] = 0
                matrix[column.empty, end : end + len(column.after)] = 0
                words[column.empty, begin // WORD] = NULL_WORD
        return matrix


def _merged(
    matrix: NDArray[np.uint8], numbers: NDArray[np.intp], others: Mapping[int, bytes]
) -> Iterator[bytes]:
    """Yield the lines, and among them others in the order of their numbers."""
    begin = 0
    for number, text in others.items():
        end = int(np.searchsorted(numbers, number))
        yield from _lines(matrix[begin:end])
        yield text
        begin = end
    yield from _lines(matrix[begin:])


def _lines(matrix: NDArray[np.uint8]) -> Iterator[bytes]:
    step = max(1, MADE_AT_ONCE // matrix.shape[1])
    for begin in range(0, len(matrix), step):
        yield matrix[begin : begin + step].tobytes().translate(None, b"\0")
