"""The rows of a supplemental table: merge, read one, delete one (rest-api.md 3.5 to 3.7, 3.10, 3.11)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from responsys_sandbox.rest.call import link, members_path
from responsys_sandbox.rest.errors import ApiError, invalid
from responsys_sandbox.rest.merging import RecordError, read_merge, read_record
from responsys_sandbox.values import STORED_TIMESTAMP, InvalidValueError, stored

if TYPE_CHECKING:
    from responsys_sandbox.records import Outcome
    from responsys_sandbox.rest.call import Call
    from responsys_sandbox.rest.options import RestOptions
    from responsys_sandbox.tables import Column, Table

_MAX_FIELD_LIST = 150


def merge_members(call: Call) -> Any:
    """`POST .../members`: merge up to 200 records; a refused one is marked, the others stand."""
    table = call.table(call.options.missing_table)
    merge = read_merge(call.json_object(), table, call.options)
    call.records = len(merge.records)
    good: dict[int, dict[str, str | None]] = {}
    refused: dict[int, str] = {}
    keys: set[tuple[str | None, ...]] = set()
    for number, values in enumerate(merge.records):
        try:
            record = read_record(values, merge.columns, call.options)
            _require_key(record, table.primary_key or merge.match, keys, call.options)
        except RecordError as error:
            refused[number] = str(error)
        else:
            good[number] = record
    outcomes = call.store.merge(
        table,
        good.values(),
        match=merge.match,
        insert=merge.insert_on_no_match,
        update=merge.update_on_match == "REPLACE_ALL",
    )
    for number, outcome in zip(good, outcomes, strict=True):
        if reason := _objection(outcome, call.options):
            refused[number] = reason
    return {
        "recordData": _record_data(
            merge.field_names,
            [_echo(number, values, refused) for number, values in enumerate(merge.records)],
            merge.map_template_name,
        ),
        "insertOnNoMatch": merge.insert_on_no_match,
        "updateOnMatch": merge.update_on_match,
        "matchColumnNames": merge.match_column_names,
        "links": [call.self_link("POST")],
    }


def read_member(call: Call) -> Any:
    """`GET .../members?qa=&id=&fs=`: one row by its whole primary key."""
    table = call.table()
    key = _asked_key(call, table)
    columns = _asked_columns(call, table)
    row = call.store.read_row(table, list(key.values()))
    if row is None:
        raise _no_record(call.options)
    values = [_read_value(row[column.name], column, call.options) for column in columns]
    return {
        "recordData": _record_data([column.name for column in columns], [values]),
        "insertOnNoMatch": False,
        "updateOnMatch": None,
        "links": [call.self_link("GET"), link("mergeTableMembers", members_path(table), "POST")],
    }


def delete_member(call: Call) -> Any:
    """`DELETE .../members?qa=&id=`: one row by its whole primary key."""
    table = call.table()
    key = _asked_key(call, table)
    if not call.store.delete_row(table, list(key.values())):
        raise _no_record(call.options)
    return {
        "recordData": _record_data(list(table.primary_key), [list(key.values())]),
        "insertOnNoMatch": False,
        "updateOnMatch": None,
        "links": [call.self_link("DELETE")],
    }


def _record_data(
    field_names: list[str], records: list[list[Any]], template: str | None = None
) -> dict[str, Any]:
    return {"fieldNames": field_names, "records": records, "mapTemplateName": template}


def _require_key(
    record: dict[str, str | None],
    key_names: tuple[str, ...],
    seen: set[tuple[str | None, ...]],
    options: RestOptions,
) -> None:
    key = tuple(record.get(name) for name in key_names)
    if None in key:
        raise RecordError("The value of a key field must not be empty")
    if options.duplicate_key == "fail" and key in seen:
        raise RecordError("Duplicate key in the request")
    seen.add(key)


def _objection(outcome: Outcome, options: RestOptions) -> str | None:
    if outcome == "unchanged" and options.no_update_hit == "fail":
        return "Record exists and was not updated"
    if outcome == "unmatched" and options.no_insert_miss == "fail":
        return "Record does not exist and was not inserted"
    return None


def _echo(number: int, values: list[Any], refused: dict[int, str]) -> list[Any]:
    """Return the record as sent, or marked as refused: the reason first, blanks for the other values."""
    if number not in refused:
        return values
    return [f"MERGEFAILED: Record {number} = {refused[number]}\r\n", *([""] * (len(values) - 1))]


def _asked_key(call: Call, table: Table) -> dict[str, str]:
    """Return the key that `qa` and `id` spell, in the order of the table's key."""
    names, values = call.query.get("qa", []), call.query.get("id", [])
    if not names or len(names) != len(values):
        raise invalid("qa and id must be given once for every primary key field")
    asked: dict[str, str] = {}
    for name, value in zip(names, values, strict=True):
        column = table.column(name, case_sensitive=call.options.case_sensitive_fields)
        if column is None:
            raise ApiError("INVALID_FIELD_NAME", f"Field name [{name}] does not exist in [{table.name}]")
        try:
            asked[column.name] = stored(value, column.type) or ""
        except InvalidValueError as error:
            raise invalid(str(error)) from None
    if set(asked) != set(table.primary_key):
        raise invalid("qa must name all primary key fields and no others")
    return {name: asked[name] for name in table.primary_key}


def _asked_columns(call: Call, table: Table) -> list[Column]:
    text = call.query.get("fs", [""])[0]
    if not text or len(text) > _MAX_FIELD_LIST:
        raise invalid(f"fs must be all or a list of field names of at most {_MAX_FIELD_LIST} characters")
    if text.lower() == "all":
        return list(table.columns)
    columns = []
    for name in text.split(","):
        column = table.column(name, case_sensitive=call.options.case_sensitive_fields)
        if column is None:
            raise ApiError("INVALID_FIELD_NAME", f"Field name [{name}] does not exist in [{table.name}]")
        columns.append(column)
    return columns


def _read_value(text: str | None, column: Column, options: RestOptions) -> str | None:
    if text is None or column.type != "TIMESTAMP":
        return text
    moment = datetime.strptime(text, STORED_TIMESTAMP)  # noqa: DTZ007 - Responsys stores clock times
    return moment.strftime(options.read_timestamp)


def _no_record(options: RestOptions) -> ApiError:
    return ApiError(options.record_not_found, "No Records found for the Id")
