"""Reading and deleting one record: rest-api.md 3.10 and 3.11."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.restclient import error

if TYPE_CHECKING:
    from support.restclient import RestClient

MEMBERS = "/folders/CDP/suppData/PAIRS/members"


@pytest.fixture
def pairs(client: RestClient) -> RestClient:
    """A client with a table of two key columns and one row."""
    client.create(
        "PAIRS", {"PK1": "INTEGER", "PK2": "STR25", "F1": "STR25", "SEEN": "TIMESTAMP"}, ["PK1", "PK2"]
    )
    client.merge(["PK1", "PK2", "F1", "SEEN"], ["1", "2", "onerec", "2026-01-15T08:30:00Z"], table="PAIRS")
    return client


def test_read_by_the_whole_key_in_any_order(pairs: RestClient) -> None:
    query = "?qa=PK2&qa=PK1&fs=PK1,PK2,F1&id=2&id=1"
    assert pairs.call("GET", MEMBERS + query).json() == {
        "recordData": {
            "fieldNames": ["PK1", "PK2", "F1"],
            "records": [["1", "2", "onerec"]],
            "mapTemplateName": None,
        },
        "insertOnNoMatch": False,
        "updateOnMatch": None,
        "links": [
            {"rel": "self", "href": f"/rest/api/v1.3{MEMBERS}{query}", "method": "GET"},
            {"rel": "mergeTableMembers", "href": f"/rest/api/v1.3{MEMBERS}", "method": "POST"},
        ],
    }


def test_read_all_columns_with_null_for_empty_ones(pairs: RestClient) -> None:
    pairs.merge(["PK1", "PK2", "F1"], ["1", "2", ""], table="PAIRS")
    answer = pairs.call("GET", f"{MEMBERS}?qa=PK1&qa=PK2&id=1&id=2&fs=all").json()

    assert answer["recordData"]["records"] == [["1", "2", None, "2026-01-15 08:30:00"]]


def test_the_form_of_times(pairs: RestClient) -> None:
    pairs.rest.options.read_timestamp = "%Y-%m-%dT%H:%M:%S.000Z"
    answer = pairs.call("GET", f"{MEMBERS}?qa=PK1&qa=PK2&id=1&id=2&fs=SEEN").json()

    assert answer["recordData"]["records"] == [["2026-01-15T08:30:00.000Z"]]


@pytest.mark.parametrize("code", ["RECORD_NOT_FOUND", "RESOURCE_NOT_FOUND"])
@pytest.mark.parametrize("verb", ["GET", "DELETE"])
def test_no_such_record(pairs: RestClient, verb: str, code: str) -> None:
    pairs.rest.options.record_not_found = code  # type: ignore[assignment]
    answer = pairs.call(verb, f"{MEMBERS}?qa=PK1&qa=PK2&id=1&id=3&fs=all")

    assert error(answer) == (404, code)
    assert answer.json()["detail"] == "No Records found for the Id"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?qa=PK1&id=1&fs=all", "INVALID_PARAMETER"),
        ("?qa=PK1&qa=PK2&id=1&fs=all", "INVALID_PARAMETER"),
        ("?qa=PK1&qa=PK2&qa=F1&id=1&id=2&id=x&fs=all", "INVALID_PARAMETER"),
        ("?fs=all", "INVALID_PARAMETER"),
        ("?qa=PK1&qa=PK2&id=one&id=2&fs=all", "INVALID_PARAMETER"),
        ("?qa=PK1&qa=PK2&id=1&id=2", "INVALID_PARAMETER"),
        (f"?qa=PK1&qa=PK2&id=1&id=2&fs={','.join(['F1'] * 60)}", "INVALID_PARAMETER"),
        ("?qa=PK1&qa=PK2&id=1&id=2&fs=NOPE", "INVALID_FIELD_NAME"),
        ("?qa=PK1&qa=NOPE&id=1&id=2&fs=all", "INVALID_FIELD_NAME"),
        ("?qa=pk1&qa=PK2&id=1&id=2&fs=all", "INVALID_FIELD_NAME"),
    ],
)
def test_questions_refused(pairs: RestClient, query: str, code: str) -> None:
    assert error(pairs.call("GET", MEMBERS + query)) == (400, code)


def test_delete_one(pairs: RestClient) -> None:
    pairs.merge(["PK1", "PK2"], ["1", "3"], table="PAIRS")
    answer = pairs.call("DELETE", f"{MEMBERS}?qa=PK1&qa=PK2&id=1&id=2").json()

    assert answer["recordData"]["fieldNames"] == ["PK1", "PK2"]
    assert answer["recordData"]["records"] == [["1", "2"]]
    assert [row["PK2"] for row in pairs.store.rows("CDP", "PAIRS")] == ["3"]
