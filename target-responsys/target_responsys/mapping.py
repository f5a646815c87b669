"""Which column each property of a stream goes to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from target_responsys.tablerules import ColumnRule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from target_responsys.standard import StandardTable
    from target_responsys.tablerules import TableRule

_NOT_ALPHANUMERIC = re.compile(r"[^0-9A-Z]")


def columns_of(
    properties: Collection[str], rule: TableRule, standard: StandardTable | None
) -> dict[str, ColumnRule]:
    """Return the columns of the properties that are delivered, in the order of the columns.

    Those that the rule names come first, in its order, or in that of the standard table.

    Args:
        properties: The stream's properties.
        rule: What the settings say of the stream.
        standard: The standard table that it goes to, which takes nothing else than its own columns and those
            that the rule names.
    """
    named = {
        name: column for name, column in rule.columns.items() if column is not None and name in properties
    }
    free = [name for name in properties if name not in rule.columns]
    if standard is not None:
        return _in_standard(free, named, standard)
    return named if rule.unmapped == "leave_out" else named | {name: ColumnRule() for name in free}


def belonging(properties: Iterable[str], columns: Iterable[str]) -> dict[str, str]:
    """Find the property of each column by name: `customerId` belongs to CUSTOMER_ID.

    Case, underscores and other marks do not count; the first of several properties gets the column.

    Returns:
        Properties by column, for those that have one.
    """
    by_letters = {_letters(name): name for name in columns}
    found: dict[str, str] = {}
    for name in properties:
        if column := by_letters.pop(_letters(name), None):
            found[column] = name
    return found


def _in_standard(
    free: Iterable[str], named: dict[str, ColumnRule], standard: StandardTable
) -> dict[str, ColumnRule]:
    # Several for one column are all kept: `route` refuses them.
    found: dict[str, list[str]] = {}
    for name, rule in named.items():
        found.setdefault((rule.name or name.lstrip("_")).upper(), []).append(name)
    further = [column for column in found if column not in standard.columns]
    unnamed = belonging(free, (column for column in standard.columns if column not in found))
    found |= {column: [name] for column, name in unnamed.items()}
    made: dict[str, ColumnRule] = {}
    for column in (*standard.columns, *further):
        for name in found.get(column, ()):
            given = named.get(name, ColumnRule(column))
            made[name] = ColumnRule(given.name, given.type or standard.columns.get(column))
    return made


def _letters(name: str) -> str:
    return _NOT_ALPHANUMERIC.sub("", name.upper())
