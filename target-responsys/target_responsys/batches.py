"""Rows into merge calls: a column set each, a key once, and in order per key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Key = tuple[str, ...]
Places = tuple[int, ...]
Source = dict[str, Any] | bytes
"""A record, or the line that it came in."""

MOST_WAITING = 3 * 2**20
"""Bytes in all rows that wait; hardly more fit into a call."""

_VALUE = 64
"""Bytes of a value beside its characters, about, in memory."""


@dataclass
class Batch:
    """Rows of one column set, for one call.

    A column that is left out stays as it is in Responsys while a blank one is overwritten, so rows with
    different columns cannot share a call.

    Args:
        columns: Positions of the columns that the rows have.
        version: Version of the stream that they belong to, where it has one.
        rows: By key, the row's values and the record that it was made of.
        size: About how many bytes the values take in memory.
    """

    columns: Places
    version: int | None = None
    rows: dict[Key, tuple[Sequence[str], Source]] = field(default_factory=dict)
    size: int = 0


class Batcher:
    """Collects rows until a call is full, or until too much waits: then the largest call goes as it is.

    Args:
        size: Rows of a full call.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._pending: dict[Places, Batch] = {}
        self._column_set_of: dict[Key, Places] = {}
        self._waiting = 0
        self._version: int | None = None  # of all rows that wait
        self.superseded = 0

    def add(
        self,
        columns: Places,
        key: Key,
        row: Sequence[str],
        record: Source,
        version: int | None = None,
    ) -> list[Batch]:
        """Add a row; return the calls to make now, in this order.

        A row with the key and columns of one that waits takes its place: the last one wins. One with other
        columns must not overtake it, so the earlier one goes first. Rows of another version of the stream
        wait for none of the former.
        """
        due = []
        if version != self._version:
            due, self._version = self.flush(), version
        waiting = self._column_set_of.get(key)
        if waiting is not None and waiting != columns:
            due.append(self._take(waiting))
        batch = self._pending.get(columns)
        if batch is None:
            batch = self._pending[columns] = Batch(columns, version)
        if waiting == columns:
            self.superseded += 1
            self._count(batch, -_size_of(batch.rows[key][0]))
        batch.rows[key] = (row, record)
        self._count(batch, _size_of(row))
        self._column_set_of[key] = columns
        if len(batch.rows) >= self._size:
            due.append(self._take(columns))
        elif self._waiting >= MOST_WAITING:
            due.append(self._take(max(self._pending, key=lambda each: self._pending[each].size)))
        return due

    def withdraw(self, key: Key) -> None:
        """Take a row back that waits, because it is to be deleted."""
        columns = self._column_set_of.pop(key, None)
        if columns is None:
            return
        self.superseded += 1
        batch = self._pending[columns]
        row, _ = batch.rows.pop(key)
        self._count(batch, -_size_of(row))
        if not batch.rows:
            del self._pending[columns]

    def flush(self) -> list[Batch]:
        """Return the calls that remain."""
        return [self._take(columns) for columns in list(self._pending)]

    def _take(self, columns: Places) -> Batch:
        batch = self._pending.pop(columns)
        self._waiting -= batch.size
        for key in batch.rows:
            del self._column_set_of[key]
        return batch

    def _count(self, batch: Batch, size: int) -> None:
        batch.size += size
        self._waiting += size


def _size_of(row: Sequence[str]) -> int:
    return len("".join(row)) + _VALUE * len(row)
