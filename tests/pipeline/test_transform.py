"""The dbt package on PostgreSQL and DuckDB, with figures computed by hand from support/handwritten.py."""

from __future__ import annotations

from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest
from demo.project import MeltanoError, Project
from support import handwritten
from support.handwritten import QUIET, SPRING, WELCOME

from responsys_status.readwarehouse import Schemas, read_warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from demo.postgres import Postgres
    from support.handwritten import Connection

    Rows = list[tuple[Any, ...]]

pytestmark = [pytest.mark.pipeline, pytest.mark.timeout(600)]

TABLES = {
    "engagement.responsys__events_enhanced": "event_key",
    "engagement.responsys__campaign_overview": "campaign_id",
    "engagement.responsys__launch_overview": "launch_id",
    "engagement.responsys__contact_engagement": "riid",
    "engagement.responsys__daily_overview": "day",
    "engagement.responsys__domain_overview": "email_domain",
    "engagement.responsys__domain_daily_overview": "email_domain, day",
    "engagement.responsys__subscription_history": "riid, period",
    "audiences.store_locator": "customer_id",
    "audiences.abandoned_cart": "customer_id, sku",
    "audiences.abandoned_browse": "customer_id",
}
# How other loaders keep times; a session's zone must not matter.
OTHER_TYPES = (
    "ALTER DATABASE postgres SET timezone TO 'Asia/Tokyo'",
    """ALTER TABLE responsys.open ALTER "EVENT_CAPTURED_DT" TYPE TIMESTAMPTZ
       USING "EVENT_CAPTURED_DT" AT TIME ZONE 'UTC'""",
    """ALTER TABLE responsys.click ALTER "EVENT_CAPTURED_DT" TYPE TEXT
       USING to_char("EVENT_CAPTURED_DT", 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
    'ALTER TABLE responsys.contacts ALTER "MODIFIED_DATE_" TYPE TEXT',
)
MESSAGES = (
    "sends, delivered, bounces, hard_bounces, soft_bounces, unique_opens, unique_clicks, unique_unsubscribes"
)
TOTALS = "total_bounces, total_opens, total_clicks, total_unsubscribes, total_subscribes"
RATES = ", ".join(
    f"{name}_rate"
    for name in ("delivery", "bounce", "hard_bounce", "open", "click", "click_to_open", "unsubscribe")
)


@pytest.fixture(scope="module")
def transform(
    installed_plugins: None,  # noqa: ARG001
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Project:
    folder = tmp_path_factory.mktemp("transform")
    database = {"DBT_DUCKDB_PATH": str(folder / "warehouse.duckdb")}
    return Project(folder / "system", {**postgres.settings, **database})


@pytest.fixture(scope="module")
def on_postgres(transform: Project, postgres: Postgres) -> Iterator[Connection]:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        handwritten.load(connection)
        for change in OTHER_TYPES:
            connection.execute(change)
        transform.run("models")
        yield connection


@pytest.fixture(scope="module")
def on_duckdb(transform: Project) -> Iterator[Connection]:
    path = transform.variables["DBT_DUCKDB_PATH"]
    with closing(duckdb.connect(path)) as connection:
        handwritten.load(connection)
    transform.invoke("dbt-duckdb:build")
    with closing(duckdb.connect(path, read_only=True)) as connection:
        yield connection


@pytest.fixture(params=["on_postgres", "on_duckdb"])
def warehouse(request: pytest.FixtureRequest) -> Connection:
    connection: Connection = request.getfixturevalue(request.param)
    return connection


@pytest.fixture
def select(warehouse: Connection) -> Callable[[str, str], Rows]:
    def rows(columns: str, model: str) -> Rows:
        table = f"engagement.responsys__{model}"
        return selected(warehouse, columns, table)

    return rows


def selected(connection: Connection, columns: str, table: str, rest: str = "ORDER BY 1, 2") -> Rows:
    query = f"SELECT {columns} FROM {table} {rest}"  # noqa: S608 - our own words
    return [tuple(row) for row in connection.execute(query).fetchall()]


def at(day: int, hour: int, minute: int = 0, second: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, second)  # noqa: DTZ001 - warehouses hold UTC without zone


def test_both_databases_give_equal_tables(on_postgres: Connection, on_duckdb: Connection) -> None:
    for table, key in TABLES.items():
        rows = selected(on_postgres, "*", table, f"ORDER BY {key}")
        assert rows == selected(on_duckdb, "*", table, f"ORDER BY {key}"), table
        assert rows, table


# 10 messages in 11 rows. Of SPRING 8 (6 of launch 71, 2 of launch 73): 5 and 6 of launch 71 bounce, 7 of
# launch 73 does twice. Opened are 1, 2 and 3 of launch 71; clicked 1 and 3 of launch 71, 2 of launch 73.


def test_campaigns(select: Callable[[str, str], Rows]) -> None:
    assert select(f"campaign_id, recipients, {MESSAGES}", "campaign_overview") == [
        (-1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        (SPRING, 7, 8, 5, 3, 2, 1, 3, 3, 1),
        (WELCOME, 1, 2, 2, 0, 0, 0, 2, 1, 0),
        (QUIET, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ]
    assert select(f"campaign_id, {TOTALS}, unlinked_events, duplicate_rows", "campaign_overview") == [
        (-1, 0, 0, 0, 1, 2, 0, 0),
        (SPRING, 5, 6, 4, 1, 0, 2, 2),
        (WELCOME, 0, 2, 1, 0, 0, 0, 0),
        (QUIET, 0, 0, 0, 0, 0, 0, 0),
    ]
    assert select(f"campaign_id, {RATES}", "campaign_overview") == [
        (-1, None, None, None, None, None, None, None),
        (SPRING, 0.625, 0.375, 0.25, 0.6, 0.6, 1.0, 0.2),
        (WELCOME, 1.0, 0.0, 0.0, 1.0, 0.5, 0.5, 0.0),
        (QUIET, None, None, None, None, None, None, None),
    ]
    assert select("campaign_id, campaign_name, launches", "campaign_overview") == [
        (-1, None, 0),
        (SPRING, "Spring again", 2),
        (WELCOME, "Welcome, new", 1),
        (QUIET, "Quiet", 1),
    ]


def test_launches(select: Callable[[str, str], Rows]) -> None:
    assert select(f"launch_id, campaign_id, {MESSAGES}", "launch_overview") == [
        (-1, -1, 0, 0, 0, 0, 0, 0, 0, 0),
        (71, SPRING, 6, 4, 2, 1, 1, 3, 2, 1),
        (72, WELCOME, 2, 2, 0, 0, 0, 2, 1, 0),
        (73, SPRING, 2, 1, 1, 1, 0, 0, 1, 0),
        (74, QUIET, 0, 0, 0, 0, 0, 0, 0, 0),
        (99, SPRING, 0, 0, 0, 0, 0, 0, 0, 0),
    ]
    assert select("launch_id, open_rate, click_rate, click_to_open_rate, total_opens", "launch_overview") == [
        (-1, None, None, None, 0),
        (71, 0.75, 0.5, 2 / 3, 5),
        (72, 1.0, 0.5, 0.5, 2),
        (73, 0.0, 1.0, None, 0),
        (74, None, None, None, 0),
        (99, None, None, None, 1),
    ]
    assert select("launch_id, campaign_name, launch_status, started_at, completed_at", "launch_overview")[
        1
    ] == (
        71,
        "Spring",
        "C",
        at(1, 8, 58),
        at(1, 9, 30),
    )


def test_days_are_those_of_sending_for_messages_and_of_the_event_for_totals(
    select: Callable[[str, str], Rows],
) -> None:
    first, second, third = (date(2026, 3, day) for day in (1, 2, 3))
    assert select(f"day, {MESSAGES}", "daily_overview") == [
        (first, 7, 5, 2, 1, 1, 4, 2, 1),
        (second, 3, 2, 1, 1, 0, 1, 2, 0),
        (third, 0, 0, 0, 0, 0, 0, 0, 0),
    ]
    assert select(f"day, {TOTALS}", "daily_overview") == [
        (first, 3, 5, 3, 1, 1),
        (second, 1, 3, 1, 1, 0),
        (third, 1, 0, 1, 0, 1),
    ]
    assert select("day, bounce_rate, open_rate, click_rate", "daily_overview") == [
        (first, 2 / 7, 0.8, 0.4),
        (second, 1 / 3, 0.5, 1.0),
        (third, None, None, None),
    ]


def test_domains(select: Callable[[str, str], Rows]) -> None:
    assert select(f"email_domain, {MESSAGES}", "domain_overview") == [
        ("north.example", 5, 5, 0, 0, 0, 4, 3, 0),
        ("south.example", 3, 1, 2, 1, 1, 0, 0, 1),
        ("unknown", 1, 1, 0, 0, 0, 1, 1, 0),
        ("west.example", 1, 0, 1, 1, 0, 0, 0, 0),
    ]
    assert select("email_domain, bounce_rate, open_rate, click_rate, total_opens", "domain_overview") == [
        ("north.example", 0.0, 0.8, 0.6, 6),
        ("south.example", 2 / 3, 0.0, 0.0, 0),
        ("unknown", 0.0, 1.0, 1.0, 2),
        ("west.example", 1.0, None, None, 0),
    ]
    first, second, third = (date(2026, 3, day) for day in (1, 2, 3))
    columns = "email_domain, day, sends, delivered, unique_opens, open_rate, total_opens, total_bounces"
    assert select(columns, "domain_daily_overview") == [
        ("north.example", first, 3, 3, 3, 1.0, 3, 0),
        ("north.example", second, 2, 2, 1, 0.5, 3, 0),
        ("north.example", third, 0, 0, 0, None, 0, 0),
        ("south.example", first, 3, 1, 0, 0.0, 0, 3),
        ("south.example", second, 0, 0, 0, None, 0, 0),
        ("south.example", third, 0, 0, 0, None, 0, 0),
        ("unknown", first, 1, 1, 1, 1.0, 2, 0),
        ("west.example", second, 1, 0, 0, None, 0, 1),
        ("west.example", third, 0, 0, 0, None, 0, 1),
    ]


def test_contacts(select: Callable[[str, str], Rows]) -> None:
    figures = "sends, bounces, unique_opens, total_opens, unique_clicks, total_clicks, open_rate"
    assert select(f"riid, is_in_list, is_mailable, {figures}", "contact_engagement") == [
        (-1, False, False, 0, 0, 0, 1, 0, 0, None),
        (1, True, True, 3, 0, 3, 4, 2, 3, 1.0),
        (2, True, False, 2, 0, 1, 2, 1, 1, 0.5),
        (3, True, False, 1, 0, 1, 1, 1, 1, 1.0),
        (4, True, True, 1, 0, 0, 0, 0, 0, 0.0),
        (5, True, False, 1, 1, 0, 0, 0, 0, None),
        (6, True, False, 1, 1, 0, 0, 0, 0, None),
        (7, False, False, 1, 1, 0, 0, 0, 0, None),
        (9, True, False, 0, 0, 0, 0, 0, 0, None),
    ]
    newest = select("riid, email, email_domain, last_opened_at, opens_last_30_days", "contact_engagement")[1]
    assert newest == (1, "ann@north.example", "north.example", at(2, 11), 4)


def test_the_status_page_reads_the_same_from_both(
    on_postgres: Connection,  # noqa: ARG001 - the models have to be there
    on_duckdb: Connection,  # noqa: ARG001 - idem
    transform: Project,
    postgres: Postgres,
) -> None:
    held, source = read_warehouse(postgres.url, Schemas())
    assert source.found
    assert held
    assert held == read_warehouse(f"duckdb:{transform.variables['DBT_DUCKDB_PATH']}", Schemas())[0]
    assert [(group["name"], group["sends"], group["open_rate"]) for group in held.campaigns] == [
        ("Spring again", 8, 0.6),
        ("Welcome, new", 2, 1.0),
        ("no campaign", 0, None),
        ("Quiet", 0, None),
    ]
    assert [(day["day"], day["unique_clicks"]) for day in held.daily] == [
        ("2026-03-01", 2), ("2026-03-02", 2), ("2026-03-03", 0),
    ]  # fmt: skip
    assert [group["name"] for group in held.domains][:2] == ["north.example", "south.example"]
    assert held.missing_models == []


def test_a_contact_leaves_and_comes_back(select: Callable[[str, str], Rows]) -> None:
    columns = "riid, period, status, valid_from, valid_to, is_current, known_from"
    created = at(5, 10, month=1)
    assert select(columns, "subscription_history") == [
        (1, 1, "subscribed", created, None, True, "contact"),
        (2, 1, "subscribed", at(1, 8), at(2, 20), False, "opt_in"),
        (2, 2, "unsubscribed", at(2, 20), None, True, "contact"),
        (3, 1, "subscribed", created, None, True, "contact"),
        (4, 1, "unsubscribed", at(1, 15), at(3, 15), False, "opt_out"),
        (4, 2, "subscribed", at(3, 15), None, True, "opt_in"),
        (5, 1, "unsubscribed", at(2, 12), None, True, "opt_out"),
        (6, 1, "subscribed", created, None, True, "contact"),
        (9, 1, "subscribed", created, None, True, "contact"),
    ]


def test_every_row_is_an_event_with_its_message(warehouse: Connection) -> None:
    table = "engagement.responsys__events_enhanced"
    columns = "event_type, count(*), count(message_key)"
    assert selected(warehouse, columns, table, "GROUP BY 1 ORDER BY 1") == [
        ("emailBounce", 5, 5),
        ("emailClick", 5, 5),
        ("emailOpen", 9, 7),
        ("emailSend", 11, 11),
        ("emailSubscribe", 2, 0),
        ("emailUnsubscribe", 2, 1),
    ]
    twice = selected(warehouse, "feed, riid", table, "WHERE is_duplicate ORDER BY 1")
    assert twice == [("open", 1), ("sent", 2)]
    columns = "feed, riid, event_on, sent_on, stored_after_seconds"
    assert selected(warehouse, columns, table, "WHERE is_late") == [
        ("open", 2, date(2026, 3, 2), date(2026, 3, 1), 2 * 86_400 + 5)
    ]
    welcome = "WHERE feed = 'open' AND launch_id = 72 ORDER BY 1"
    assert selected(warehouse, "sent_at, seconds_after_send", table, welcome) == [
        (at(1, 10), 1800),
        (at(2, 10), 3600),
    ]


def test_audiences(warehouse: Connection) -> None:
    assert selected(warehouse, "*", "audiences.store_locator") == [
        ("C1", "ann@north.example", 3, at(2, 11, 1))
    ]
    assert selected(warehouse, "*", "audiences.abandoned_browse") == [
        ("C1", "ann@north.example", "Tents", at(2, 11, 1))
    ]
    assert selected(warehouse, "*", "audiences.abandoned_cart") == [
        ("C1", "S1", "ann@north.example", "Boots", Decimal("39.50"), "boots.jpg"),
        ("C4", "S1", "dan@South.example", "Boots", Decimal("39.50"), "boots.jpg"),
    ]


def test_audiences_have_the_keys_that_tap_postgres_looks_for(on_postgres: Connection) -> None:
    keys = "WHERE table_schema = 'audiences' ORDER BY table_name, ordinal_position"
    assert selected(on_postgres, "table_name, column_name", "information_schema.key_column_usage", keys) == [
        ("abandoned_browse", "customer_id"),
        ("abandoned_cart", "customer_id"),
        ("abandoned_cart", "sku"),
        ("store_locator", "customer_id"),
    ]


@pytest.mark.long
@pytest.mark.usefixtures("installed_plugins")
def test_what_differs_between_loaders_and_accounts(tmp_path: Path) -> None:
    """Lower case, times as text or with zone, no OPT_IN, no addresses in SENT; with duplicates counted.

    A type of bounce that nobody knows is a warning; rows without file leave the audiences as they are.
    """
    path = tmp_path / "other.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        handwritten.load(connection)
        connection.execute("DROP TABLE responsys.opt_in")
        connection.execute('ALTER TABLE responsys.sent DROP COLUMN "EMAIL"')
        connection.execute('ALTER TABLE responsys.sent RENAME COLUMN "RIID" TO riid')
        connection.execute(
            'ALTER TABLE responsys.open ALTER COLUMN "EVENT_CAPTURED_DT" TYPE TEXT '
            "USING strftime(\"EVENT_CAPTURED_DT\" - INTERVAL '5 hours', '%Y-%m-%dT%H:%M:%S-05:00')"
        )
        connection.execute('ALTER TABLE responsys.click ALTER COLUMN "EVENT_CAPTURED_DT" TYPE TIMESTAMPTZ')
        connection.execute("ALTER TABLE responsys.contacts RENAME TO contacts_us")
        connection.execute('UPDATE responsys.bounce SET "BOUNCE_TYPE" = \'X\' WHERE "RIID" = 6')
    project = Project(tmp_path / "system", {"DBT_DUCKDB_PATH": str(path), "TZ": "Asia/Tokyo"})
    variables = ("--vars", "{responsys_contacts_table: contacts_us, responsys_count_duplicates: true}")
    assert "WARN=1" in project.invoke("dbt-duckdb:build", *variables).read_text(encoding="utf-8")
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        campaigns = "engagement.responsys__campaign_overview"
        spring = f"WHERE campaign_id = {SPRING}"
        assert selected(connection, "sends, total_opens, total_clicks", campaigns, spring) == [(9, 7, 4)]
        assert selected(connection, "email_domain, sends", "engagement.responsys__domain_overview") == [
            ("north.example", 6),
            ("south.example", 3),
            ("unknown", 2),
            ("west.example", 0),
        ]
        events, opened = "engagement.responsys__events_enhanced", "WHERE feed = 'open'"
        assert selected(connection, "min(event_at)", events, opened) == [(at(1, 9, 10),)]
        assert selected(connection, "customer_id, clicks", "audiences.store_locator") == [("C1", 3)]

    with closing(duckdb.connect(str(path))) as connection:
        connection.execute('UPDATE responsys.click SET _sdc_source_file = NULL WHERE "RIID" = 1')
    with pytest.raises(MeltanoError):
        project.invoke("dbt-duckdb:build", *variables)
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        assert selected(connection, "customer_id, clicks", "audiences.store_locator") == [("C1", 3)]
