"""The account's memory in one SQLite file: folders, supplemental tables, tokens, requests, and the rest."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Self

from responsys_sandbox.asyncstore import AsyncStore
from responsys_sandbox.database import Database
from responsys_sandbox.extensionstore import ExtensionStore
from responsys_sandbox.jobstore import JobStore
from responsys_sandbox.liststore import ListStore
from responsys_sandbox.records import Outcome, key_of, merge_record
from responsys_sandbox.tables import Column, Table

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

Row = dict[str, str | None]
_TABLE = "SELECT folder, name, columns, primary_key FROM supplemental_table"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of the account."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One REST call as the log keeps it: no query string, no body, no token.

    `at` is in epoch seconds, `ms` the time taken; `status` is None where the connection was dropped
    without an answer; `rows` counts the records the call carried.
    """

    at: float
    method: str
    path: str
    status: int | None
    error_code: str | None
    rows: int
    ms: float


class Store:
    """One account's data in `path`.

    Safe to share between threads, and between processes: a second Store on the same file sees every
    finished change.

    Attributes:
        path: the file.
        lists: the profile lists and their members.
        extensions: the profile extension tables of the lists.
        asynchronous: the requests that were queued.
        jobs: the jobs of Connect and their runs.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = Database(path)
        self.lists = ListStore(self._database)
        self.extensions = ExtensionStore(self._database)
        self.asynchronous = AsyncStore(self._database)
        self.jobs = JobStore(self._database)

    def close(self) -> None:
        """Close the file; the Store cannot be used afterwards."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def folders(self) -> list[Folder]:
        """Return the folders in the order of their creation."""
        with self._database.reading() as db:
            return [Folder(*row) for row in db.execute("SELECT id, name FROM folder ORDER BY id")]

    def folder(self, name: str) -> Folder | None:
        """Return the folder of exactly that name, or None."""
        return next((folder for folder in self.folders() if folder.name == name), None)

    def add_folder(self, name: str) -> Folder:
        """Make a folder, or return the one that is there."""
        with self._database.writing() as db:
            db.execute("INSERT OR IGNORE INTO folder (name) VALUES (?)", (name,))
            return Folder(*db.execute("SELECT id, name FROM folder WHERE name = ?", (name,)).fetchone())

    def tables(self) -> list[Table]:
        """Return every supplemental table in the order of creation."""
        with self._database.reading() as db:
            rows = db.execute(_TABLE + " ORDER BY id").fetchall()
        return [_table(*row) for row in rows]

    def table(self, folder: str, name: str) -> Table | None:
        """Return one supplemental table, or None."""
        with self._database.reading() as db:
            row = db.execute(_TABLE + " WHERE folder = ? AND name = ?", (folder, name)).fetchone()
        return _table(*row) if row else None

    def create_table(self, table: Table) -> None:
        """Add an empty table, and its folder where that is missing (the API checks folders itself).

        Raises:
            sqlite3.IntegrityError: the folder has a table of that name.
        """
        self.add_folder(table.folder)
        columns = [[column.name, column.type, column.data_extraction_key] for column in table.columns]
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO supplemental_table (folder, name, columns, primary_key) VALUES (?, ?, ?, ?)",
                (table.folder, table.name, json.dumps(columns), json.dumps(table.primary_key)),
            )

    def move_table(self, table: Table, folder: str, name: str) -> None:
        """Rename a table or move it to another existing folder, with its rows.

        Raises:
            sqlite3.IntegrityError: the name is taken, or the folder missing.
        """
        with self._database.writing() as db:
            db.execute(
                "UPDATE supplemental_table SET folder = ?, name = ? WHERE id = ?",
                (folder, name, _table_id(db, table.folder, table.name)),
            )

    def drop_table(self, table: Table) -> None:
        """Remove a table and its rows."""
        with self._database.writing() as db:
            db.execute(
                "DELETE FROM supplemental_table WHERE id = ?", (_table_id(db, table.folder, table.name),)
            )

    def rows(self, folder: str, table: str, most: int = -1) -> list[Row]:
        """Return a table's rows in the order of their insertion, every column present, None where empty.

        Args:
            folder: its folder.
            table: its name.
            most: how many rows at most; all of them below 0.

        Raises:
            LookupError: no such table.
        """
        with self._database.reading() as db:
            names = _column_names(db, folder, table)
            found = db.execute(
                "SELECT data FROM supplemental_row WHERE table_id = ? ORDER BY id LIMIT ?",
                (_table_id(db, folder, table), most),
            ).fetchall()
        return [_row(names, data) for (data,) in found]

    def row_count(self, folder: str, table: str) -> int:
        """Return how many rows a table has.

        Raises:
            LookupError: no such table.
        """
        with self._database.reading() as db:
            (count,) = db.execute(
                "SELECT count(*) FROM supplemental_row WHERE table_id = ?",
                (_table_id(db, folder, table),),
            ).fetchone()
        return int(count)

    def read_row(self, table: Table, key: Sequence[str]) -> Row | None:
        """Return the row with that primary key (normal forms, in the key's own order), or None."""
        with self._database.reading() as db:
            found = db.execute(
                "SELECT data FROM supplemental_row WHERE table_id = ? AND key = ?",
                (_table_id(db, table.folder, table.name), key_of(key)),
            ).fetchone()
        return _row([column.name for column in table.columns], found[0]) if found else None

    def delete_row(self, table: Table, key: Sequence[str]) -> bool:
        """Delete the row with that primary key; say whether there was one."""
        with self._database.writing() as db:
            deleted = db.execute(
                "DELETE FROM supplemental_row WHERE table_id = ? AND key = ?",
                (_table_id(db, table.folder, table.name), key_of(key)),
            )
            return deleted.rowcount > 0

    def merge(
        self,
        table: Table,
        records: Iterable[Mapping[str, str | None]],
        *,
        match: Sequence[str] = (),
        insert: bool = True,
        update: bool = True,
    ) -> list[Outcome]:
        """Merge records by the primary key, or by the columns `match` in a table without one.

        All or nothing: an exception raised by `records` leaves the table as it was.

        Args:
            table: a table of this store.
            records: the normal form of each value by column name. None empties a column; a column that is
                not named stays as it is.
            match: columns to match on in a table without a primary key; empty inserts every record.
            insert: insert records that match no row.
            update: overwrite the rows that match.

        Returns:
            One outcome per record.
        """
        with self._database.writing() as db:
            table_id = _table_id(db, table.folder, table.name)
            return [
                merge_record(db, table_id, table, record, match=match, insert=insert, update=update)
                for record in records
            ]

    def replace_rows(self, table: Table, records: Iterable[Mapping[str, str | None]]) -> list[Outcome]:
        """Empty the table and fill it with these records, in one transaction; see `merge`."""
        with self._database.writing() as db:
            table_id = _table_id(db, table.folder, table.name)
            db.execute("DELETE FROM supplemental_row WHERE table_id = ?", (table_id,))
            return [
                merge_record(db, table_id, table, record, match=(), insert=True, update=True)
                for record in records
            ]

    def save_token(self, token: str, issued_at: float) -> None:
        """Remember an authentication token and when it was issued (epoch seconds)."""
        with self._database.writing() as db:
            db.execute("INSERT INTO token VALUES (?, ?)", (token, issued_at))

    def token_issued_at(self, token: str) -> float | None:
        """Return when the token was issued (epoch seconds), or None for an unknown one."""
        with self._database.reading() as db:
            found = db.execute("SELECT issued_at FROM token WHERE token = ?", (token,)).fetchone()
        return found[0] if found else None

    def revoke_tokens(self) -> None:
        """Forget every token."""
        with self._database.writing() as db:
            db.execute("DELETE FROM token")

    def log_request(self, request: LoggedRequest) -> None:
        """Append to the request log."""
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO request (at, method, path, status, error_code, rows, ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                astuple(request),
            )

    def requests(self, last: int = -1) -> list[LoggedRequest]:
        """Return the request log, oldest first: the `last` requests, or all of them below 0."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT at, method, path, status, error_code, rows, ms FROM request ORDER BY id DESC LIMIT ?",
                (last,),
            ).fetchall()
        return [LoggedRequest(*row) for row in reversed(rows)]

    def request_count(self) -> int:
        """Return how many requests the log has."""
        with self._database.reading() as db:
            return int(db.execute("SELECT count(*) FROM request").fetchone()[0])


def _table(folder: str, name: str, columns: str, primary_key: str) -> Table:
    return Table(
        folder, name, tuple(Column(*column) for column in json.loads(columns)), tuple(json.loads(primary_key))
    )


def _table_id(db: sqlite3.Connection, folder: str, name: str) -> int:
    found = db.execute(
        "SELECT id FROM supplemental_table WHERE folder = ? AND name = ?", (folder, name)
    ).fetchone()
    if found is None:
        raise LookupError(f"no supplemental table {name} in folder {folder}")
    return int(found[0])


def _column_names(db: sqlite3.Connection, folder: str, name: str) -> list[str]:
    found = db.execute(
        "SELECT columns FROM supplemental_table WHERE folder = ? AND name = ?", (folder, name)
    ).fetchone()
    return [column[0] for column in json.loads(found[0])] if found else []


def _row(names: Iterable[str], data: str) -> Row:
    values = json.loads(data)
    return {name: values.get(name) for name in names}
