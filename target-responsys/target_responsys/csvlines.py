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

# What stands between rows and between cells of a block, for as long as these are no lines.
_BETWEEN = "\n\x1f"
# Line breaks and control characters beside them, but for a tab, in UTF-8.
_UNUSUAL = bytes({*range(0x20), 0x7F} - {*b"\t\n\x1f"})
_UNUSUAL_TWO_BYTES = re.compile(b"\xc2[\x80-\x9f]")
_UNUSUAL_THREE_BYTES = (b"\xe2\x80\xa8", b"\xe2\x80\xa9")
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
    """Makes the lines of many rows at once, each as `LineMaker` does, of a format with enclosed fields."""

    @classmethod
    def of(cls, form: FileFormat) -> Self | None:
        """Return the one for a format; None where the delimiter has to be looked for in every value."""
        return None if form.quote_char in {"", *_BETWEEN} else cls(form)

    def __init__(self, form: FileFormat) -> None:
        quote = form.quote_char
        self._quote = quote.encode()
        self._between_rows = f"{quote}{form.line_end}{quote}".encode()
        self._between_cells = f"{quote}{form.delimiter}{quote}".encode()
        self._end = f"{quote}{form.line_end}".encode()

    def __call__(self, rows: Sequence[Sequence[str]]) -> bytes | None:
        """Return the lines in UTF-8; None when a value has a line break or a control character."""
        text = "\n".join(map("\x1f".join, rows)).encode()
        if (
            len(text.translate(None, _UNUSUAL)) < len(text)
            or text.count(b"\n") != len(rows) - 1
            or text.count(b"\x1f") != len(rows) * (len(rows[0]) - 1)
            or (b"\xc2" in text and _UNUSUAL_TWO_BYTES.search(text))
            or any(mark in text for mark in _UNUSUAL_THREE_BYTES)
        ):
            return None
        text = text.replace(self._quote, 2 * self._quote)
        text = text.replace(b"\n", self._between_rows).replace(b"\x1f", self._between_cells)
        return self._quote + text + self._end


class _Passing:
    def write(self, text: str) -> str:
        return text
