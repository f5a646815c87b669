"""Fixtures for every test folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.openssh import SSHD, OpenSshServer, openssh_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[OpenSshServer]:
    """Run OpenSSH's own server for this test."""
    if SSHD is None:
        pytest.skip("OpenSSH's sshd is not installed")
    with openssh_server(tmp_path / "sshd") as server:
        yield server
