"""The command line: read what there is, write the page and the JSON beside it."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from responsys_io.errors import SettingsError
from responsys_io.exits import one_line_errors
from responsys_status.document import document
from responsys_status.page import page
from responsys_status.readexports import read_counts
from responsys_status.readreceipts import read_receipts, read_refusals
from responsys_status.readstate import state_of_file, state_of_meltano
from responsys_status.readwarehouse import Schemas, read_warehouse
from responsys_status.sources import Inputs, Source

_PREFIX = "RESPONSYS_STATUS"
_FOLDER = click.Path(file_okay=False, path_type=Path)
logger = logging.getLogger("responsys-status")


def main() -> None:
    """Run the program.

    Raises:
        SystemExit: With 0, or 2 and one line where the page cannot be written.
    """
    logging.basicConfig(level=os.environ.get("LOGLEVEL", "INFO").upper(), format="%(levelname)s %(message)s")
    with one_line_errors(logger):
        command.main(auto_envvar_prefix=_PREFIX, prog_name="responsys-status")


@click.command(context_settings={"show_default": True, "max_content_width": 110})
@click.version_option(package_name="responsys-status")
@click.option(
    "--state", type=click.Path(dir_okay=False, path_type=Path), help="File with the tap's Singer state."
)
@click.option("--state-id", default="", help="Id of the state in Meltano, where --state is not given.")
@click.option("--meltano", default="meltano", help="Program that is asked for the state of --state-id.")
@click.option("--receipts", type=_FOLDER, help="Folder of the target's receipts.")
@click.option("--exports", type=_FOLDER, help="Folder on this machine with ready or count files: an archive.")
@click.option(
    "--warehouse",
    default="",
    help="postgresql://… or duckdb:path. Without it, what DBT_POSTGRES_… or DBT_DUCKDB_PATH say.",
)
@click.option("--exports-schema", default="responsys", help="Schema that the exports are loaded into.")
@click.option("--models-schema", default="engagement", help="Schema of the dbt package's models.")
@click.option(
    "--as-of",
    default="",
    help="Time that the page speaks of, UTC: 2026-01-31 or 2026-01-31T07:00; now if empty.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("output/responsys-status.html"),
    help="The page; the JSON has the same name and ends with .json.",
)
def command(*, output: Path, as_of: str, **places: Any) -> None:
    """Write the status page of a Responsys pipeline.

    What is missing is left out, and the page says how to get it. Each option is also a variable,
    RESPONSYS_STATUS_STATE for example.
    """
    made = document(gathered(_moment(as_of), **places))
    html = page(made)
    written = output.with_suffix(".json")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
        output.write_text(html, encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            "RSYS-1040",
            f"The page {output} cannot be written: {error.strerror}.",
            "Check --output, its folder and the free space.",
        ) from error
    click.echo(f"Wrote {output} ({len(html) // 1024} KB) and {written.name}: {made['status']}.")


def gathered(
    now: datetime,
    *,
    state: Path | None,
    state_id: str,
    meltano: str,
    receipts: Path | None,
    exports: Path | None,
    warehouse: str,
    exports_schema: str,
    models_schema: str,
) -> Inputs:
    """Read everything that the options name; see `command`."""
    ledgers, state_source = (
        state_of_file(state) if state else state_of_meltano(state_id, meltano) if state_id else ({}, Source())
    )
    found, receipts_source = read_receipts(receipts) if receipts else ([], Source())
    counts, exports_source = read_counts(exports) if exports else ({}, Source())
    url = warehouse or dbt_warehouse(os.environ)
    schemas = Schemas(exports_schema, models_schema)
    held, warehouse_source = read_warehouse(url, schemas) if url else (None, Source())
    return Inputs(
        now=now,
        ledgers=ledgers,
        receipts=found,
        refusals=read_refusals(found, Path.cwd()),
        counts=counts,
        warehouse=held,
        sources={
            "state": state_source,
            "receipts": receipts_source,
            "exports": exports_source,
            "warehouse": warehouse_source,
        },
    )


def dbt_warehouse(variables: Any) -> str:
    """Return the warehouse that the variables of dbt's profile name, empty where they name none."""
    if path := variables.get("DBT_DUCKDB_PATH"):
        return f"duckdb:{path}"
    names = {
        "host": "HOST",
        "port": "PORT",
        "user": "USER",
        "password": "PASSWORD",
        "dbname": "DATABASE",
        "sslmode": "SSL_MODE",
    }
    given = {name: variables.get(f"DBT_POSTGRES_{suffix}", "") for name, suffix in names.items()}
    if not given["host"]:
        return ""
    return " ".join(f"{name}={_quoted(value)}" for name, value in given.items() if value)


def _quoted(value: str) -> str:
    """Return a value as libpq's connection strings take it."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _moment(text: str) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(
            "RSYS-1041", "--as-of is not a date or time.", "Write it as 2026-01-31 or 2026-01-31T07:00."
        ) from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
