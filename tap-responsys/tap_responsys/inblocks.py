"""The rows of an export, written block by block; those of a block that holds a misfit one by one."""

from __future__ import annotations

import os
import sys
from collections import deque
from itertools import islice
from typing import IO, TYPE_CHECKING, Protocol

from tap_responsys.lineprocess import LineProcess
from tap_responsys.recordlines import RecordForm, RecordWriter, Written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from responsys_io.feeds import ColumnType
    from tap_responsys.kinds import ExportKind
    from tap_responsys.parse import ExportReader, Rejected, Row
    from tap_responsys.reading import Reading
    from tap_responsys.records import Block, Records

_WORTH_A_PROCESS = 8 * 2**20
_MOST_BLOCKS = 64


class LineSink(Protocol):
    """Writes blocks as lines of messages, in the order in which they are given.

    After one that has to be read row by row it writes none until `written` has told so.
    """

    def put(self, block: Block) -> None:
        """Give it a block."""

    def written(self) -> list[Written]:
        """Return what has been written of the blocks given since; shorter where one was not.

        From then until the next block is given nothing is written.
        """

    def close(self) -> None:
        """End the work."""


class LinesHere:
    """Writes blocks as lines in this process.

    Args:
        form: What the records look like.
        output: Where lines go.
    """

    def __init__(self, form: RecordForm, output: IO[bytes]) -> None:
        self._writer = RecordWriter(form)
        self._output = output
        self._written: list[Written] = []
        self._stopped = False

    def put(self, block: Block) -> None:
        """Write a block."""
        if self._stopped:
            return
        written = self._writer.write(block.line, block.data, self._output)
        if written is None:
            self._stopped = True
        else:
            self._written.append(written)

    def written(self) -> list[Written]:
        """Return what has been written."""
        written, self._written, self._stopped = self._written, [], False
        return written

    def close(self) -> None:
        """Do nothing."""


def line_sink(form: RecordForm, size: int) -> LineSink:
    """Return what writes an export's lines to standard output: for a large one a process of its own.

    Args:
        form: What the records look like.
        size: The export's bytes, packed or not.
    """
    sys.stdout.flush()
    if size < _WORTH_A_PROCESS:
        return LinesHere(form, sys.stdout.buffer)
    output = os.dup(sys.stdout.fileno())
    try:
        return LineProcess(form, output)
    finally:
        os.close(output)


def record_form(
    reader: ExportReader,
    kind: ExportKind,
    types: dict[str, ColumnType],
    required: Sequence[str],
    left_out: Sequence[str],
    reading: Reading,
    version: int | None,
) -> RecordForm:
    """Return what the records of an export look like; see `RecordForm`."""
    return RecordForm(
        kind.stream,
        reader.header,
        types,
        reading.export.name,
        reading.modified_at,
        required=tuple(required),
        left_out=tuple(left_out),
        is_contacts=kind.is_contacts,
        moments=reading.moments,
        version=version,
        delimiter=reader.dialect.delimiter,
        quote_char=reader.dialect.quote_char,
        timezone=reader.dialect.timezone,
    )


def write_in_blocks(
    reader: ExportReader, form: RecordForm, sink: LineSink, *, skip: int = 0, room: Callable[[], int]
) -> Iterator[Row | Rejected | Written]:
    """Write the rows of an export in blocks, and return those of blocks that hold misfits.

    Args:
        reader: The export.
        form: What its records look like.
        sink: Where blocks go.
        skip: How many rows, rejected ones among them, to pass over.
        room: Tells how many rows may be written before the caller is told of them.

    Yields:
        What has been written, a row that has not, or what is wrong with one; in the order of the file.
    """
    records, rows = reader.records, reader.row_reader(form.types, form.required)
    deque(islice(records.read(len(form.header)), skip), maxlen=0)
    most, begun = _MOST_BLOCKS, 0
    while begun != records.line:
        begun = records.line
        blocks = []
        for block in _blocks(records, most, room()):
            blocks.append(block)
            sink.put(block)
        if written := sink.written() if blocks else []:
            yield Written(
                sum(each.rows for each in written),
                min((each.oldest for each in written if each.oldest), default=""),
                max(each.newest for each in written),
            )
        most = min(2 * most, _MOST_BLOCKS)
        until = records.line + 1
        if rest := blocks[len(written) :]:
            # Read it row by row. What follows was cut off where it seemed to end: that is cut anew.
            most, until = 1, rest[0].line + rest[0].lines
            for block in reversed(rest):
                records.unread_block(block)
        elif written:
            continue
        yield from rows(until)


def _blocks(records: Records, most: int, lines: int) -> Iterator[Block]:
    """Read blocks of up to so many lines together, but for a record that goes beyond."""
    while most and lines > 0 and (block := records.read_block(lines)):
        lines -= block.lines
        most -= 1
        yield block
