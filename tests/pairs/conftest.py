"""Plugins of others, unmodified, in environments of their own, beside a sandbox."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bench.environments import ensure
from support.delivery import new_sandbox
from support.programs import output_of

from responsys_sandbox.account import AccountPlan
from responsys_sandbox.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REQUIREMENTS = Path(__file__).parent / "environments"


@pytest.fixture(scope="session")
def program() -> Callable[[str, str], Path]:
    """Return a program from an environment of `environments`, or of the benchmark's where it is there."""

    def path(name: str, of: str) -> Path:
        here = (REQUIREMENTS / f"{of}.txt").exists()
        return (ensure(of, REQUIREMENTS) if here else ensure(of)) / name

    return path


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What tap-responsys writes of two days."""
    options = SandboxOptions(days=2, plan=AccountPlan(contacts=60))
    with Sandbox(tmp_path_factory.mktemp("sandbox"), options=options) as running:
        return output_of([sys.executable, "-m", "tap_responsys", "--config=ENV"], running.settings)


@pytest.fixture
def empty_account(tmp_path: Path) -> Iterator[Sandbox]:
    with new_sandbox(tmp_path / "sandbox") as running:
        yield running
