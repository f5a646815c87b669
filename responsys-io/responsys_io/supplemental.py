"""What a supplemental table is, as the REST API describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT_WIDTHS = {"CHAR": 1, "STR25": 25, "STR100": 100, "STR500": 500, "STR4000": 4000}
"""Characters that each text type holds, for the types that a table can be created with."""

MAX_KEY_COLUMNS = 4
MAX_TABLES = 250
"""Supplemental tables that an account has by default."""


@dataclass(frozen=True)
class Column:
    """A column: its name as the table spells it and its Responsys type."""

    name: str
    type: str
    data_extraction_key: bool = False


@dataclass(frozen=True)
class Table:
    """A supplemental table. `primary_key` is empty for tables made in the UI without one, and in listings."""

    folder: str
    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()


def columns_of(answer: Mapping[str, Any]) -> tuple[Column, ...]:
    """Read the columns out of a description or of an entry of a listing."""
    fields = answer.get("fields") or []
    return tuple(Column(str(field["fieldName"]), str(field["fieldType"])) for field in fields)


def listed_table(entry: Mapping[str, Any]) -> Table:
    """Read an entry of the listing of all tables.

    The reference puts folder and name below `suppData`, the Swagger file beside the columns.
    """
    below = entry.get("suppData")
    names = below if isinstance(below, dict) else entry
    name = names.get("objectName") or names.get("name")
    return Table(str(names.get("folderName")), str(name), columns_of(entry))
