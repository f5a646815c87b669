"""What would become of the records of a stream, counted without sending any."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_responsys.masking import masked
from target_responsys.rows import RowMaker, UnfitRecordError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from target_responsys.routing import Route

SAMPLE_ROWS = 3
MAX_KEYS = 1_000_000
"""Keys that are told apart; beyond them only rows are counted, so that memory stays bounded."""


@dataclass
class StreamCounts:
    """Counts of a stream.

    Args:
        rows: Records that came.
        keys: Different keys among those that fit.
        keys_are_exact: Whether there were no more than `MAX_KEYS`.
        refused: Records that would be refused, by reason.
        sample: The first rows, with addresses masked.
    """

    rows: int = 0
    keys: int = 0
    keys_are_exact: bool = True
    refused: dict[str, int] = field(default_factory=dict)
    sample: list[dict[str, str]] = field(default_factory=list)

    def refuse(self, reason: str) -> None:
        """Count a record that would be refused."""
        self.refused[reason] = self.refused.get(reason, 0) + 1


class Counting:
    """Counts the records of a stream.

    Args:
        route: Where the stream goes.
        zone: The zone that moments are written in.
        column_types: Types of the route's columns, None for one that is not known.
    """

    def __init__(self, route: Route, zone: tzinfo, column_types: Sequence[str | None]) -> None:
        self._names = route.column_names
        self._make_row = RowMaker(route, zone, column_types=column_types)
        self._key = [self._names.index(name) for name in route.key_columns] if route.keys else []
        self._seen: set[int] = set()
        self.counts = StreamCounts()

    def add(self, record: dict[str, Any]) -> None:
        """Count a record."""
        counts = self.counts
        counts.rows += 1
        try:
            row = self._make_row.complete(record)
        except UnfitRecordError as error:
            counts.refuse(str(error))
            return
        key = tuple(row[place] for place in self._key)
        if not all(key):
            counts.refuse(f"key column {self._names[self._key[key.index('')]]} is empty")
            return
        self._note_key(key or tuple(row))
        if len(counts.sample) < SAMPLE_ROWS:
            pairs = zip(self._names, row, strict=True)
            counts.sample.append({name: masked(name, text) for name, text in pairs})

    def _note_key(self, key: tuple[str, ...]) -> None:
        """Tell keys apart by their hashes, which take a fraction of their memory."""
        if len(self._seen) < MAX_KEYS:
            self._seen.add(hash(key))
        elif hash(key) not in self._seen:
            self.counts.keys_are_exact = False
        self.counts.keys = len(self._seen)
