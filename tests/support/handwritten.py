"""A small account written by hand, as a loader leaves it in a warehouse.

In it: a row that stands twice in the exports, one that a loader wrote twice, an open stored two days late,
a message that bounces softly and then hard, recipients without address and without contact, a launch that
nothing is known of, and a contact who leaves and comes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from responsys_io.feeds import feeds
from responsys_io.profilelist import SYSTEM_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SQL_TYPES = {"integer": "BIGINT", "number": "NUMERIC", "timestamp": "TIMESTAMP", "text": "TEXT"}
BOOKKEEPING = (
    ("_sdc_source_file", "text"),
    ("_sdc_source_lineno", "integer"),
    ("_sdc_last_modified", "timestamp"),
)
SPRING, WELCOME, QUIET = 11, 12, 13
"""Campaigns; launches 71 and 73 are of SPRING, 72 of WELCOME, 74 of QUIET, 99 is in no LAUNCH_STATE."""

Row = dict[str, Any]


class Connection(Protocol):
    """What psycopg and DuckDB have in common."""

    def execute(self, query: Any, /) -> Any: ...


def event(launch: int | None, campaign: int | None, riid: int, at: str, stored: str = "", **more: Any) -> Row:
    """An event of March 2026; `at` and `stored` are day and time."""
    return {
        "ACCOUNT_ID": 1234,
        "RIID": riid,
        "EVENT_CAPTURED_DT": f"2026-03-{at}:00",
        "EVENT_STORED_DT": f"2026-03-{stored or at}:05",
        "CAMPAIGN_ID": campaign,
        "LAUNCH_ID": launch,
        **more,
    }


def state(launch: int, campaign: int, name: str, status: str, at: str, **more: Any) -> Row:
    return event(launch, campaign, 0, at, CAMPAIGN_NAME=name, LAUNCH_STATUS=status, **more)


SENT = [
    event(71, SPRING, 1, "01 09:00", EMAIL="ann@north.example"),
    event(71, SPRING, 2, "01 09:00", EMAIL="bob@north.example"),
    event(71, SPRING, 2, "01 09:00", EMAIL="bob@north.example"),
    event(71, SPRING, 3, "01 09:00", EMAIL=None),
    event(71, SPRING, 4, "01 09:00", EMAIL="dan@South.example"),
    event(71, SPRING, 5, "01 09:00", EMAIL="eve@south.example"),
    event(71, SPRING, 6, "01 09:00", EMAIL="fay@south.example"),
    event(72, WELCOME, 1, "01 10:00", EMAIL="ann@north.example"),
    event(72, WELCOME, 1, "02 10:00", EMAIL="ann@north.example"),
    event(73, SPRING, 2, "02 09:00", EMAIL="bob@north.example"),
    event(73, SPRING, 7, "02 09:00", EMAIL="gus@west.example"),
]
OPEN = [
    event(71, SPRING, 1, "01 09:10"),
    event(71, SPRING, 1, "01 09:10"),
    event(71, SPRING, 1, "01 09:20"),
    event(71, SPRING, 2, "02 08:00", stored="04 08:00"),
    event(71, SPRING, 3, "01 12:00"),
    event(72, WELCOME, 1, "01 10:30"),
    event(72, WELCOME, 1, "02 11:00"),
    event(99, SPRING, 2, "02 07:00"),
    event(71, SPRING, -1, "01 13:00"),
]
CLICK = [
    event(71, SPRING, 1, "01 09:11", OFFER_NAME="Boots"),
    event(71, SPRING, 1, "01 09:15", OFFER_NAME="Hats"),
    event(71, SPRING, 3, "01 12:01", OFFER_NAME="Boots"),
    event(72, WELCOME, 1, "02 11:01", OFFER_NAME="Tents"),
    event(73, SPRING, 2, "03 09:00", OFFER_NAME="Tents"),
]
BOUNCE = [
    event(71, SPRING, 6, "01 09:01", EMAIL="fay@south.example", BOUNCE_TYPE="H", REASON="USER_NOT_FOUND"),
    event(71, SPRING, 5, "01 09:02", EMAIL="eve@south.example", BOUNCE_TYPE="S", REASON="NO_REPLY_FROM_HOST"),
    event(71, SPRING, 5, "01 21:00", EMAIL="eve@south.example", BOUNCE_TYPE="S", REASON="NO_REPLY_FROM_HOST"),
    event(73, SPRING, 7, "02 09:05", EMAIL="gus@west.example", BOUNCE_TYPE="S", REASON="NO_REPLY_FROM_HOST"),
    event(73, SPRING, 7, "03 09:05", EMAIL="gus@west.example", BOUNCE_TYPE="H", REASON="HOST_NOT_FOUND"),
]
OPT_IN = [
    event(-1, -1, 2, "01 08:00", EMAIL="bob@north.example", SOURCE="Unknown"),
    event(-1, -1, 4, "03 15:00", EMAIL="dan@south.example", SOURCE="Unknown"),
]
OPT_OUT = [
    event(71, SPRING, 4, "01 15:00", EMAIL="dan@south.example", SOURCE="Unsubscribe Page/Link"),
    event(None, None, 5, "02 12:00", EMAIL="eve@south.example", SOURCE="UI - Data Viewer", REASON="DV:MERGE"),
]
LAUNCH_STATE = [
    state(71, SPRING, "Spring", "B", "01 08:58", LAUNCH_STARTED_DT="2026-03-01 08:58:00"),
    state(71, SPRING, "Spring", "C", "01 09:30", LAUNCH_COMPLETED_DT="2026-03-01 09:30:00"),
    state(71, SPRING, "Spring", "C", "01 09:30", LAUNCH_COMPLETED_DT="2026-03-01 09:30:00"),
    state(72, WELCOME, "Welcome", "C", "01 10:40", LAUNCH_STARTED_DT="2026-01-01 00:00:00"),
    state(72, WELCOME, "Welcome, new", "C", "02 10:40", LAUNCH_STARTED_DT="2026-01-01 00:00:00"),
    state(73, SPRING, "Spring again", "S", "02 08:59"),
    state(74, QUIET, "Quiet", "B", "03 08:00", LAUNCH_STARTED_DT="2026-03-03 08:00:00"),
]


def contact(
    riid: int, customer: str | None, email: str | None, status: str, modified: str, **more: Any
) -> Row:
    return {
        "RIID_": riid,
        "CUSTOMER_ID_": customer,
        "EMAIL_ADDRESS_": email,
        "EMAIL_PERMISSION_STATUS_": status,
        "EMAIL_DELIVERABILITY_STATUS_": "D",
        "CREATED_DATE_": "2026-01-05 10:00:00",
        "MODIFIED_DATE_": f"2026-{modified}:00",
        **more,
    }


CONTACTS = [
    contact(1, "C1", "ann@old.example", "O", "01-10 09:00"),  # an older export of the list, appended
    contact(1, "C1", "ann@north.example", "I", "02-10 09:00", EMAIL_DOMAIN_="north.example"),
    contact(2, "C2", "bob@north.example", "O", "03-02 20:00", EMAIL_DOMAIN_="north.example"),
    contact(3, "C3", None, "I", "02-10 09:00"),
    contact(4, "C4", "dan@South.example", "I", "03-03 15:00"),
    contact(5, None, "eve@south.example", "O", "03-02 12:00"),
    contact(6, "C6", "fay@south.example", "I", "03-01 09:01", EMAIL_DELIVERABILITY_STATUS_="U"),
    contact(9, "C9", "ida@north.example", "I", "02-10 09:00", _sdc_deleted_at="2026-03-02 06:00:00"),
]
CART_COLUMNS = {
    "customer_id": "TEXT",
    "sku": "TEXT",
    "product_name": "TEXT",
    "price": "NUMERIC(18, 2)",
    "image_url": "TEXT",
    "added_at": "TIMESTAMP",
    "ordered_at": "TIMESTAMP",
}
CART_ITEMS = [
    ("C1", "S1", "Boots", 40.5, "boots.jpg", "2026-03-03 09:00:00", None),
    ("C1", "S1", "Boots", 39.5, "boots.jpg", "2026-03-03 10:00:00", None),  # put in again, cheaper
    ("C1", "S2", "Hats", 9.99, "hats.jpg", "2026-03-03 10:00:00", "2026-03-03 11:00:00"),  # ordered
    ("C1", "S3", "Tents", 199, "tents.jpg", "2026-02-01 10:00:00", None),  # long ago
    ("C1", "S4", "Maps", 12, "maps.jpg", "2026-03-03 15:30:00", None),  # still shopping
    ("C4", "S1", "Boots", 39.5, "boots.jpg", "2026-03-02 10:00:00", None),
    ("C2", "S1", "Boots", 39.5, "boots.jpg", "2026-03-03 10:00:00", None),  # opted out
    ("C9", "S1", "Boots", 39.5, "boots.jpg", "2026-03-03 10:00:00", None),  # has left the list
]
STREAMS = {
    "sent": SENT,
    "open": OPEN,
    "click": CLICK,
    "bounce": BOUNCE,
    "opt_in": OPT_IN,
    "opt_out": OPT_OUT,
    "launch_state": LAUNCH_STATE,
    "contacts": CONTACTS,
}


def load(connection: Connection) -> None:
    """Write the account as target-postgres does: quoted names as in the exports, typed columns."""
    connection.execute("CREATE SCHEMA responsys")
    documented = {feed.stream_name: feed.columns for feed in feeds().values()}
    for stream, rows in STREAMS.items():
        columns = documented.get(stream, SYSTEM_FIELDS)
        types = {column.name: SQL_TYPES[column.type] for column in columns}
        types |= {name: SQL_TYPES[kind] for name, kind in (*BOOKKEEPING, ("_sdc_deleted_at", "timestamp"))}
        loaded = [
            {
                **row,
                "_sdc_source_file": f"1234_{stream.upper()}_20260304_060500.txt",
                "_sdc_source_lineno": number,
                "_sdc_last_modified": "2026-03-04 06:05:00",
            }
            for number, row in enumerate(rows, start=2)
        ]
        if stream == "open":  # what a loader that appends leaves after a crash
            loaded.append(loaded[-1])
        _table(
            connection, f'responsys."{stream}"', types, [[row.get(name) for name in types] for row in loaded]
        )
    connection.execute("CREATE SCHEMA shop")
    _table(connection, "shop.cart_items", CART_COLUMNS, CART_ITEMS)


def _table(connection: Connection, name: str, types: dict[str, str], rows: Iterable[Sequence[Any]]) -> None:
    columns = ", ".join(f'"{column}" {kind}' for column, kind in types.items())
    connection.execute(f"CREATE TABLE {name} ({columns})")
    values = ", ".join(f"({', '.join(map(_literal, row))})" for row in rows)
    connection.execute(f"INSERT INTO {name} VALUES {values}")  # noqa: S608 - our own values


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int | float) else f"'{value}'"
