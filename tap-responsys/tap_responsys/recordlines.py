"""Blocks of delimited lines to lines of RECORD messages, column by column: all rows of a block or none.

The messages are those that reading row by row leads to, but for `time_extracted`, which is one per block.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import IO, TYPE_CHECKING

import msgspec

from responsys_io.feeds import ColumnType  # noqa: TC001  msgspec looks it up
from tap_responsys import columns as cols
from tap_responsys.columntexts import NULL, column_encoder
from tap_responsys.records import LONGEST_FIELD, LONGEST_ROW_OF_LINES

if TYPE_CHECKING:
    from _csv import Reader
    from collections.abc import Mapping, Sequence


# UTF-8 is handled as if each of its bytes were a character: nothing that counts here, delimiters, digits and
# what JSON escapes, is beyond ASCII, and texts of one byte a character are copied instead of encoded.
ONE_BYTE_EACH = "latin-1"
# Bytes; memory for more goes back to the system each time, and to get it again costs as much as to fill it.
_MADE_AT_ONCE = 1 << 16
# What ends a line for str.splitlines and not in an export.
_OTHER_LINE_ENDS = "\v\f\x1c\x1d\x1e\x85"


@dataclass(frozen=True)
class RecordForm:
    """What the records of one export look like; plain data, so that another process can be told.

    Args:
        stream: Name of the stream.
        header: The columns of the file.
        types: The columns wanted, with their types.
        source_file: Name of the file, for its column.
        last_modified: When it was modified, for its column.
        required: The wanted columns that must not be empty.
        left_out: Columns that are not in the records, though they are wanted or the tap adds them.
        is_contacts: Whether the tap adds a subscription status.
        moments: The timestamp that tells how new a row is; empty for none.
        version: Version of the rows, None for none.
        delimiter: One character of ASCII.
        quote_char: The enclosure, one such character or empty for none.
        timezone: IANA name of the zone of timestamps.
    """

    stream: str
    header: tuple[str, ...]
    types: dict[str, ColumnType]
    source_file: str
    last_modified: str
    required: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    is_contacts: bool = False
    moments: str = ""
    version: int | None = None
    delimiter: str = ","
    quote_char: str = '"'
    timezone: str = "UTC"


@dataclass(frozen=True)
class Written:
    """Rows that have been written as RECORD messages.

    Args:
        rows: How many they are.
        oldest: The earliest of their moments, empty for none.
        newest: The latest one.
    """

    rows: int
    oldest: str = ""
    newest: str = ""


class _MisfitError(ValueError):
    """A block that has to be read row by row."""


class RecordWriter:
    """Turns blocks into lines.

    Args:
        form: What the records look like.
    """

    def __init__(self, form: RecordForm) -> None:
        csv.field_size_limit(LONGEST_FIELD)
        self._form = form
        self._width = len(form.header)
        self.encoders = {kind: column_encoder(kind, form.timezone) for kind in set(form.types.values())}
        """Functions that turn columns into JSON."""
        self._columns = [(name, place, self.encoders[kind]) for name, place, kind in wanted_columns(form)]
        self._names, self._fixed = pieces_of_lines(form)
        self._stride = len(self._names) + len(self._fixed)

    def write(self, line: int, data: bytes, output: IO[bytes]) -> Written | None:
        """Write a block's rows as lines.

        Args:
            line: Number of the block's first line.
            data: The block, as UTF-8.
            output: Where the lines go.

        Returns:
            None when nothing is written because the block has to be read row by row.

        Raises:
            OSError: The lines could not be written.
        """
        if b"\0" in data:
            return None
        try:
            rows, numbers = self._rows(line, data.decode(ONE_BYTE_EACH))
            pieces, written = self._texts(rows, numbers, time_extracted())
        except (csv.Error, ValueError):
            return None
        step = _rows_at_once(len(data) + sum(map(len, self._fixed)) * len(rows), len(rows)) * self._stride
        for begin in range(0, len(pieces), step):
            output.write("".join(pieces[begin : begin + step]).encode(ONE_BYTE_EACH))
        output.flush()
        return written

    def one_by_one(self, lines: Mapping[int, bytes], extracted: str) -> tuple[dict[int, bytes], Written]:
        """Return what lines become that are a row each, or empty.

        Args:
            lines: Lines as UTF-8, with their line ends, by number; no NUL.
            extracted: What `time_extracted` returns.

        Raises:
            csv.Error: One is no row, or none that fits. So does ValueError.
        """
        rows = list(self._csv([line.decode(ONE_BYTE_EACH) for line in lines.values()]))
        found = {number: row for number, row in zip(lines, rows, strict=True) if row}
        if set(map(len, found.values())) - {self._width}:
            raise _MisfitError
        if not found:
            return {}, Written(0)
        pieces, written = self._texts(list(found.values()), list(found), extracted)
        made = (
            "".join(pieces[begin : begin + self._stride]).encode(ONE_BYTE_EACH)
            for begin in range(0, len(pieces), self._stride)
        )
        return dict(zip(found, made, strict=True)), written

    def _rows(self, first: int, text: str) -> tuple[list[list[str]], Sequence[int]]:
        """Return the rows and the numbers of their first lines."""
        lines = _split(text)
        rows = list(self._csv(lines))
        numbers: Sequence[int] = range(first, first + len(rows))
        if len(rows) != len(lines) or not all(rows):
            rows, numbers = self._numbered(lines, first)
        if set(map(len, rows)) - {self._width}:
            raise _MisfitError
        return rows, numbers

    def _numbered(self, lines: list[str], first: int) -> tuple[list[list[str]], list[int]]:
        """Return the rows of lines of which some are empty, or several make a row."""
        rows, numbers = [], []
        begin = 0
        reader = self._csv(lines)
        for fields in reader:
            end = reader.line_num
            if end - begin > 1 and sum(map(len, lines[begin:end])) > LONGEST_ROW_OF_LINES:
                raise _MisfitError
            if fields:
                rows.append(fields)
                numbers.append(first + begin)
            begin = end
        return rows, numbers

    def _csv(self, lines: list[str]) -> Reader:
        return csv.reader(
            lines,
            delimiter=self._form.delimiter,
            quotechar=self._form.quote_char or None,
            quoting=csv.QUOTE_MINIMAL if self._form.quote_char else csv.QUOTE_NONE,
            strict=True,
        )

    def _texts(
        self, rows: list[list[str]], numbers: Sequence[int], extracted: str
    ) -> tuple[list[str], Written]:
        """Return the lines in pieces, as many for each row."""
        fields = list(chain.from_iterable(rows))
        columns = {name: fields[place :: self._width] for name, place, _ in self._columns}
        if any("" in columns[name] for name in self._form.required):
            raise _MisfitError
        values: dict[str, Sequence[str]] = {name: encode(columns[name]) for name, _, encode in self._columns}
        values[cols.SOURCE_LINE] = list(map(str, numbers))
        if cols.SUBSCRIPTION_STATUS in self._names:
            values[cols.SUBSCRIPTION_STATUS] = statuses(
                columns.get(cols.PERMISSION_STATUS) or [""] * len(rows)
            )
        pieces: list[str] = [""] * self._stride
        pieces[::2] = self._fixed
        pieces[-1] += extracted
        pieces *= len(rows)
        for place, name in enumerate(self._names):
            pieces[2 * place + 1 :: self._stride] = values[name]
        moments = [text for text in values.get(self._form.moments, ()) if text != NULL]
        return pieces, Written(len(rows), *(pick(moments, default="").strip('"') for pick in (min, max)))


def wanted_columns(form: RecordForm) -> list[tuple[str, int, ColumnType]]:
    """Return the columns that are read, each with its place in the file, in the order of records.

    Texts come before typed values, as in records that are read one by one.
    """
    wanted = [(name, form.header.index(name), form.types[name]) for name in form.header if name in form.types]
    return sorted(wanted, key=lambda column: column[2] != "text")


def pieces_of_lines(form: RecordForm) -> tuple[list[str], list[str]]:
    """Return the columns whose values differ from row to row, and what stands around them in a line.

    After the last piece comes what `time_extracted` returns.
    """
    names = [name for name, *_ in wanted_columns(form)]
    names += [cols.SUBSCRIPTION_STATUS] if form.is_contacts else []
    names += [cols.SOURCE_FILE, cols.SOURCE_LINE, cols.LAST_MODIFIED]
    constant = {cols.SOURCE_FILE: form.source_file, cols.LAST_MODIFIED: form.last_modified}
    differing: list[str] = []
    fixed = [f'{{"type":"RECORD","stream":{_json(form.stream)},"record":{{']
    separator = ""
    for name in names:
        if name in form.left_out:
            continue
        fixed[-1] += f"{separator}{_json(name)}:"
        separator = ","
        if name in constant:
            fixed[-1] += _json(constant[name])
        else:
            differing.append(name)
            fixed.append("")
    fixed[-1] += "}" if form.version is None else f'}},"version":{form.version}'
    return differing, fixed


def time_extracted() -> str:
    """Return how a line ends that is written now."""
    return f',"time_extracted":{_json(datetime.now(UTC))}}}\n'


def statuses(permissions: Sequence[str]) -> list[str]:
    """Return subscription statuses as JSON."""
    return [_json(cols.subscription_status(permission)) for permission in permissions]


def _rows_at_once(size: int, rows: int) -> int:
    return max(1, _MADE_AT_ONCE * rows // size)


def _split(text: str) -> list[str]:
    """Return the lines of a text with their ends."""
    if any(mark in text for mark in _OTHER_LINE_ENDS):
        return list(io.StringIO(text, newline=""))
    return text.splitlines(keepends=True)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode(ONE_BYTE_EACH)
