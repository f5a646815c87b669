"""Supplemental tables: list, create, describe, rename or move, drop (rest-api.md 3.2 to 3.4, 3.12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_sandbox.rest.call import fields_of, link, members_path, require_folder
from responsys_sandbox.rest.errors import ApiError, invalid
from responsys_sandbox.tables import (
    FIELD_TYPES,
    MAX_KEY_COLUMNS,
    Column,
    Table,
    field_name_problem,
    object_name_problem,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responsys_sandbox.rest.call import Call
    from responsys_sandbox.rest.options import RestOptions


def list_tables(call: Call) -> Any:
    """`GET /suppData`: the tables of the account, in pages."""
    tables = call.store.tables()[call.page()]
    if call.options.lists_in_items:
        return {
            "items": [
                {"name": table.name, "folderName": table.folder, "fields": fields_of(table.columns)}
                for table in tables
            ]
        }
    return [
        {"suppData": _identity(table), "fields": fields_of(table.columns), "links": []} for table in tables
    ]


def create_table(call: Call) -> Any:
    """`POST /folders/{folderName}/suppData`."""
    folder = call.names["folderName"]
    require_folder(call.store, folder)
    table = _wanted_table(folder, call.json_object(), call.options)
    _require_free_name(call, folder, table.name)
    if len(call.store.tables()) >= call.options.table_limit:
        raise invalid(f"Maximum number of Supplemental Tables allowed: {call.options.table_limit}")
    call.store.create_table(table)
    return True


def describe_table(call: Call) -> Any:
    """`GET /folder/{folderName}/suppData/{tableName}`: all columns, or those of the key (`ft=pk`)."""
    table = call.table()
    wanted = call.query.get("ft", ["all"])[0].lower()
    if wanted not in {"pk", "all"}:
        raise invalid("ft must be pk or all")
    columns = [column for column in table.columns if wanted == "all" or column.name in table.primary_key]
    members = members_path(table)
    return {
        "fields": fields_of(columns),
        "suppData": _identity(table),
        "links": [
            call.self_link("GET"),
            link("mergeTableMembers", members, "POST"),
            link("retrieveTableMembers", members, "GET"),
            link("deleteTableMembers", members, "DELETE"),
        ],
    }


def move_table(call: Call) -> Any:
    """`PUT /folders/{folderName}/suppData/{tableName}`: another name, another folder, or both."""
    table = call.table("TABLE_NOT_FOUND")
    body = call.json_object()
    folder, name = body.get("folderName"), body.get("tableName")
    if not isinstance(folder, str) or not isinstance(name, str):
        raise invalid("folderName and tableName are required")
    if problem := object_name_problem(folder, "Folder") or object_name_problem(name, "Table"):
        raise invalid(problem)
    require_folder(call.store, folder)
    _require_free_name(call, folder, name)
    call.store.move_table(table, folder, name)
    return {"message": "Supplemental Table has been updated", "status": True}


def drop_table(call: Call) -> Any:
    """`DELETE /folders/{folderName}/suppData/{tableName}/table`."""
    table = call.table("TABLE_NOT_FOUND")
    call.store.drop_table(table)
    return {"suppTableName": table.name, "links": [call.self_link("DELETE")]}


def _identity(table: Table) -> dict[str, str]:
    return {"folderName": table.folder, "objectName": table.name}


def _require_free_name(call: Call, folder: str, name: str) -> None:
    if call.store.table(folder, name):
        raise ApiError(
            "TABLE_ALREADY_EXISTS",
            f"Supplemental Table for given name [{name}] already exists in folder [{folder}]",
        )


def _wanted_table(folder: str, body: dict[str, Any], options: RestOptions) -> Table:
    """Read a create body, refusing what Oracle refuses, types before keys as recorded."""
    match body.get("table"):
        case {"objectName": str(name)}:
            pass
        case _:
            raise invalid("Table Name is required")
    if problem := object_name_problem(name, "Table"):
        raise invalid(problem)
    columns = wanted_columns(body.get(options.columns_key), options)
    return Table(folder, name, columns, _wanted_key(body.get("primaryKeys"), columns, options))


def wanted_columns(
    fields: Any, options: RestOptions, types: Sequence[str] = FIELD_TYPES
) -> tuple[Column, ...]:
    """Read the columns of a create body.

    Raises:
        ApiError: there are none, or one has another type than these or a name that is not allowed.
    """
    if not isinstance(fields, list) or not fields:
        raise invalid("Fields are required")
    columns = []
    for field in fields:
        match field:
            case {"fieldName": str(name), "fieldType": str(field_type)}:
                extraction_key = field.get("dataExtractionKey", False)
            case _:
                raise invalid("Every field needs a fieldName and a fieldType")
        if not isinstance(extraction_key, bool):
            raise invalid("dataExtractionKey must be true or false")
        columns.append(Column(_spelt(name, options), field_type, extraction_key))
    if any(column.type not in types for column in columns):
        *most, last = (f"'{field_type}'" for field_type in types)
        raise invalid(f"Some Field Types are invalid. Allowed Field Types are {', '.join(most)} and {last}.")
    for column in columns:
        if problem := field_name_problem(column.name, reserved_words=options.refuse_reserved_words):
            raise invalid(f"{problem}: {column.name}")
    if len({column.name.upper() for column in columns}) < len(columns):
        raise invalid("Field Names must be unique")
    return tuple(columns)


def _wanted_key(names: Any, columns: tuple[Column, ...], options: RestOptions) -> tuple[str, ...]:
    if not names:
        raise invalid("Create Table Without PK is not supported.  Please include Primary Key.")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise invalid("primaryKeys must be a list of field names")
    key = tuple(_spelt(name, options) for name in names)
    if len(key) > MAX_KEY_COLUMNS or len(set(key)) < len(key):
        raise invalid(f"At most {MAX_KEY_COLUMNS} different Primary Key fields are allowed")
    if not set(key) <= {column.name for column in columns}:
        raise invalid("Primary Key fields must be among the fields of the table")
    return key


def _spelt(name: str, options: RestOptions) -> str:
    return name.upper() if options.upper_case_columns else name
