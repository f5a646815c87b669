"""The warehouse, PostgreSQL or DuckDB: rows per file, rejected rows, and the models of the dbt package."""

from __future__ import annotations

from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from responsys_status.coverage import feed_names
from responsys_status.masking import general, without_addresses
from responsys_status.sources import Figures, Source, Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_DUCKDB = "duckdb:"
_PATIENCE_MS = 300_000
_MOST_GROUPS = 200
_MOST_DAYS = 400
_FILE, _STREAM, _REASON = "_sdc_source_file", "stream", "reason"
COUNTS = ("sends", "delivered", "bounces", "unique_opens", "unique_clicks", "unique_unsubscribes")
RATES = ("open_rate", "click_rate", "click_to_open_rate", "bounce_rate", "unsubscribe_rate")
_MODELS = {
    "daily": "responsys__daily_overview",
    "campaigns": "responsys__campaign_overview",
    "domains": "responsys__domain_overview",
}


_LEADING = {"daily": ("day",), "campaigns": ("campaign_id", "campaign_name"), "domains": ("email_domain",)}

Table = tuple[str, str]
"""Schema and name, as the warehouse writes them."""


class Answers(Protocol):
    """Rows of a query."""

    def fetchall(self) -> Sequence[Sequence[Any]]:
        """Return all rows."""


class Connection(Protocol):
    """What PostgreSQL's and DuckDB's connections have in common."""

    def execute(self, query: Any, /) -> Answers:
        """Run a query."""

    def close(self) -> None:
        """Close it."""


@dataclass(frozen=True)
class Schemas:
    """Where the warehouse has what.

    Args:
        exports: Schema of the tables that the tap's streams are loaded into.
        models: Schema of the dbt package's models.
    """

    exports: str = "responsys"
    models: str = "engagement"


class UnreachableError(Exception):
    """The warehouse cannot be read; the text says why."""


def read_warehouse(url: str, schemas: Schemas) -> tuple[Warehouse | None, Source]:
    """Read what the page needs.

    Args:
        url: `postgresql://…`, `duckdb:path`, or a connection string of libpq.
        schemas: Where to look.

    Returns:
        What it holds, None where it cannot be read, and where it comes from.
    """
    place = "warehouse (DuckDB)" if url.startswith(_DUCKDB) else "warehouse (PostgreSQL)"
    try:
        with connected(url) as connection:
            return _Reader(connection).everything(schemas), Source(place)
    except UnreachableError as error:
        return None, Source(place, without_addresses(str(error)))


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Connect, for reading only; see `read_warehouse`.

    Raises:
        UnreachableError: That fails, or a query does.
    """
    name = "duckdb" if url.startswith(_DUCKDB) else "psycopg"
    try:
        driver = import_module(name)
    except ImportError as error:
        extra = "duckdb" if name == "duckdb" else "postgres"
        raise UnreachableError(
            f"its driver is not installed: pip install 'responsys-status[{extra}]'"
        ) from error
    try:
        with closing(_opened(driver, url)) as connection:
            yield connection
    except driver.Error as error:
        raise UnreachableError(_first_line(error)) from error


def _opened(driver: Any, url: str) -> Connection:
    connection: Connection
    if url.startswith(_DUCKDB):
        path = url.removeprefix(_DUCKDB)
        connection = driver.connect(path.removeprefix("//"), read_only=True)
    else:
        options = f"-c default_transaction_read_only=on -c statement_timeout={_PATIENCE_MS}"
        connection = driver.connect(url, connect_timeout=10, autocommit=True, options=options)
    return connection


def _first_line(error: Exception) -> str:
    """Return what went wrong; a driver's text has the password nowhere, but further lines have queries."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


class _Reader:
    """Reads through a connection, finding tables and columns whatever case a loader has given them.

    Names come from the catalogue of the database itself and are quoted.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def everything(self, schemas: Schemas) -> Warehouse:
        exports, models = self._tables(schemas.exports), self._tables(schemas.models)
        loaded = {
            stream: self._rows_by_file(exports[stream]) for stream in sorted(feed_names() & exports.keys())
        }
        figures = {
            part: self._figures(part, models[model]) if model in models else []
            for part, model in _MODELS.items()
        }
        return Warehouse(
            loaded=loaded,
            rejected=self._rejected(exports.get("rejected_rows")),
            missing_models=[f"{schemas.models}.{name}" for name in _MODELS.values() if name not in models],
            **figures,
        )

    def _tables(self, schema: str) -> dict[str, Table]:
        rows = self._all(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE lower(table_schema) =",
            _text(schema.lower()),
            "ORDER BY 1 DESC, 2 DESC",
        )
        return {name.lower(): (found, name) for found, name in rows}

    def _columns(self, table: Table) -> dict[str, str]:
        schema, name = table
        rows = self._all(
            "SELECT column_name FROM information_schema.columns WHERE table_schema =",
            _text(schema),
            "AND table_name =",
            _text(name),
        )
        return {column.lower(): _name(column) for (column,) in rows}

    def _rows_by_file(self, table: Table) -> dict[str, int]:
        columns = self._columns(table)
        if _FILE not in columns:
            return {}
        rows = self._all("SELECT", columns[_FILE], ", count(*) FROM", _name(*table), "GROUP BY 1")
        return {str(name): int(count) for name, count in rows}

    def _rejected(self, table: Table | None) -> dict[tuple[str, str, str], int]:
        counted: Counter[tuple[str, str, str]] = Counter()
        columns = self._columns(table) if table else {}
        if table and {_STREAM, _REASON, _FILE} <= columns.keys():
            names = ", ".join(columns[name] for name in (_STREAM, _FILE, _REASON))
            for stream, file, reason, count in self._all(
                "SELECT", names, ", count(*) FROM", _name(*table), "GROUP BY 1, 2, 3"
            ):
                counted[str(stream), str(file), general(str(reason))] += int(count)
        return dict(counted)

    def _figures(self, part: str, table: Table) -> list[Figures]:
        columns = self._columns(table)
        wanted = [name for name in (*_LEADING[part], *COUNTS, *RATES) if name in columns]
        order = "day DESC" if part == "daily" else f"sends DESC, {_LEADING[part][0]}"
        limit = _MOST_DAYS if part == "daily" else _MOST_GROUPS
        names = ", ".join(columns[name] for name in wanted)
        rows = self._all("SELECT", names, "FROM", _name(*table), "ORDER BY", order, "LIMIT", str(limit))
        found = [dict(zip(wanted, map(_plain, row), strict=True)) for row in rows]
        return [_named(part, row) for row in (reversed(found) if part == "daily" else found)]

    def _all(self, *query: str) -> Sequence[Sequence[Any]]:
        return self._connection.execute(" ".join(query)).fetchall()


def _named(part: str, row: Mapping[str, Any]) -> Figures:
    """Give a row the name that the page shows; days keep theirs."""
    figures = {name: row.get(name) for name in (*COUNTS, *RATES)}
    if part == "daily":
        return {"day": row["day"], **figures}
    if part == "domains":
        return {"name": without_addresses(str(row["email_domain"])), **figures}
    number = row["campaign_id"]
    name = row.get("campaign_name") or ("no campaign" if number == -1 else f"campaign {number}")
    return {"name": without_addresses(str(name)), "id": number, **figures}


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return float(value) if isinstance(value, Decimal) else value


def _name(*parts: str) -> str:
    """Return a name as SQL takes it, whatever characters it has."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
