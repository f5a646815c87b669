"""Rows into a CSV file that nobody sees before it is complete: it has no name on this machine's disk."""

from __future__ import annotations

import csv
import io
import tempfile
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from responsys_io.errors import DataError
from target_responsys.settings import chosen, delimiter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class CsvSpool:
    """A CSV file being written: every field enclosed, lines ended by LF, as Oracle's own exports look.

    Args:
        columns: Names for the header.
        config: The target's settings: delimiter, quote_char, encoding, include_header, count_header.
    """

    def __init__(self, columns: Sequence[str], config: Mapping[str, Any]) -> None:
        self._encoding: str = chosen(config, "encoding")
        self._binary = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115  closed by close
        self._text = io.TextIOWrapper(self._binary, encoding=self._encoding, newline="")
        self._writer = csv.writer(
            self._text,
            delimiter=delimiter(config),
            quotechar=chosen(config, "quote_char"),
            quoting=csv.QUOTE_ALL,
            lineterminator="\n",
        )
        self.rows = 0
        self._uncounted = 0
        if chosen(config, "include_header"):
            self._writer.writerow(columns)
            self._uncounted = int(bool(chosen(config, "count_header")))

    @property
    def count(self) -> int:
        """What the count file says."""
        return self.rows + self._uncounted

    def write(self, row: Sequence[str]) -> None:
        """Append a row.

        Raises:
            DataError: RSYS-5201 for a character that the encoding has not.
        """
        try:
            self._writer.writerow(row)
        except UnicodeEncodeError as error:
            raise DataError(
                "RSYS-5201",
                f"A value has a character that {self._encoding} cannot write.",
                "Set encoding to utf-8, here and in the import job.",
            ) from error
        self.rows += 1

    def finished(self) -> BinaryIO:
        """Return the complete file, at its start."""
        self._text.flush()
        self._binary.seek(0)
        return self._binary

    def close(self) -> None:
        """Give the disk space back."""
        self._text.close()
