"""Rows that belong to a recipient, as SQL: JSON objects whose null or absent columns are empty."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from responsys_sandbox.profilelists import HASHES
from responsys_sandbox.tables import Column, Table

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

Row = dict[str, str | None]

_WITHOUT_CASE = ("EMAIL_ADDRESS_", *HASHES)
_INDEXED = ("CUSTOMER_ID_", "EMAIL_ADDRESS_", "MOBILE_NUMBER_", *HASHES)


def columns_text(columns: Iterable[Column]) -> str:
    """Return columns as the database keeps them."""
    return json.dumps([[column.name, column.type] for column in columns])


def read_table(folder: str, name: str, columns: str) -> Table:
    """Return a list or an extension table out of the database; its key is the recipient id."""
    return Table(folder, name, tuple(Column(*column) for column in json.loads(columns)), ("RIID_",))


def read_row(table: Table, riid: int, data: str) -> Row:
    """Return a row with every column of its table, None where empty."""
    values = json.loads(data) | {"RIID_": str(riid)}
    return {column.name: values.get(column.name) for column in table.columns}


def list_id(db: sqlite3.Connection, name: str) -> int:
    """Return the number of a list.

    Raises:
        LookupError: no such list.
    """
    found = db.execute("SELECT id FROM profile_list WHERE name = ?", (name,)).fetchone()
    if found is None:
        raise LookupError(f"no profile list {name}")
    return int(found[0])


def matching(db: sqlite3.Connection, number: int, wanted: Mapping[str, str]) -> list[tuple[int, str]]:
    """Return RIID and data of a list's members that have all these values in identity columns, by RIID."""
    conditions = "".join(f" AND {_expression(name)} = {_bound(name)}" for name in wanted)
    values = [_normal(name, value) for name, value in wanted.items()]
    return db.execute(
        f"SELECT riid, data FROM list_member WHERE list_id = ?{conditions} ORDER BY riid",  # noqa: S608
        (number, *values),
    ).fetchall()


def make_indexes(db: sqlite3.Connection) -> None:
    """Have members found quickly by what identifies them."""
    for name in _INDEXED:
        db.execute(
            f"CREATE INDEX IF NOT EXISTS member_{name.lower()} ON list_member (list_id, {_expression(name)})"
        )


def _expression(name: str) -> str:
    if name == "RIID_":
        return "riid"
    if name not in _INDEXED:
        raise ValueError(f"{name} identifies nobody")
    stored = f"json_extract(data, '$.{name}')"
    return f"lower({stored})" if name in _WITHOUT_CASE else stored


def _normal(name: str, value: str) -> str | int:
    if name == "RIID_":
        return int(value)
    return value.removeprefix("+") if name == "MOBILE_NUMBER_" else value


def _bound(name: str) -> str:
    return "lower(?)" if name in _WITHOUT_CASE else "?"
