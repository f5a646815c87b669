"""Two accounts, feed by feed, by Airflow with two workers: the warehouse is as one `meltano run` leaves it.

Run by `make orchestrate-proof`; it takes minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import yaml
from demo.postgres import Postgres, running_postgres
from demo.project import ROOT, Project
from demo.warehouse import Warehouse
from psycopg import sql
from support.airflow import Airflow, Attempt, running_airflow

from responsys_sandbox.account import AccountPlan
from responsys_sandbox.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(3000)]

FEEDS = {
    "acme": ("contacts", "sent", "open", "click", "launch_state"),
    "globex": ("contacts", "click", "bounce"),
}
SESSIONS = {"acme": 2, "globex": 1}
CAMPAIGNS = {
    "acme": [{"name": "store-locator", "inputs": ["contacts", "sent", "open", "click"]}],
    "globex": [
        {"name": "store-locator", "inputs": ["contacts", "click"]},
        {"name": "bounced", "job": "abandoned-browse", "inputs": ["bounce"]},
    ],
}
RETRIES = 2
PATIENCE = 1500.0
# When a row was written differs from run to run.
MOMENTS = {
    "_sdc_extracted_at",
    "_sdc_received_at",
    "_sdc_batched_at",
    "_sdc_sequence",
    "_sdc_sync_started_at",
}


@dataclass
class World:
    """Airflow, and the accounts that it reads."""

    airflow: Airflow
    postgres: Postgres
    sandboxes: dict[str, Sandbox]
    accounts_file: Path
    folder: Path

    def url(self, database: str) -> str:
        return self.postgres.url.rpartition("/")[0] + f"/{database}"

    def write_accounts(self, **globex_settings: str) -> None:
        accounts: list[dict[str, Any]] = []
        for name, sandbox in self.sandboxes.items():
            databases = {
                f"{plugin}_DATABASE": name for plugin in ("TARGET_POSTGRES", "TAP_POSTGRES", "DBT_POSTGRES")
            }
            settings = {**sandbox.settings, **self.postgres.settings, **databases}
            secrets = {key: f"{name.upper()}_{key}" for key in settings if key.endswith("PASSWORD")}
            accounts.append(
                {
                    "name": name,
                    "sessions": SESSIONS[name],
                    "feeds": list(FEEDS[name]),
                    "settings": {key: value for key, value in settings.items() if key not in secrets},
                    "secrets": secrets,
                    "models": "models",
                    "campaigns": CAMPAIGNS[name],
                }
            )
        accounts[1]["settings"].update(globex_settings)
        plan = {"environment": "dev", "retries": RETRIES, "retry_seconds": 1, "accounts": accounts}
        self.accounts_file.write_text(yaml.safe_dump(plan), encoding="utf-8")

    def worker_variables(self) -> dict[str, str]:
        """What workers have: where bookmarks lie, and the secrets."""
        found = {
            "RESPONSYS_ACCOUNTS": str(self.accounts_file),
            "MELTANO_DATABASE_URI": self.url("meltano").replace("postgresql://", "postgresql+psycopg://"),
        }
        for name, sandbox in self.sandboxes.items():
            for key, value in {**sandbox.settings, **self.postgres.settings}.items():
                if key.endswith("PASSWORD"):
                    found[f"{name.upper()}_{key}"] = value
        return found

    def exports(self, account: str, pattern: str) -> list[Path]:
        return sorted((self.sandboxes[account].files / "download").glob(pattern))

    def rows(self, database: str) -> dict[str, list[str]]:
        """Return all rows of all streams, without the moments that differ from run to run."""
        with psycopg.connect(self.url(database)) as connection:
            columns = connection.execute(
                "SELECT table_name, column_name FROM information_schema.columns "
                "WHERE table_schema = 'responsys'"
            ).fetchall()
            tables: dict[str, list[str]] = {}
            for table in {name for name, _ in columns}:
                names = sorted({column for name, column in columns if name == table} - MOMENTS)
                query = sql.SQL("SELECT row_to_json(t)::text FROM (SELECT {} FROM responsys.{}) AS t").format(
                    sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(table)
                )
                tables[table] = sorted(row for (row,) in connection.execute(query))
        return tables

    def reference(self, account: str) -> dict[str, list[str]]:
        """Load an account with one `meltano run` into a database of its own; return its rows."""
        database = f"{account}_reference"
        self.create_database(database)
        settings = {
            **self.sandboxes[account].settings,
            **self.postgres.settings,
            "TARGET_POSTGRES_DATABASE": database,
            "TAP_RESPONSYS_STREAMS": json.dumps([*FEEDS[account], "rejected_rows"]),
        }
        project = Project(self.folder / database, settings)
        project.run("exports")
        return self.rows(database)

    def create_database(self, name: str) -> None:
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def state_ids(self) -> set[str]:
        with psycopg.connect(self.url("meltano")) as connection:
            return {name for (name,) in connection.execute("SELECT state_id FROM state")}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("airflow")
    with ExitStack() as stack:
        postgres = stack.enter_context(running_postgres())
        sandboxes = {
            name: stack.enter_context(
                Sandbox(
                    folder / name, options=SandboxOptions(days=2, plan=AccountPlan(contacts=60, seed=seed))
                )
            )
            for seed, name in enumerate(SESSIONS, start=1)
        }
        found = World(None, postgres, sandboxes, folder / "accounts.yaml", folder)  # type: ignore[arg-type]
        for database in ("airflow", "meltano", *SESSIONS):
            found.create_database(database)
        found.write_accounts()
        variables = found.worker_variables()
        # Meltano makes its tables itself, but not twice at once.
        once = {key: value for key, value in variables.items() if key.startswith("MELTANO")}
        Project(folder / "once", once).invoke("tap-responsys", "--version")
        found.airflow = stack.enter_context(
            running_airflow(folder / "home", found.url("airflow"), variables, parallelism=2)
        )
        pools = folder / "pools.json"
        command = [sys.executable, "-m", "orchestrate", "pools"]
        environment = {"RESPONSYS_ACCOUNTS": variables["RESPONSYS_ACCOUNTS"]}
        pools.write_bytes(
            subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True).stdout
        )
        found.airflow.command("pools", "import", str(pools))
        yield found


def count_of(path: Path) -> str:
    return path.read_text(encoding="ascii")


def last_tries(attempts: list[Attempt]) -> dict[str, Attempt]:
    return {f"{attempt.task_id}.{attempt.label or attempt.map_index}": attempt for attempt in attempts}


def test_shards_by_two_workers_equal_one_run(world: World) -> None:
    airflow = world.airflow
    # Globex: clicks are short until they have failed once, bounces all the time, and the API user is wrong.
    click, bounce = (
        world.exports("globex", "*_CLICK_*.ready")[0],
        world.exports("globex", "*_BOUNCE_*.ready")[0],
    )
    counts = {path: count_of(path) for path in (click, bounce)}
    for path in counts:
        path.write_text("999999\n", encoding="ascii")
    world.write_accounts(TARGET_RESPONSYS_API_USERNAME="nobody")
    airflow.start_run("responsys_acme", "first", patience=PATIENCE)
    airflow.start_run("responsys_globex", "first", patience=PATIENCE)

    def clicks_have_failed() -> bool:
        tries = airflow.attempts("responsys_globex", "first")
        return any(
            one.state == "failed" or one.try_number > 1 or one.state == "up_for_retry"
            for one in tries
            if one.map_index == FEEDS["globex"].index("click")
        )

    airflow.until(clicks_have_failed, PATIENCE)
    click.write_text(counts[click], encoding="ascii")
    assert airflow.end_of_run("responsys_acme", "first", patience=PATIENCE) == "success"
    assert airflow.end_of_run("responsys_globex", "first", patience=PATIENCE) == "failed"

    acme, globex = (airflow.attempts(f"responsys_{name}", "first") for name in SESSIONS)
    assert {one.state for one in acme} == {"success"}
    assert world.rows("acme") == world.reference("acme")
    audience = Warehouse(world.url("acme")).audience_rows("store_locator")
    assert audience > 0
    folder = world.sandboxes["acme"].settings["TARGET_RESPONSYS_FOLDER_NAME"]
    assert world.sandboxes["acme"].store.row_count(folder, "Acquia_Master_Audience") == audience

    # Two at once, and never more of an account than it has sessions.
    loads = [one for one in (*acme, *globex) if one.task_id == "load"]
    assert any(one.overlaps(other) for one, other in combinations(loads, 2))
    with_session = [
        one for one in globex if one.task_id in {"open", "load"} or one.task_id.startswith("deliver")
    ]
    assert not any(
        one.overlaps(other) for one, other in combinations(with_session, 2) if one.end and other.end
    )

    # What may pass is tried again, what cannot is not, and only what needs the missing feed stays behind.
    ended = last_tries(globex)
    assert (ended["load.click"].state, ended["load.click"].try_number) == ("success", 2)
    assert (ended["load.bounce"].state, ended["load.bounce"].try_number) == ("failed", RETRIES + 1)
    assert ended["models.-1"].state == "success"
    assert (ended["deliver_store-locator.-1"].state, ended["deliver_store-locator.-1"].try_number) == (
        "failed",
        1,
    )
    assert (ended["deliver_bounced.-1"].state, ended["deliver_bounced.-1"].try_number) == ("failed", 1)
    assert ended["everything.-1"].state == "upstream_failed"
    assert "RSYS-7008" in log_of(airflow, "responsys_globex", "deliver_bounced")
    assert "RSYS-4002" in log_of(airflow, "responsys_globex", "deliver_store-locator")

    # A state id for each shard, in the shared database.
    assert world.state_ids() >= {
        f"dev:tap-responsys-to-target-postgres:{name}.{feed}" for name in SESSIONS for feed in FEEDS[name]
    }

    # The next run finishes what was left over, and moves nothing else.
    bounce.write_text(counts[bounce], encoding="ascii")
    world.write_accounts()
    airflow.command("pools", "set", "responsys_globex", "2", "More sessions")
    with psycopg.connect(world.url("globex")) as connection:
        (before,) = connection.execute("SELECT now() AT TIME ZONE 'UTC'").fetchone() or (None,)
    airflow.start_run("responsys_globex", "second", patience=PATIENCE)
    assert airflow.end_of_run("responsys_globex", "second", patience=PATIENCE) == "success"
    assert world.rows("globex") == world.reference("globex")
    with psycopg.connect(world.url("globex")) as connection:
        moved = {
            stream: (
                connection.execute(
                    sql.SQL("SELECT count(*) FROM responsys.{} WHERE _sdc_batched_at >= %s").format(
                        sql.Identifier(stream)
                    ),
                    [before],
                ).fetchone()
                or (0,)
            )[0]
            for stream in FEEDS["globex"]
        }
    # Rows of the short file that were covered by the bookmark are not sent again either.
    assert {stream for stream, rows in moved.items() if rows} <= {"bounce"}
    report(acme, globex, airflow.attempts("responsys_globex", "second"))


def log_of(airflow: Airflow, dag_id: str, task_id: str) -> str:
    return "".join(
        path.read_text(encoding="utf-8")
        for path in airflow.folder.glob(f"logs/dag_id={dag_id}/**/task_id={task_id}/**/*.log")
    )


def report(*runs: list[Attempt]) -> None:
    """Show what was measured."""
    for attempts in runs:
        loads = [one for one in attempts if one.task_id == "load"]
        wall = max(one.end for one in attempts) - min(one.begin for one in attempts if one.begin)
        within = sum(one.end - one.begin for one in loads)
        sys.stdout.write(
            f"\n{len(attempts)} tries, {len(loads)} of them loads: {wall:.0f} s, {within:.0f} s in loads\n"
        )
