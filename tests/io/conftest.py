from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.delivery import settings_of
from support.embedded import embedded_server
from support.faketime import FakeTime
from support.fixtures import sandbox
from support.openssh import SSHD, openssh_server
from support.scriptedserver import ScriptedServer, scripted_server

from responsys_io.restapi import RestApi
from responsys_io.resthttp import Http
from responsys_io.restlogin import ApiLogin
from responsys_io.restretry import Pursuit
from responsys_io.restsession import RestSession
from responsys_io.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.openssh import SshServer

    from responsys_sandbox.sandbox import Sandbox

__all__ = ["sandbox"]

SERVERS = [
    pytest.param(openssh_server, id="openssh", marks=pytest.mark.skipif(SSHD is None, reason="no sshd here")),
    pytest.param(embedded_server, id="embedded"),
]


@pytest.fixture(params=SERVERS)
def sshd(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[SshServer]:
    """Run each test of the session against OpenSSH and against the sandbox's server."""
    with request.param(tmp_path / "sshd") as server:
        yield server


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def api(sandbox: Sandbox, time: FakeTime) -> Iterator[RestApi]:
    pursuit = Pursuit(retry=Retry(limit=4, sleep=time.sleep), clock=time.clock)
    with RestApi.from_config(settings_of(sandbox), pursuit=pursuit) as made:
        yield made


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    """Run a server that does what the test has told it, after a sign-in."""
    with scripted_server() as running:
        running.will_sign_in()
        yield running
        assert not running.script, "the client made fewer calls than expected"


@pytest.fixture
def session(scripted: ScriptedServer) -> Iterator[RestSession]:
    """Make a session with that server."""
    login = ApiLogin(
        api_url=scripted.url,
        api_username="cdp_api",
        api_password="pw",
        allowed_endpoint_hosts=frozenset({"127.0.0.1"}),
    )
    time = FakeTime()
    pursuit = Pursuit(retry=Retry(limit=2, sleep=time.sleep), clock=time.clock)
    with RestSession(login, Http(), pursuit=pursuit) as made:
        yield made
