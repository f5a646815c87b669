"""A delimited file as an import job reads it: header by name, values by type (connect-imports.md 9)."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, TextIO

from responsys_sandbox.loadmask import DEFAULT_MASK
from responsys_sandbox.values import InvalidValueError, loaded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from responsys_sandbox.tables import Column, Table


class BadFileError(Exception):
    """The file is empty or badly formed; the message names line and column but no value."""


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How a file is written.

    Attributes:
        delimiter: between values.
        quote_char: around values; "" where they are not quoted.
        encoding: character set.
        columns: names of the columns of a file without header; None for one whose first line has them.
        date_mask: form of timestamps.
    """

    delimiter: str = ","
    quote_char: str = '"'
    encoding: str = "utf-8"
    columns: tuple[str, ...] | None = None
    date_mask: str = DEFAULT_MASK


@dataclass(slots=True)
class Source:
    """An open file: its columns, and its lines of values with their line numbers (blank lines left out)."""

    header: list[str]
    lines: Iterator[tuple[int, list[str]]]
    date_mask: str


@contextmanager
def opened(path: Path, file_format: FileFormat) -> Iterator[Source]:
    """Open a file and read its header, if it has one.

    Raises:
        BadFileError: here for an empty file; while reading for bytes or quotes that cannot be read.
    """
    with path.open(encoding=file_format.encoding, newline="") as text:
        lines = _lines(text, file_format)
        number, first = next(lines, (0, None))
        if first is None:
            raise BadFileError("the file is empty")
        if file_format.columns is not None:
            lines = chain([(number, first)], lines)
            first = list(file_format.columns)
        yield Source(first, lines, file_format.date_mask)


def _lines(text: TextIO, file_format: FileFormat) -> Iterator[tuple[int, list[str]]]:
    quote = file_format.quote_char
    reader = csv.reader(
        text,
        delimiter=file_format.delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        strict=True,
    )
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except UnicodeDecodeError:
            raise BadFileError("the file is not in the job's character set") from None
        except csv.Error as error:
            raise BadFileError(f"line {reader.line_num}: {error}") from None
        if values:
            yield reader.line_num, values


def mapped_columns(
    header: list[str], table: Table, mapping: Mapping[str, str] | None = None
) -> list[Column | None]:
    """Return the table's column for each column of the file, None for those the job ignores.

    Args:
        header: the file's first line.
        table: the table to load.
        mapping: table column by file column, in any case; None maps equal names.

    Raises:
        BadFileError: a column of the key is missing, or two columns of the file go into one.
    """
    wanted = None if mapping is None else {name.upper(): target for name, target in mapping.items()}
    columns: list[Column | None] = []
    for name in (name.strip() for name in header):
        target = name if wanted is None else wanted.get(name.upper())
        columns.append(None if target is None else table.column(target))
    found = [column.name for column in columns if column]
    if len(set(found)) < len(found):
        raise BadFileError("two columns of the header go into the same column of the table")
    if missing := [name for name in table.primary_key if name not in found]:
        raise BadFileError(f"the header lacks the key column {missing[0]}")
    if not found:
        raise BadFileError("no column of the header is in the table")
    return columns


@dataclass(slots=True, kw_only=True)
class Records:
    """The records of a file, to be read once; counts what it meets.

    Attributes:
        source: the open file.
        columns: from `mapped_columns`.
        table: the table to load.
        keep_empty: leave empty values out of the records, so that they change nothing.
        blank: columns to blank in every record.
        cut: cut text to the width of its column, instead of taking its record for bad.
        skip_bad: leave bad records out instead of raising BadFileError.
        read: data records met.
        skipped: bad ones left out.
    """

    source: Source
    columns: list[Column | None]
    table: Table
    keep_empty: bool = False
    blank: tuple[str, ...] = ()
    skip_bad: bool = False
    cut: bool = True
    read: int = field(default=0, init=False)
    skipped: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[dict[str, str | None]]:
        for line, values in self.source.lines:
            self.read += 1
            try:
                yield self._record(line, values)
            except BadFileError:
                if not self.skip_bad:
                    raise
                self.skipped += 1
        if not self.read:
            raise BadFileError("the file has no records")

    def _record(self, line: int, values: list[str]) -> dict[str, str | None]:
        if len(values) != len(self.columns):
            raise BadFileError(f"line {line} has {len(values)} values for {len(self.columns)} columns")
        record: dict[str, str | None] = dict.fromkeys(self.blank)
        for column, text in zip(self.columns, values, strict=True):
            if column is None:
                continue
            try:
                value = loaded(text, column.type, date_mask=self.source.date_mask, cut=self.cut)
            except InvalidValueError:
                raise BadFileError(
                    f"line {line}: column {column.name} is not a valid {column.type}"
                ) from None
            if value is None and column.name in self.table.primary_key:
                raise BadFileError(f"line {line}: the key column {column.name} is empty")
            if value is not None or not self.keep_empty:
                record[column.name] = value
        return record
