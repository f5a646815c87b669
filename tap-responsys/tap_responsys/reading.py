"""What is known of an export while it is read, row by row: the entry that its ledger will have."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from responsys_io.errors import DataError
from tap_responsys.columns import MODIFIED_DATE, STORED_DATE
from tap_responsys.ledger import FileEntry

if TYPE_CHECKING:
    from tap_responsys.kinds import ExportKind
    from tap_responsys.listing import ExportFile
    from tap_responsys.parse import Row
    from tap_responsys.recordlines import Written


class Reading:
    """How far an export has been read.

    Args:
        export: The file.
        kind: What it is an export of.
        begun: What an earlier run has read of it.
    """

    def __init__(self, export: ExportFile, kind: ExportKind, begun: FileEntry) -> None:
        self.export = export
        self.rows, self.rejected = begun.rows, begun.rejected
        self.rows_before, self.rejected_before = begun.rows, begun.rejected
        self.modified_at = datetime.fromtimestamp(export.remote.mtime, UTC).isoformat()
        self.moments = MODIFIED_DATE if kind.key else STORED_DATE
        """The column that tells how new a row is."""
        self._keyed = bool(kind.key)
        self._oldest = begun.oldest
        self._newest = begun.as_of if kind.key else begun.newest

    def take(self, row: Row) -> None:
        """Count a row that fits."""
        self.rows += 1
        if moment := row.values.get(self.moments):
            self._take_moments(moment, moment)

    def take_written(self, written: Written) -> None:
        """Count rows that fit and have been written."""
        self.rows += written.rows
        if written.newest:
            self._take_moments(written.oldest, written.newest)

    def _take_moments(self, oldest: str, newest: str) -> None:
        self._newest = max(self._newest, newest)
        if not self._oldest or oldest < self._oldest:
            self._oldest = oldest

    def reject(self) -> None:
        """Count a row that does not fit."""
        self.rows += 1
        self.rejected += 1

    def check_rejected(self, limit: float | None) -> None:
        """Make sure that not too many rows did not fit.

        Args:
            limit: The share of rows that may be rejected, None for any.

        Raises:
            DataError: RSYS-3111 when there are more.
        """
        if limit is not None and self.rejected > limit * self.rows:
            raise DataError(
                "RSYS-3111",
                f"{self.rejected} of {self.rows} rows of {self.export.name} do not fit.",
                f"That is more than max_rejected_rows ({limit:g}) allows; it is not counted as read. "
                "Look at the reasons in the stream rejected_rows.",
            )

    @property
    def entry(self) -> FileEntry:
        """What has been read so far."""
        remote = self.export.remote
        entry = FileEntry(remote.size, remote.mtime, self.rows, self.rejected, oldest=self._oldest)
        if self._keyed:
            return replace(entry, as_of=self._newest)
        return replace(entry, newest=self._newest)

    @property
    def finished(self) -> FileEntry:
        """What the ledger keeps of a file that has been read to its end.

        How new an export with a key is tell its rows, or its name where that says more: the contact modified
        last may be one that has been deleted since.
        """
        entry = self.entry
        if not self._keyed:
            return entry
        latest = max(entry.as_of, self.export.not_before) or self.modified_at
        return replace(entry, as_of=latest)
