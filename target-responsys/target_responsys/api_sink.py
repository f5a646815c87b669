"""Delivery over REST: rows into merge calls, and what Responsys says of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_io.errors import DataError
from responsys_io.restanswers import RefusedError
from target_responsys.batches import Batcher
from target_responsys.matching import match
from target_responsys.rows import RowMaker, UnfitRecordError
from target_responsys.settings import chosen
from target_responsys.sink import ResponsysSink
from target_responsys.tables import find_or_create

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responsys_io.restapi import UpdateOnMatch
    from target_responsys.batches import Batch, Key, Places

# Codes for a call that may have been refused because of one of its records.
_FAULT_OF_A_RECORD = {
    "INVALID_PARAMETER",
    "INVALID_REQUEST_CONTENT",
    "INVALID_NUMBER",
    "INVALID_DATE",
    "INVALID_OBJECT",
}
_UPDATE_ON_MATCH: dict[str, UpdateOnMatch] = {"upsert": "REPLACE_ALL", "insert-only": "NO_UPDATE"}

Entry = tuple[list[str], dict[str, Any]]
"""A row and the record that it was made of."""


class ApiSink(ResponsysSink):
    """A stream that is merged into a supplemental table."""

    def prepare(self) -> None:
        """Find or create the table, and compile the way from records to rows.

        Raises:
            SettingsError: The table is not where it has to be.
            DataError: It does not fit the stream.
        """
        config = self._target.config
        create = chosen(config, "create_tables") == "apply"
        table = find_or_create(self._target.api, self.route, create=create)
        self._match = match(self.route, table)
        self._update_on_match = _UPDATE_ON_MATCH[chosen(config, "load_method")]
        if self._match.match_columns is not None and self._update_on_match == "NO_UPDATE":
            raise DataError(
                "RSYS-5010",
                f"Table {table.folder}/{table.name} has no primary key: Responsys can only upsert into it.",
                "Set load_method to upsert.",
            )
        types = [column.type for column in self._match.columns]
        self._make_row = RowMaker(self.route, self.zone, column_types=types)
        self._batches = Batcher(chosen(config, "batch_size_rows"))
        self.tally = self._target.tallies.setdefault(f"{table.folder}/{table.name}", self.tally)

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Add a record to a call, and make the calls that are full."""
        self.tally.received += 1
        try:
            places, row = self._make_row.present(record)
            key = self._key(places, row)
        except UnfitRecordError as error:
            self.reject(record, "RSYS-5301", str(error))
            return
        for batch in self._batches.add(places, key, row, record):
            self._deliver(batch)

    def process_batch(self, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Make the calls that remain."""
        for batch in self._batches.flush():
            self._deliver(batch)
        self.tally.superseded += self._batches.superseded
        self._batches.superseded = 0

    def _key(self, places: Places, row: list[str]) -> Key:
        """Return the key of a row.

        Raises:
            UnfitRecordError: A part of it is blank or left out.
        """
        if places is self._make_row.all_places:
            key = tuple(row[place] for place in self._match.key)
        else:
            by_place = dict(zip(places, row, strict=True))
            key = tuple(by_place.get(place, "") for place in self._match.key)
        if not all(key):
            blank = self._match.key[key.index("")]
            raise UnfitRecordError(f"key column {self._match.columns[blank].name} is empty")
        return key

    def _deliver(self, batch: Batch) -> None:
        entries = list(batch.rows.values())
        names = [self._match.columns[place].name for place in batch.columns]
        refused = self._merge(names, entries)
        for index, reason in refused.items():
            self.reject(entries[index][1], "MERGEFAILED", reason)
        self.tally.delivered += len(entries) - len(refused)

    def _merge(self, names: list[str], entries: Sequence[Entry]) -> dict[int, str]:
        """Merge rows; return the reasons by index of those that were refused."""
        self.tally.requests += 1
        try:
            return self._target.api.merge(
                self._match.table,
                names,
                [row for row, _ in entries],
                update_on_match=self._update_on_match,
                match_columns=self._match.match_columns,
            )
        except RefusedError as error:
            if error.error_code not in _FAULT_OF_A_RECORD:
                raise
            return self._merge_apart(names, entries, error)

    def _merge_apart(self, names: list[str], entries: Sequence[Entry], error: RefusedError) -> dict[int, str]:
        """Find the records that had a call refused as a whole, by halving it.

        Raises:
            RefusedError: When it was not the fault of single records, since none of them is taken.
        """
        if len(entries) == 1:
            return {0: error.problem}
        middle = len(entries) // 2
        first = self._merge(names, entries[:middle])
        second = self._merge(names, entries[middle:])
        if len(first) + len(second) == len(entries):
            raise error
        return first | {middle + index: reason for index, reason in second.items()}
