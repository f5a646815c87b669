"""Shards from the command line, by real Meltano: two at once, wrong settings, a run that is told to end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import yaml
from demo.exports import rows_by_stream
from demo.postgres import Postgres, running_postgres
from demo.project import ROOT
from demo.warehouse import Warehouse

from responsys_sandbox.account import AccountPlan
from responsys_sandbox.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("installed_plugins")]

FEEDS = ["sent", "click"]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    options = SandboxOptions(days=1, plan=AccountPlan(contacts=60))
    with Sandbox(tmp_path_factory.mktemp("sandbox"), options=options) as running:
        yield running


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE meltano")
        yield server


@pytest.fixture
def start(sandbox: Sandbox, postgres: Postgres, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start `python -m orchestrate` for account acme: `start(*arguments, settings={...})`."""

    def start(*arguments: str, settings: dict[str, str] | None = None) -> subprocess.Popen[str]:
        given: dict[str, Any] = {
            "name": "acme",
            "feeds": FEEDS,
            "settings": {**sandbox.settings, **postgres.settings, **(settings or {})},
        }
        accounts = tmp_path / "accounts.yaml"
        accounts.write_text(yaml.safe_dump({"environment": "dev", "accounts": [given]}), encoding="utf-8")
        temporary = tmp_path / "temporary"
        temporary.mkdir(exist_ok=True)
        return subprocess.Popen(
            [sys.executable, "-m", "orchestrate", *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "RESPONSYS_ACCOUNTS": str(accounts),
                "MELTANO_DATABASE_URI": state_url(postgres).replace("postgresql:", "postgresql+psycopg:"),
                "TMPDIR": str(temporary),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


def state_url(postgres: Postgres) -> str:
    return f"{postgres.url.rpartition('/')[0]}/meltano"


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = process.communicate()
    return process.returncode, output


def test_two_shards_at_once_load_each_its_own(
    start: Callable[..., subprocess.Popen[str]], sandbox: Sandbox, postgres: Postgres, tmp_path: Path
) -> None:
    code, output = ended(start("open", "acme"))
    assert code == 0, output
    both = [start("load", "acme", "sent"), start("load", "acme", "--index", "1")]
    for code, output in map(ended, both):
        assert code == 0, output
    exported = rows_by_stream((sandbox.files / "download").iterdir())
    expected = {**{feed: exported[feed] for feed in FEEDS}, "rejected_rows": 0}
    assert Warehouse(postgres.url).rows_by_stream() == expected
    with psycopg.connect(state_url(postgres)) as connection:
        rows = connection.execute("SELECT state_id, completed_state FROM state").fetchall()
    bookmarks = {name: set(json.loads(state)["singer_state"]["bookmarks"]) for name, state in rows}
    assert bookmarks == {
        f"dev:tap-responsys-to-target-postgres:acme.{feed}": {feed, "rejected_rows"} for feed in FEEDS
    }
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_wrong_user_ends_with_the_taps_exit_code(start: Callable[..., subprocess.Popen[str]]) -> None:
    code, output = ended(start("load", "acme", "sent", settings={"TAP_RESPONSYS_USERNAME": "nobody"}))
    assert code == 2
    assert "error tap-responsys: RSYS-2003" in output


def test_a_run_that_is_told_to_end_takes_its_plugins_along(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = start("load", "acme", "sent", settings={"TAP_RESPONSYS_PORT": str(silent.getsockname()[1])})
        connection, _ = silent.accept()
        with connection:
            process.send_signal(signal.SIGTERM)
            code, output = ended(process)
            assert code == 128 + signal.SIGTERM, output
            # The tap has gone: its side of the connection is closed.
            while connection.recv(1024):
                pass
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("load", "globex", "sent"), "RSYS-7002: There is no account named globex."),
        (("load", "acme", "open"), "RSYS-7005: Account acme has no feed open."),
        (("load", "acme", "--index", "2"), "RSYS-7007: Account acme has 2 feeds, none of them is number 2."),
        (("deliver", "acme", "sale"), "RSYS-7002: There is no campaign of account acme named sale."),
    ],
)
def test_a_name_that_is_not_there_is_one_line(
    start: Callable[..., subprocess.Popen[str]], arguments: tuple[str, ...], error: str
) -> None:
    code, output = ended(start(*arguments))
    assert code == 2
    assert output.startswith(error)
    assert output.count("\n") == 1


def test_an_account_without_models_has_nothing_to_run(start: Callable[..., subprocess.Popen[str]]) -> None:
    assert ended(start("models", "acme")) == (0, "")


def test_shards_and_pools_are_listed(start: Callable[..., subprocess.Popen[str]]) -> None:
    assert ended(start("shards")) == (0, "acme sent\nacme click\n")
    code, output = ended(start("pools"))
    assert code == 0
    assert json.loads(output) == {
        "responsys_acme": {
            "slots": 2,
            "description": "Sessions at the Responsys account acme",
            "include_deferred": False,
        }
    }
