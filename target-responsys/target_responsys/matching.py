"""A stream's route against the table as it is: the columns to send, as the table spells them, and the key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from responsys_io.errors import DataError
from target_responsys.destinations import Destination
from target_responsys.guard import refuse
from target_responsys.schema_plan import column_findings, schema_plan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from responsys_io.supplemental import Column, Table
    from target_responsys.routing import Route


@dataclass(frozen=True)
class Match:
    """A route that fits its table.

    Args:
        table: The table.
        columns: The table's columns in the order of the route's.
        key: Positions of the key's columns in `columns`.
        match_columns: Columns to match on where the table has no primary key, else None.
    """

    table: Table
    columns: tuple[Column, ...]
    key: tuple[int, ...]
    match_columns: tuple[str, ...] | None


def match(route: Route, table: Table, *, whole_rows: bool = False) -> Match:
    """Find the route's columns in the table; case does not matter to Responsys's users, but to its API.

    Args:
        route: Where the stream goes.
        table: The table as it is.
        whole_rows: Take all columns for the key of a table without primary key.

    Raises:
        DataError: RSYS-5004 for columns that the table has not, RSYS-5001 for those that it cannot get,
            RSYS-5020 for those that cannot hold what the stream has, RSYS-5005 for a key that is not complete
            or that does not keep campaigns apart.
    """
    destination = Destination(route.kind, table, route.list_name)
    refuse(list(column_findings(route, schema_plan(route, table.columns), destination)))
    where = str(destination)
    by_name = {column.name.upper(): column for column in table.columns}
    columns = tuple(by_name[name.upper()] for name in route.column_names)
    positions = {column.name: position for position, column in enumerate(columns)}
    if not table.primary_key and whole_rows:
        return Match(table, columns, tuple(range(len(columns))), tuple(column.name for column in columns))
    if not table.primary_key:
        return _without_primary_key(route, table, columns, where)
    if absent := [name for name in table.primary_key if name not in positions]:
        raise DataError(
            "RSYS-5005",
            f"The key of {where} is {', '.join(table.primary_key)}, and stream "
            f"{route.stream} does not deliver {', '.join(absent)}.",
            f"Map a property to it with tables.{route.stream}.columns.",
        )
    if route.campaign_column and route.campaign_column.upper() not in _upper(table.primary_key):
        raise DataError(
            "RSYS-5005",
            f"{route.campaign_column} is not part of the primary key of {where}: campaigns would "
            "overwrite each other's rows.",
            "Use a table with it in the key, or set campaign_id_column to an empty text.",
        )
    return Match(table, columns, tuple(positions[name] for name in table.primary_key), None)


def _without_primary_key(route: Route, table: Table, columns: tuple[Column, ...], where: str) -> Match:
    if not route.keys:
        raise DataError(
            "RSYS-5005",
            f"Neither {where} nor stream {route.stream} has a key to merge by.",
            f"Name the properties that identify a row in tables.{route.stream}.keys.",
        )
    key = _upper(route.key_columns)
    positions = tuple(place for place, column in enumerate(columns) if column.name.upper() in key)
    return Match(table, columns, positions, tuple(columns[place].name for place in positions))


def misplaced(route: Route, tables: Iterable[Table]) -> list[str]:
    """Return the folders, other than the route's, that have a table of the route's name."""
    return [
        table.folder
        for table in tables
        if table.name.upper() == route.table.upper() and table.folder != route.folder
    ]


def _upper(names: Iterable[str]) -> set[str]:
    return {name.upper() for name in names}
