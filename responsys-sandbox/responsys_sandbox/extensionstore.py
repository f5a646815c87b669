"""The profile extension tables of the account: at most one row for each member of their list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from responsys_sandbox.memberrows import Row, columns_text, list_id, read_row, read_table

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from responsys_sandbox.database import Database
    from responsys_sandbox.records import Outcome
    from responsys_sandbox.tables import Table

_FIND = "SELECT riid, data FROM extension_row WHERE extension_id = ?"


class ExtensionStore:
    """Profile extension tables; see `Store`. A list is given by its name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def extensions(self, list_name: str) -> list[Table]:
        """Return the extension tables of a list in the order of creation."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT folder, name, columns FROM profile_extension WHERE list_id = ? ORDER BY id",
                (list_id(db, list_name),),
            ).fetchall()
        return [read_table(*row) for row in rows]

    def find(self, list_name: str, name: str) -> Table | None:
        """Return the extension table of exactly that name, or None."""
        return next((extension for extension in self.extensions(list_name) if extension.name == name), None)

    def create(self, list_name: str, extension: Table) -> None:
        """Add an empty extension table.

        Raises:
            sqlite3.IntegrityError: the list has one of that name.
        """
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO profile_extension (list_id, folder, name, columns) VALUES (?, ?, ?, ?)",
                (list_id(db, list_name), extension.folder, extension.name, columns_text(extension.columns)),
            )

    def drop(self, list_name: str, extension: Table) -> None:
        """Remove an extension table and its rows."""
        with self._database.writing() as db:
            db.execute(
                "DELETE FROM profile_extension WHERE id = ?", (_extension_id(db, list_name, extension),)
            )

    def rows(self, list_name: str, extension: Table, riid: int | None = None) -> list[Row]:
        """Return the rows by RIID, or that of one member; None where empty."""
        with self._database.reading() as db:
            number = _extension_id(db, list_name, extension)
            found = (
                db.execute(_FIND + " ORDER BY riid", (number,))
                if riid is None
                else db.execute(_FIND + " AND riid = ?", (number, riid))
            ).fetchall()
        return [read_row(extension, *row) for row in found]

    def merge(
        self,
        list_name: str,
        extension: Table,
        records: Iterable[tuple[int, Mapping[str, str | None]]],
        *,
        insert: bool,
        update: bool,
        moment: str,
    ) -> list[Outcome]:
        """Merge records, each with the RIID of a member, in one transaction; see `Store.merge`."""
        with self._database.writing() as db:
            number = _extension_id(db, list_name, extension)
            return [
                _merge_row(db, number, riid, record, insert=insert, update=update, moment=moment)
                for riid, record in records
            ]

    def delete(self, list_name: str, extension: Table, riid: int) -> bool:
        """Delete the row of a member; say whether there was one."""
        with self._database.writing() as db:
            deleted = db.execute(
                "DELETE FROM extension_row WHERE extension_id = ? AND riid = ?",
                (_extension_id(db, list_name, extension), riid),
            )
            return deleted.rowcount > 0


def _extension_id(db: sqlite3.Connection, list_name: str, extension: Table) -> int:
    found = db.execute(
        "SELECT id FROM profile_extension WHERE list_id = ? AND name = ?",
        (list_id(db, list_name), extension.name),
    ).fetchone()
    if found is None:
        raise LookupError(f"no profile extension table {extension.name} of list {list_name}")
    return int(found[0])


def _merge_row(
    db: sqlite3.Connection,
    number: int,
    riid: int,
    record: Mapping[str, str | None],
    *,
    insert: bool,
    update: bool,
    moment: str,
) -> Outcome:
    found = db.execute(_FIND + " AND riid = ?", (number, riid)).fetchone()
    if found and not update:
        return "unchanged"
    if not found and not insert:
        return "unmatched"
    before = json.loads(found[1]) if found else {"CREATED_DATE_": moment}
    data = json.dumps({**before, **record, "MODIFIED_DATE_": moment})
    db.execute("INSERT OR REPLACE INTO extension_row VALUES (?, ?, ?)", (number, riid, data))
    return "updated" if found else "inserted"
