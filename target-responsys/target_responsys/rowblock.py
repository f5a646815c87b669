"""Rows that are written together."""

from __future__ import annotations

_ROWS = 1000
_BYTES = 2**20


class RowBlock:
    """Some rows, and the lines that they came in.

    Attributes:
        rows: The rows, as texts.
    """

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self._lines: list[bytes] = []
        self._size = 0

    def add(self, row: list[str], line: bytes) -> bool:
        """Add a row; return whether these are enough rows to be written."""
        self.rows.append(row)
        self._lines.append(line)
        self._size += len(line)
        return len(self.rows) >= _ROWS or self._size >= _BYTES

    def take(self) -> list[bytes]:
        """Begin a new block; return the lines of the former."""
        lines = self._lines
        self.rows, self._lines, self._size = [], [], 0
        return lines
