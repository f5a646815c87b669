"""Profile extension tables: rest-api.md section 4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.restclient import error

from responsys_sandbox.profilelists import LIST_NAME

if TYPE_CHECKING:
    import requests
    from support.restclient import RestClient

EXTENSIONS = f"/lists/{LIST_NAME}/listExtensions"
ROWS = f"{EXTENSIONS}/SCORES/members"
EMAIL = "EMAIL_ADDRESS_"
FIRST = 8_000_000_001


@pytest.fixture
def scores(client: RestClient) -> RestClient:
    """A client with two members, A and B, and an extension table SCORES."""
    client.merge_list([EMAIL, "CUSTOMER_ID_"], ["a@example.com", "A"], ["b@example.com", "B"])
    client.create_extension("SCORES", POINTS="INTEGER", SEGMENT="STR500")
    return client


def answered(answer: requests.Response) -> list[list[str | None]]:
    assert answer.status_code == 200, answer.text
    found: list[list[str | None]] = answer.json()["recordData"]["records"]
    return found


def rows(client: RestClient) -> list[tuple[str | None, ...]]:
    extension = client.store.extensions.find(LIST_NAME, "SCORES")
    assert extension is not None
    found = client.store.extensions.rows(LIST_NAME, extension)
    return [(row["RIID_"], row["POINTS"], row["SEGMENT"]) for row in found]


def test_a_table_is_listed_with_its_columns(scores: RestClient) -> None:
    assert scores.call("GET", EXTENSIONS).json() == [
        {
            "profileExtension": {"objectName": "SCORES", "folderName": "CDP"},
            "fields": [
                {"fieldName": "RIID_", "fieldType": "INTEGER"},
                {"fieldName": "POINTS", "fieldType": "INTEGER"},
                {"fieldName": "SEGMENT", "fieldType": "STR500"},
                {"fieldName": "CREATED_DATE_", "fieldType": "TIMESTAMP"},
                {"fieldName": "MODIFIED_DATE_", "fieldType": "TIMESTAMP"},
            ],
            "links": [],
        }
    ]


@pytest.mark.parametrize(
    ("name", "folder", "kind", "code"),
    [
        ("SCORES", "CDP", "STR500", "TABLE_ALREADY_EXISTS"),
        ("SECOND", "Nowhere", "STR500", "FOLDER_NOT_FOUND"),
        ("SECOND", "CDP", "STR25", "INVALID_PARAMETER"),
    ],
)
def test_a_table_that_cannot_be_made(
    scores: RestClient, name: str, folder: str, kind: str, code: str
) -> None:
    body = {
        "profileExtension": {"objectName": name, "folderName": folder},
        "fields": [{"fieldName": "POINTS", "fieldType": kind}],
    }
    assert error(scores.call("POST", EXTENSIONS, json=body))[1] == code


def test_rows_are_merged_into_members(scores: RestClient) -> None:
    answer = scores.merge_extension(
        "SCORES", [EMAIL, "POINTS", "SEGMENT"], ["a@example.com", "1", "x"], ["x@example.com", "2", "y"]
    )
    assert answered(answer) == [
        [str(FIRST)],
        ["MERGEFAILED: Record 1 = NO_RECIPIENT_FOUND: No recipient found\r\n"],
    ]
    body = answer.json()
    assert body["recordData"]["fieldNames"] == ["RIID_"]
    assert (body["matchColumnName1"], body["matchColumnName2"]) == ("EMAIL_ADDRESS", None)
    scores.merge_extension("SCORES", [EMAIL, "POINTS"], ["A@example.com", "5"])
    assert rows(scores) == [(str(FIRST), "5", "x")]


@pytest.mark.parametrize("name", ["EMAIL_ADDRESS_", "", None, "POINTS"])
def test_the_match_column_has_no_underscore(scores: RestClient, name: Any) -> None:
    answer = scores.merge_extension(
        "SCORES", [EMAIL, "POINTS"], ["a@example.com", "1"], matchColumnName1=name
    )

    assert error(answer) == (400, "INVALID_PARAMETER")
    assert answer.json()["detail"] == "Match Column is null"


def test_two_match_columns_have_to_fit_both(scores: RestClient) -> None:
    found = scores.merge_extension(
        "SCORES",
        [EMAIL, "CUSTOMER_ID_", "POINTS"],
        ["a@example.com", "A", "1"],
        ["a@example.com", "B", "2"],
        matchColumnName2="CUSTOMER_ID",
    )
    assert [str(row[0])[:11] for row in answered(found)] == [str(FIRST), "MERGEFAILED"]


def test_a_merge_needs_a_key_and_something_else(scores: RestClient) -> None:
    only_key = scores.merge_extension("SCORES", [EMAIL], ["a@example.com"])
    assert only_key.json()["detail"] == "Merge cannot be done on one field"
    no_key = scores.merge_extension("SCORES", ["POINTS"], ["1"])
    assert answered(no_key) == [["MERGEFAILED: Record 0 = The record has no merge key\r\n"]]
    unknown = scores.merge_extension("SCORES", [EMAIL, "NOPE"], ["a@example.com", "1"])
    assert error(unknown) == (400, "INVALID_FIELD_NAME")


def test_a_hash_only_updates(scores: RestClient) -> None:
    found = scores.store.lists.find(LIST_NAME)
    assert found is not None
    hashes = [str(row["EMAIL_MD5_HASH_"]) for row in scores.store.lists.members(found)]
    scores.merge_extension("SCORES", [EMAIL, "POINTS"], ["a@example.com", "1"])
    scores.merge_extension(
        "SCORES",
        ["EMAIL_MD5_HASH_", "POINTS"],
        *([value, "9"] for value in hashes),
        matchColumnName1="EMAIL_MD5_HASH",
    )
    assert rows(scores) == [(str(FIRST), "9", None)]


def test_rows_are_read_and_deleted(scores: RestClient) -> None:
    scores.merge_extension("SCORES", [EMAIL, "POINTS"], ["a@example.com", "1"], ["b@example.com", "2"])

    assert answered(scores.call("GET", f"{ROWS}/{FIRST}?fs=POINTS")) == [["1"]]
    assert answered(scores.call("GET", f"{ROWS}?qa=e&id=b@example.com&fs=RIID_,POINTS")) == [
        [str(FIRST + 1), "2"]
    ]
    both = {"fieldList": ["POINTS"], "ids": ["A", "B", "C"], "queryAttribute": "c"}
    assert answered(scores.call("POST", f"{ROWS}?action=get", json=both)) == [["1"], ["2"]]
    gone = scores.call("POST", f"{ROWS}?action=delete", json={"ids": ["B", "C"], "queryAttribute": "c"})
    assert answered(gone) == [[str(FIRST + 1)], ["DELETEFAILED: NO records found for id\n"]]
    assert answered(scores.call("DELETE", f"{ROWS}/{FIRST}")) == [[str(FIRST)]]
    assert error(scores.call("GET", f"{ROWS}/{FIRST}?fs=all")) == (404, "RECORD_NOT_FOUND")


def test_not_more_than_200_ids(scores: RestClient) -> None:
    body = {"queryAttribute": "r", "ids": [str(number) for number in range(201)]}
    assert error(scores.call("POST", f"{ROWS}?action=delete", json=body))[1] == "RECIPIENT_LIMIT_EXCEEDED"


def test_hashes_are_no_query_attributes_here(scores: RestClient) -> None:
    body = {"queryAttribute": "e_md5", "ids": ["x"]}
    assert error(scores.call("POST", f"{ROWS}?action=delete", json=body))[1] == "INVALID_PARAMETER"


def test_a_row_goes_with_its_member(scores: RestClient) -> None:
    scores.merge_extension("SCORES", [EMAIL, "POINTS"], ["a@example.com", "1"])
    # An update of the member leaves it.
    scores.merge_list([EMAIL, "CITY_"], ["a@example.com", "Leeds"])
    assert len(rows(scores)) == 1
    scores.call("DELETE", f"/lists/{LIST_NAME}/members/{FIRST}")
    assert rows(scores) == []


@pytest.mark.parametrize("code", ["PROFILE_EXTENSION_NOT_FOUND", "TABLE_NOT_FOUND"])
def test_a_table_that_is_not_there(scores: RestClient, code: Any) -> None:
    scores.rest.options.missing_extension = code

    assert error(scores.merge_extension("NOPE", [EMAIL, "POINTS"], ["a@example.com", "1"])) == (404, code)
    assert error(scores.call("DELETE", f"{EXTENSIONS}/NOPE/table")) == (404, "TABLE_NOT_FOUND")


def test_a_table_is_dropped_with_its_rows(scores: RestClient) -> None:
    scores.merge_extension("SCORES", [EMAIL, "POINTS"], ["a@example.com", "1"])
    assert scores.call("DELETE", f"{EXTENSIONS}/SCORES/table").status_code == 200
    assert scores.call("GET", EXTENSIONS).json() == []


def test_a_row_may_outlive_its_member(scores: RestClient) -> None:
    scores.rest.options.orphaned_extension_rows = True
    scores.merge_extension("SCORES", [EMAIL, "POINTS"], ["b@example.com", "1"])
    last = FIRST + 1
    scores.call("DELETE", f"/lists/{LIST_NAME}/members/{last}")

    assert rows(scores) == [(str(last), "1", None)]
    assert error(scores.call("GET", f"{ROWS}?qa=e&id=b@example.com&fs=all")) == (404, "RECORD_NOT_FOUND")
    # The member who comes next gets neither the recipient id nor the row.
    scores.merge_list([EMAIL], ["b@example.com"])
    assert error(scores.call("GET", f"{ROWS}?qa=e&id=b@example.com&fs=all")) == (404, "RECORD_NOT_FOUND")
    assert answered(scores.call("GET", f"{ROWS}/{last}?fs=POINTS")) == [["1"]]
    assert answered(scores.call("DELETE", f"{ROWS}/{last}")) == [[str(last)]]
    assert rows(scores) == []


@pytest.mark.parametrize("allowed", [True, False])
def test_a_new_table_may_name_columns_that_identify_members(scores: RestClient, allowed: bool) -> None:
    scores.rest.options.identities_in_extensions = allowed
    body = {
        "profileExtension": {"objectName": "LEVELS", "folderName": "CDP"},
        "fields": [
            {"fieldName": EMAIL, "fieldType": "STR500"},
            {"fieldName": "LEVEL_NAME", "fieldType": "STR500"},
        ],
    }
    answer = scores.call("POST", EXTENSIONS, json=body)

    if allowed:
        assert answer.json() is True
        found = scores.store.extensions.find(LIST_NAME, "LEVELS")
        assert found is not None
        assert [column.name for column in found.columns] == [
            "RIID_",
            "LEVEL_NAME",
            "CREATED_DATE_",
            "MODIFIED_DATE_",
        ]
    else:
        assert error(answer) == (400, "INVALID_PARAMETER")


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("11-14-2023", "11-14-2023", True),
        ("11-01-2023", "11-13-2023", False),
        ("11-15-2023", "12-01-2023", False),
    ],
)
@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Tokyo"])
def test_rows_by_the_pacific_day_of_their_last_change(
    client: RestClient, first: str, last: str, found: bool, zone: str
) -> None:
    client.rest.options.account_time_zone = zone
    client.merge_list([EMAIL], ["a@example.com"])
    client.create_extension("SCORES", POINTS="INTEGER")
    client.merge_extension("SCORES", [EMAIL, "POINTS"], ["a@example.com", "1"])
    answer = client.call("GET", f"{ROWS}?qa=d&sdate={first}&edate={last}&fs=POINTS")

    if found:
        assert answered(answer) == [["1"]]
    else:
        assert error(answer) == (404, "RECORD_NOT_FOUND")


@pytest.mark.parametrize("dates", ["", "sdate=11-14-2023", "sdate=2023-11-14&edate=2023-11-15"])
def test_days_that_are_none(scores: RestClient, dates: str) -> None:
    assert error(scores.call("GET", f"{ROWS}?qa=d&fs=POINTS&{dates}")) == (400, "INVALID_PARAMETER")
