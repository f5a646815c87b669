"""Delimited text to typed rows: by column name, never by position."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from responsys_io.errors import DataError
from tap_responsys.records import BrokenError, Records
from tap_responsys.values import converter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from responsys_io.feeds import Column, ColumnType

_MARKS_OF_OTHER_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Dialect:
    """How the Connect job writes text, as its file details step has it.

    Args:
        delimiter: One character.
        quote_char: The enclosure, or empty for none.
        encoding: Python name of the character set.
        timezone: IANA name of the zone of timestamps.
        has_header: Whether the first line names the columns.
    """

    delimiter: str = ","
    quote_char: str = '"'
    encoding: str = "utf-8"
    timezone: str = "UTC"
    has_header: bool = True

    @property
    def marks_are_ascii(self) -> bool:
        """Whether delimiter and enclosure are characters of ASCII."""
        return (self.delimiter + self.quote_char).isascii()


@dataclass(frozen=True)
class Rejected:
    """A row that does not fit.

    Args:
        line: The number of its first line in the file, whose first line is 1.
        reason: What does not fit, naming the column.
        text: The row as it stands in the file; see `tap_responsys.lines.shown`.
    """

    line: int
    reason: str
    text: str


@dataclass(slots=True)  # not frozen, which makes such an object three times as slowly
class Row:
    """A row that fits: its first line's number and its values by column, with None for an empty field."""

    line: int
    values: dict[str, Any]


class ExportReader:
    """The rows of one export.

    Args:
        stream: The delimited text as bytes.
        dialect: How it is written.
        name: The file's name, for error texts.
        layout: The columns of a file without a header, in their order.

    Raises:
        DataError: RSYS-3101 to RSYS-3110 when the first line says that the file cannot be read.
    """

    def __init__(self, stream: IO[bytes], dialect: Dialect, name: str, layout: Sequence[str] = ()) -> None:
        self.dialect = dialect
        self._name = name
        try:
            self.records = Records(
                stream,
                delimiter=dialect.delimiter,
                quote_char=dialect.quote_char,
                encoding=dialect.encoding,
            )
        except UnicodeError as error:
            raise self._not_in("it does not begin with a byte order mark") from error
        self.header = self._read_header() if dialect.has_header else self._checked_layout(layout)
        self.has_header_line = dialect.has_header and bool(self.header)

    def _read_header(self) -> tuple[str, ...]:
        """Return the column names in capitals, as Responsys writes them; empty for a file of no bytes."""
        try:
            header = _names(self.records.first())
        except BrokenError as error:
            raise self._other_encoding() or self._other_dialect() from error
        if (wrong := self._other_encoding()) is not None:
            raise wrong
        return header

    def _checked_layout(self, layout: Sequence[str]) -> tuple[str, ...]:
        """Return the layout after holding the file's first row against it; empty for a file without rows."""
        try:
            first = _names(self.records.first())
        except BrokenError:
            # It is to be rejected like any other; what it has to do with the layout nobody can tell.
            first = ()
        else:
            if not first:
                return ()
        if not layout:
            raise self._no_layout()
        columns = _names(layout)
        self._check_unique(columns, "layout")
        if first:
            self._compare(first, columns)
        self.records.unread()
        return columns

    def _compare(self, first: Sequence[str], layout: Sequence[str]) -> None:
        if 2 * len(set(first) & set(layout)) > len(first):
            raise DataError(
                "RSYS-3110",
                f"The first line of {self._name} names its columns.",
                "Set has_header to true: the export job does insert a header.",
            )
        if len(first) != len(layout):
            raise DataError(
                "RSYS-3109",
                f"The first row of {self._name} has {len(first)} fields, its layout {len(layout)} columns.",
                "List the job's columns in column_names, in their order; check delimiter and quote_char.",
            )

    def check_header(self, columns: Sequence[Column]) -> None:
        """Refuse a first line that is no header of such an export; to be called before `rows`.

        Args:
            columns: The columns that such an export has, empty where nobody knows them.

        Raises:
            DataError: RSYS-3101, or RSYS-3102 or RSYS-3103, which name the job's setting that does not match.
        """
        if not self.dialect.has_header or not self.header:
            return
        if not columns:
            # The first line may be a row after all: nothing of it goes into a text.
            self._check_unique(self.header, "header", shown=False)
        elif {column.name for column in columns} & set(self.header):
            self._check_unique(self.header, "header")
        else:
            raise self._no_header()

    def _no_header(self) -> DataError:
        others = [mark for mark in _MARKS_OF_OTHER_DELIMITERS if mark != self.dialect.delimiter]
        if len(self.header) == 1 and any(mark in self.header[0] for mark in others):
            return self._other_dialect()
        return DataError(
            "RSYS-3103",
            f"The first line of {self._name} names none of the columns that such an export has.",
            "Have the Connect job insert the column header as first line, or set has_header to false; "
            "check delimiter and quote_char.",
        )

    def _check_unique(self, names: Sequence[str], place: str, *, shown: bool = True) -> None:
        if twice := {name for name in names if names.count(name) > 1}:
            name = min(twice)
            what = f"column {name!r} twice" if shown and name else "columns without a name of their own"
            raise DataError(
                "RSYS-3101",
                f"{self._name} has {what} in its {place}.",
                "Give every column of the export job its own name.",
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
            A row, or what is wrong with it; together as many as the file has records.
        """
        return islice(self.row_reader(types, required)(None), skip, None)

    def row_reader(
        self, types: Mapping[str, ColumnType], required: Sequence[str]
    ) -> Callable[[int | None], Iterator[Row | Rejected]]:
        """Return a function that reads rows as `rows` does, as far as a line or, with None, to the end.

        See `Records.read`.
        """
        make = _row_maker(self.header, types, required, self.dialect.timezone)
        records = self.records

        def read(until: int | None) -> Iterator[Row | Rejected]:
            for fields, flaw in records.read(len(self.header), until):
                values, misfit = ({}, flaw) if flaw else make(fields)
                yield Rejected(records.line, misfit, records.text()) if misfit else Row(records.line, values)

        return read

    def _other_dialect(self) -> DataError:
        written = (
            f"fields delimited by {self.dialect.delimiter!r} and enclosed in {self.dialect.quote_char!r}"
        )
        return DataError(
            "RSYS-3102",
            f"The first line of {self._name} has not {written}.",
            "In the settings, set delimiter and quote_char to what the Connect job has in its file details.",
        )

    def _other_encoding(self) -> DataError | None:
        if not (wrong := self.records.flaw()):
            return None
        return self._not_in(f"its header has {wrong}")

    def _not_in(self, sign: str) -> DataError:
        return DataError(
            "RSYS-3105",
            f"{self._name} is not written in {self.dialect.encoding}: {sign}.",
            "Set encoding to the character set of the Connect job.",
        )

    def _no_layout(self) -> DataError:
        return DataError(
            "RSYS-3108",
            f"{self._name} has no header, and no layout is known for its stream.",
            "List the job's columns in column_names, or have it insert the header.",
        )


def _names(fields: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.strip().upper() for name in fields)


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
