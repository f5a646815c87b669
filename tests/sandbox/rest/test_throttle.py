"""Limits: rest-api.md section 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest
from support.restclient import error

if TYPE_CHECKING:
    from support.faketime import FakeTime
    from support.restclient import RestClient


def test_rate_limits_tell_every_function(client: RestClient) -> None:
    client.rest.options.limits["mergeTableMembers"] = 60
    entries = client.raw("GET", "/rest/api/ratelimit").json()

    assert {
        "limit": 60,
        "api": "mergeTableMembers",
        "resource_path": "/folders/{folderName}/suppData/{tableName}/members",
        "verb": "POST",
        "description": "Merge supplemental records",
    } in entries
    assert all(isinstance(entry["limit"], int) for entry in entries)


def test_rate_limits_in_other_shapes(client: RestClient) -> None:
    client.rest.options.limits_in_items = True
    client.rest.options.limit_as_number_text = True
    answer = client.raw("GET", "/rest/api/ratelimit").json()

    assert next(entry["limit"] for entry in answer["items"] if entry["api"] == "login") == "10"


def test_rate_limits_have_no_version(client: RestClient) -> None:
    assert client.call("GET", "/ratelimit").status_code == 404


def test_rate_limits_answer_a_bad_token_with_500(stranger: RestClient) -> None:
    stranger.token = "garbage"
    answer = stranger.raw("GET", "/rest/api/ratelimit")

    assert error(answer) == (500, "UNEXPECTED_EXCEPTION")
    assert answer.json()["detail"] == "Not a valid authentication token"


def test_login_is_throttled(stranger: RestClient, time: FakeTime) -> None:
    assert {stranger.log_in().status_code for _ in range(10)} == {200}
    assert error(stranger.log_in()) == (400, "API_LIMIT_EXCEEDED")
    time.now += 60
    assert stranger.log_in().status_code == 200


@pytest.mark.parametrize("status", [400, 401, 429])
def test_a_limit_holds_for_its_function_until_the_next_minute(
    client: RestClient, time: FakeTime, status: Literal[400, 401, 429]
) -> None:
    client.rest.options.limits["retrieveUserInfo"] = 2
    client.rest.options.limit_status = status
    time.now += 59
    calls = [client.call("GET", "/user/info") for _ in range(3)]

    assert [call.status_code for call in calls] == [200, 200, status]
    assert error(calls[2]) == (status, "API_LIMIT_EXCEEDED")
    assert calls[2].json()["detail"] == (
        "You exceeded your allowable limit to call the retrieveUserInfo API function. "
        "Please try again in a minute."
    )
    assert not {name for name in calls[2].headers if "rate" in name.lower() or "retry" in name.lower()}
    assert client.call("GET", "/folders").status_code == 200
    time.now += 1
    assert client.call("GET", "/user/info").status_code == 200


def test_the_limit_error_as_plain_text(client: RestClient) -> None:
    client.rest.options.limits["retrieveUserInfo"] = 0
    client.rest.options.limit_status = 429
    client.rest.options.limit_as_text = True
    answer = client.call("GET", "/user/info")

    assert answer.status_code == 429
    assert answer.text.startswith("You exceeded your allowable limit")
    assert client.store.requests()[-1].error_code == "API_LIMIT_EXCEEDED"


@pytest.mark.parametrize("status", [400, 429, 503])
def test_the_capacity_is_one_for_all_functions_and_ten_minutes(
    client: RestClient, time: FakeTime, status: int
) -> None:
    client.rest.options.capacity = 3  # the log-in was the first call
    client.rest.options.capacity_status = status
    calls: list[Any] = [client.call("GET", path) for path in ("/user/info", "/folders", "/suppData")]

    assert [call.status_code for call in calls] == [200, 200, status]
    assert error(calls[2]) == (status, "INTERNAL_CAPACITY_LIMIT_EXCEEDED")
    time.now += 599
    assert client.call("GET", "/suppData").status_code == status
    time.now += 1
    assert client.call("GET", "/suppData").status_code == 200


def test_a_blocked_function(client: RestClient) -> None:
    client.rest.options.blocked = frozenset({"retrieveUserInfo"})

    assert error(client.call("GET", "/user/info")) == (400, "API_BLOCKED")
    assert client.call("GET", "/folders").status_code == 200


def test_actions_can_share_the_limit_of_their_path(client: RestClient) -> None:
    client.rest.options.limits_by_action = False
    client.rest.options.limits["mergeListMembers"] = 1
    paths = [entry["resource_path"] for entry in client.raw("GET", "/rest/api/ratelimit").json()]
    assert not any("?" in path for path in paths)
    path = "/rest/api/v1.3/lists/NOPE/members"
    answers = [client.raw("POST", f"{path}{query}", json={}) for query in ("?action=delete", "")]
    assert [error(answer)[1] == "API_LIMIT_EXCEEDED" for answer in answers] == [False, True]
