"""What answers about records have in common, whether of tables, lists or extension tables."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from responsys_sandbox.rest.errors import ApiError, invalid
from responsys_sandbox.rest.merging import named_columns
from responsys_sandbox.values import STORED_TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from responsys_sandbox.rest.call import Call
    from responsys_sandbox.rest.options import RestOptions
    from responsys_sandbox.tables import Column, Table

_MAX_FIELD_LIST = 150


def record_data(
    field_names: list[str], records: list[list[Any]], template: str | None = None
) -> dict[str, Any]:
    """Return the `recordData` of an answer."""
    return {"fieldNames": field_names, "records": records, "mapTemplateName": template}


def merge_failure(number: int, reason: str) -> str:
    """Return the text that stands for a refused record."""
    return f"MERGEFAILED: Record {number} = {reason}\r\n"


def objection(outcome: str, options: RestOptions) -> str | None:
    """Say why a record that changed nothing is refused, or None where it is not."""
    if outcome == "unchanged" and options.no_update_hit == "fail":
        return "Record exists and was not updated"
    if outcome == "unmatched" and options.no_insert_miss == "fail":
        return "Record does not exist and was not inserted"
    return None


def asked_columns(call: Call, table: Table, *, case_sensitive: bool) -> list[Column]:
    """Return the columns that the query's `fs` names.

    Raises:
        ApiError: it is missing or too long, or names a column that is not there.
    """
    text = call.query.get("fs", [""])[0]
    if not text or len(text) > _MAX_FIELD_LIST:
        raise invalid(f"fs must be all or a list of field names of at most {_MAX_FIELD_LIST} characters")
    return _columns_named(text.split(","), table, case_sensitive=case_sensitive)


def listed_columns(body: Mapping[str, Any], table: Table, *, case_sensitive: bool) -> list[Column]:
    """Return the columns that a body's `fieldList` names.

    Raises:
        ApiError: it is missing, or names a column that is not there.
    """
    names = body.get("fieldList")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise invalid("fieldList is required")
    return _columns_named(names, table, case_sensitive=case_sensitive)


def read_values(
    row: Mapping[str, str | None], columns: Iterable[Column], options: RestOptions
) -> list[str | None]:
    """Return a row's values as they are read back."""
    return [_read_value(row[column.name], column, options) for column in columns]


def no_record(options: RestOptions) -> ApiError:
    """Return the refusal of a look-up that finds nothing."""
    return ApiError(options.record_not_found, "No Records found for the Id")


def _columns_named(names: list[str], table: Table, *, case_sensitive: bool) -> list[Column]:
    if [name.lower() for name in names] == ["all"]:
        return list(table.columns)
    return list(named_columns(names, table, case_sensitive=case_sensitive))


def _read_value(text: str | None, column: Column, options: RestOptions) -> str | None:
    if text is None or column.type != "TIMESTAMP":
        return text
    moment = datetime.strptime(text, STORED_TIMESTAMP)  # noqa: DTZ007 - Responsys stores clock times
    return moment.strftime(options.read_timestamp)
