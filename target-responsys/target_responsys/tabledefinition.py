"""The table to create for a stream, and why it cannot be created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responsys_io.naming import field_name_problem, object_name_problem
from responsys_io.supplemental import MAX_KEY_COLUMNS, Column, Table
from target_responsys.guard import Finding, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_responsys.routing import Route


def definition(route: Route) -> Table:
    """Return the table to create; names in upper case, as Responsys stores them.

    Raises:
        DataError: RSYS-5001 for names that Responsys does not take, RSYS-5002 for an unusable key.
    """
    refuse([*table_findings(route), *name_findings(route, route.column_names), *key_findings(route)])
    columns = [Column(constant.column.upper(), constant.type) for constant in route.constants]
    columns += [Column(each.column.upper(), each.type) for each in route.fields]
    key = tuple(name.upper() for name in route.key_columns)
    return Table(route.folder, route.table, tuple(columns), key)


def described(table: Table) -> str:
    """Return a table's definition in a line."""
    columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
    return f"{table.folder}/{table.name} ({columns}), key {', '.join(table.primary_key)}"


def table_findings(route: Route) -> list[Finding]:
    """Say what is wrong with the table's name, which no table can have."""
    if not (problem := object_name_problem(route.table)):
        return []
    text = f"Stream {route.stream} cannot get a table named {route.table}: {problem}."
    return [Finding("RSYS-5001", text, f"Name it with tables.{route.stream}.table.")]


def name_findings(route: Route, columns: list[str]) -> Iterator[Finding]:
    """Say which of these columns of a route cannot be made, for their names.

    Args:
        route: The route.
        columns: Names of columns of it that are to be made.
    """
    for constant in route.constants:
        if constant.column in columns and (problem := field_name_problem(constant.column)):
            yield Finding(
                "RSYS-5001",
                f"Setting {constant.setting} names no column: {problem}.",
                "Change it, or set it to an empty text.",
            )
    for each in route.fields:
        if each.column in columns and (problem := field_name_problem(each.column)):
            yield Finding(
                "RSYS-5001",
                f"Property {each.property} of stream {route.stream} cannot become a column: {problem}.",
                f"Name it with tables.{route.stream}.columns.{each.property}, or null.",
            )


def key_findings(route: Route) -> list[Finding]:
    """Say why a table cannot be created with the route's key."""
    if route.keys and len(route.key_columns) <= MAX_KEY_COLUMNS:
        return []
    return [
        Finding(
            "RSYS-5002",
            f"Table {route.table} needs a primary key of at most {MAX_KEY_COLUMNS} columns and stream "
            f"{route.stream} gives {len(route.key_columns)}: {', '.join(route.key_columns) or 'none'}.",
            f"Name the properties that identify a row in tables.{route.stream}.keys.",
        )
    ]
