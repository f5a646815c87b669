"""The SQLite file behind the store: its tables, and how threads and processes share it."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SETTINGS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA foreign_keys = ON;
"""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS folder (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS supplemental_table (
    id INTEGER PRIMARY KEY, folder TEXT NOT NULL REFERENCES folder (name), name TEXT NOT NULL,
    columns TEXT NOT NULL, primary_key TEXT NOT NULL, UNIQUE (folder, name)
);
CREATE TABLE IF NOT EXISTS supplemental_row (
    id INTEGER PRIMARY KEY, table_id INTEGER NOT NULL REFERENCES supplemental_table (id) ON DELETE CASCADE,
    key TEXT, data TEXT NOT NULL, UNIQUE (table_id, key)
);
CREATE TABLE IF NOT EXISTS profile_list (
    id INTEGER PRIMARY KEY, folder TEXT NOT NULL, name TEXT NOT NULL UNIQUE, columns TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS list_member (
    list_id INTEGER NOT NULL REFERENCES profile_list (id), riid INTEGER NOT NULL UNIQUE, data TEXT NOT NULL,
    PRIMARY KEY (list_id, riid)
);
CREATE TABLE IF NOT EXISTS permission_change (
    id INTEGER PRIMARY KEY, list_id INTEGER NOT NULL REFERENCES profile_list (id), riid INTEGER NOT NULL,
    column_name TEXT NOT NULL, before TEXT, after TEXT
);
CREATE TABLE IF NOT EXISTS profile_extension (
    id INTEGER PRIMARY KEY, list_id INTEGER NOT NULL REFERENCES profile_list (id), folder TEXT NOT NULL,
    name TEXT NOT NULL, columns TEXT NOT NULL, UNIQUE (list_id, name)
);
CREATE TABLE IF NOT EXISTS extension_row (
    extension_id INTEGER NOT NULL REFERENCES profile_extension (id) ON DELETE CASCADE,
    riid INTEGER NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (extension_id, riid)
);
CREATE TABLE IF NOT EXISTS async_request (
    id TEXT PRIMARY KEY, accepted_at REAL NOT NULL, function TEXT NOT NULL, path TEXT NOT NULL,
    names TEXT NOT NULL, body BLOB NOT NULL, reference TEXT, processed_at REAL, status TEXT, response TEXT
);
CREATE TABLE IF NOT EXISTS connect_job (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, active INTEGER NOT NULL,
    settings TEXT
);
CREATE TABLE IF NOT EXISTS connect_run (
    id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES connect_job (id), started_at REAL NOT NULL,
    ended_at REAL, status TEXT NOT NULL, message TEXT NOT NULL, processed INTEGER NOT NULL,
    added INTEGER NOT NULL, updated INTEGER NOT NULL, rejected INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS token (token TEXT PRIMARY KEY, issued_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS request (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER,
    error_code TEXT, rows INTEGER NOT NULL, ms REAL NOT NULL
);
"""

_WAIT_FOR_OTHERS = 30.0


class Database:
    """One connection, used by one thread at a time; other processes wait for each other up to 30 s."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path, timeout=_WAIT_FOR_OTHERS, isolation_level=None, check_same_thread=False
        )
        self._connection.executescript(_SETTINGS)
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection for queries."""
        with self._lock:
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection for one transaction, undone when an exception leaves the block."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
