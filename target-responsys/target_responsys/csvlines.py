"""A row of cells as a line of a delimited file."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from target_responsys.rows import UnfitRecordError
from target_responsys.settings import chosen, delimiter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Line breaks and control characters, but for a tab and what stands between rows and cells of a block.
_UNUSUAL = re.compile("[\0-\x08\x0b-\x1e\x7f-\x9f\u2028\u2029]")
_BETWEEN = "\n\x1f"
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


class BlockMaker:
    """Makes the lines of many rows at once, each as `LineMaker` makes it, of a format with enclosed fields."""

    @classmethod
    def of(cls, form: FileFormat) -> Self | None:
        """Return the one for a format; None where the delimiter has to be looked for in every value."""
        return None if form.quote_char in {"", *_BETWEEN} else cls(form)

    def __init__(self, form: FileFormat) -> None:
        quote = form.quote_char
        self._quote = quote
        self._between_rows = f"{quote}{form.line_end}{quote}"
        self._between_cells = f"{quote}{form.delimiter}{quote}"
        self._end = f"{quote}{form.line_end}"

    def __call__(self, rows: Sequence[Sequence[str]]) -> str | None:
        """Return the lines; None when a value has a line break or a control character."""
        text = "\n".join(map("\x1f".join, rows))
        if (
            _UNUSUAL.search(text)
            or text.count("\n") != len(rows) - 1
            or text.count("\x1f") != len(rows) * (len(rows[0]) - 1)
        ):
            return None
        if self._quote in text:
            text = text.replace(self._quote, 2 * self._quote)
        text = text.replace("\n", self._between_rows).replace("\x1f", self._between_cells)
        return f"{self._quote}{text}{self._end}"


class _Passing:
    def write(self, text: str) -> str:
        return text
