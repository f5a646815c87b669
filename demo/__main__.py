"""The demo: two weeks of exports into a warehouse, two audiences out, and the day after.

Everything in it is real but Oracle: an SFTP server, a REST API over TLS, PostgreSQL, Meltano with the
community's plugins in the middle. What each step moved is counted on both sides and has to agree.
"""

from __future__ import annotations

import shutil
import signal
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from demo.console import say, step, table
from demo.exports import rows_by_stream
from demo.postgres import PostgresError, running_postgres
from demo.project import ROOT, MeltanoError, Project
from demo.sandbox import CART_COLUMNS, CART_KEY, RunningSandbox, SandboxError
from demo.warehouse import Warehouse
from responsys_io.signals import exit_on_signal

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

    from demo.postgres import Postgres

FOLDER = ROOT / ".local" / "demo"
REJECTED_ROWS = "rejected_rows"
MASTER_TABLE, MASTER_AUDIENCE = "Acquia_Master_Audience", "store_locator"
CART_TABLE, CART_AUDIENCE = "Acquia_AbandonedCart", "abandoned_cart"


class CountError(Exception):
    """What arrived is not what was sent."""


def main() -> None:
    """Run the demo.

    Raises:
        SystemExit: With one line if a step fails.
    """
    signal.signal(signal.SIGTERM, exit_on_signal)
    started = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    try:
        sandbox = RunningSandbox()
        with running_postgres() as postgres:
            loop(sandbox, postgres)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except (CountError, MeltanoError, PostgresError, SandboxError) as error:
        sys.exit(f"The demo stopped: {error}")
    say(f"\nDone in {time.monotonic() - started:.0f} s. The logs of all runs: {FOLDER.relative_to(ROOT)}")


def loop(sandbox: RunningSandbox, postgres: Postgres) -> None:
    """Run the loop once, let a day go by, load that day, and show what has moved."""
    project, warehouse = Project(FOLDER, postgres.settings), Warehouse(postgres.url)
    say("The loop: Responsys exports → warehouse → audiences → Responsys tables\n")
    with step("14 days of exports over SFTP into PostgreSQL"):
        first_exports = sandbox.exports()
        project.run("exports")
        first = checked(rows_by_stream(first_exports), warehouse.rows_by_stream())
    with step("Engagement and audiences with dbt"):
        warehouse.fill_carts()
        project.run("models")
    with step(f"Store locator by REST into {MASTER_TABLE}"):
        project.run("store-locator", variables=rejects_setting(MASTER_AUDIENCE))
        master = delivered(sandbox, warehouse, MASTER_AUDIENCE, MASTER_TABLE)
    with step(f"Abandoned cart as CSV over SFTP, imported into {CART_TABLE}"):
        sandbox.make_table(CART_TABLE, CART_COLUMNS, CART_KEY)
        job = sandbox.add_import_job(CART_TABLE, f"{CART_TABLE}_*.csv")
        starting = {"CAMPAIGN_ABANDONED_CART_CONNECT_JOB_ID": job}
        project.run("abandoned-cart", variables=rejects_setting(CART_AUDIENCE) | starting)
        cart = delivered(sandbox, warehouse, CART_AUDIENCE, CART_TABLE)
    with step("One more day of exports: only that day moves"):
        sandbox.add_day()
        new_exports, before = sandbox.exports() - first_exports, datetime.now(UTC)
        project.run("exports")
        second = checked(rows_by_stream(new_exports), warehouse.rows_by_stream(since=before))
        checked(rows_by_stream(sandbox.exports()), warehouse.rows_by_stream())
    with step("Engagement with that day, and the status page"):
        project.run("models")
        page = status_page(sandbox, project)
    say()
    streams = [(name, count, second[name]) for name, count in first.most_common()]
    table(("rows per stream", "14 days", "day 15"), streams)
    say()
    table(("Responsys table", "audience", "rows", "people", "refused"), (master, cart))
    say(f"\nThe status page, to be opened in a browser: {page.relative_to(ROOT)}")


def checked(exported: Counter[str], arrived: Counter[str]) -> Counter[str]:
    """Return the rows that arrived per stream, all of them those of the export files.

    Raises:
        CountError: If they are not.
    """
    for stream in arrived.keys() - {REJECTED_ROWS}:
        if exported[stream] != arrived[stream]:
            raise CountError(f"{stream}: {exported[stream]} rows exported, {arrived[stream]} in PostgreSQL.")
    return arrived


def delivered(
    sandbox: RunningSandbox, warehouse: Warehouse, audience: str, name: str
) -> tuple[str, int, int, int, int]:
    """Return a line of the summary: table, rows of its audience, rows in it, people in it, rows refused.

    Raises:
        CountError: If rows are missing.
    """
    sent, rows = warehouse.audience_rows(audience), sandbox.rows(name)
    rejects = rejects_file(audience)
    refused = rejects.read_text().count('{"type":"RECORD"') if rejects.exists() else 0
    if not sent or sent != len(rows) + refused:
        raise CountError(f"Audience {audience} has {sent} rows, table {name} {len(rows)}, {refused} refused.")
    return name, sent, len(rows), len({row["CUSTOMER_ID"] for row in rows}), refused


def status_page(sandbox: RunningSandbox, project: Project) -> Path:
    """Make the status page as of the evening of the sandbox's last day, and return its file."""
    page = FOLDER / "responsys-status.html"
    project.invoke(
        "responsys-status",
        variables={
            "RESPONSYS_STATUS_RECEIPTS": str(FOLDER / "receipts"),
            "RESPONSYS_STATUS_EXPORTS": str(sandbox.download),
            "RESPONSYS_STATUS_AS_OF": f"{sandbox.last_day()}T20:00",
            "RESPONSYS_STATUS_OUTPUT": str(page),
        },
    )
    return page


def rejects_file(audience: str) -> Path:
    """Where the records of an audience go that Responsys refuses; there is no file when it takes them all."""
    return FOLDER / f"rejects-{audience}.jsonl"


def rejects_setting(audience: str) -> dict[str, str]:
    """The target's setting for that file, as an environment variable."""
    return {"TARGET_RESPONSYS_REJECTS_FILE": str(rejects_file(audience))}


if __name__ == "__main__":
    main()
