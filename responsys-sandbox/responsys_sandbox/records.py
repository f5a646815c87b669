"""One record into the rows of a supplemental table, as SQL.

Rows are JSON objects: an update is `json_patch`, in which null empties a column and an absent column is left
as it was, which is what Responsys does. The key is the JSON list of the key columns' values; rows of a table
without a key have none.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from responsys_sandbox.tables import Table

Outcome = Literal["inserted", "updated", "unchanged", "unmatched"]
"""What a merge did: `unchanged` met a row it may not update, `unmatched` found none to update."""

_BY_KEY = {
    "find": "SELECT 1 FROM supplemental_row WHERE table_id = ? AND key = ?",
    "update": "UPDATE supplemental_row SET data = json_patch(data, ?) WHERE table_id = ? AND key = ?",
}
_BY_COLUMNS = {
    "find": """
        SELECT 1 FROM supplemental_row WHERE table_id = ? AND NOT EXISTS (
            SELECT 1 FROM json_each(?) AS wanted
            WHERE json_extract(supplemental_row.data, '$."' || wanted.key || '"') IS NOT wanted.value
        )""",
    "update": """
        UPDATE supplemental_row SET data = json_patch(data, ?) WHERE table_id = ? AND NOT EXISTS (
            SELECT 1 FROM json_each(?) AS wanted
            WHERE json_extract(supplemental_row.data, '$."' || wanted.key || '"') IS NOT wanted.value
        )""",
}
_INSERT = "INSERT INTO supplemental_row (table_id, key, data) VALUES (?, ?, ?)"


def key_of(values: Sequence[str | None]) -> str:
    """Return the stored form of a primary key."""
    return json.dumps(list(values))


def merge_record(
    db: sqlite3.Connection,
    table_id: int,
    table: Table,
    record: Mapping[str, str | None],
    *,
    match: Sequence[str],
    insert: bool,
    update: bool,
) -> Outcome:
    """Insert or update one record; the arguments are those of `Store.merge`.

    Raises:
        KeyError: the record lacks a column of the key, or of `match`.
    """
    data = json.dumps(record)
    if table.primary_key:
        statements = _BY_KEY
        key = wanted = key_of([record[name] for name in table.primary_key])
    else:
        statements = _BY_COLUMNS
        key, wanted = None, json.dumps({name: record[name] for name in match})
    if key is not None or match:
        if update:
            known = db.execute(statements["update"], (data, table_id, wanted)).rowcount > 0
        else:
            known = db.execute(statements["find"], (table_id, wanted)).fetchone() is not None
        if known:
            return "updated" if update else "unchanged"
    if not insert:
        return "unmatched"
    db.execute(_INSERT, (table_id, key, data))
    return "inserted"
