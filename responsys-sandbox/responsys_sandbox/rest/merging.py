"""What a merge asks for, and what is wrong with it or with single records (rest-api.md 3.5 to 3.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from responsys_sandbox.rest.errors import ApiError, invalid, unreadable
from responsys_sandbox.values import stored

if TYPE_CHECKING:
    from responsys_sandbox.rest.options import RestOptions
    from responsys_sandbox.tables import Column, Table

MAX_RECORDS = 200

_TEXT = frozenset({str, type(None)})
_SCALARS = _TEXT | {bool, int, float}


class RecordError(ValueError):
    """A record that is refused by itself while the others are merged; the message is Oracle's reason."""


@dataclass(frozen=True, slots=True)
class RecordData:
    """The records of a merge request of any kind, found in order but not yet looked at.

    Attributes:
        field_names: as sent.
        records: values as sent, aligned with `field_names` where the record is right.
    """

    field_names: list[str]
    records: list[list[Any]]
    map_template_name: str | None


@dataclass(frozen=True, slots=True)
class Merge:
    """A request to merge into a supplemental table.

    Attributes:
        data: the records.
        columns: the table's columns that the field names name, in the same order.
        match: the table's spelling of the match columns of a table without a key.
    """

    data: RecordData
    columns: tuple[Column, ...]
    insert_on_no_match: bool
    update_on_match: str
    match_column_names: list[str] | None
    match: tuple[str, ...]


def read_merge(body: dict[str, Any], table: Table, options: RestOptions) -> Merge:
    """Read the body of a merge into `table`.

    Raises:
        ApiError: the request is refused as a whole.
    """
    data = read_record_data(body, options)
    insert = read_insert(body, options)
    update = read_update(body)
    columns = named_columns(data.field_names, table, case_sensitive=options.case_sensitive_fields)
    if not set(table.primary_key) <= {column.name for column in columns}:
        raise invalid("fieldNames must contain all primary key fields")
    match_names = body.get("matchColumnNames")
    matched = _match_columns(match_names, table, columns, options)
    if not table.primary_key and (not insert or update != "REPLACE_ALL"):
        raise invalid(
            "insertOnNoMatch must be true and updateOnMatch REPLACE_ALL"
            " to merge into a table without primary keys"
        )
    return Merge(data, columns, insert, update, match_names, matched)


def read_record_data(body: dict[str, Any], options: RestOptions) -> RecordData:
    """Read the `recordData` of a request.

    Raises:
        ApiError: the request is refused as a whole.
    """
    match body.get("recordData"):
        case {"fieldNames": list(field_names), "records": list(records)}:
            template = body["recordData"].get("mapTemplateName")
        case _:
            raise invalid("recordData with fieldNames and records is required")
    if not all(isinstance(name, str) for name in field_names):
        raise unreadable()
    if not all(isinstance(record, list) for record in records):
        raise unreadable()
    if not isinstance(template, str | None):
        raise unreadable()
    if not records:
        raise invalid("records must not be empty")
    if len(records) > MAX_RECORDS:
        raise too_many(options.too_many_records)
    allowed = _TEXT if options.text_values_only else _SCALARS
    if not all(allowed.issuperset(map(type, record)) for record in records):
        raise unreadable()
    return RecordData(field_names, records, template)


def read_insert(rule: dict[str, Any], options: RestOptions) -> bool:
    """Read `insertOnNoMatch`.

    Raises:
        ApiError: it is no boolean.
    """
    value = rule.get("insertOnNoMatch")
    if isinstance(value, bool):
        return value
    if options.text_booleans and value in {"true", "false"}:
        return bool(value == "true")
    raise invalid("insertOnNoMatch must be true or false")


def read_update(rule: dict[str, Any]) -> str:
    """Read `updateOnMatch`.

    Raises:
        ApiError: it is neither of the two words.
    """
    update = rule.get("updateOnMatch")
    if update not in {"REPLACE_ALL", "NO_UPDATE"}:
        raise invalid("updateOnMatch must be REPLACE_ALL or NO_UPDATE")
    return str(update)


def named_columns(field_names: list[str], table: Table, *, case_sensitive: bool) -> tuple[Column, ...]:
    """Return the columns of these names.

    Raises:
        ApiError: there is no such column, or one is named twice.
    """
    columns = []
    for name in field_names:
        column = table.column(name, case_sensitive=case_sensitive)
        if column is None:
            raise ApiError("INVALID_FIELD_NAME", f"Field name [{name}] does not exist in [{table.name}]")
        columns.append(column)
    if len(set(columns)) < len(columns):
        raise invalid("fieldNames must be unique")
    return tuple(columns)


def too_many(code: str) -> ApiError:
    """Return the refusal of more records or ids than a call may carry."""
    if code == "RECIPIENT_LIMIT_EXCEEDED":
        return ApiError(
            code,
            f"Recipient limit exceeded, maximum of {MAX_RECORDS} recipients are allowed per each api call",
        )
    return ApiError(code, f"Maximum of {MAX_RECORDS} records are allowed per each api call")


def read_record(
    values: list[Any], columns: tuple[Column, ...], options: RestOptions
) -> dict[str, str | None]:
    """Return the normal form of a record's values by column name.

    Raises:
        RecordError: the record does not fit the columns.
    """
    if len(values) != len(columns):
        raise RecordError("The number of values is not equal to the number of field names")
    zone = ZoneInfo(options.account_time_zone) if options.honour_zulu else None
    record: dict[str, str | None] = {}
    for column, value in zip(columns, values, strict=True):
        if value is None:
            if not options.null_keeps:
                record[column.name] = None
            continue
        text = value if isinstance(value, str) else str(value).lower()
        try:
            record[column.name] = stored(
                text, column.type, width_in_bytes=options.width_in_bytes, zulu_becomes=zone
            )
        except ValueError as error:
            raise RecordError(str(error)) from None
    return record


def _match_columns(
    names: Any, table: Table, columns: tuple[Column, ...], options: RestOptions
) -> tuple[str, ...]:
    if table.primary_key:
        if names is not None:
            raise invalid(
                "MatchColumnNames must be null or must not be specified"
                " to merge into a table that has primary keys"
            )
        return ()
    if not isinstance(names, list) or not names or (options.one_match_column and len(names) > 1):
        raise invalid("MatchColumnNames must be specified to merge into a table that has no primary keys")
    matched = []
    for name in names:
        column = (
            table.column(name, case_sensitive=options.case_sensitive_fields)
            if isinstance(name, str)
            else None
        )
        if column is None or column not in columns:
            raise invalid("MatchColumnNames must be among the fieldNames")
        matched.append(column.name)
    return tuple(matched)
