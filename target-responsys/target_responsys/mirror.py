"""Who is in an audience: the keys of the rows delivered, kept from run to run, since Responsys lists none.

A key is noted before its row is sent and forgotten after its row is deleted: the file may know of a row that
is not there, never the other way round.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from responsys_io.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_responsys.batches import Key

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS audience (
        id INTEGER PRIMARY KEY,
        folder TEXT NOT NULL,
        name TEXT NOT NULL,
        campaign TEXT NOT NULL,
        key_columns TEXT NOT NULL,
        UNIQUE (folder, name, campaign, key_columns)
    );
    CREATE TABLE IF NOT EXISTS member (
        audience INTEGER NOT NULL REFERENCES audience,
        key TEXT NOT NULL,
        stream TEXT NOT NULL,
        run TEXT NOT NULL,
        version INTEGER,
        PRIMARY KEY (audience, key)
    ) WITHOUT ROWID;
"""
_NOTE = """
    INSERT INTO member (audience, key, stream, run, version) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET stream = excluded.stream, run = excluded.run, version = excluded.version
"""
_PAGE = 1000
_PATIENCE_SECONDS = 10.0


class MirrorState:
    """The file with the keys, readable for its owner only.

    Args:
        path: Where it is; made when it is not there.
        run: Id of this run.

    Raises:
        SettingsError: RSYS-1021 when it cannot be used.
    """

    def __init__(self, path: str, run: str) -> None:
        self.path = Path(path).expanduser()
        self._run = run
        with self._usable():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(self.path, timeout=_PATIENCE_SECONDS, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            # Keys that are forgotten, for example of people who are erased, leave no trace in the file.
            self._db.execute("PRAGMA secure_delete = ON")
            self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def audience(self, folder: str, table: str, campaign: str, key_columns: Sequence[str]) -> Audience:
        """Return the audience of a campaign in a table; one of another key is another audience."""
        names = (folder, table, campaign, json.dumps(key_columns))
        with self._usable():
            self._db.execute(
                "INSERT OR IGNORE INTO audience (folder, name, campaign, key_columns) VALUES (?, ?, ?, ?)",
                names,
            )
            (number,) = self._db.execute(
                "SELECT id FROM audience WHERE (folder, name, campaign, key_columns) = (?, ?, ?, ?)", names
            ).fetchone()
        return Audience(self, number)

    def note(self, audience: int, keys: Iterable[Key], stream: str, version: int | None) -> None:
        """See `Audience.note`."""
        rows = [(audience, json.dumps(key), stream, self._run, version) for key in keys]
        with self._usable(), self._transaction():
            self._db.executemany(_NOTE, rows)

    def forget(self, audience: int, keys: Iterable[Key]) -> None:
        """See `Audience.forget`."""
        rows = [(audience, json.dumps(key)) for key in keys]
        with self._usable(), self._transaction():
            self._db.executemany("DELETE FROM member WHERE audience = ? AND key = ?", rows)

    def erase(self, folder: str, table: str, key_columns: Sequence[str], keys: Iterable[Key]) -> None:
        """Forget rows of a table, whatever campaign they belong to."""
        with self._usable():
            audiences = self._db.execute(
                "SELECT id FROM audience WHERE (folder, name, key_columns) = (?, ?, ?)",
                (folder, table, json.dumps(key_columns)),
            ).fetchall()
        known = list(keys)
        for (number,) in audiences:
            self.forget(number, known)

    def count(self, audience: int, *, of_this_run: bool) -> int:
        """Return how many members this run, or earlier ones, have delivered last."""
        condition = "run = ?" if of_this_run else "run <> ?"
        with self._usable():
            (number,) = self._db.execute(
                f"SELECT count(*) FROM member WHERE audience = ? AND {condition}",  # noqa: S608  constants
                (audience, self._run),
            ).fetchone()
        return int(number)

    def leavers(self, audience: int) -> Iterator[Key]:
        """See `Audience.leavers`."""
        return self._pages(audience, "run <> ?", (self._run,))

    def outdated(self, audience: int, stream: str, version: int) -> Iterator[Key]:
        """See `Audience.outdated`."""
        return self._pages(audience, "stream = ? AND version IS NOT ?", (stream, version))

    def _pages(self, audience: int, condition: str, values: tuple[str | int, ...]) -> Iterator[Key]:
        """Yield keys, which may be forgotten meanwhile, without holding all of them."""
        last = ""
        query = (
            f"SELECT key FROM member WHERE audience = ? AND key > ? AND {condition} "  # noqa: S608  constants
            f"ORDER BY key LIMIT {_PAGE}"
        )
        while True:
            with self._usable():
                page = [text for (text,) in self._db.execute(query, (audience, last, *values))]
            yield from (tuple(json.loads(text)) for text in page)
            if len(page) < _PAGE:
                return
            last = page[-1]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextlib.contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise SettingsError(
                "RSYS-1021",
                f"mirror_state_file {self.path} cannot be used: {reason}.",
                "Check its folder, its permissions and the free space, and that no other run uses it.",
            ) from error


@dataclass(frozen=True)
class Audience:
    """The members of a campaign in a table, as far as runs with this file have delivered them."""

    state: MirrorState
    number: int

    def note(self, keys: Iterable[Key], stream: str, version: int | None = None) -> None:
        """Note rows that this run is about to send, with the version of their stream."""
        self.state.note(self.number, keys, stream, version)

    def forget(self, key: Key) -> None:
        """Forget a row that is not there any more."""
        self.state.forget(self.number, [key])

    @property
    def arrived(self) -> int:
        """Members that this run has brought."""
        return self.state.count(self.number, of_this_run=True)

    @property
    def missing(self) -> int:
        """Members that earlier runs have brought and this one has not."""
        return self.state.count(self.number, of_this_run=False)

    def leavers(self) -> Iterator[Key]:
        """Yield the keys of those who are missing from this run."""
        return self.state.leavers(self.number)

    def outdated(self, stream: str, version: int) -> Iterator[Key]:
        """Yield the keys of a stream's rows that are of another version."""
        return self.state.outdated(self.number, stream, version)
