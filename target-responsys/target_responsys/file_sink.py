"""Delivery as CSV files on the file server, for a Connect import job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_responsys.cells import CellMaker
from target_responsys.csvspool import CsvSpool, UnwritableRecordError
from target_responsys.earlyupload import EarlyUpload
from target_responsys.filenames import file_naming
from target_responsys.fileresult import FileResult
from target_responsys.followup import Delivered, job_of, waiting_time
from target_responsys.rows import RowMaker, UnfitRecordError, file_column_types
from target_responsys.samples import Samples
from target_responsys.settings import chosen
from target_responsys.sink import RoutedSink
from target_responsys.upload import remove_surplus, unused, upload
from target_responsys.values import on_one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_responsys.batches import Source
    from target_responsys.filenames import FileNaming
    from target_responsys.shortway import Values, Way


_ROWS_BETWEEN_LOOKS = 1000


class FileSink(RoutedSink):
    """A stream that becomes one or several files per run, under their names once all are complete."""

    def prepare(self) -> None:
        """Compile the way from records to cells, and try the keys.

        Raises:
            SettingsError: RSYS-1301 to RSYS-1308 when files cannot be encrypted with them.
        """
        config = self._target.config
        self._spool: CsvSpool | None = None
        self._early = EarlyUpload(config, lambda: self._free_naming(self._opened().naming))
        self._column_types = file_column_types(self.route)
        self._make_row = RowMaker(self.route, self.zone, column_types=self._column_types, single_line=True)
        self._make_cells = CellMaker(self.route, config)
        columns = self.route.column_names
        key = [columns.index(name) for name in self.route.key_columns] if self.route.keys else []
        self._job = job_of(config, self.stream_name)
        self._samples = Samples(chosen(config, "verify_rows") if waiting_time(config, self._job) else 0, key)
        self._ring = self._target.connections.key_ring if chosen(config, "encryption") == "pgp" else None
        if self._ring:
            self._ring.try_encrypting()
        self.delivered: list[Delivered] = []

    @property
    def rows(self) -> int:
        """Rows that wait to be published."""
        return self._spool.rows if self._spool else 0

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Write a record to the spool."""
        self.tally.received += 1
        try:
            row = self._make_row.complete(record)
        except UnfitRecordError as error:
            self.reject(record, "RSYS-5301", str(error))
        else:
            self._write(row, record)

    def _compiled_way(self) -> Way:
        self._short_rows = self.short_rows(self._make_row, self._column_types)
        return self._short_rows.reader, self._take

    def _take(self, records: Sequence[Values], lines: Sequence[bytes], versions: Iterable[Any]) -> int:  # noqa: ARG002
        """Write records as `process_record` does, up to one that something is wrong with."""
        rows = self._short_rows.rows(records)
        if not rows:
            return 0
        self.tally.received += len(rows)
        self.tally_record_read(len(rows))
        self.record_counter_metric.increment(len(rows))
        if not self._write_together(rows):
            for row, line in zip(rows, lines, strict=False):
                single = list(row)
                for place in self._short_rows.texts:
                    single[place] = on_one_line(single[place])
                self._write(single, line)
        return len(rows)

    def _write_together(self, rows: Sequence[Sequence[str]]) -> bool:
        """Write rows in one step, or tell that each of them has to be looked at."""
        spool = self._opened()
        cells = [self._make_cells.dressed(row) for row in rows] if self._make_cells.dresses else rows
        block = spool.lines_of(cells) if spool.lines_of else None
        if block is None:
            return False
        try:
            part = spool.write_lines(block, len(rows))
        except UnwritableRecordError:
            return False
        self._early.look(spool)
        for row, row_cells in zip(rows, cells, strict=True) if self._samples.wanted else ():
            self._samples.add(part, row, row_cells)
        return True

    def _write(self, row: list[str], record: Source) -> None:
        try:
            cells = self._make_cells(row)
            part = self._opened().write(cells)
        except UnwritableRecordError as error:
            self.reject(record, "RSYS-5201", str(error))
        except UnfitRecordError as error:
            self.reject(record, "RSYS-5301", str(error))
        else:
            self._samples.add(part, row, cells)
            if self.rows % _ROWS_BETWEEN_LOOKS == 0:
                self._early.look(self._opened())

    def process_batch(self, context: dict[str, Any]) -> None:
        """Do nothing yet: the files are published when the input has come to its end."""

    def publish(self) -> None:
        """Upload the files, each with its count and its ready file.

        Raises:
            ResponsysError: See `upload`; the files before the one that failed stand.
        """
        config = self._target.config
        # An import job fails on an empty file (Oracle's page on importing supplemental data).
        spool = self._spool if self._spool and self._spool.rows else None
        parts = spool.finished() if spool else []
        self._early.finish()
        ahead = self._early.naming is not None
        naming = self._early.naming or (self._free_naming(spool.naming) if spool else None)
        names = [naming.of(number) for number, _ in enumerate(parts, 1)] if naming else []
        results = [
            FileResult(self.stream_name, self.route.table, name.data, part.rows, number, len(parts))
            for number, (name, part) in enumerate(zip(names, parts, strict=True), 1)
        ]
        self._target.files.extend(results)
        server = self._target.connections.file_server
        if naming and chosen(config, "existing_file") == "replace":
            remove_surplus(server, naming, len(parts))
        for name, part, result in zip(names, parts, results, strict=True):
            upload(server, part, name, result, config, ahead=ahead)
            rows = self._samples.of(result.part)
            self.delivered.append(Delivered(result, self.route, rows, self._job))
        self.tally.delivered = self.rows
        self._target.tallies[self._destination(names[0].data if names else "", len(names))] = self.tally

    def _free_naming(self, naming: FileNaming) -> FileNaming:
        """Return a naming that takes nobody's file: one of this second that is there is another run's."""
        config = self._target.config
        ours = not chosen(config, "date_suffix") or chosen(config, "existing_file") != "replace"
        return naming if ours else unused(self._target.connections.file_server, naming)

    def close(self) -> None:
        """Give the spool's disk space back, published or not."""
        self._early.close()
        if self._spool:
            self._spool.close()

    def _destination(self, name: str, files: int) -> str:
        if not files:
            return f"No file for stream {self.stream_name}"
        return name if files == 1 else f"{name} and {files - 1} more"

    def _opened(self) -> CsvSpool:
        if self._spool is None:
            target = self._target
            places = {
                "table": self.route.table,
                "stream": self.stream_name,
                "campaign_id": self.route.campaign_id,
                "execution_id": target.execution_id,
            }
            naming = file_naming(target.config, places, target.started, target.file_stems)
            target.file_stems.add(naming.stem)
            self._spool = CsvSpool(self.route.column_names, naming, target.config, self._ring)
        return self._spool
