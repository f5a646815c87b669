"""Fixtures that several folders of tests share; their conftest.py names those that they use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support.delivery import new_sandbox, settings_of
from support.plugins import Run, run_tap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from responsys_sandbox.sandbox import Sandbox
    from support.openssh import SshServer


@pytest.fixture
def download(sshd: SshServer) -> Path:
    """The folder that the tap reads."""
    return sshd.files / "download"


@pytest.fixture
def tap(sshd: SshServer, tmp_path: Path) -> Callable[..., Run]:
    """Run the tap against the server: `tap(*arguments, settings={...}, state=..., catalog=...)`."""

    def run(*arguments: str, settings: dict[str, Any] | None = None, **more: Any) -> Run:
        config = {**sshd.config, "settle_seconds": 0, **(settings or {})}
        return run_tap(tmp_path, config, *arguments, **more)

    return run


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox without exports."""
    with new_sandbox(tmp_path / "sandbox") as running:
        yield running


@pytest.fixture
def config(sandbox: Sandbox) -> dict[str, Any]:
    """The target's settings: delivery by REST, tables made as they are needed."""
    return {**settings_of(sandbox), "create_tables": "apply", "campaign_id": "c1"}
