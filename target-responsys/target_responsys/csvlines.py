"""A row of cells as a line of a delimited file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from target_responsys.rows import UnfitRecordError
from target_responsys.settings import chosen, delimiter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LINE_ENDS = {"lf": "\n", "crlf": "\r\n"}


@dataclass(frozen=True)
class FileFormat:
    """How a file is written; `quote_char` is empty where fields are not enclosed."""

    encoding: str = "utf-8"
    delimiter: str = ","
    quote_char: str = '"'
    line_end: str = "\n"

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self:
        """Pick the format out of the target's settings."""
        return cls(
            encoding=chosen(config, "encoding"),
            delimiter=delimiter(config),
            quote_char=chosen(config, "quote_char"),
            line_end=_LINE_ENDS[chosen(config, "line_end")],
        )


class LineMaker:
    """Makes lines, every field enclosed as Oracle's own exports look."""

    def __init__(self, form: FileFormat) -> None:
        enclosed = bool(form.quote_char)
        # `writerow` returns what this returns.
        self._writer = csv.writer(
            _Passing(),
            delimiter=form.delimiter,
            quotechar=form.quote_char or None,
            quoting=csv.QUOTE_ALL if enclosed else csv.QUOTE_NONE,
            lineterminator=form.line_end,
        )

    def __call__(self, cells: Sequence[str]) -> str:
        """Return the line.

        Raises:
            UnfitRecordError: A value cannot be written without an enclosure.
        """
        try:
            line: str = self._writer.writerow(cells)
        except csv.Error:
            raise UnfitRecordError("a value has the delimiter, and quote_char is empty") from None
        return line


class _Passing:
    def write(self, text: str) -> str:
        return text
