"""Rows as Connect writes them: enclosed, delimited, with Oracle's dates."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from responsys_sandbox.events import Value
    from responsys_sandbox.exportoptions import ExportOptions

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = 86_400
_LINE_BREAK = re.compile(r"[\r\n]").search
_BLANKS = str.maketrans("\r\n", "  ")


@dataclass(frozen=True)
class Dialect:
    """How one kind of file writes its rows.

    Args:
        delimiter: One character.
        quote: Enclosure; empty for none.
        offset: Seconds to add to a time in UTC.
        iso: Whether times are `YYYY-MM-DD HH24:MI:SS` (list exports), not `DD-Mon-YYYY HH24:MI:SS` (feeds).
    """

    delimiter: str
    quote: str
    offset: int
    iso: bool

    def line(self, values: Sequence[Value | None], times: Collection[int]) -> str:
        """Return a row with its line end.

        Args:
            values: The row; None becomes an empty field without quotes, line breaks become blanks.
            times: Positions of the times, which are epoch seconds.
        """
        fields = ["" if value is None else str(value) for value in values]
        for position in times:
            value = values[position]
            if isinstance(value, int):
                fields[position] = self.time(value)
        quote = self.quote
        text = f"{quote}{self.delimiter}{quote}".join(fields)
        # Nearly no row has anything to escape, and looking once is much faster than field by field.
        if (
            quote
            and text.count(quote) == 2 * len(fields) - 2
            and not _LINE_BREAK(text)
            and None not in values
        ):
            return f"{quote}{text}{quote}\n"
        return self.delimiter.join(map(self._field, values, fields)) + "\n"

    def time(self, moment: int) -> str:
        """Return a point in time as these files write it."""
        day, second = divmod(moment + self.offset, _DAY)
        minute, second = divmod(second, 60)
        return f"{_date(day, iso=self.iso)} {minute // 60:02d}:{minute % 60:02d}:{second:02d}"

    def _field(self, value: Value | None, text: str) -> str:
        if value is None:
            return ""
        quote, text = self.quote, text.translate(_BLANKS)
        if not quote:
            # How Connect escapes without an enclosure is not known; no field may break the row.
            return text.replace(self.delimiter, " ")
        return f"{quote}{text.replace(quote, quote + quote)}{quote}"


def feed_dialect(options: ExportOptions) -> Dialect:
    """Return the dialect of the event feeds."""
    offset = options.utc_offset * 3600 if options.local_times else 0
    return Dialect(options.delimiter, options.quote, offset, iso=False)


def list_dialect(options: ExportOptions) -> Dialect:
    """Return the dialect of the contact list's export."""
    offset = options.utc_offset * 3600 if options.local_times else 0
    return Dialect(options.delimiter, options.quote, offset, iso=True)


@lru_cache(maxsize=1024)
def _date(day: int, *, iso: bool) -> str:
    date = time.gmtime(day * _DAY)
    if iso:
        return f"{date.tm_year:04d}-{date.tm_mon:02d}-{date.tm_mday:02d}"
    return f"{date.tm_mday:02d}-{_MONTHS[date.tm_mon - 1]}-{date.tm_year:04d}"
