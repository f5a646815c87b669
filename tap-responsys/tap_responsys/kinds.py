"""The kinds of exports that a tap reads, a stream each: feeds, contact lists and other tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from responsys_io.feeds import Column, feeds
from responsys_io.profilelist import SYSTEM_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


CONTACTS = "contacts"
RIID = "RIID_"
FEEDS_JOB = "feeds"
KEY_FEEDS = ("sent", "bounce", "open", "click", "opt_in", "opt_out", "launch_state")
"""The streams of the feeds that the integration which this project was made for reads."""

_STREAM_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


@dataclass(frozen=True)
class ExportKind:
    """What the exports of one stream are.

    Args:
        stream: Name of the stream.
        job: Exports of one Connect job have the same settings; all feeds come from one job.
        pattern: Shell pattern for the names of its files; empty for a feed, whose names Responsys makes.
        columns: The documented columns in their default order; empty where only the header knows.
        known: Further columns that may turn up, with their types.
        key: The columns of a file that identify a row; empty where file and line do.
        layout: The columns of its files in their order, for files without a header; empty if nobody knows.
        is_contacts: Whether it is a contact list.
    """

    stream: str
    job: str
    pattern: str = ""
    columns: tuple[Column, ...] = ()
    known: tuple[Column, ...] = ()
    key: tuple[str, ...] = ()
    layout: tuple[str, ...] = ()
    is_contacts: bool = False

    @property
    def usual_columns(self) -> tuple[Column, ...]:
        """The columns that the stream has before a file is opened."""
        return self.columns or tuple(self.typed(self.key).values())

    def typed(self, names: Sequence[str]) -> dict[str, Column]:
        """Look columns up by name; unknown ones are text."""
        known = {column.name: column for column in (*self.columns, *self.known)}
        return {
            name: known.get(name) or Column(name, "text", "Custom column of the account") for name in names
        }


def export_kinds(
    *,
    contacts_pattern: str,
    contact_lists: Mapping[str, str] | None = None,
    table_exports: Mapping[str, Mapping[str, Any]] | None = None,
    column_names: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, ExportKind]:
    """Return the kinds by stream, those first whose patterns are looked at first.

    Args:
        contacts_pattern: Shell pattern of the one contact list, where `contact_lists` names none.
        contact_lists: Shell patterns by list name; list `us` becomes the stream `contacts_us`.
        table_exports: By stream, `file_pattern`, `key_columns` and `types` of exports of profile extension
            and supplemental tables.
        column_names: Layouts by stream of files without a header, in the place of the documented ones.
    """
    kinds = [_feed(stem) for stem in feeds()]
    kinds += [_table(stream, entry) for stream, entry in (table_exports or {}).items()]
    lists = {f"{CONTACTS}_{name.lower()}": pattern for name, pattern in (contact_lists or {}).items()}
    kinds += [
        _contacts(stream, pattern) for stream, pattern in (lists or {CONTACTS: contacts_pattern}).items()
    ]
    layouts = {stream: tuple(names) for stream, names in (column_names or {}).items()}
    return {kind.stream: replace(kind, layout=layouts.get(kind.stream, kind.layout)) for kind in kinds}


def stream_name_problems(
    contact_lists: Mapping[str, str], table_exports: Mapping[str, Any], taken: Sequence[str]
) -> list[str]:
    """Say what is wrong with the streams that settings name, a sentence each."""
    wanted = [(name, "contact_lists", f"{CONTACTS}_{name.lower()}") for name in contact_lists]
    wanted += [(name, "table_exports", name) for name in table_exports]
    found = [
        f"Setting {setting} has the name {name}; names are made of a-z, 0-9 and _."
        for name, setting, stream in wanted
        if not _STREAM_NAME.fullmatch(stream)
    ]
    occupied = {*taken, *(feed.stream_name for feed in feeds().values())}
    for name, setting, stream in wanted:
        if stream in occupied:
            found.append(f"Setting {setting} has the name {name}, which another stream has.")
        occupied.add(stream)
    return found


def _feed(stem: str) -> ExportKind:
    feed = feeds()[stem]
    return ExportKind(
        feed.stream_name,
        FEEDS_JOB,
        columns=feed.columns,
        known=feed.add_on_columns,
        layout=tuple(column.name for column in feed.columns),
    )


def _contacts(stream: str, pattern: str) -> ExportKind:
    return ExportKind(stream, stream, pattern, SYSTEM_FIELDS, key=(RIID,), is_contacts=True)


def _table(stream: str, entry: Mapping[str, Any]) -> ExportKind:
    types = {name.upper(): kind for name, kind in (entry.get("types") or {}).items()}
    typed = tuple(Column(name, kind, "Column of the table") for name, kind in types.items())
    return ExportKind(
        stream,
        stream,
        entry["file_pattern"],
        known=(*SYSTEM_FIELDS, *typed),
        key=tuple(name.upper() for name in entry.get("key_columns") or ()),
    )
