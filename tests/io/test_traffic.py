"""What is counted and shown of the traffic: every request, its attempts and waits, and nobody's id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.faketime import FakeTime
from support.scriptedserver import hang_up, refuse, reply, scripted_server

from responsys_io.restapi import RestApi
from responsys_io.restretry import Pursuit
from responsys_io.restsession import Endpoint
from responsys_io.retry import Retry
from responsys_io.traffic import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.scriptedserver import ScriptedServer

USER = {"userName": "cdp", "accountName": "acme", "accountTimeZone": "US/Pacific"}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


def api_of(server: ScriptedServer, time: FakeTime) -> RestApi:
    config = {
        "api_url": server.url,
        "api_username": "cdp_api",
        "api_password": "secret",
        "allowed_endpoint_hosts": ["127.0.0.1"],
    }
    return RestApi.from_config(
        config, pursuit=Pursuit(retry=Retry(limit=5, sleep=time.sleep), clock=time.clock)
    )


def test_attempts_errors_and_waits_are_counted(server: ScriptedServer) -> None:
    time, seen = FakeTime(), list[Exchange]()
    server.will(hang_up)
    server.will_sign_in()
    server.will(refuse(401, "TOKEN_EXPIRED"))
    server.will_sign_in(2)
    server.will(refuse(500, "UNEXPECTED_EXCEPTION", "busy"), reply(200, USER, X_CorrelationID="Id-1"))
    with api_of(server, time) as api:
        api.session.traffic.watch(seen.append)
        api.user_info()
        traffic = api.session.traffic
    told = [(each.request.function, each.request.attempt, each.status, each.error_code) for each in seen]
    login = "/rest/api/v1.3/auth/token"
    assert told == [
        (login, 1, None, "the connection was lost"),
        (login, 2, 200, ""),
        ("/user/info", 1, 401, "TOKEN_EXPIRED"),
        (login, 1, 200, ""),
        ("/user/info", 2, 500, "UNEXPECTED_EXCEPTION"),
        ("/user/info", 3, 200, ""),
    ]
    assert (traffic.requests, traffic.retries) == (6, 3)
    assert traffic.waited == pytest.approx(sum(time.waits))
    assert [each.correlation_id for each in seen][-1] == "Id-1"


def test_ids_of_people_stay_out_of_the_path_that_is_shown() -> None:
    endpoint = Endpoint("DELETE", "/lists/{list}/members/{riid}", "delete a member")
    assert endpoint.url_path(list="My list", riid="4711") == "/rest/api/v1.3/lists/My%20list/members/4711"
    shown = endpoint.logged_path(list="My list", riid="4711")
    assert shown == "/rest/api/v1.3/lists/My%20list/members/{riid}"
