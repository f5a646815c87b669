"""Log-in, refresh, token life: rest-api.md 1.3 to 1.5, examples 8.1 to 8.3 and 8.8."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.restclient import API, SOON, error

if TYPE_CHECKING:
    from support.faketime import FakeTime
    from support.restclient import RestClient

    from responsys_sandbox.rest.options import TokenError


def test_login_returns_token_time_and_the_other_host(stranger: RestClient, time: FakeTime) -> None:
    answer = stranger.log_in()

    assert answer.status_code == 200
    assert list(answer.json()) == ["authToken", "issuedAt", "endPoint"]
    assert len(answer.json()["authToken"]) == 54
    assert answer.json()["issuedAt"] == time.now * 1000
    assert answer.json()["endPoint"] == stranger.rest.end_point != stranger.rest.login_url
    assert stranger.call("GET", "/user/info").status_code == 200


def test_answers_have_the_recorded_headers_and_no_others(stranger: RestClient) -> None:
    headers = stranger.log_in().headers

    assert headers["Content-Type"] == "application/json;charset=UTF-8"
    assert headers["X-CorrelationID"].startswith("Id-")
    assert headers["X-CorrelationID"].endswith(" 0")
    assert headers.keys() - {"Date", "Content-Length"} == {
        "Content-Type",
        "Connection",
        "Server",
        "Via",
        "Max-Forwards",
        "X-CorrelationID",
    }


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"user_name": "nobody"}, {"password": ""}])
def test_wrong_credentials(stranger: RestClient, changes: dict[str, str]) -> None:
    answer = stranger.log_in(**changes)

    assert error(answer) == (400, "INVALID_USER_NAME_PASSWORD")
    assert answer.json()["title"] == "Invalid username or password"


@pytest.mark.parametrize("allowed", [True, False])
def test_credentials_in_the_url(stranger: RestClient, allowed: bool) -> None:
    options = stranger.rest.options
    options.credentials_in_url = allowed
    query = {"user_name": options.user_name, "password": options.password, "auth_type": "password"}
    answer = stranger.http.post(f"{stranger.rest.login_url}{API}/auth/token", params=query, timeout=SOON)

    if allowed:
        assert answer.status_code == 200
    else:
        assert error(answer) == (400, "INVALID_AUTHENTICATION_OPTION")


def test_the_fifth_wrong_password_locks_the_user_until_an_administrator_helps(stranger: RestClient) -> None:
    refused = {error(stranger.log_in(password="wrong")) for _ in range(5)}

    assert refused == {(400, "INVALID_USER_NAME_PASSWORD")}
    assert error(stranger.log_in()) == (401, "PASSWORD_LOCKOUT")
    stranger.rest.sessions.unlock()
    assert stranger.log_in().status_code == 200


def test_a_right_password_forgives_wrong_ones(stranger: RestClient) -> None:
    for password in ("wrong",) * 4 + (stranger.rest.options.password,) + ("wrong",) * 4:
        stranger.log_in(password=password)

    assert stranger.log_in().status_code == 200


def test_refresh_gives_a_second_token_and_leaves_the_first(client: RestClient) -> None:
    first = client.token
    answers = [client.token_call(client.rest.end_point, auth_type="token") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["Content-Type"] == "application/json"
    for token in (first, *(answer.json()["authToken"] for answer in answers)):
        client.token = token
        assert client.call("GET", "/user/info").status_code == 200


def test_refresh_of_a_bad_token(stranger: RestClient) -> None:
    stranger.token = "garbage"

    assert error(stranger.token_call(stranger.rest.end_point, auth_type="token")) == (401, "INVALID_TOKEN")


@pytest.mark.parametrize(("allowed", "status"), [(False, 401), (True, 200)])
def test_refresh_at_the_login_host(client: RestClient, allowed: bool, status: int) -> None:
    client.rest.options.refresh_on_login_host = allowed

    assert client.token_call(client.rest.login_url, auth_type="token").status_code == status


@pytest.mark.parametrize("token", [None, "", "garbage"])
def test_no_or_bad_token(stranger: RestClient, token: str | None) -> None:
    stranger.token = token
    answer = stranger.call("POST", "/folders/CDP/suppData/AUDIENCE/members", json={})

    assert error(answer) == (401, "INVALID_TOKEN")
    assert answer.json()["title"] == "Not a valid token"
    assert answer.json()["detail"] == "Not a valid authentication token"


@pytest.mark.parametrize(
    ("flavour", "status", "detail"),
    [
        ("TOKEN_EXPIRED", 401, "Token expired"),
        ("INVALID_TOKEN", 401, "Not a valid authentication token"),
        ("UNEXPECTED_EXCEPTION", 500, "Not a valid authentication token"),
    ],
)
def test_a_token_lives_two_hours(
    client: RestClient, time: FakeTime, flavour: TokenError, status: int, detail: str
) -> None:
    client.rest.options.expired_token = flavour
    time.now += 7199
    assert client.call("GET", "/user/info").status_code == 200

    time.now += 1
    answer = client.call("GET", "/user/info")
    assert error(answer) == (status, flavour)
    assert answer.json()["detail"] == detail


def test_the_login_host_serves_nothing_else(client: RestClient) -> None:
    answer = client.http.get(
        f"{client.rest.login_url}{API}/user/info", headers={"Authorization": client.token or ""}, timeout=SOON
    )

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_global_routing_has_one_host(stranger: RestClient) -> None:
    stranger.rest.options.global_routing = True

    assert stranger.log_in().json()["endPoint"] == stranger.rest.login_url
    assert stranger.call("GET", "/user/info").status_code == 200
    assert stranger.token_call(stranger.rest.login_url, auth_type="token").status_code == 200


def test_tokens_outlive_the_server_but_not_a_revocation(client: RestClient) -> None:
    assert client.store.token_issued_at(client.token or "") is not None
    client.store.revoke_tokens()

    assert error(client.call("GET", "/user/info")) == (401, "INVALID_TOKEN")
