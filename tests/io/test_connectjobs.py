"""Starting a Connect job over a real HTTP connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.faketime import FakeTime
from support.scriptedserver import ScriptedServer, hang_up, refuse, reply, scripted_server

from responsys_io.connectjobs import trigger_job
from responsys_io.errors import TransientError
from responsys_io.restanswers import RefusedError
from responsys_io.resthttp import Http
from responsys_io.restlogin import ApiLogin
from responsys_io.restretry import Pursuit
from responsys_io.restsession import RestSession
from responsys_io.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        running.will_sign_in()
        yield running
        assert not running.script, "fewer calls were made than expected"


def trigger(server: ScriptedServer, job: str) -> None:
    login = ApiLogin(
        api_url=server.url,
        api_username="cdp_api",
        api_password="secret",
        allowed_endpoint_hosts=frozenset({"127.0.0.1"}),
    )
    time = FakeTime()
    pursuit = Pursuit(retry=Retry(limit=3, sleep=time.sleep), clock=time.clock)
    session = RestSession(login, Http(), pursuit=pursuit)
    try:
        trigger_job(session, job)
    finally:
        session.close()


def test_a_job_is_started_by_its_id(server: ScriptedServer) -> None:
    server.will(reply(200, {"jobId": 17}))
    trigger(server, "17/a")
    assert (server.received[-1].method, server.received[-1].path) == (
        "PUT",
        "/rest/api/v1.3/connectJobs/17%2Fa/trigger",
    )


def test_a_refusal_is_told(server: ScriptedServer) -> None:
    server.will(refuse(400, "INVALID_PARAMETER", "The job is not active"))
    with pytest.raises(RefusedError, match="RSYS-4009.*start the Connect job"):
        trigger(server, "17")


def test_a_start_whose_outcome_is_not_known_is_not_repeated(server: ScriptedServer) -> None:
    server.will(hang_up)
    with pytest.raises(TransientError):
        trigger(server, "17")
