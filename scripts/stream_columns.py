# ruff: noqa: INP001 - a script, no package
"""Every stream of tap-responsys with all its columns, as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responsys_io.feeds import feeds
from responsys_io.profilelist import SYSTEM_FIELDS
from tap_responsys import columns as cols
from tap_responsys.apiobjects import API_OBJECTS
from tap_responsys.rejects import REJECTED_ROWS, RejectedRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from responsys_io.feeds import Feed


def sections() -> str:
    """Return a section for each stream: what a row is, its key, and a table of its columns."""
    lines: list[str] = []
    for feed in feeds().values():
        lines += _feed(feed)
    contacts = cols.schema(SYSTEM_FIELDS, contacts=True)
    lines += ["### `contacts`", "", "The profile list; key `RIID_`. Columns are those of the export job.", ""]
    lines += _table(_properties(contacts))
    lines += [f"### `{REJECTED_ROWS}`", "", _key(RejectedRows.primary_keys), ""]
    lines += _table(_properties(RejectedRows.schema))
    for described in API_OBJECTS:
        lines += [f"### `{described.stream}`", "", f"Over REST. {_key(described.keys)}", ""]
        lines += _table(_properties(described.schema))
    return "\n".join(lines).rstrip()


def _feed(feed: Feed) -> Iterable[str]:
    ids = f" `EVENT_TYPE_ID` {', '.join(map(str, feed.event_type_ids))}." if feed.event_type_ids else ""
    yield from (f"### `{feed.stream_name}`", "", f"Feed {feed.stem}: {feed.description}.{ids}", "")
    if not feed.columns:
        yield from ("Its columns are not documented; they come from the header.", "")
        return
    rows = [(column.name, column.type, column.description) for column in feed.columns]
    rows += [(column.name, column.type, f"{column.description} (add-on)") for column in feed.add_on_columns]
    yield from _table(rows)


def _table(rows: Iterable[tuple[str, str, str]]) -> list[str]:
    lines = ["| Column | Type | What it is |", "|---|---|---|"]
    return [*lines, *(f"| `{name}` | {kind} | {_cell(text)} |" for name, kind, text in rows), ""]


def _properties(schema: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (name, _type(entry), entry.get("description", "")) for name, entry in schema["properties"].items()
    ]


def _type(entry: Mapping[str, Any]) -> str:
    if entry.get("format") == "date-time":
        return "timestamp"
    kinds = entry.get("type", "text")
    kind = kinds if isinstance(kinds, str) else next(name for name in kinds if name != "null")
    return "text" if kind == "string" else str(kind)


def _key(names: Iterable[str]) -> str:
    return f"Key: {', '.join(f'`{name}`' for name in names)}."


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
