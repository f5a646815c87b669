"""The asynchronous API: rest-api.md 3.9, example 8.10."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any

import pytest
from support.restclient import error

from responsys_sandbox.profilelists import LIST_NAME

if TYPE_CHECKING:
    import requests
    from support.faketime import FakeTime
    from support.restclient import RestClient

ASYNC = "/rest/asyncApi/v1.3"
TABLE = "/folders/CDP/suppData/AUDIENCE/members"


def merge(*users: str, **more: Any) -> dict[str, Any]:
    data = {"fieldNames": ["USERID"], "records": [[user] for user in users]}
    return {"recordData": data, "insertOnNoMatch": True, "updateOnMatch": "REPLACE_ALL"} | more


def submit(client: RestClient, path: str, body: Any) -> str:
    answer = client.raw("POST", ASYNC + path, json=body)
    assert answer.status_code == 202, answer.text
    request_id: str = answer.json()["requestId"]
    return request_id


def poll(client: RestClient, *ids: str) -> requests.Response:
    return client.raw("POST", f"{ASYNC}/requests", json={"requestIds": list(ids)})


def state(client: RestClient, request_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.raw("GET", f"{ASYNC}/requests/{request_id}").json()
    return found


def users(client: RestClient) -> list[str | None]:
    return [row["USERID"] for row in client.store.rows("CDP", "AUDIENCE")]


def test_the_life_of_a_request(audience: RestClient, time: FakeTime) -> None:
    answer = audience.raw("POST", ASYNC + TABLE, json=merge("1", "1w", referenceData="mine"))
    body = answer.json()
    request_id = body["requestId"]
    assert (answer.status_code, body["status"]) == (202, "REQUEST_ACCEPTED")
    assert body["links"][1] == {
        "rel": "asyncResponse",
        "href": f"{ASYNC}/requests/{request_id}",
        "method": "GET",
    }
    letters, epoch = urlsafe_b64decode(request_id + "==").decode().split("::")
    assert (len(letters), epoch) == (6, str(int(time.now)))

    assert state(audience, request_id)["status"] == "REQUEST_ACCEPTED"
    time.now += 1
    running = state(audience, request_id)
    assert running == {
        "response": {
            "type": "",
            "title": "Still processing request",
            "errorCode": "PROCESSING_REQUEST",
            "detail": "Processing Request",
            "errorDetails": "[]",
        },
        "requestId": request_id,
        "apiName": "",
        "timeZone": None,
        "requestTime": "2023-11-14 14:20:00.0",
        "requestProcessedTime": "",
        "status": "IN_PROGRESS",
        "referenceData": "mine",
    }
    assert users(audience) == []

    time.now += 1
    done = state(audience, request_id)
    assert done["status"] == "SUCCESS"
    assert done["apiName"] == "AsyncMergeTableMembers"
    assert done["requestProcessedTime"] == "2023-11-14T14:20:02.000"
    records = done["response"]["recordData"]["records"]
    assert records[0] == ["1"]
    assert records[1][0].startswith("MERGEFAILED: Record 1 = ")
    assert users(audience) == ["1"]

    time.now += 86_401
    audience.log_in()
    gone = state(audience, request_id)
    assert (gone["status"], gone["response"]["errorCode"]) == ("UNKNOWN", "RESPONSE_PURGED")


def test_requests_are_worked_off_in_order(audience: RestClient, time: FakeTime) -> None:
    audience.rest.options.async_queued = 60
    for flag in "ABC":
        data = {"fieldNames": ["USERID", "FLAG"], "records": [["1", flag]]}
        submit(audience, TABLE, merge() | {"recordData": data})
    time.now += 61
    audience.call("GET", "/user/info")

    assert [row["FLAG"] for row in audience.store.rows("CDP", "AUDIENCE")] == ["C"]


def test_requests_can_be_worked_off_the_last_one_first(audience: RestClient, time: FakeTime) -> None:
    audience.rest.options.async_order = "reversed"
    for flag in ("A", "B"):
        data = {"fieldNames": ["USERID", "FLAG"], "records": [["1", flag]]}
        submit(audience, TABLE, merge() | {"recordData": data})
    time.now += 10
    audience.raw("GET", "/rest/api/ratelimit")
    assert [row["FLAG"] for row in audience.store.rows("CDP", "AUDIENCE")] == ["A"]


def test_a_request_that_is_refused_as_a_whole(audience: RestClient, time: FakeTime) -> None:
    audience.rest.options.async_failed_status = "FAILED"
    request_id = submit(audience, "/folders/CDP/suppData/NOPE/members", merge("1"))
    time.now += 2

    failed = state(audience, request_id)
    assert (failed["status"], failed["response"]["errorCode"]) == ("FAILED", "RESOURCE_NOT_FOUND")
    assert failed["response"]["errorDetails"] == "[]"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (TABLE, b"{"),
        (TABLE, b"[]"),
    ],
)
def test_only_form_and_number_are_looked_at_first(audience: RestClient, path: str, body: bytes) -> None:
    assert error(audience.raw("POST", ASYNC + path, data=body)) == (400, "INVALID_REQUEST_CONTENT")
    too_many = audience.raw("POST", ASYNC + path, json=merge(*map(str, range(201))))
    assert error(too_many) == (400, "RECIPIENT_LIMIT_EXCEEDED")
    assert audience.raw("POST", ASYNC + path, json={"recordData": {"records": [["1"]]}}).status_code == 202


def test_a_full_queue(audience: RestClient, time: FakeTime) -> None:
    audience.rest.options.async_queue_size = 1
    submit(audience, TABLE, merge("1"))

    assert error(audience.raw("POST", ASYNC + TABLE, json=merge("2"))) == (
        500,
        "UNABLE_TO_SUBMIT_ASYNC_REQUEST",
    )
    time.now += 2
    submit(audience, TABLE, merge("2"))


@pytest.mark.parametrize("status", [200, 401])
def test_a_user_without_the_api(audience: RestClient, status: Any) -> None:
    audience.rest.options.async_disabled = True
    audience.rest.options.async_disabled_status = status

    answer = audience.raw("POST", ASYNC + TABLE, json=merge("1"))
    assert error(answer) == (status, "ASYNC_API_DISABLED_FOR_USER")


def test_many_are_asked_for_at_once(audience: RestClient, time: FakeTime) -> None:
    ids = [submit(audience, TABLE, merge(str(number))) for number in range(12)]
    time.now += 2
    audience.call("GET", "/user/info")

    few = audience.raw("GET", f"{ASYNC}/requests/{','.join(ids[:10])}").json()
    assert [entry["requestId"] for entry in few] == ids[:10]
    assert error(audience.raw("GET", f"{ASYNC}/requests/{','.join(ids[:11])}"))[0] == 400
    many = poll(audience, *ids, *(["unknown"] * 188)).json()
    assert [entry["requestId"] for entry in many[:12]] == ids
    assert {entry["status"] for entry in many[12:]} == {"UNKNOWN"}
    assert error(poll(audience, *(["unknown"] * 201)))[0] == 400
    audience.rest.options.lists_in_items = True
    assert poll(audience, ids[0]).json()["items"][0]["status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("spelling", "path", "status"),
    [
        ("doubled", f"{TABLE}/members?action=delete", 202),
        ("single", f"{TABLE}/members?action=delete", 404),
        ("single", f"{TABLE}?action=delete", 202),
    ],
)
def test_rows_of_a_table_are_deleted(
    audience: RestClient, time: FakeTime, spelling: Any, path: str, status: int
) -> None:
    audience.rest.options.async_delete_path = spelling
    audience.merge(["USERID"], ["1"], ["2"])
    body = {"recordData": {"fieldNames": ["USERID"], "records": [["1"], ["3"]]}}
    answer = audience.raw("POST", ASYNC + path, json=body)
    assert answer.status_code == status
    if status == 202:
        time.now += 2
        response = state(audience, answer.json()["requestId"])["response"]
        assert response["recordData"]["records"] == [["1"], ["DELETEFAILED: No Records found for the Id\n"]]
        assert users(audience) == ["2"]


def test_a_deletion_under_the_other_path_is_taken_for_a_merge(audience: RestClient, time: FakeTime) -> None:
    audience.rest.options.async_delete_path = "doubled"
    body = {"recordData": {"fieldNames": ["USERID"], "records": [["1"]]}}
    request_id = submit(audience, f"{TABLE}?action=delete", body)
    time.now += 2

    assert state(audience, request_id)["response"]["errorCode"] == "INVALID_PARAMETER"


def test_lists_and_extension_tables(client: RestClient, time: FakeTime) -> None:
    client.create_extension("SCORES", POINTS="INTEGER")
    members = f"/lists/{LIST_NAME}/members"
    rows = f"/lists/{LIST_NAME}/listExtensions/SCORES/members"
    rule = {
        "insertOnNoMatch": True,
        "updateOnMatch": "REPLACE_ALL",
        "matchColumnName1": "EMAIL_ADDRESS_",
        "matchOperator": "NONE",
    }
    emails = {"fieldNames": ["EMAIL_ADDRESS_"], "records": [["a@example.com"]]}
    points = {"fieldNames": ["EMAIL_ADDRESS_", "POINTS"], "records": [["a@example.com", "1"]]}
    gone = {"queryAttribute": "e", "ids": ["a@example.com"]}
    ids = [
        submit(client, members, {"recordData": emails, "mergeRule": rule}),
        submit(client, rows, merge() | {"recordData": points, "matchColumnName1": "EMAIL_ADDRESS"}),
        submit(client, f"{rows}?action=delete", gone),
        submit(client, f"{members}?action=delete", gone),
    ]
    time.now += 2

    found = poll(client, *ids).json()
    assert [entry["response"]["recordData"]["records"] for entry in found] == [[["8000000001"]]] * 4
    assert [entry["apiName"] for entry in found] == [
        "AsyncMergeListMembers",
        "AsyncMergeExtensionMembers",
        "AsyncDeleteExtensionMembers",
        "AsyncDeleteListMembers",
    ]
