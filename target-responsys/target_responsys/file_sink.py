"""Delivery as a CSV file on the file server, for a Connect import job."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from target_responsys.csvspool import CsvSpool
from target_responsys.filenames import file_names
from target_responsys.rows import RowMaker, UnfitRecordError
from target_responsys.sink import ResponsysSink

if TYPE_CHECKING:
    from responsys_io.fileserver import FileServer


class FileSink(ResponsysSink):
    """A stream that becomes one file per run, under its name once it is complete."""

    def prepare(self) -> None:
        """Open the spool."""
        self._make_row = RowMaker(self.route, self.zone, single_line=True)
        self._spool = CsvSpool(self.route.column_names, self._target.config)

    @property
    def rows(self) -> int:
        """Rows that wait to be published."""
        return self._spool.rows

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Write a record to the spool."""
        self.tally.received += 1
        try:
            row = self._make_row.complete(record)
        except UnfitRecordError as error:
            self.reject(record, "RSYS-5301", str(error))
            return
        self._spool.write(row)

    def process_batch(self, context: dict[str, Any]) -> None:
        """Do nothing yet: the file is published when the input has come to its end."""

    def clean_up(self) -> None:
        """Publish the file, then its count file, then its ready file, each complete or not at all."""
        # An import job fails on an empty file (Oracle's page on importing supplemental data).
        destination = self._publish(self._target.file_server) if self._spool.rows else ""
        self.tally.delivered = self._spool.rows
        self._target.tallies[destination or f"No file for stream {self.stream_name}"] = self.tally
        super().clean_up()

    def close(self) -> None:
        """Give the spool's disk space back, published or not."""
        self._spool.close()

    def _publish(self, server: FileServer) -> str:
        places = {
            "table": self.route.table,
            "stream": self.stream_name,
            "campaign_id": self.route.campaign_id,
            "execution_id": self._target.execution_id,
        }
        names = file_names(self._target.config, places, self._target.started, self._target.published)
        size = server.upload(self._spool.finished(), names.data)
        self._target.published.append(names.data)
        if names.count:
            server.upload(io.BytesIO(f"{self._spool.count}\n".encode("ascii")), names.count)
        if names.ready:
            server.upload(io.BytesIO(b""), names.ready)
        self.logger.info("Published %s: %d rows, %d bytes", names.data, self._spool.rows, size)
        return names.data
