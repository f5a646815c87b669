from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.embedded import embedded_server
from support.openssh import SSHD, openssh_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.openssh import SshServer

SERVERS = [
    pytest.param(openssh_server, id="openssh", marks=pytest.mark.skipif(SSHD is None, reason="no sshd here")),
    pytest.param(embedded_server, id="embedded"),
]


@pytest.fixture(params=SERVERS)
def sshd(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[SshServer]:
    """Run each test of the session against OpenSSH and against the sandbox's server."""
    with request.param(tmp_path / "sshd") as server:
        yield server
