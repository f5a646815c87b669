"""ExportStream: the exports of one feed or contact list as a Singer stream."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.helpers._catalog import get_selected_schema
from singer_sdk.helpers.conform import TypeConformanceLevel

from responsys_io.errors import DataError
from tap_responsys import columns as cols
from tap_responsys.ledger import Ledger
from tap_responsys.listing import CONTACTS
from tap_responsys.parse import Rejected
from tap_responsys.plan import is_on_or_after, unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from responsys_io.feeds import Column
    from tap_responsys.listing import ExportFile
    from tap_responsys.parse import ExportReader, Row
    from tap_responsys.tap import TapResponsys

_STATE_SECONDS = 10.0
_ROWS_BETWEEN_CLOCK_LOOKS = 500


class ExportStream(Stream):
    """The rows of all exports of one kind, each read once.

    State is the ledger of `tap_responsys.ledger`, not a replication value: the SDK's own bookmark keeping is
    replaced by the methods at the end of this class.

    Args:
        tap: The tap.
        name: Stream name: a feed's stem in lower case, or `contacts`.
        columns: The columns that are known before a file is opened.
        selected_by_default: Whether the stream is read when nobody has selected anything.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE
    STATE_MSG_FREQUENCY = 10_000
    is_sorted = False

    def __init__(
        self, tap: TapResponsys, name: str, columns: Sequence[Column], *, selected_by_default: bool = True
    ) -> None:
        self._exports_tap = tap
        self._columns = tuple(columns)
        self.selected_by_default = selected_by_default
        super().__init__(tap, schema=cols.schema(columns, contacts=name == CONTACTS), name=name)
        self.primary_keys = ("RIID_",) if name == CONTACTS else (cols.SOURCE_FILE, cols.SOURCE_LINE)
        self.replication_key = cols.LAST_MODIFIED
        self._ledger = Ledger()
        self._position: tuple[ExportFile, int, str] | None = None
        self._records_since_state = 0
        self._state_written_at = time.monotonic()

    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:  # noqa: ARG002
        """Read every complete export that the ledger does not have.

        An export that cannot be read stops this stream only: the error is logged, the run goes on with the
        next stream and ends with a non-zero exit code.
        """
        self._ledger = Ledger.from_state(self.stream_state, self.name)
        try:
            yield from self._unread_rows()
        except DataError as error:
            self._exports_tap.note_failure(self.name, error)

    def _unread_rows(self) -> Iterator[dict[str, Any]]:
        folder = self._exports_tap.folder
        found = folder.exports(self.name)
        self._ledger.forget({export.name for export in found})
        wanted = [export for export in found if is_on_or_after(export, self.config.get("start_date"))]
        complete = set(folder.complete(unread(wanted, self._ledger)))
        complete.update(export for export in wanted if self._ledger.is_read(export))
        while waiting := [export for export in unread(wanted, self._ledger) if export in complete]:
            for export in waiting:
                yield from self._rows_of(export)
                if self._ledger.again:
                    # Newer lists have to be read again, in their own order: plan anew.
                    break

    def _rows_of(self, export: ExportFile) -> Iterator[dict[str, Any]]:
        folder = self._exports_tap.folder
        begun = self._ledger.progress(export)
        rows, as_of, rejected = begun.rows, begun.as_of, 0
        self.logger.info("Reading %s: %d bytes, from row %d on", export.name, export.remote.size, rows + 1)
        with folder.reader(export) as reader:
            types = self._types(reader, export)
            modified = datetime.fromtimestamp(export.remote.mtime, UTC).isoformat()
            for row in reader.rows(types, required=self._required(reader), skip=rows):
                rows += 1
                if isinstance(row, Rejected):
                    rejected += 1
                    self._exports_tap.reject(self.name, export.name, row)
                    continue
                as_of = max(as_of, row.values.get(cols.MODIFIED_DATE) or "")
                self._position = export, rows, as_of
                yield self._record(row, export, modified)
        folder.check_unchanged(export)
        configured = self.config.get("count_includes_header")
        self._ledger.counts_header = folder.check_count(
            export, rows, with_header=self._ledger.counts_header if configured is None else configured
        )
        self._finish(export, rows, as_of, rejected)

    def _finish(self, export: ExportFile, rows: int, as_of: str, rejected: int) -> None:
        self._position = None
        again = self._ledger.finish(
            export, rows, (as_of or export.stamped_at) if self.name == CONTACTS else ""
        )
        self.logger.info("Read %s: %d rows, %d rejected in this run", export.name, rows, rejected)
        if rejected and not self._exports_tap.rejected_rows.selected:
            self.logger.warning(
                "%d rows of %s do not fit and are nowhere: rejected_rows is not selected",
                rejected,
                export.name,
            )
        for name in again:
            self.logger.info(
                "%s is newer than %s, which arrived after it: it is read again", name, export.name
            )
        self.state_manager.is_flushed = False
        if self._state_is_due():
            self._write_state_message()

    def _record(self, row: Row, export: ExportFile, modified: str) -> dict[str, Any]:
        values = row.values
        if self.name == CONTACTS:
            values[cols.SUBSCRIPTION_STATUS] = cols.subscription_status(values.get(cols.PERMISSION_STATUS))
        values[cols.SOURCE_FILE] = export.name
        values[cols.SOURCE_LINE] = row.line
        values[cols.LAST_MODIFIED] = modified
        return values

    def _required(self, reader: ExportReader) -> Sequence[str]:
        """Return the key columns that come from the file: an empty file has none."""
        return [name for name in self.primary_keys if name in reader.header]

    def _types(self, reader: ExportReader, export: ExportFile) -> dict[str, Any]:
        """Return the types of the columns to read, after taking in those that the header adds."""
        reader.check_header(self._columns)
        if self.name == CONTACTS and reader.header and "RIID_" not in reader.header:
            raise DataError(
                "RSYS-3106", f"{export.name} has no column RIID_.", "Add it to the columns of the export job."
            )
        self._take_in(cols.new_names(reader.header, self.effective_schema["properties"]), export)
        columns = cols.typed(self.name, reader.header)
        internal = {cols.PERMISSION_STATUS, cols.MODIFIED_DATE} if self.name == CONTACTS else set()
        return {
            name: column.type
            for name, column in columns.items()
            if name in internal
            or (name in self.effective_schema["properties"] and self.mask["properties", name])
        }

    def _take_in(self, names: list[str], export: ExportFile) -> None:
        """Extend the schema by columns that a header shows for the first time.

        Where somebody has picked columns by hand, new ones stay out: they may hold what was to be left out.
        """
        if not names:
            return
        properties = self.effective_schema["properties"]
        if not all(self.mask["properties", name] for name in properties):
            self.logger.warning(
                "%s has new columns, which are not read because columns are selected by hand: %s",
                export.name,
                ", ".join(names),
            )
            return
        self.logger.info("%s has new columns: %s", export.name, ", ".join(names))
        added = cols.properties(cols.typed(self.name, names).values())
        self._schema = _extended(self.schema, added)
        if self._input_schema is not None:
            self._input_schema = _extended(self._input_schema, added)
        self._tap.mapper.register_raw_stream_schema(
            self.name, get_selected_schema(self.name, self.effective_schema, self.mask), self.primary_keys
        )
        self._stream_maps = None
        self._write_schema_message()

    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Log as the SDK does, but for its remark on any exception that passes: our error line says more."""
        if level < logging.ERROR:
            super().log(message, *args, level=level, **kwargs)

    # What follows puts the ledger in the place of the SDK's bookmark.

    def _increment_stream_state(self, latest_record: dict[str, Any], *, context: Any = None) -> None:  # noqa: ARG002
        """Note a record as emitted; called by the SDK after the record is written."""
        if self._position is not None:
            self._ledger.advance(*self._position)
        self._records_since_state += 1
        if self._records_since_state % _ROWS_BETWEEN_CLOCK_LOOKS == 0 and self._state_is_due():
            self._write_state_message()

    def _state_is_due(self) -> bool:
        return (
            self._records_since_state >= self.STATE_MSG_FREQUENCY
            or time.monotonic() - self._state_written_at >= _STATE_SECONDS
        )

    def _write_state_message(self) -> None:
        """Put the ledger into the state before it goes out."""
        state = self.stream_state
        state.clear()
        state.update(self._ledger.to_state())
        self._records_since_state = 0
        self._state_written_at = time.monotonic()
        super()._write_state_message()

    def _write_starting_replication_value(self, context: Any) -> None:
        """Write nothing: the ledger knows where to go on."""

    def get_replication_key_signpost(self, context: Any = None) -> None:  # noqa: ARG002
        """Set no upper bound: files are complete or they are not read."""
        return


def _extended(schema: dict[str, Any], added: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "properties": {**schema["properties"], **added}}
