"""ExportStream: the exports of one kind as a Singer stream."""

from __future__ import annotations

import contextlib
import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.helpers._catalog import get_selected_schema
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform

from responsys_io.errors import DataError
from responsys_io.files import FileUnavailableError
from tap_responsys import columns as cols
from tap_responsys.changes import settle_changes
from tap_responsys.inblocks import line_sink, record_form, write_in_blocks
from tap_responsys.kinds import FEEDS_JOB
from tap_responsys.ledger import Ledger
from tap_responsys.listing import is_named
from tap_responsys.parse import Rejected
from tap_responsys.plan import is_within, unread
from tap_responsys.progress import Progress
from tap_responsys.reading import Reading
from tap_responsys.recordlines import Written
from tap_responsys.settings import chosen
from tap_responsys.story import unread_words
from tap_responsys.vanished import reason_to_keep
from tap_responsys.verify import Verification
from tap_responsys.window import window_warning

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from singer_sdk.metrics import Counter

    from responsys_io.feeds import Column, ColumnType
    from tap_responsys.kinds import ExportKind
    from tap_responsys.listing import ExportFile
    from tap_responsys.parse import ExportReader, Row
    from tap_responsys.tap import TapResponsys

_STATE_SECONDS = 10.0
_ROWS_BETWEEN_CLOCK_LOOKS = 500
_LOOKED_AHEAD = 32


class ExportStream(Stream):
    """The rows of all exports of one kind, each read once.

    State is the ledger of `tap_responsys.ledger`, not a replication value: the SDK's own bookmark keeping is
    replaced by the methods at the end of this class.

    Args:
        tap: The tap.
        kind: What the exports are.
        columns: The columns that are known before a file is opened.
        selected_by_default: Whether the stream is read when nobody has selected anything.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE
    STATE_MSG_FREQUENCY = 10_000
    is_sorted = False

    def __init__(
        self,
        tap: TapResponsys,
        kind: ExportKind,
        columns: Sequence[Column],
        *,
        selected_by_default: bool = True,
    ) -> None:
        self._exports_tap = tap
        self._kind = kind
        self.selected_by_default = selected_by_default
        super().__init__(tap, schema=cols.schema(columns, contacts=kind.is_contacts), name=kind.stream)
        self.primary_keys = kind.key or (cols.SOURCE_FILE, cols.SOURCE_LINE)
        self.replication_key = cols.LAST_MODIFIED
        self._ledger = Ledger()
        self._verification: Verification
        self._reading: Reading | None = None
        self._hidden: tuple[str, ...] = ()
        self._in_blocks = False
        self._counter: Counter | None = None
        self._rows_since_state = 0
        self._state_written_at = time.monotonic()

    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:  # noqa: ARG002
        """Read every complete export that the ledger does not have.

        An export that cannot be read stops this stream only: the error is logged, the run goes on with the
        next stream and ends with a non-zero exit code.
        """
        self._ledger = Ledger.from_state(self.stream_state, self.name)
        self._verification = Verification(
            self._exports_tap.folder,
            self._ledger,
            chosen(self.config, "verify_days"),
            lambda error: self._exports_tap.note_failure(self.name, error),
        )
        self._exports_tap.counts.learn(self._kind.job, self._ledger.counts_header)
        try:
            yield from self._unread_rows()
        except DataError as error:
            self._exports_tap.note_failure(self.name, error)

    def _unread_rows(self) -> Iterator[dict[str, Any]]:
        folder = self._exports_tap.folder
        found = folder.exports(self.name)
        folder.put_away(export for export in found if self._ledger.is_read(export))
        if self._kind.job == FEEDS_JOB and (
            line := window_warning(self.name, self._ledger, found, datetime.now(UTC).date())
        ):
            self.logger.warning("%s", line)
        self._ledger.forget(
            {export.name for export in found},
            folder.listing.newest_mtime,
            chosen(self.config, "lookback_days"),
        )
        wanted = [
            export
            for export in found
            if is_within(export, self.config.get("start_date"), self.config.get("end_date"))
        ]
        if self._verification.compare(wanted):
            self.state_manager.is_flushed = False
        complete = set(folder.complete(unread(wanted, self._ledger)))
        if settle_changes(
            (export for export in wanted if export in complete),
            self._ledger,
            chosen(self.config, "on_changed_file"),
        ):
            self.state_manager.is_flushed = False
        complete.update(export for export in wanted if self._ledger.is_read(export))
        new = unread(wanted, self._ledger)
        ready = sum(export in complete for export in new)
        self.logger.info("%s", unread_words(len(wanted), len(new), ready))
        progress: Progress | None = None
        while todo := [export for export in unread(wanted, self._ledger) if export in complete]:
            progress = progress or Progress(self.name, [export.remote.size for export in todo], self.logger)
            for place, export in enumerate(todo):
                folder.fetch_ahead(todo[place : place + _LOOKED_AHEAD])
                try:
                    yield from self._rows_of(export, progress)
                except FileUnavailableError as error:
                    self._exports_tap.note_failure(self.name, error)
                    complete.remove(export)
                progress.file_done(export.remote.size)
                if self._ledger.again:
                    # Newer lists have to be read again, in their own order: plan anew.
                    break

    def _rows_of(self, export: ExportFile, progress: Progress) -> Iterator[dict[str, Any]]:
        folder = self._exports_tap.folder
        reading = Reading(export, self._kind, self._ledger.progress(export))
        self.logger.info(
            "Reading %s: %d bytes, from row %d on", export.name, export.remote.size, reading.rows + 1
        )
        self._begin_version(reading)
        with folder.reader(export, keep=True) as reader:
            types = self._types(reader, export)
            has_header = reader.has_header_line
            self._reading = reading
            with contextlib.closing(self._rows(reader, types, reading)) as rows:
                for row in rows:
                    if isinstance(row, Written):
                        self._take_written(row, reading)
                        progress.look(reading.rows, folder.position)
                        continue
                    if isinstance(row, Rejected):
                        self._exports_tap.reject(self.name, export.name, row)
                        reading.reject()
                        self._count_row()
                        continue
                    record = self._record(row, reading)
                    reading.take(row)
                    yield record
                    if self._rows_since_state % _ROWS_BETWEEN_CLOCK_LOOKS == 0:
                        progress.look(reading.rows, folder.position)
            has_end = reader.records.last_line_has_end()
        self._verification.note(export)
        folder.check_unchanged(export)
        reading.check_rejected(self.config.get("max_rejected_rows"))
        self._ledger.counts_header = self._exports_tap.counts.check(
            export, reading.rows, has_header=has_header
        )
        self._check_end(export, has_end=has_end)
        self._finish(reading)

    def _check_end(self, export: ExportFile, *, has_end: bool | None) -> None:
        """Make sure that the last line is not cut off, where other files of the stream end with a line end.

        Raises:
            DataError: RSYS-3305 when it may be.
        """
        if has_end is False and self._ledger.ends_lines and not self._exports_tap.counts.are_stated(export):
            raise DataError(
                "RSYS-3305",
                f"The last line of {export.name} has no line end, as other files of {self.name} have: "
                "its last value may be cut off.",
                "It is not counted as read; if it stays so, have it exported again, with an enclosure or a "
                "record count.",
            )
        self._ledger.ends_lines = self._ledger.ends_lines or bool(has_end)

    def _rows(
        self, reader: ExportReader, types: dict[str, ColumnType], reading: Reading
    ) -> Generator[Row | Rejected | Written]:
        """Read the rows that are wanted: in blocks where the SDK has nothing to do with each record."""
        required = self._required(reader)
        if not (self._in_blocks and reader.dialect.marks_are_ascii):
            yield from reader.rows(types, required=required, skip=reading.rows)
            return
        form = record_form(
            reader, self._kind, types, required, self._left_out(), reading, self._stream_version
        )
        with contextlib.closing(line_sink(form, reading.export.remote.size)) as sink:
            yield from write_in_blocks(
                reader,
                form,
                sink,
                skip=reading.rows,
                room=lambda: self.STATE_MSG_FREQUENCY - self._rows_since_state % self.STATE_MSG_FREQUENCY,
            )

    def _left_out(self) -> list[str]:
        added = (cols.SUBSCRIPTION_STATUS, cols.SOURCE_FILE, cols.SOURCE_LINE, cols.LAST_MODIFIED)
        return [*self._hidden, *(name for name in added if not self.mask["properties", name])]

    def _take_written(self, written: Written, reading: Reading) -> None:
        """Count records that were written in blocks, as the SDK and this class count others."""
        reading.take_written(written)
        self.state_manager.is_flushed = False
        if self._counter is not None:
            self._counter.increment(written.rows)
        self._rows_since_state += written.rows
        if self._state_is_due():
            self._write_state_message()

    def get_record_counter(self, **options: Any) -> Counter:
        """Return the SDK's counter, which counts lines written in blocks as well."""
        self._counter = super().get_record_counter(**options)
        return self._counter

    def _sync_records(
        self, context: Mapping[str, Any] | None = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        """Read and write the records; in blocks unless the SDK has to change, filter or hand on each one."""
        maps = self.stream_maps
        self._in_blocks = (
            write_messages
            and self.selected
            and len(maps) == 1
            and type(maps[0]) is SameRecordTransform
            and not maps[0].flattening_enabled
            and maps[0].stream_alias == self.name
        )
        yield from super()._sync_records(context, write_messages=write_messages)

    def _finish(self, reading: Reading) -> None:
        export, entry = reading.export, reading.finished
        self._reading = None
        if self._stream_version is not None:
            self._mark_vanished(reading)
        again = self._ledger.finish(export, entry)
        self.logger.info("Read %s: %d rows, %d of them rejected", export.name, entry.rows, entry.rejected)
        self._exports_tap.story.file_read(
            self.name, reading.rows - reading.rows_before, reading.rejected - reading.rejected_before
        )
        if entry.rejected and not self._exports_tap.rejected_rows.selected:
            self.logger.warning(
                "%d rows of %s do not fit and are nowhere: rejected_rows is not selected",
                entry.rejected,
                export.name,
            )
        for name in again:
            self.logger.info(
                "%s is newer than %s, which arrived after it: it is read again", name, export.name
            )
        self.state_manager.is_flushed = False
        if self._state_is_due():
            self._write_state_message()

    def _begin_version(self, reading: Reading) -> None:
        """Give the rows of a contact list a version of their own, the same one when it is read on.

        Versions grow, also when a state was lost: the destination has those of earlier runs.
        """
        if not (self._kind.is_contacts and self.config.get("detect_deleted_contacts")):
            return
        if not (reading.rows and self._ledger.table_version):
            self._ledger.table_version = max(self._ledger.table_version + 1, int(time.time() * 1000))
        self._stream_version = self._ledger.table_version

    def _mark_vanished(self, reading: Reading) -> None:
        """Tell the destination that contacts whose rows have an older version are no longer in the list."""
        pattern = self.config.get("full_contacts_file_pattern")
        entry = reading.finished
        reason = reason_to_keep(
            entry,
            full_by_name=is_named(reading.export, pattern) if pattern else None,
            known_lists=[
                *(known.as_of for known in self._ledger.files.values()),
                *self._ledger.again.values(),
            ],
            full_rows=self._ledger.full_rows,
        )
        if reason:
            self.logger.info("Nobody is taken for deleted after %s: %s", reading.export.name, reason)
            return
        self._ledger.full_rows = entry.rows
        self._write_activate_version_message(self._ledger.table_version)

    def _record(self, row: Row, reading: Reading) -> dict[str, Any]:
        values = dict(row.values) if self._hidden else row.values
        if self._kind.is_contacts:
            values[cols.SUBSCRIPTION_STATUS] = cols.subscription_status(values.get(cols.PERMISSION_STATUS))
        for name in self._hidden:
            values.pop(name, None)
        values[cols.SOURCE_FILE] = reading.export.name
        values[cols.SOURCE_LINE] = row.line
        values[cols.LAST_MODIFIED] = reading.modified_at
        return values

    def _required(self, reader: ExportReader) -> Sequence[str]:
        """Return the key columns that come from the file: an empty file has none."""
        return [name for name in self._kind.key if name in reader.header]

    def _types(self, reader: ExportReader, export: ExportFile) -> dict[str, Any]:
        """Return the types of the columns to read, after taking in those that the header adds.

        Raises:
            DataError: RSYS-3106 for a file without its key columns.
        """
        reader.check_header(self._kind.columns)
        if reader.header and (missing := [name for name in self._kind.key if name not in reader.header]):
            raise DataError(
                "RSYS-3106",
                f"{export.name} has no column {' and no column '.join(missing)}.",
                "Add it to the columns of the export job.",
            )
        self._take_in(cols.new_names(reader.header, self.effective_schema["properties"]), export)
        wanted = {
            name
            for name in reader.header
            if name in self.effective_schema["properties"] and self.mask["properties", name]
        }
        internal = cols.read_besides(self._kind)
        self._hidden = tuple(internal - wanted)
        columns = self._kind.typed(reader.header)
        return {name: column.type for name, column in columns.items() if name in wanted | internal}

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
        added = cols.properties(self._kind.typed(names).values())
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
        self._count_row()

    def _count_row(self) -> None:
        self._rows_since_state += 1
        if self._rows_since_state % _ROWS_BETWEEN_CLOCK_LOOKS == 0 and self._state_is_due():
            self._write_state_message()

    def _state_is_due(self) -> bool:
        return (
            self._rows_since_state >= self.STATE_MSG_FREQUENCY
            or time.monotonic() - self._state_written_at >= _STATE_SECONDS
        )

    def _write_state_message(self) -> None:
        """Put the ledger into the state before it goes out."""
        if self._reading is not None:
            self._ledger.advance(self._reading.export, self._reading.entry)
        state = self.stream_state
        state.clear()
        state.update(self._ledger.to_state())
        self._rows_since_state = 0
        self._state_written_at = time.monotonic()
        super()._write_state_message()

    def _write_starting_replication_value(self, context: Any) -> None:
        """Write nothing: the ledger knows where to go on."""

    def get_replication_key_signpost(self, context: Any = None) -> None:  # noqa: ARG002
        """Set no upper bound: files are complete or they are not read."""
        return


def _extended(schema: dict[str, Any], added: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "properties": {**schema["properties"], **added}}
