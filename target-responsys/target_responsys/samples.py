"""A few rows of each file, kept to be looked for in the table once an import job has run."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Key = tuple[str, ...]


@dataclass(frozen=True)
class SampledRow:
    """A row as its values are, and as the cells that were written."""

    values: Sequence[str]
    cells: Sequence[str]


class Samples:
    """Every k-th key of each file, with the last row that it has in the stream; k grows with the file.

    A key that comes again in a later file is no sample of the earlier one any more.

    Args:
        size: How many rows of a file at most; 0 for none.
        key: Positions of the key's columns; empty for a stream that has none, which gives no sample.
    """

    def __init__(self, size: int, key: Sequence[int]) -> None:
        self._size = size if key else 0
        self._key = tuple(key)
        self._files: dict[int, _FileSample] = defaultdict(_FileSample)
        self._file_of: dict[Key, int] = {}

    @property
    def wanted(self) -> bool:
        """Whether any row is kept."""
        return bool(self._size)

    def add(self, part: int, values: Sequence[str], cells: Sequence[str]) -> None:
        """Consider a row of a file, which its number names."""
        if not self._size:
            return
        row = SampledRow(values, cells)
        key = tuple(values[place] for place in self._key)
        file = self._files[part]
        known = self._file_of.pop(key, None)
        if known is not None:
            self._files[known].rows.pop(key)
        if known == part or file.takes_next():
            file.rows[key] = row
            self._file_of[key] = part
        if len(file.rows) > self._size:
            for dropped in file.thinned():
                del self._file_of[dropped]

    def of(self, part: int) -> list[SampledRow]:
        """Return the rows kept of a file."""
        return list(self._files[part].rows.values())


@dataclass
class _FileSample:
    rows: dict[Key, SampledRow] = field(default_factory=dict)
    step: int = 1
    seen: int = 0

    def takes_next(self) -> bool:
        self.seen += 1
        return (self.seen - 1) % self.step == 0

    def thinned(self) -> list[Key]:
        """Drop every other row from now on and of those kept; return the keys dropped."""
        self.step *= 2
        dropped = list(self.rows)[1::2]
        for key in dropped:
            del self.rows[key]
        return dropped
