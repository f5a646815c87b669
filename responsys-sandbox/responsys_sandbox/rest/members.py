"""The rows of a supplemental table: merge, read one, delete one (rest-api.md 3.5 to 3.7, 3.10, 3.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_sandbox.rest.call import link, members_path
from responsys_sandbox.rest.errors import ApiError, invalid
from responsys_sandbox.rest.merging import (
    RecordError,
    named_columns,
    read_merge,
    read_record,
    read_record_data,
)
from responsys_sandbox.rest.recordanswers import (
    asked_columns,
    merge_failure,
    no_record,
    objection,
    read_values,
    record_data,
)
from responsys_sandbox.values import InvalidValueError, stored

if TYPE_CHECKING:
    from responsys_sandbox.rest.call import Call
    from responsys_sandbox.rest.options import RestOptions
    from responsys_sandbox.tables import Table


def merge_members(call: Call) -> Any:
    """`POST .../members`: merge up to 200 records; a refused one is marked, the others stand."""
    table = call.table(call.options.missing_table)
    merge = read_merge(call.json_object(), table, call.options)
    data = merge.data
    call.records = len(data.records)
    good: dict[int, dict[str, str | None]] = {}
    refused: dict[int, str] = {}
    keys: set[tuple[str | None, ...]] = set()
    for number, values in enumerate(data.records):
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
        if reason := objection(outcome, call.options):
            refused[number] = reason
    return {
        "recordData": record_data(
            data.field_names,
            [_echo(number, values, refused) for number, values in enumerate(data.records)],
            data.map_template_name,
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
    columns = asked_columns(call, table, case_sensitive=call.options.case_sensitive_fields)
    row = call.store.read_row(table, list(key.values()))
    if row is None:
        raise no_record(call.options)
    values = read_values(row, columns, call.options)
    return {
        "recordData": record_data([column.name for column in columns], [values]),
        "insertOnNoMatch": False,
        "updateOnMatch": None,
        "links": [call.self_link("GET"), link("mergeTableMembers", members_path(table), "POST")],
    }


def delete_member(call: Call) -> Any:
    """`DELETE .../members?qa=&id=`: one row by its whole primary key."""
    table = call.table()
    key = _asked_key(call, table)
    if not call.store.delete_row(table, list(key.values())):
        raise no_record(call.options)
    return {
        "recordData": record_data(list(table.primary_key), [list(key.values())]),
        "insertOnNoMatch": False,
        "updateOnMatch": None,
        "links": [call.self_link("DELETE")],
    }


def delete_members_by_key(call: Call) -> Any:
    """Delete up to 200 rows by their whole primary keys, which the asynchronous API alone offers."""
    table = call.table()
    data = read_record_data(call.json_object(), call.options)
    columns = named_columns(data.field_names, table, case_sensitive=call.options.case_sensitive_fields)
    if {column.name for column in columns} != set(table.primary_key):
        raise invalid("fieldNames must be all primary key fields and no others")
    call.records = len(data.records)
    rows = []
    for values in data.records:
        try:
            record = read_record(values, columns, call.options)
        except RecordError as error:
            problem = str(error)
        else:
            key = [record.get(name) or "" for name in table.primary_key]
            problem = "" if call.store.delete_row(table, key) else "No Records found for the Id"
        rows.append([f"DELETEFAILED: {problem}\n", *([""] * (len(values) - 1))] if problem else values)
    return {
        "recordData": record_data(data.field_names, rows),
        "insertOnNoMatch": False,
        "updateOnMatch": None,
        "links": [call.self_link("POST")],
    }


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


def _echo(number: int, values: list[Any], refused: dict[int, str]) -> list[Any]:
    """Return the record as sent, or marked as refused: the reason first, blanks for the other values."""
    if number not in refused:
        return values
    return [merge_failure(number, refused[number]), *([""] * (len(values) - 1))]


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
