from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.faketime import FakeTime
from support.restclient import RestClient

from responsys_sandbox.background import BackgroundLoop
from responsys_sandbox.rest import RestApi, RestOptions
from responsys_sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_OF_A_MINUTE = 1_700_000_400.0


@pytest.fixture
def time() -> FakeTime:
    """The API's clock, at the start of a minute and of ten minutes."""
    return FakeTime(now=START_OF_A_MINUTE)


@pytest.fixture
def rest(tmp_path: Path, time: FakeTime) -> Iterator[RestApi]:
    """An API over HTTP with an empty folder CDP."""
    with Store(tmp_path / "account.sqlite") as store, BackgroundLoop() as loop:
        api = RestApi(store, options=RestOptions(), clock=time.clock)
        loop.run(api.start())
        yield api
        loop.run(api.stop())


@pytest.fixture
def stranger(rest: RestApi) -> Iterator[RestClient]:
    """A client that has not logged in."""
    client = RestClient(rest)
    with client.http:
        yield client


@pytest.fixture
def client(stranger: RestClient) -> RestClient:
    """A client that has logged in."""
    stranger.log_in()
    return stranger


@pytest.fixture
def audience(client: RestClient) -> RestClient:
    """A client with a keyed table AUDIENCE."""
    client.create(
        "AUDIENCE",
        {"USERID": "INTEGER", "EMAIL": "STR25", "SCORE": "NUMBER", "JOINED": "TIMESTAMP", "FLAG": "CHAR"},
        ["USERID"],
    )
    return client
