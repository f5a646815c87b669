"""HTTPS on both hosts, with the sandbox's own certificate authority."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from support.restclient import RestClient

from responsys_sandbox.background import BackgroundLoop
from responsys_sandbox.certificates import ensure_certificates, server_context
from responsys_sandbox.rest import RestApi, RestOptions
from responsys_sandbox.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def test_https_on_both_hosts(tmp_path: Path) -> None:
    authority = ensure_certificates(tmp_path)
    with Store(tmp_path / "account.sqlite") as store, BackgroundLoop() as loop:
        rest = RestApi(store, options=RestOptions())
        loop.run(rest.start(ssl_context=server_context(tmp_path)))
        client = RestClient(rest)
        client.http.trust_env = False  # a CA bundle of the environment would win over ours
        with client.http:
            assert rest.login_url.startswith("https://127.0.0.1:")
            with pytest.raises(requests.exceptions.SSLError):
                client.log_in()

            client.http.verify = str(authority)
            assert client.log_in().json()["endPoint"] == rest.end_point
            assert client.call("GET", "/user/info").status_code == 200
        loop.run(rest.stop())


def test_an_api_comes_back_where_it_was(tmp_path: Path) -> None:
    with Store(tmp_path / "account.sqlite") as store, BackgroundLoop() as loop:
        first = RestApi(store, options=RestOptions())
        loop.run(first.start())
        where = first.login_url, first.end_point
        loop.run(first.stop())
        ports = tuple(int(url.rpartition(":")[2]) for url in where)
        again = RestApi(store, options=RestOptions(ports=ports))  # type: ignore[arg-type]  # two of them
        loop.run(again.start())
        assert (again.login_url, again.end_point) == where
        loop.run(again.stop())
