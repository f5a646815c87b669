"""Delimited text to typed rows: by header name, never by position."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from responsys_io.errors import DataError
from tap_responsys.values import converter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from responsys_io.feeds import Column, ColumnType

# Longer than any field that Responsys stores; an unclosed quotation mark stops here.
_LONGEST_FIELD = 1 << 20
_MARKS_OF_OTHER_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Dialect:
    """How the Connect job writes text, as its file details step has it.

    Args:
        delimiter: One character.
        quote_char: The enclosure, or empty for none.
        encoding: Python name of the character set.
        timezone: IANA name of the zone of timestamps.
    """

    delimiter: str = ","
    quote_char: str = '"'
    encoding: str = "utf-8"
    timezone: str = "UTC"


@dataclass(frozen=True)
class Rejected:
    """A row that does not fit.

    Args:
        line: Its line number in the file; the header is line 1.
        reason: What does not fit, naming the column.
        text: The row as it stands in the file, as far as it could be read.
    """

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Row:
    """A row that fits: its line number in the file and its values by column, with None for an empty field."""

    line: int
    values: dict[str, Any]


class ExportReader:
    """The rows of one export.

    Args:
        stream: The delimited text as bytes.
        dialect: How it is written.
        name: The file's name, for error texts.

    Raises:
        DataError: RSYS-3101 to RSYS-3105 when the header or the text as a whole cannot be read.
    """

    def __init__(self, stream: IO[bytes], dialect: Dialect, name: str) -> None:
        self._dialect = dialect
        self._name = name
        is_utf8 = codecs.lookup(dialect.encoding).name == "utf-8"
        encoding = "utf-8-sig" if is_utf8 else dialect.encoding
        text = io.TextIOWrapper(stream, encoding=encoding, newline="")
        csv.field_size_limit(_LONGEST_FIELD)
        self._rows = csv.reader(
            text,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote_char or None,
            quoting=csv.QUOTE_MINIMAL if dialect.quote_char else csv.QUOTE_NONE,
            strict=True,
        )
        self.header = self._read_header()

    def _read_header(self) -> tuple[str, ...]:
        """Return the column names in capitals, as Responsys writes them; empty for a file of no bytes."""
        try:
            first = next(self._rows, [])
        except csv.Error as error:
            raise self._other_dialect() from error
        except UnicodeDecodeError as error:
            raise self._unreadable(1, error) from error
        header = tuple(name.strip().upper() for name in first)
        if twice := sorted({name for name in header if header.count(name) > 1}):
            raise DataError(
                "RSYS-3101",
                f"{self._name} has column {twice[0]!r} twice in its header."
                if twice[0]
                else f"{self._name} has columns without a name in its header.",
                "Give every column of the export job its own name.",
            )
        return header

    def check_header(self, columns: Sequence[Column]) -> None:
        """Refuse a first line that is no header of such an export.

        Raises:
            DataError: RSYS-3102 or RSYS-3103, naming the job's setting that does not match.
        """
        if not self.header or not columns or {column.name for column in columns} & set(self.header):
            return
        others = [mark for mark in _MARKS_OF_OTHER_DELIMITERS if mark != self._dialect.delimiter]
        if len(self.header) == 1 and any(mark in self.header[0] for mark in others):
            raise self._other_dialect()
        raise DataError(
            "RSYS-3103",
            f"The first line of {self._name} names none of the columns that such an export has.",
            "Have the Connect job insert the column header as first line; check delimiter and quote_char.",
        )

    def rows(
        self, types: Mapping[str, ColumnType], *, required: Sequence[str] = (), skip: int = 0
    ) -> Iterator[Row | Rejected]:
        """Read the rows.

        Args:
            types: The columns wanted, with their types; other columns are not looked at.
            required: Those of them that must not be empty.
            skip: How many rows, rejected ones among them, to pass over.

        Yields:
            A row, or what is wrong with it.

        Raises:
            DataError: RSYS-3104 where the text cannot be read any further.
        """
        make = _row_maker(self.header, types, required, self._dialect.timezone)
        width = len(self.header)
        line, passed = 1, 0
        while True:
            line += 1
            try:
                fields = next(self._rows)
            except StopIteration:
                return
            except (csv.Error, UnicodeDecodeError) as error:
                raise self._unreadable(line, error) from error
            if not fields:
                continue
            passed += 1
            if passed <= skip:
                continue
            if len(fields) != width:
                yield Rejected(line, f"{len(fields)} fields instead of {width}", self._joined(fields))
                continue
            values, misfit = make(fields)
            yield Rejected(line, misfit, self._joined(fields)) if misfit else Row(line, values)

    def _joined(self, fields: Sequence[str]) -> str:
        """Put a row together as it stood in the file, but for the quoting of its fields."""
        delimiter, quote = self._dialect.delimiter, self._dialect.quote_char
        if not quote:
            return delimiter.join(fields)
        return delimiter.join(f"{quote}{field.replace(quote, quote * 2)}{quote}" for field in fields)

    def _other_dialect(self) -> DataError:
        written = (
            f"fields delimited by {self._dialect.delimiter!r} and enclosed in {self._dialect.quote_char!r}"
        )
        return DataError(
            "RSYS-3102",
            f"The first line of {self._name} has not {written}.",
            "In the settings, set delimiter and quote_char to what the Connect job has in its file details.",
        )

    def _unreadable(self, line: int, error: Exception) -> DataError:
        if isinstance(error, UnicodeDecodeError):
            return DataError(
                "RSYS-3105",
                f"{self._name} is not written in {self._dialect.encoding}: near line {line}, {error.reason}.",
                "Set encoding to the character set of the Connect job.",
            )
        return DataError(
            "RSYS-3104",
            f"{self._name} cannot be read from line {line} on: {error}.",
            "Check quote_char and delimiter; a file that is cut off has to be exported again.",
        )


def _row_maker(
    header: Sequence[str], types: Mapping[str, ColumnType], required: Sequence[str], timezone: str
) -> Callable[[Sequence[str]], tuple[dict[str, Any], str]]:
    """Build the function that turns a row's fields into its values; made once per file."""
    text = [(place, name) for place, name in enumerate(header) if types.get(name) == "text"]
    typed = [
        (place, name, converter(types[name], timezone))
        for place, name in enumerate(header)
        if name in types and types[name] != "text"
    ]

    def make(fields: Sequence[str]) -> tuple[dict[str, Any], str]:
        values: dict[str, Any] = {name: fields[place] or None for place, name in text}
        for place, name, convert in typed:
            field = fields[place]
            try:
                values[name] = convert(field) if field else None
            except ValueError as misfit:
                return values, f"{name} is {misfit}"
        for name in required:
            if values[name] is None:
                return values, f"{name} is empty"
        return values, ""

    return make
