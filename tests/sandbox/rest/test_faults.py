"""Faults on demand, the body limit, and the request log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import requests
from support.restclient import error

from responsys_sandbox.rest import (
    EMPTY,
    MAINTENANCE,
    MAINTENANCE_AS_OK,
    Answer,
    Delay,
    Drop,
    Fault,
    Refuse,
    RevokeTokens,
    Truncate,
)
from responsys_sandbox.rest.errors import ERRORS

if TYPE_CHECKING:
    from support.restclient import RestClient


def test_a_maintenance_page_for_the_next_requests_that_match(audience: RestClient) -> None:
    audience.rest.faults.add(Fault(action=MAINTENANCE, method="POST", path="/members$", skip=1, count=2))
    assert audience.call("GET", "/user/info").status_code == 200
    answers = [audience.merge(["USERID"], [str(number)]) for number in range(4)]

    assert [answer.status_code for answer in answers] == [200, 503, 503, 200]
    assert "Service Temporarily Unavailable" in answers[1].text
    assert [row["USERID"] for row in audience.store.rows("CDP", "AUDIENCE")] == ["0", "3"]


def test_any_answer(client: RestClient) -> None:
    body = json.dumps({"errorCode": "UNABLE_TO_SUBMIT_ASYNC_REQUEST"})
    client.rest.faults.add(Fault(action=Answer(500, body, "application/json"), count=None))

    assert {client.call("GET", "/user/info").json()["errorCode"] for _ in range(3)} == {
        "UNABLE_TO_SUBMIT_ASYNC_REQUEST"
    }
    client.rest.faults.clear()
    assert client.call("GET", "/user/info").status_code == 200


@pytest.mark.parametrize(("drop", "rows"), [(Drop("before"), 0), (Drop("after"), 1), (Drop("during"), 1)])
def test_dropped_connections(audience: RestClient, drop: Drop, rows: int) -> None:
    audience.rest.faults.add(Fault(action=drop))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        audience.merge(["USERID"], ["1"])

    assert audience.store.row_count("CDP", "AUDIENCE") == rows
    assert audience.store.requests()[-1].status is None
    assert audience.merge(["USERID"], ["2"]).status_code == 200


def test_truncated_json(audience: RestClient) -> None:
    audience.rest.faults.add(Fault(action=Truncate()))
    answer = audience.merge(["USERID"], ["1"])

    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert audience.store.row_count("CDP", "AUDIENCE") == 1


def test_a_delay_runs_into_the_timeout_of_the_client(client: RestClient) -> None:
    client.rest.faults.add(Fault(action=Delay(60)))
    headers = {"Authorization": client.token or ""}
    with pytest.raises(requests.ReadTimeout):
        client.http.get(
            f"{client.rest.end_point}/rest/api/v1.3/user/info", headers=headers, timeout=(5, 0.05)
        )


def test_revoked_tokens(client: RestClient) -> None:
    client.rest.faults.add(Fault(action=RevokeTokens()))

    assert error(client.call("GET", "/user/info")) == (401, "INVALID_TOKEN")
    assert client.log_in().status_code == 200
    assert client.call("GET", "/user/info").status_code == 200


def test_a_body_over_the_limit_drops_the_connection(audience: RestClient) -> None:
    def merge_padded(to_bytes: int) -> requests.Response:
        body = {
            "recordData": {"fieldNames": ["USERID"], "records": [["1"]]},
            "insertOnNoMatch": True,
            "updateOnMatch": "REPLACE_ALL",
        }
        data = json.dumps(body).encode().ljust(to_bytes)
        return audience.call("POST", "/folders/CDP/suppData/AUDIENCE/members", data=data)

    limit = 10 * 1024 * 1024
    assert merge_padded(limit).status_code == 200
    with pytest.raises(requests.ConnectionError):
        merge_padded(limit + 1)
    assert audience.store.requests()[-1].status is None


def test_the_request_log_has_no_values(audience: RestClient) -> None:
    audience.merge(["USERID", "EMAIL"], ["471108154711", "a@example.com"], ["x4712", "b@example.com"])
    audience.call("GET", "/folders/CDP/suppData/AUDIENCE/members?qa=USERID&id=471108154711&fs=all")
    audience.call("GET", "/folder/CDP/suppData/NOPE")
    login, _, merge, read, missing = audience.store.requests()

    assert (login.method, login.path, login.status) == ("POST", "/rest/api/v1.3/auth/token", 200)
    assert (merge.rows, merge.status, merge.error_code) == (2, 200, None)
    assert read.path == merge.path == "/rest/api/v1.3/folders/CDP/suppData/AUDIENCE/members"
    assert (missing.status, missing.error_code) == (404, "RESOURCE_NOT_FOUND")
    assert all(request.ms >= 0 for request in audience.store.requests())
    secrets = ("471108154711", "example.com", audience.token or "", audience.rest.options.password)
    assert not [secret for secret in secrets if secret in repr(audience.store.requests())]
    assert audience.rest.options.password not in repr(audience.rest.options)


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_error_code_can_be_had(client: RestClient, code: str) -> None:
    client.rest.faults.add(Fault(action=Refuse(code, "words")))
    answer = client.call("GET", "/user/info")

    assert error(answer) == (ERRORS[code][0], code)
    assert (answer.json()["title"], answer.json()["detail"]) == (ERRORS[code][1], "words")
    assert client.store.requests()[-1].error_code == code


def test_an_error_code_in_another_status(client: RestClient) -> None:
    client.rest.faults.add(Fault(action=Refuse("API_LIMIT_EXCEEDED", status=429)))
    assert error(client.call("GET", "/user/info")) == (429, "API_LIMIT_EXCEEDED")


@pytest.mark.parametrize(("page", "status"), [(MAINTENANCE, 503), (MAINTENANCE_AS_OK, 200), (EMPTY, 200)])
def test_pages_instead_of_answers(client: RestClient, page: Answer, status: int) -> None:
    client.rest.faults.add(Fault(action=page))
    answer = client.call("GET", "/user/info")

    assert (answer.status_code, answer.text) == (status, page.body)
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
