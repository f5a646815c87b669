"""Fixtures for every test folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from support.embedded import embedded_server
from support.openssh import SSHD, openssh_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.openssh import SshServer

# A busy machine makes no test fail.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[SshServer]:
    """Run a file server for this test: OpenSSH's where it is installed, the sandbox's elsewhere."""
    with openssh_server(tmp_path / "sshd") if SSHD else embedded_server(tmp_path / "sshd") as server:
        yield server
