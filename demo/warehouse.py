"""The warehouse: what has arrived in it, the shop that stands in it, and how large its audiences are."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

EXPORTS = "responsys"
AUDIENCES = "audiences"
_EVERY_ROW = sql.SQL("true")
_SHOP_SQL = Path(__file__).with_name("shop.sql")


class Warehouse:
    """Reads and writes the demo's PostgreSQL database.

    Args:
        url: Address of the database, as libpq takes it.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def rows_by_stream(self, since: datetime | None = None) -> Counter[str]:
        """Count the rows of every table that the exports were loaded into.

        Args:
            since: Only rows that were written at this moment or later, in whichever run first or again.
        """
        with psycopg.connect(self._url) as connection:
            tables = connection.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", [EXPORTS]
            ).fetchall()
            written = sql.SQL("_sdc_batched_at >= {}").format(_utc(since)) if since else _EVERY_ROW
            return Counter({name: _count(connection, EXPORTS, name, written) for (name,) in tables})

    def fill_carts(self) -> None:
        """Make the shop of `shop.sql`: carts of those who have clicked."""
        with psycopg.connect(self._url) as connection:
            connection.execute(_SHOP_SQL.read_bytes())

    def audience_rows(self, audience: str) -> int:
        """Count the rows of an audience."""
        with psycopg.connect(self._url) as connection:
            return _count(connection, AUDIENCES, audience)


def _count(
    connection: psycopg.Connection, schema: str, name: str, condition: sql.Composable = _EVERY_ROW
) -> int:
    query = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(sql.Identifier(schema, name), condition)
    found: tuple[int] | None = connection.execute(query).fetchone()
    return found[0] if found else 0


def _utc(moment: datetime) -> sql.Literal:
    """The moment as target-postgres writes it: UTC, without saying so."""
    return sql.Literal(moment.astimezone(UTC).replace(tzinfo=None))
