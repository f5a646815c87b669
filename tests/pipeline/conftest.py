"""The real thing end to end: sandbox, PostgreSQL, and Meltano on this checkout's meltano.yml."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from demo.postgres import Postgres, running_postgres
from demo.project import Project
from demo.warehouse import Warehouse

from responsys_sandbox.account import AccountPlan
from responsys_sandbox.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
DAYS = 3
CONTACTS = 60


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "pipeline: runs Meltano for real (some seconds for each run)")


@pytest.fixture(scope="session")
def installed_plugins() -> None:
    """Install Meltano and the plugins once; nothing is done where `make setup` has run."""
    subprocess.run(["make", "--silent", ".meltano/.made"], cwd=ROOT, check=True, capture_output=True)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    options = SandboxOptions(days=DAYS, plan=AccountPlan(contacts=CONTACTS))
    with Sandbox(tmp_path_factory.mktemp("sandbox"), options=options) as running:
        yield running


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def warehouse(postgres: Postgres) -> Warehouse:
    return Warehouse(postgres.url)


@pytest.fixture(scope="module")
def project(
    installed_plugins: None,  # noqa: ARG001
    sandbox: Sandbox,
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Project:
    settings = {**sandbox.settings, **postgres.settings}
    return Project(tmp_path_factory.mktemp("meltano") / "system", settings)
