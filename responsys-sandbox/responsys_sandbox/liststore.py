"""The profile lists of the account and their members."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from responsys_sandbox.memberrows import (
    Row,
    columns_text,
    list_id,
    make_indexes,
    matching,
    read_row,
    read_table,
)
from responsys_sandbox.profilelists import PERMISSIONS, derived_values

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from responsys_sandbox.database import Database
    from responsys_sandbox.records import Outcome
    from responsys_sandbox.tables import Table

_FIRST_RIID = 8_000_000_001
"""Recipient ids that the API gives lie far above those of the simulated contacts."""

_SAVE = "INSERT INTO list_member VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data"


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of a record of a list merge.

    Attributes:
        outcome: as for supplemental tables; `ambiguous` met several members and changed none.
        riid: the member's recipient id, None where there is no one.
    """

    outcome: Outcome | Literal["ambiguous"]
    riid: int | None


@dataclass(frozen=True, slots=True)
class PermissionChange:
    """A member's permission status as a merge has changed it; `before` is None for a new member."""

    riid: int
    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMerge:
    """How records are merged into a list.

    Attributes:
        match: identity columns that all have to be equal.
        insert: insert records that match no member.
        update: overwrite the member that matches.
        defaults: permission statuses for records that do not give them.
        defaults_on_update: whether members that are there already get those too.
        moment: what CREATED_DATE_ and MODIFIED_DATE_ become.
    """

    match: Sequence[str]
    insert: bool
    update: bool
    defaults: Mapping[str, str]
    defaults_on_update: bool
    moment: str


class ListStore:
    """Profile lists; see `Store`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.writing() as db:
            make_indexes(db)

    def lists(self) -> list[Table]:
        """Return every list in the order of creation."""
        with self._database.reading() as db:
            rows = db.execute("SELECT folder, name, columns FROM profile_list ORDER BY id").fetchall()
        return [read_table(*row) for row in rows]

    def find(self, name: str) -> Table | None:
        """Return the list of exactly that name, or None."""
        return next((profile_list for profile_list in self.lists() if profile_list.name == name), None)

    def add_list(self, profile_list: Table) -> None:
        """Make an empty list, unless there is one of that name."""
        with self._database.writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO profile_list (folder, name, columns) VALUES (?, ?, ?)",
                (profile_list.folder, profile_list.name, columns_text(profile_list.columns)),
            )

    def add_members(self, profile_list: Table, rows: Iterable[Mapping[str, str | None]]) -> None:
        """Put whole members with their own RIID_ into a list, in place of those with the same one."""
        with self._database.writing() as db:
            number = list_id(db, profile_list.name)
            db.executemany(
                _SAVE,
                (
                    (number, int(row["RIID_"] or 0), json.dumps({**row, **derived_values(row)}))
                    for row in rows
                ),
            )

    def members(self, profile_list: Table, wanted: Mapping[str, str] | None = None) -> list[Row]:
        """Return members by RIID, all or those with these values in identity columns; None where empty."""
        with self._database.reading() as db:
            found = matching(db, list_id(db, profile_list.name), wanted or {})
        return [read_row(profile_list, *member) for member in found]

    def count(self, profile_list: Table) -> int:
        """Return how many members a list has."""
        with self._database.reading() as db:
            number = list_id(db, profile_list.name)
            found = db.execute("SELECT count(*) FROM list_member WHERE list_id = ?", (number,)).fetchone()
        return int(found[0])

    def delete(self, profile_list: Table, riid: int, *, with_extension_rows: bool = True) -> bool:
        """Delete a member, with its rows in extension tables or without; say whether there was one."""
        with self._database.writing() as db:
            deleted = db.execute(
                "DELETE FROM list_member WHERE list_id = ? AND riid = ?",
                (list_id(db, profile_list.name), riid),
            ).rowcount
            if deleted and with_extension_rows:
                db.execute("DELETE FROM extension_row WHERE riid = ?", (riid,))
            return deleted > 0

    def merge(
        self, profile_list: Table, records: Iterable[Mapping[str, str | None]], how: ListMerge
    ) -> list[Merged]:
        """Merge records in one transaction.

        Args:
            profile_list: a list of this store.
            records: the normal form of each value by column name, those of `how.match` filled. None empties
                a column; a column that is not named stays as it is.
            how: the rule.

        Returns:
            One result per record.
        """
        with self._database.writing() as db:
            number = list_id(db, profile_list.name)
            return [_merge_record(db, number, record, how) for record in records]

    def permission_changes(self, profile_list: Table) -> list[PermissionChange]:
        """Return what merges have done to permission statuses, oldest first; new members count."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT riid, column_name, before, after FROM permission_change"
                " WHERE list_id = ? ORDER BY id",
                (list_id(db, profile_list.name),),
            ).fetchall()
        return [PermissionChange(*row) for row in rows]


def _merge_record(
    db: sqlite3.Connection, number: int, record: Mapping[str, str | None], how: ListMerge
) -> Merged:
    found = matching(db, number, {name: record[name] or "" for name in how.match})
    if len(found) > 1:
        return Merged("ambiguous", None)
    if not found and (not how.insert or "RIID_" in how.match):
        return Merged("unmatched", None)
    if found and not how.update:
        return Merged("unchanged", found[0][0])
    riid = found[0][0] if found else _next_riid(db)
    before = json.loads(found[0][1]) if found else {}
    change = {"MODIFIED_DATE_": how.moment, **_given(record), **derived_values(record)}
    if not found:
        change["CREATED_DATE_"] = how.moment
    if not found or how.defaults_on_update:
        change |= {name: status for name, status in how.defaults.items() if name not in record}
    after = {**before, **change}
    db.execute(_SAVE, (number, riid, json.dumps(after)))
    db.executemany(
        "INSERT INTO permission_change (list_id, riid, column_name, before, after) VALUES (?, ?, ?, ?, ?)",
        (
            (number, riid, column, before.get(column), after.get(column))
            for column in PERMISSIONS.values()
            if before.get(column) != after.get(column)
        ),
    )
    return Merged("updated" if found else "inserted", riid)


def _given(record: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return what a record may set: neither the recipient id nor the system's own times."""
    return {
        name: value
        for name, value in record.items()
        if name not in {"RIID_", "CREATED_DATE_", "MODIFIED_DATE_"}
    }


def _next_riid(db: sqlite3.Connection) -> int:
    # Not even that of a deleted member whose rows in extension tables are still there.
    (highest,) = db.execute(
        "SELECT max(riid) FROM (SELECT riid FROM list_member UNION SELECT riid FROM extension_row)"
    ).fetchone()
    return max(_FIRST_RIID, (highest or 0) + 1)
