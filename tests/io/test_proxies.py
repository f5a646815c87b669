"""Calls through a proxy that opens tunnels to the sandbox's API, which speaks TLS."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from support.connectproxy import connect_proxy
from support.delivery import FOLDER, new_sandbox, settings_of
from support.faketime import FakeTime

from responsys_io.errors import SettingsError, TransientError
from responsys_io.proxies import configured_proxy, environment_proxy
from responsys_io.restapi import RestApi
from responsys_io.restretry import Pursuit
from responsys_io.retry import Retry
from responsys_io.supplemental import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.connectproxy import ConnectProxy

    from responsys_sandbox.sandbox import Sandbox

PASSWORD = "s:ecr@t/€"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with new_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def proxy() -> Iterator[ConnectProxy]:
    with connect_proxy() as running:
        yield running


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def read_user(sandbox: Sandbox, time: FakeTime | None = None, **settings: Any) -> str:
    time = time or FakeTime()
    pursuit = Pursuit(retry=Retry(limit=3, sleep=time.sleep), clock=time.clock)
    with RestApi.from_config(settings_of(sandbox) | settings, pursuit=pursuit) as api:
        return api.user_info().name


def hosts_of(sandbox: Sandbox) -> list[str]:
    return [url.removeprefix("https://") for url in (sandbox.rest.login_url, sandbox.rest.end_point)]


def test_every_call_goes_through_the_proxy_of_the_settings(sandbox: Sandbox, proxy: ConnectProxy) -> None:
    assert read_user(sandbox, proxy_url=proxy.url) == "cdp_api"
    assert proxy.targets == hosts_of(sandbox)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_without_one_the_environment_says_which(
    sandbox: Sandbox, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, proxy.url)
    read_user(sandbox)
    assert proxy.targets == hosts_of(sandbox)


@pytest.mark.parametrize("exempt", ["127.0.0.1", "127.0.0.0/8", "*", "example.com,127.0.0.1"])
def test_hosts_that_the_environment_exempts_are_reached_directly(
    sandbox: Sandbox, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch, exempt: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", exempt)
    read_user(sandbox)
    assert proxy.targets == []


def test_the_setting_comes_before_the_environment(
    sandbox: Sandbox, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "*")
    read_user(sandbox, proxy_url=proxy.url)
    assert len(proxy.targets) == 2


def test_the_proxys_user_and_password(
    sandbox: Sandbox, proxy: ConnectProxy, caplog: pytest.LogCaptureFixture
) -> None:
    proxy.user = f"jane@corp:{PASSWORD}"
    with caplog.at_level(logging.DEBUG):
        read_user(sandbox, proxy_url=proxy.url, proxy_username="jane@corp", proxy_password=PASSWORD)
    assert len(proxy.targets) == 2
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize("password", ["", "wrong-and-secret"])
def test_a_password_that_the_proxy_refuses_is_sent_once(
    sandbox: Sandbox, proxy: ConnectProxy, caplog: pytest.LogCaptureFixture, password: str
) -> None:
    proxy.user = "jane:right"
    before = len(sandbox.store.requests())
    with caplog.at_level(logging.DEBUG), pytest.raises(SettingsError, match="RSYS-4015") as raised:
        read_user(
            sandbox,
            proxy_url=proxy.url,
            proxy_username="jane" if password else None,
            proxy_password=password or None,
        )
    assert len(proxy.targets) == 1
    assert len(sandbox.store.requests()) == before
    assert "wrong-and-secret" not in str(raised.value) + caplog.text


def test_a_proxy_that_cannot_connect_is_asked_again(sandbox: Sandbox, proxy: ConnectProxy) -> None:
    proxy.refuses_with = 503
    time = FakeTime()
    time.while_waiting = lambda: setattr(proxy, "refuses_with", 0)
    assert read_user(sandbox, time, proxy_url=proxy.url) == "cdp_api"
    assert len(time.waits) == 1


def test_what_the_proxy_did_not_let_through_may_be_sent_again(sandbox: Sandbox, proxy: ConnectProxy) -> None:
    """Creating a table must not be repeated once it may have arrived."""
    time = FakeTime()
    time.while_waiting = lambda: setattr(proxy, "refuses_with", 0)
    pursuit = Pursuit(retry=Retry(limit=3, sleep=time.sleep), clock=time.clock)
    settings = settings_of(sandbox) | {"proxy_url": proxy.url}
    with RestApi.from_config(settings, pursuit=pursuit) as api:
        api.user_info()
        proxy.refuses_with = 502
        api.create(Table(FOLDER, "BEHIND_A_PROXY", (Column("ID1", "INTEGER"),), ("ID1",)))
    assert len(time.waits) == 1


def test_a_proxy_that_is_not_there(sandbox: Sandbox) -> None:
    with connect_proxy() as gone:
        pass
    with pytest.raises(TransientError, match=r"RSYS-4001.*the proxy did not connect"):
        read_user(sandbox, proxy_url=gone.url)


@pytest.mark.parametrize(
    "url",
    [
        "proxy.example.com:3128",
        "socks5://proxy.example.com",
        "http://jane:secret@proxy.example.com",
        "http://proxy.example.com/path",
        "http://proxy.example.com:port",
        "http://",
    ],
)
def test_addresses_of_proxies_that_are_none(url: str) -> None:
    with pytest.raises(SettingsError, match="RSYS-1012") as raised:
        configured_proxy({"proxy_url": url})
    assert "secret" not in str(raised.value)


def test_a_user_without_a_proxy() -> None:
    with pytest.raises(SettingsError, match="RSYS-1013"):
        configured_proxy({"proxy_username": "jane"})


def test_proxies_of_the_environment_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://jane:secret@proxy.example.com")
    with pytest.raises(SettingsError, match="RSYS-1014") as raised:
        environment_proxy("https://login5.responsys.net")
    assert "secret" not in str(raised.value)
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example.com:3128")
    assert environment_proxy("https://login5.responsys.net") == "http://proxy.example.com:3128"


def test_the_bundle_of_the_settings_counts_behind_a_proxy(
    sandbox: Sandbox, proxy: ConnectProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes((sandbox.keys / "ca.pem").read_bytes())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    with pytest.raises(SettingsError, match="RSYS-4003"):
        read_user(sandbox, proxy_url=proxy.url, ca_bundle=None)
