"""The columns of a stream: documented ones with their types, others as they turn up in headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from responsys_io.feeds import Column, ColumnType
    from tap_responsys.kinds import ExportKind

SOURCE_FILE = "_sdc_source_file"
SOURCE_LINE = "_sdc_source_lineno"
LAST_MODIFIED = "_sdc_last_modified"
SUBSCRIPTION_STATUS = "subscription_status"
MODIFIED_DATE = "MODIFIED_DATE_"
STORED_DATE = "EVENT_STORED_DT"
PERMISSION_STATUS = "EMAIL_PERMISSION_STATUS_"

_SUBSCRIPTION = {"I": "subscribed", "O": "unsubscribed"}
_JSON_TYPES: Mapping[ColumnType, dict[str, Any]] = {
    "integer": {"type": ["integer", "null"]},
    "number": {"type": ["number", "null"]},
    "timestamp": {"type": ["string", "null"], "format": "date-time"},
    "text": {"type": ["string", "null"]},
}
_BOOKKEEPING = {
    SOURCE_FILE: {"type": ["string"], "description": "Name of the export file"},
    SOURCE_LINE: {"type": ["integer"], "description": "Line in the export file; the header is line 1"},
    LAST_MODIFIED: {
        "type": ["string", "null"],
        "format": "date-time",
        "description": "When the export file was last modified on the server",
    },
}
_STATUS = {
    "type": ["string", "null"],
    "description": f"{PERMISSION_STATUS} in words: subscribed for I, unsubscribed for O",
}


def properties(columns: Iterable[Column]) -> dict[str, Any]:
    """Return columns as properties of a JSON Schema."""
    return {
        column.name: {**_JSON_TYPES[column.type], "description": column.description} for column in columns
    }


def schema(columns: Iterable[Column], *, contacts: bool) -> dict[str, Any]:
    """Return the JSON Schema of a stream with these columns."""
    status = {SUBSCRIPTION_STATUS: _STATUS} if contacts else {}
    return {"type": "object", "properties": {**properties(columns), **status, **_BOOKKEEPING}}


def new_names(header: Sequence[str], known: Container[str]) -> list[str]:
    """Return the header's columns that a schema does not have yet, in the header's order."""
    return [name for name in header if name not in known]


def read_besides(kind: ExportKind) -> set[str]:
    """Return the columns that are read also where nobody has selected them.

    They tell how new a row is, and what the subscription status follows from.
    """
    return ({MODIFIED_DATE} if kind.key else set()) | ({PERMISSION_STATUS} if kind.is_contacts else set())


def subscription_status(permission: str | None) -> str | None:
    """Put a permission status into words; codes other than I and O have none."""
    return _SUBSCRIPTION.get(permission or "")
