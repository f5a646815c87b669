"""What can be wrong with the settings beyond their types."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from responsys_io.settings import delimiter_of, format_problems
from tap_responsys.apiobjects import API_OBJECTS
from tap_responsys.archive import REMOTE
from tap_responsys.kinds import CONTACTS, export_kinds, stream_name_problems
from tap_responsys.parse import Dialect
from tap_responsys.places import is_local, places
from tap_responsys.rejects import REJECTED_ROWS
from tap_responsys.settings import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_responsys.kinds import ExportKind


def dialect(config: Mapping[str, Any]) -> Dialect:
    """Return how exports are written."""
    return Dialect(
        delimiter=delimiter_of(chosen(config, "delimiter")),
        quote_char=chosen(config, "quote_char"),
        encoding=chosen(config, "encoding"),
        timezone=chosen(config, "timezone"),
        has_header=chosen(config, "has_header"),
    )


def kinds(config: Mapping[str, Any]) -> dict[str, ExportKind]:
    """Return the kinds of exports that there can be, by stream."""
    return export_kinds(
        contacts_pattern=chosen(config, "contacts_file_pattern"),
        contact_lists=config.get("contact_lists"),
        table_exports=config.get("table_exports"),
        column_names=config.get("column_names"),
    )


def combination_problems(config: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with settings that have the right types, a sentence each."""
    written = dialect(config)
    found = _place_problems(config) + format_problems(
        encoding=written.encoding,
        timezone=written.timezone,
        delimiter=written.delimiter,
        quote_char=written.quote_char,
    )
    for name in ("start_date", "end_date"):
        try:
            date.fromisoformat((config.get(name) or "2000-01-01")[:10])
        except ValueError:
            found.append(f"Setting {name} is no date in ISO 8601 form, like 2026-01-31.")
    return found + _stream_problems(config)


def _place_problems(config: Mapping[str, Any]) -> list[str]:
    try:
        entries = places(chosen(config, "path"))
    except (ValueError, RecursionError):
        return ["Setting path looks like a list in JSON and is none."]
    found = []
    if not all(map(is_local, entries)):
        found += [f"Setting {name} is missing." for name in ("host", "username") if not config.get(name)]
    archive = config.get("archive_path")
    if chosen(config, "after_read") == "archive" and archive and not archive.startswith(REMOTE):
        found.append("Setting archive_path has to begin with sftp: when after_read is archive.")
    return found


def _stream_problems(config: Mapping[str, Any]) -> list[str]:
    lists, tables = config.get("contact_lists") or {}, config.get("table_exports") or {}
    objects = [described.stream for described in API_OBJECTS]
    if found := stream_name_problems(lists, tables, (CONTACTS, REJECTED_ROWS, *objects)):
        return found
    known = [*kinds(config), REJECTED_ROWS, *objects]
    return [
        f"Setting {setting} has {name}, which is no stream of this tap."
        for setting in ("streams", "column_names")
        for name in config.get(setting) or ()
        if name not in known
    ]
