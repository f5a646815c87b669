"""The rows of an export as lines of messages, block by block; those of a block with a misfit one by one."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from tap_responsys.lineprocess import LineProcess
from tap_responsys.recordlines import RecordForm, RecordWriter

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from responsys_io.feeds import ColumnType
    from tap_responsys.kinds import ExportKind
    from tap_responsys.parse import ExportReader, Rejected, Row
    from tap_responsys.reading import Reading
    from tap_responsys.recordlines import RecordLines
    from tap_responsys.records import Block, Records

_WORTH_A_PROCESS = 8 * 2**20


class LineMaker(Protocol):
    """Makes lines of blocks, in the order in which they were given."""

    at_once: int
    """How many blocks may be under way."""

    def put(self, block: Block) -> None:
        """Give it a block."""

    def get(self) -> RecordLines | None:
        """Return the lines of the block that was given first, None when it has to be read row by row."""

    def close(self) -> None:
        """End the work."""


class LinesHere:
    """Makes lines of blocks in this process.

    Args:
        form: What the records look like.
    """

    at_once = 1

    def __init__(self, form: RecordForm) -> None:
        self._writer = RecordWriter(form)
        self._waiting: deque[Block] = deque()

    def put(self, block: Block) -> None:
        """Keep a block."""
        self._waiting.append(block)

    def get(self) -> RecordLines | None:
        """Make the lines of the block that was given first; see `RecordWriter.lines`."""
        return self._writer.lines(self._waiting.popleft())

    def close(self) -> None:
        """Do nothing."""


def line_maker(form: RecordForm, size: int) -> LineMaker:
    """Return what makes the lines of an export: for a large one a process of its own.

    Args:
        form: What the records look like.
        size: The export's bytes, packed or not.
    """
    return LineProcess(form) if size >= _WORTH_A_PROCESS else LinesHere(form)


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


def read_in_blocks(
    reader: ExportReader, form: RecordForm, maker: LineMaker, skip: int = 0
) -> Iterator[Row | Rejected | RecordLines]:
    """Read the rows of an export, the same ones as `ExportReader.rows` does.

    Args:
        reader: The export.
        form: What its records look like.
        maker: Makes the lines.
        skip: How many rows, rejected ones among them, to pass over.
    """
    records, rows = reader.records, reader.row_reader(form.types, form.required)
    begun = 0
    while begun != records.line:
        begun = records.line
        until, skip = yield from _whole_blocks(records, maker, skip)
        for row in rows(until):
            if skip:
                skip -= 1
            else:
                yield row


def _whole_blocks(
    records: Records, maker: LineMaker, skip: int
) -> Generator[RecordLines, None, tuple[int, int]]:
    """Read blocks up to one that has to be read row by row.

    Returns:
        The number of the line as far as which that has to be done, and how many rows are still to be skipped.
    """
    under_way: deque[Block] = deque()
    while True:
        while len(under_way) < maker.at_once and (block := records.read_block()):
            under_way.append(block)
            maker.put(block)
        if not under_way:
            return records.line + 1, skip
        lines = maker.get()
        if lines is None or 0 < skip < lines.rows:
            break
        under_way.popleft()
        if skip:
            skip -= lines.rows
        else:
            yield lines
    until = under_way[0].line + under_way[0].lines
    # What follows was cut off where this block seemed to end: it is cut anew.
    for _ in range(len(under_way) - 1):
        maker.get()
    while under_way:
        records.unread_block(under_way.pop())
    return until, skip
