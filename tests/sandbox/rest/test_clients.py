"""Requests of public client libraries, byte for byte as they send them, and the answers they can work with.

They were written down while the libraries ran against a sandbox with nothing but its address and its
certificate configured. In `client_requests.json` a body is a text with one character for each byte; what
differs from run to run stands in braces, and `"*"` in an answer is whatever may come there. What is not in an
answer there is not compared. The answers are those of rest-api.md sections 1 to 5.
"""

from __future__ import annotations

import json
import socket
from http.client import HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from support.restclient import RestClient

CLIENTS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "client_requests.json").read_text(encoding="utf-8")
)
PASSWORD = "s&cret+=%"
"""The one that the log-ins were written down with."""


@pytest.fixture
def account(audience: RestClient) -> RestClient:
    """An account with the table AUDIENCE, the extension table SCORES, and the password of the requests."""
    audience.create_extension("SCORES", POINTS="INTEGER")
    audience.rest.options.password = PASSWORD
    return audience


def send(url: str, request: dict[str, Any], known: dict[str, str]) -> tuple[int, Any]:
    """Send a request as it was written down; return the status and the JSON value of the answer."""
    host, port = urlsplit(url).hostname, urlsplit(url).port
    known = known | {"host": f"{host}:{port}"}
    head = "\r\n".join([request["line"], *request["headers"], "", ""])
    data = filled(head, known).encode("latin-1") + request.get("body", "").encode("latin-1")
    with socket.create_connection((str(host), port or 0), timeout=20) as connection:
        connection.sendall(data)
        response = HTTPResponse(connection)
        response.begin()
        return response.status, json.loads(response.read())


def filled(text: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def differences(answer: Any, expected: Any, known: dict[str, str], at: str = "") -> list[str]:
    """Return the places in an answer that are not as expected."""
    match answer, expected:
        case _, "*":
            return []
        case dict(), dict():
            missing = [f"{at}.{name} is missing" for name in expected.keys() - answer.keys()]
            return missing + [
                problem
                for name in expected.keys() & answer.keys()
                for problem in differences(answer[name], expected[name], known, f"{at}.{name}")
            ]
        case list(), list() if len(answer) == len(expected):
            return [
                problem
                for number, pair in enumerate(zip(answer, expected, strict=True))
                for problem in differences(*pair, known, f"{at}[{number}]")
            ]
    wanted = filled(expected, known) if isinstance(expected, str) else expected
    return [] if answer == wanted else [f"{at} is {answer!r}, not {wanted!r}"]


@pytest.mark.parametrize("library", CLIENTS, ids=lambda library: library["client"])
def test_a_client_works_against_the_sandbox(account: RestClient, library: dict[str, Any]) -> None:
    rest = account.rest
    known = {"endPoint": rest.end_point}
    for request in library["requests"]:
        status, answer = send(
            rest.login_url if request["host"] == "login" else rest.end_point, request, known
        )

        assert (status, differences(answer, request["answer"], known)) == (request["status"], []), request
        if status < 300 and isinstance(answer, dict):
            known |= {"token": answer["authToken"]} if "authToken" in answer else {}
            known |= {"requestId": answer["requestId"]} if "requestId" in answer else {}


def test_older_versions_can_be_switched_off(account: RestClient) -> None:
    account.rest.options.older_versions = False

    for version in ("v1", "v1.1"):
        assert account.raw("GET", f"/rest/api/{version}/lists").status_code == 404
    assert account.call("GET", "/lists").status_code == 200


@pytest.mark.parametrize("path", ["/lists/CONTACTS_LIST", "/folders/CDP/suppData/AUDIENCE"])
@pytest.mark.parametrize("version", ["v1.1", "v1.3"])
def test_only_the_first_version_merges_without_members(account: RestClient, version: str, path: str) -> None:
    answer = account.raw("POST", f"/rest/api/{version}{path}", json={})

    assert answer.status_code in {404, 405}


def test_records_in_the_form_of_the_first_version_are_refused_later(account: RestClient) -> None:
    body = {
        "recordData": {"fieldNames": ["USERID"], "records": [{"fieldValues": ["1"]}]},
        "insertOnNoMatch": True,
        "updateOnMatch": "REPLACE_ALL",
    }

    for version, status in (("v1", 200), ("v1.1", 400), ("v1.3", 400)):
        path = f"/rest/api/{version}/folders/CDP/suppData/AUDIENCE/members"
        assert account.raw("POST", path, json=body).status_code == status


def test_a_queued_request_is_worked_off_as_it_was_sent(account: RestClient) -> None:
    account.rest.options.async_queued = account.rest.options.async_running = 0.0
    members = "/lists/CONTACTS_LIST/members"
    body = {
        "recordData": {"fieldNames": ["EMAIL_ADDRESS_"], "records": [["a@example.com"]]},
        "mergeRule": {
            "insertOnNoMatch": True,
            "updateOnMatch": "REPLACE_ALL",
            "matchColumnName1": "EMAIL_ADDRESS_",
        },
    }
    request_id = account.raw("POST", f"/rest/asyncApi/v1.3{members}", json=body).json()["requestId"]

    assert account.raw("GET", "/rest/api/v1/lists").status_code == 200  # another's call, of another version
    done = account.raw("GET", f"/rest/asyncApi/v1.3/requests/{request_id}").json()
    assert done["response"]["recordData"]["fieldNames"] == ["RIID_"]


def test_a_client_that_waits_to_be_asked_for_its_body(account: RestClient) -> None:
    url = urlsplit(account.rest.login_url)
    body = b"user_name=cdp_api&password=s%26cret%2B%3D%25&auth_type=password"
    head = (
        f"POST /rest/api/v1.3/auth/token HTTP/1.1\r\nHost: {url.netloc}\r\nExpect: 100-continue\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((str(url.hostname), url.port or 0), timeout=20) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        response = HTTPResponse(connection)
        response.begin()
        assert response.status == 200
