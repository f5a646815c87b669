"""The rows of an export, written block by block; those of a block that holds a misfit one by one."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from contextlib import suppress
from itertools import islice
from typing import IO, TYPE_CHECKING, Protocol

from responsys_io.exits import output_failed
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
_MOST_BLOCKS = 16
# A slow server keeps the caller, who has a state to write, from being told for no longer.
_SECONDS = 1.0


class LineSink(Protocol):
    """Writes blocks as lines of messages, in the order in which they are given.

    After one that has to be read row by row it writes none until `written` has told so. Closed between the
    two, it may leave half a line behind.
    """

    def put(self, block: Block) -> None:
        """Give it a block."""

    def expect(self, block: Block) -> None:
        """Tell it which block is most likely given after it has told what was written."""

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
        try:
            written = self._writer.write(block.line, block.data, self._output)
        except OSError as error:
            raise output_failed(error) from error
        if written is None:
            self._stopped = True
        else:
            self._written.append(written)

    def expect(self, block: Block) -> None:
        """Do nothing."""

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
    if size >= _WORTH_A_PROCESS:
        # No process to be had, or no file behind standard output.
        with suppress(OSError):
            output = os.dup(sys.stdout.fileno())
            try:
                return LineProcess(form, output)
            finally:
                os.close(output)
    return LinesHere(form, sys.stdout.buffer)


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
        blocks, failure = _give(records, sink, most, room())
        if failure is not None and not blocks:
            raise failure
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
            records.unread_blocks(rest)
        elif written:
            continue
        yield from rows(until)


def _give(records: Records, sink: LineSink, most: int, lines: int) -> tuple[list[Block], Exception | None]:
    """Give blocks of up to so many lines together to a sink, but for a record that goes beyond.

    Returns:
        The blocks, and what kept others from being read: the caller has to be told of these first.
    """
    blocks: list[Block] = []
    at_first = lines
    end = time.monotonic() + _SECONDS
    while len(blocks) < most and lines > 0 and time.monotonic() < end:
        try:
            block = records.read_block(lines)
        except Exception as error:  # noqa: BLE001  raised by the caller
            return blocks, error
        if block is None:
            break
        sink.put(block)
        blocks.append(block)
        lines -= block.lines
    # While the last ones are written there is time for those that follow: most likely there is as much room.
    if blocks and time.monotonic() < end and (ahead := records.block_ahead(at_first)):
        sink.expect(ahead)
    return blocks, None
