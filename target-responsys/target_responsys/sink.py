"""What sinks have in common: validation without a word of the record, rejects, and a route where one goes."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import InvalidRecord, MissingKeyPropertiesError, RecordsWithoutSchemaException
from singer_sdk.sinks import Sink

from responsys_io.errors import DataError
from target_responsys.campaign import executed_at
from target_responsys.recordtypes import NotCompilableError
from target_responsys.routing import omissions, route
from target_responsys.settings import chosen
from target_responsys.shortrows import ShortRows
from target_responsys.shortway import original
from target_responsys.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jsonschema import ValidationError

    from target_responsys.batches import Source
    from target_responsys.routing import Route
    from target_responsys.rows import RowMaker
    from target_responsys.shortway import Way
    from target_responsys.target import TargetResponsys


class RecordBeforeSchemaError(DataError, RecordsWithoutSchemaException):
    """A record came before the schema of its stream."""


class MissingKeyError(DataError, MissingKeyPropertiesError):
    """A record lacks a property of its stream's key."""


class ResponsysSink(Sink):
    """A stream on its way to Responsys.

    It does its own batching: the SDK never finds it full, and drains it before it reports a state.
    """

    def __init__(
        self,
        target: TargetResponsys,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self._target = target
        self.tally = Tally(streams=[stream_name])

    def prepare(self) -> None:
        """Check the destination, before the first record."""
        raise NotImplementedError

    @property
    def is_full(self) -> bool:
        """Never: see the class."""
        return False

    @property
    def goal(self) -> str:
        """What the records are for, as the rejects file names it."""
        raise NotImplementedError

    def short_way(self) -> Way | None:
        """Return the stream's way around the SDK, where it comes to the same; see `ShortWay`."""
        if self.include_sdc_metadata_properties:
            return None
        try:
            return self._compiled_way()
        except NotCompilableError:
            return None

    def _compiled_way(self) -> Way | None:
        """Return the way; none without need."""
        return None

    def reject(self, record: Source, code: str, reason: str, batch_id: str = "") -> None:
        """Write a record to the rejects file.

        Args:
            record: The record, or the line that it came in.
            code: Who refuses it: a code of ours, or MERGEFAILED or DELETEFAILED for Responsys; UNKNOWN when
                nobody knows whether it was merged.
            reason: Why.
            batch_id: The call that it was in.
        """
        if code == "UNKNOWN":
            self.tally.unknown += 1
        else:
            self.tally.refused += 1
        self._target.rejects.add(
            self.stream_name,
            self.original_schema,
            self.key_properties,
            original(record) if isinstance(record, bytes) else record,
            {"code": code, "reason": reason, "table": self.goal} | ({"batch": batch_id} if batch_id else {}),
        )

    def _validate_and_parse(self, record: dict[str, Any]) -> dict[str, Any]:
        """Validate against the stream's schema; timestamps stay text until they are written.

        Raises:
            DataError: RSYS-6006, which names the property and the rule.
        """
        if self._validator is not None:
            try:
                self._validator.validate(record)
            except InvalidRecord as error:
                raise DataError(
                    "RSYS-6006",
                    f"A record of stream {self.stream_name} breaks its schema{_place(error.__cause__)}.",
                    "Correct the tap's schema, or set validate_records to false.",
                ) from None
        return record

    def _singer_validate_message(self, record: dict[str, Any]) -> None:
        """Check that the key is there.

        Raises:
            MissingKeyError: RSYS-6007.
        """
        for name in self.key_properties:
            if name not in record:
                raise MissingKeyError(
                    "RSYS-6007",
                    f"A record of stream {self.stream_name} lacks {name}, which is part of its key.",
                    "Correct the tap: a record has to have each property that its schema names as key.",
                )

    def _after_process_record(self, context: dict[str, Any]) -> None:
        """Do not log a line for each record, as the SDK does."""


class RoutedSink(ResponsysSink):
    """A stream that goes to a table, a list or a file of its own."""

    def __init__(
        self,
        target: TargetResponsys,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self.zone = zoneinfo.ZoneInfo(chosen(target.config, "timezone"))
        self.route = self._routed()
        for text in omissions(self.route):
            self.logger.warning("%s", text)
        campaign = f", campaign {self.route.campaign_id}" if self.route.campaign_column else ""
        place = f"{self.route.folder}/{self.route.table}" if self.route.folder else self.route.table
        self.logger.info("Goes to %s%s", place, campaign)
        self.tally = Tally(campaign_id=self.route.campaign_id, streams=[stream_name])

    @property
    def goal(self) -> str:
        """The table or the list."""
        return self.route.table

    def short_rows(
        self, maker: RowMaker, column_types: Sequence[str | None], refused: Sequence[str] = ()
    ) -> ShortRows:
        """Return what decodes the stream's records and makes its rows.

        Args:
            maker: Its rows, made one by one.
            column_types: Those that it was given.
            refused: Properties that it can do nothing with, unless they are null.

        Raises:
            NotCompilableError: The stream has no short way.
        """
        return ShortRows(
            self.route,
            maker,
            self.schema,
            self.zone,
            column_types=column_types,
            required=self.key_properties,
            refused=refused,
            validates=self.validate_schema,
        )

    def _routed(self) -> Route:
        """Decide where the stream goes; see `route`."""
        return route(
            self.stream_name,
            self.schema,
            self.key_properties,
            self._target.config,
            execution_id=self._target.execution_id,
            executed_at=executed_at(self._target.started, self.zone),
        )


def _place(error: BaseException | None) -> str:
    """Say where a record breaks which rule, without its value."""
    if error is None:
        return ""
    problem: ValidationError = error  # type: ignore[assignment]  # the cause that the SDK gives it
    path = ".".join(str(part) for part in problem.absolute_path) or "its top level"
    return f" at {path} (rule {problem.validator})"
