"""What the setting `tables` says of a stream."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from responsys_io.supplemental import TEXT_WIDTHS

if TYPE_CHECKING:
    from collections.abc import Mapping

DestinationKind = Literal["supplemental", "pet", "list"]
"""A supplemental table, a profile extension table or a profile list."""

COLUMN_TYPES = (*TEXT_WIDTHS, "INTEGER", "NUMBER", "TIMESTAMP")
"""Types that a supplemental table can be created with (REST reference, create supplemental table)."""

JOB_ID = "^[0-9]+$"
"""Ids of Connect jobs (REST reference, trigger a Connect job)."""

_COLUMN_RULE = {
    "type": ["string", "null", "object"],
    "properties": {"name": {"type": "string"}, "type": {"enum": list(COLUMN_TYPES)}},
    "additionalProperties": False,
}

TABLE_RULE: dict[str, Any] = {
    "type": ["string", "object"],
    "properties": {
        "table": {"type": "string"},
        "folder": {"type": "string"},
        "destination": {"enum": ["supplemental", "pet", "list"]},
        "list_name": {"type": "string"},
        "pet_name": {"type": "string"},
        "match_columns": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
        "standard": {"type": "string"},
        "columns": {"type": "object", "additionalProperties": _COLUMN_RULE},
        "unmapped": {"enum": ["deliver", "leave_out"]},
        "keys": {"type": "array", "items": {"type": "string"}},
        "connect_job_id": {"type": "string", "pattern": JOB_ID},
    },
    "additionalProperties": False,
}
"""An entry of the setting, as JSON Schema."""


@dataclass(frozen=True)
class ColumnRule:
    """The column of a property: name and type, None where they follow from the property."""

    name: str | None = None
    type: str | None = None

    @classmethod
    def of(cls, entry: str | Mapping[str, str]) -> Self:
        """Read an entry of `columns`: a name, or an object."""
        return cls(name=entry) if isinstance(entry, str) else cls(entry.get("name"), entry.get("type"))


@dataclass(frozen=True)
class TableRule:
    """An entry of the setting `tables`; None where the target's own settings hold.

    Args:
        table: Supplemental table.
        folder: Its folder.
        destination: What the stream is merged into.
        list_name: Profile list.
        pet_name: Profile extension table.
        match_columns: Columns that people of the list are recognised by.
        standard: Name of a standard table.
        columns: By property, None for a property that is left out. Their order is that of the columns.
        unmapped: Whether properties that `columns` does not name are left out.
        keys: Properties that identify a row.
        connect_job_id: Connect import job of the stream's files.
    """

    table: str | None = None
    folder: str | None = None
    destination: DestinationKind | None = None
    list_name: str | None = None
    pet_name: str | None = None
    match_columns: tuple[str, ...] | None = None
    standard: str | None = None
    columns: Mapping[str, ColumnRule | None] = field(default_factory=dict)
    unmapped: str | None = None
    keys: tuple[str, ...] | None = None
    connect_job_id: str | None = None

    @classmethod
    def of_stream(cls, stream: str, config: Mapping[str, Any]) -> Self:
        """Return what the settings say of a stream."""
        return cls.of((config.get("tables") or {}).get(stream) or {})

    @classmethod
    def of(cls, entry: str | Mapping[str, Any]) -> Self:
        """Read an entry: a table's name, or an object."""
        if isinstance(entry, str):
            return cls(table=entry)
        given: dict[str, Any] = {name: value for name, value in entry.items() if value is not None}
        for name in ("match_columns", "keys"):
            if name in given:
                given[name] = tuple(given[name])
        given["columns"] = {
            name: None if column is None else ColumnRule.of(column)
            for name, column in given.get("columns", {}).items()
        }
        return cls(**given)
