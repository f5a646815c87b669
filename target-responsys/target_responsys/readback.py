"""Whether rows of a file are in the table that an import job was to load them into."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from responsys_io.supplemental import TEXT_WIDTHS
from target_responsys.destinations import NAMES
from target_responsys.values import NUMERIC

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from responsys_io.supplemental import Table
    from target_responsys.destinations import Destination
    from target_responsys.routing import Route
    from target_responsys.samples import SampledRow

# A load strips these from both ends of a value (Oracle's page on data load handling).
_STRIPPED = " \t\r\n\0"


@dataclass(frozen=True)
class LookedUp:
    """What became of rows that were looked for: how many are as they were sent, absent, or different."""

    table: str
    found: int
    absent: int
    different: int

    @property
    def missing(self) -> int:
        """How many are not there as they were sent."""
        return self.absent + self.different

    def __str__(self) -> str:
        parts = [
            f"{self.absent} are not there" if self.absent else "",
            f"{self.different} have other values" if self.different else "",
        ]
        told = " and ".join(part for part in parts if part) or "all are there"
        return f"{self.found + self.missing} rows looked for in {self.table}, {told}"


def unreadable(route: Route, destination: Destination | None) -> str:
    """Say why rows of a stream cannot be looked for in its table; empty where they can."""
    if destination is None:
        place = f"folder {route.folder}" if route.kind == "supplemental" else f"list {route.list_name}"
        return f"{place} has no {NAMES[route.kind]} {route.table} to read"
    key = {name.upper() for name in destination.table.primary_key}
    if not key:
        return f"table {destination.table.name} has no primary key to read by"
    if not route.keys or key != {name.upper() for name in route.key_columns}:
        return f"the primary key of table {destination.table.name} is not the stream's key"
    return ""


def look_up(
    read: Callable[[Mapping[str, str]], Mapping[str, str | None] | None],
    route: Route,
    table: Table,
    rows: Sequence[SampledRow],
) -> LookedUp:
    """Look rows up by key.

    Args:
        read: Returns the record with a key, or None.
        route: Where the stream goes.
        table: Its table, a readable one.
        rows: The rows.
    """
    columns = {column.name.upper(): column for column in table.columns}
    places = {name.upper(): place for place, name in enumerate(route.column_names)}
    shared = [
        (columns[name].name, columns[name].type, place) for name, place in places.items() if name in columns
    ]
    absent = different = 0
    for row in rows:
        key = {
            name: _sent(row, places[name.upper()], columns[name.upper()].type) for name in table.primary_key
        }
        stored = read(key)
        if stored is None:
            absent += 1
            continue
        found = {name.upper(): value or "" for name, value in stored.items()}
        if not all(_same(row, place, kind, found.get(name.upper())) for name, kind, place in shared):
            different += 1
    where = f"{'table' if route.kind == 'supplemental' else NAMES[route.kind]} {table.name}"
    return LookedUp(where, len(rows) - absent - different, absent, different)


def _sent(row: SampledRow, place: int, kind: str) -> str:
    """Return what the table should have: a timestamp in the API's form, anything else as written."""
    return (row.values if kind == "TIMESTAMP" else row.cells)[place].strip(_STRIPPED)


def _same(row: SampledRow, place: int, kind: str, stored: str | None) -> bool:
    """Tell whether a table's value can be what a load makes of a cell; None is a value not told."""
    sent = _sent(row, place, kind)
    # Whether a blank overwrites is not documented, nor the form that timestamps are read in.
    if stored is None or not row.values[place].strip(_STRIPPED):
        return True
    if kind == "TIMESTAMP":
        return bool(stored)
    if kind in NUMERIC:
        try:
            return Decimal(sent) == Decimal(stored)
        except InvalidOperation:
            return False
    stored = stored.strip(_STRIPPED)
    # A load cuts text that is too long, after so many characters or bytes.
    is_cut = bool(stored) and len(sent.encode()) > TEXT_WIDTHS.get(kind, 0) and sent.startswith(stored)
    return sent == stored or is_cut
