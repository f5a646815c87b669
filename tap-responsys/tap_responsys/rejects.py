"""Rows that do not fit, as a stream of their own: nothing is dropped, and the warehouse can show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from singer_sdk.metrics import Counter

    from tap_responsys.parse import Rejected

REJECTED_ROWS = "rejected_rows"


class RejectedRows(Stream):
    """Rows of any export that could not be read, with the reason. Filled while the other streams are read."""

    name = REJECTED_ROWS
    primary_keys = ("stream", "_sdc_source_file", "_sdc_source_lineno")
    schema = th.PropertiesList(
        th.Property("stream", th.StringType, description="Stream that the row belongs to"),
        th.Property("reason", th.StringType, description="What does not fit"),
        th.Property("raw", th.StringType, description="The row as it stands in the file"),
        th.Property("_sdc_source_file", th.StringType, description="Name of the export file"),
        th.Property(
            "_sdc_source_lineno", th.IntegerType, description="Line in the file; the header is line 1"
        ),
    ).to_dict()
    _announced = False
    _written = 0

    def get_records(self, context: Mapping[str, Any] | None) -> Iterable[dict[str, Any]]:  # noqa: ARG002
        """Yield nothing: rows arrive through `add` while the other streams are read."""
        self._announced = True
        return ()

    def get_record_counter(self, **options: Any) -> Counter:
        """Return the SDK's counter, with the rows that have been written by then."""
        counter = super().get_record_counter(**options)
        counter.increment(self._written)
        return counter

    def add(self, stream: str, file: str, rejected: Rejected) -> None:
        """Write one rejected row, after the stream's schema; nothing where the stream is not selected."""
        if not self.selected:
            return
        if not self._announced:
            self._write_schema_message()
            self._announced = True
        self._written += 1
        self._write_record_message(
            {
                "stream": stream,
                "reason": rejected.reason,
                "raw": rejected.text,
                "_sdc_source_file": file,
                "_sdc_source_lineno": rejected.line,
            }
        )
