"""REST calls over lines and against hosts that misbehave below the level of the API."""

from __future__ import annotations

import contextlib
import gzip
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from support.delivery import settings_of
from support.faketime import FakeTime
from support.faultproxy import Fault, fault_proxy
from support.scriptedserver import Handler, drip, reply, scripted_server
from support.tlsservers import certificate, tls_server

from responsys_io.errors import ResponsysError, SettingsError, TransientError
from responsys_io.restapi import RestApi
from responsys_io.resthttp import Http
from responsys_io.restlogin import ApiLogin
from responsys_io.restretry import Pursuit
from responsys_io.restsession import RestSession
from responsys_io.retry import Retry
from responsys_io.supplemental import Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.faultproxy import How
    from support.scriptedserver import ScriptedServer

    from responsys_sandbox.sandbox import Sandbox

TABLE = Table("CDP", "AUDIENCE", ())
MERGED = reply(200, {"recordData": {"fieldNames": ["ID1"], "records": [["1"]]}})


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        running.will_sign_in()
        yield running


@contextlib.contextmanager
def api_of(url: str, **http: Any) -> Iterator[RestApi]:
    time = FakeTime()
    login = ApiLogin(
        api_url=url, api_username="u", api_password="p", allowed_endpoint_hosts=frozenset({"127.0.0.1"})
    )
    pursuit = Pursuit(retry=Retry(limit=3, sleep=time.sleep), clock=time.clock)
    with RestApi(RestSession(login, Http(**http), pursuit=pursuit)) as api:
        yield api


def merge(api: RestApi) -> dict[int, str]:
    return api.merge(TABLE, ["ID1"], [["1"]], repeatable=True)


def drip_body(handler: Handler) -> None:
    """Announce an answer and send it byte by byte, more slowly than anybody waits."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    with contextlib.suppress(OSError):
        while not handler.scripted.stopped.wait(0.01):
            handler.wfile.write(b" ")


def many_headers(handler: Handler) -> None:
    handler.send_response(200)
    for number in range(10_000):
        handler.send_header(f"X-{number}", "x")
    handler.end_headers()


def bomb(handler: Handler) -> None:
    """Pack a hundred megabytes into a hundred kilobytes, though nobody has asked for packed answers."""
    body = gzip.compress(bytes(100 * 2**20))
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    with contextlib.suppress(OSError):
        handler.wfile.write(body)


@pytest.mark.parametrize("step", [drip, drip_body], ids=["head", "body"])
def test_an_answer_that_drips_in_is_asked_for_again(step: Any, server: ScriptedServer) -> None:
    server.will(step, MERGED)
    with api_of(server.url, total_timeout=0.5) as api:
        assert merge(api) == {}
    assert len(server.received) == 3


@pytest.mark.parametrize("step", [many_headers, bomb])
def test_answers_that_are_made_to_do_harm_are_none(step: Any, server: ScriptedServer) -> None:
    server.will(step, step, step)
    with api_of(server.url) as api, pytest.raises(TransientError, match="RSYS-400[145]"):
        merge(api)


@pytest.mark.parametrize("how", ["reset", "end"])
@pytest.mark.parametrize("after", [0, 100, 1_000])
def test_a_handshake_that_is_cut_off_is_begun_again(how: How, after: int, sandbox: Sandbox) -> None:
    config = settings_of(sandbox)
    login = urlsplit(config["api_url"])
    assert login.port is not None
    time = FakeTime()
    pursuit = Pursuit(retry=Retry(limit=4, sleep=time.sleep), clock=time.clock)
    with fault_proxy(login.port, Fault(how, after), Fault(how, after)) as proxy:
        config["api_url"] = f"https://{login.hostname}:{proxy.port}"
        with RestApi.from_config(config, pursuit=pursuit) as api:
            assert api.user_info().name == "cdp_api"
        assert proxy.connections == 3
    assert len(time.waits) == 2


@pytest.mark.parametrize(
    ("made", "newest", "reason"),
    [
        ({"host": "login5.responsys.net"}, ssl.TLSVersion.TLSv1_3, "RSYS-4003: .* IP address mismatch"),
        ({"days": -1}, ssl.TLSVersion.TLSv1_3, "RSYS-4003: .* certificate has expired"),
        ({}, ssl.TLSVersion.TLSv1_1, "RSYS-4001: .* TLS"),
    ],
    ids=["another name", "expired", "TLS 1.1"],
)
def test_a_host_that_does_not_prove_who_it_is_gets_no_password(
    made: dict[str, Any], newest: ssl.TLSVersion, reason: str, tmp_path: Path
) -> None:
    authority, own = certificate(tmp_path, **made)
    with tls_server(own, newest) as (port, received):
        url = f"https://127.0.0.1:{port}"
        with api_of(url, ca_bundle=str(authority)) as api, pytest.raises(ResponsysError, match=reason):
            api.user_info()
    assert [data for data in received if data] == []


def test_a_certificate_that_nobody_has_signed_is_refused(tmp_path: Path) -> None:
    _, own = certificate(tmp_path)
    with (
        tls_server(own) as (port, received),
        api_of(f"https://127.0.0.1:{port}") as api,
        pytest.raises(SettingsError, match="RSYS-4003"),
    ):
        api.user_info()
    assert [data for data in received if data] == []


def test_the_certificate_of_a_trusted_authority_is_taken(tmp_path: Path) -> None:
    """Else the tests above would prove nothing."""
    authority, own = certificate(tmp_path)
    with tls_server(own) as (port, received):
        url = f"https://127.0.0.1:{port}"
        with api_of(url, ca_bundle=str(authority)) as api, pytest.raises(TransientError):
            api.user_info()
    assert received[0].startswith(b"POST /rest/api/v1.3/auth/token")
