"""Supplemental tables: rest-api.md 3.2 to 3.4, 3.8 and 3.12, examples 8.4 and 8.7."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from support.restclient import error

from responsys_sandbox.tables import Column, Table

if TYPE_CHECKING:
    from support.restclient import RestClient

TABLES = "/folders/CDP/suppData"
ONE_PAGE = 200


def body(**changes: Any) -> dict[str, Any]:
    return {
        "table": {"objectName": "AUDIENCE"},
        "fields": [
            {"fieldName": "USERID", "fieldType": "INTEGER", "dataExtractionKey": False},
            {"fieldName": "EMAIL", "fieldType": "STR500", "dataExtractionKey": True},
        ],
        "primaryKeys": ["USERID"],
    } | changes


def fields(*names: str, kind: str = "STR25") -> list[dict[str, str]]:
    return [{"fieldName": name, "fieldType": kind} for name in names]


def test_create_answers_true_and_the_table_is_there(client: RestClient) -> None:
    answer = client.call("POST", TABLES, json=body())

    assert (answer.status_code, answer.text) == (200, "true")
    assert client.store.tables() == [
        Table("CDP", "AUDIENCE", (Column("USERID", "INTEGER"), Column("EMAIL", "STR500", True)), ("USERID",))
    ]


@pytest.mark.parametrize(("upper", "name"), [(True, "OFFERID"), (False, "offerId")])
def test_the_case_of_created_columns(client: RestClient, upper: bool, name: str) -> None:
    client.rest.options.upper_case_columns = upper
    client.create("OFFERS", {"offerId": "INTEGER"}, ["offerId"])

    described = client.call("GET", "/folder/CDP/suppData/OFFERS?ft=pk").json()
    assert described["fields"] == [{"fieldName": name, "fieldType": "INTEGER"}]


def test_the_column_property_of_swagger(client: RestClient) -> None:
    client.rest.options.columns_key = "records"
    assert error(client.call("POST", TABLES, json=body())) == (400, "INVALID_PARAMETER")
    swagger_body = {name if name != "fields" else "records": value for name, value in body().items()}
    assert client.call("POST", TABLES, json=swagger_body).text == "true"


ALLOWED_TYPES = (
    "Some Field Types are invalid. Allowed Field Types are 'CHAR', 'STR25', 'STR100', 'STR500', 'STR4000', "
    "'INTEGER', 'NUMBER' and 'TIMESTAMP'."
)


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"primaryKeys": []}, "Create Table Without PK is not supported.  Please include Primary Key."),
        ({"primaryKeys": None}, "Create Table Without PK is not supported.  Please include Primary Key."),
        ({"fields": fields("USERID", kind="STR5000")}, ALLOWED_TYPES),
        ({"fields": fields("USERID", kind="STR50")}, ALLOWED_TYPES),
        # types are looked at before the key
        ({"fields": fields("OTHER", kind="STR255"), "primaryKeys": ["USERID"]}, ALLOWED_TYPES),
        ({"primaryKeys": ["NOPE"]}, "Primary Key fields must be among the fields of the table"),
        ({"table": {"objectName": "A/B"}}, "Invalid characters in the Table Name"),
        ({"table": {"objectName": "A" * 101}}, "Max Length of table name allowed: 100"),
        ({"table": {}}, "Table Name is required"),
        ({"fields": fields("USERID", "userid")}, "Field Names must be unique"),
        ({"fields": fields("USERID", "A" * 31)}, f"Max Length of field name allowed: 30: {'A' * 31}"),
        ({"fields": fields("USERID", "TRAILING_")}, "Field Name must not end with an underscore: TRAILING_"),
        ({"fields": fields("USERID", "1ST")}, "Invalid characters in the Field Name: 1ST"),
        ({"fields": fields("USERID", "k")}, "Field Name is a reserved word: K"),
        ({"fields": fields("USERID", "Date")}, "Field Name is a reserved word: DATE"),
        (
            {"fields": fields("K1", "K2", "K3", "K4", "K5"), "primaryKeys": ["K1", "K2", "K3", "K4", "K5"]},
            "At most 4 different Primary Key fields are allowed",
        ),
    ],
)
def test_create_refuses(client: RestClient, changes: dict[str, Any], detail: str) -> None:
    answer = client.call("POST", TABLES, json=body(**changes))

    assert error(answer) == (400, "INVALID_PARAMETER")
    assert answer.json()["title"] == "Invalid request parameters"
    assert answer.json()["detail"] == detail
    assert client.store.tables() == []


def test_reserved_words_may_pass(client: RestClient) -> None:
    client.rest.options.refuse_reserved_words = False

    assert client.call("POST", TABLES, json=body(fields=fields("USERID", "DATE"))).text == "true"


def test_create_refuses_a_name_twice_a_missing_folder_and_the_251st_table(client: RestClient) -> None:
    client.call("POST", TABLES, json=body())
    twice = client.call("POST", TABLES, json=body())
    assert error(twice) == (400, "TABLE_ALREADY_EXISTS")
    assert twice.json()["detail"] == (
        "Supplemental Table for given name [AUDIENCE] already exists in folder [CDP]"
    )

    missing = client.call("POST", "/folders/NOPE/suppData", json=body())
    assert error(missing) == (404, "FOLDER_NOT_FOUND")
    assert missing.json()["detail"] == "Folder name [NOPE] does not exist"

    client.rest.options.table_limit = 1
    full = client.call("POST", TABLES, json=body(table={"objectName": "SECOND"}))
    assert error(full) == (400, "INVALID_PARAMETER")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"table": "\xe4"}'])
def test_bodies_that_cannot_be_read(client: RestClient, data: bytes) -> None:
    assert error(client.call("POST", TABLES, data=data)) == (400, "INVALID_REQUEST_CONTENT")


def test_describe_all_and_key(audience: RestClient) -> None:
    everything = audience.call("GET", "/folder/CDP/suppData/AUDIENCE").json()
    assert [field["fieldName"] for field in everything["fields"]] == [
        "USERID",
        "EMAIL",
        "SCORE",
        "JOINED",
        "FLAG",
    ]

    members = "/rest/api/v1.3/folders/CDP/suppData/AUDIENCE/members"
    assert audience.call("GET", "/folder/CDP/suppData/AUDIENCE?ft=PK").json() == {
        "fields": [{"fieldName": "USERID", "fieldType": "INTEGER"}],
        "suppData": {"folderName": "CDP", "objectName": "AUDIENCE"},
        "links": [
            {"rel": "self", "href": "/rest/api/v1.3/folder/CDP/suppData/AUDIENCE?ft=PK", "method": "GET"},
            {"rel": "mergeTableMembers", "href": members, "method": "POST"},
            {"rel": "retrieveTableMembers", "href": members, "method": "GET"},
            {"rel": "deleteTableMembers", "href": members, "method": "DELETE"},
        ],
    }


def test_describe_a_missing_table(client: RestClient) -> None:
    answer = client.call("GET", "/folder/CDP/suppData/NOPE?ft=PK")

    assert error(answer) == (404, "RESOURCE_NOT_FOUND")
    assert answer.json()["title"] == "Resource not found"
    assert answer.json()["detail"] == "Supplemental name [NOPE] does not exist"


def test_describe_in_the_plural_is_no_such_path(audience: RestClient) -> None:
    answer = audience.call("GET", "/folders/CDP/suppData/AUDIENCE")

    assert answer.status_code == 405
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("folder", "table"), [("!MasterData", "My Table [EU]"), ("A B", "50=50"), ("@x", "{y}")]
)
def test_names_with_special_characters(client: RestClient, folder: str, table: str) -> None:
    assert client.call("POST", "/folders", json={"folderName": folder}).json()["success"] is True
    client.create(table, {"USERID": "INTEGER"}, ["USERID"], folder=folder)

    described = client.call("GET", f"/folder/{folder}/suppData/{table}").json()
    assert described["suppData"] == {"folderName": folder, "objectName": table}
    merge = next(link["href"] for link in described["links"] if link["rel"] == "mergeTableMembers")
    encoded = [quote(name, safe="") for name in (folder, table)]
    assert merge == "/rest/api/v1.3/folders/{}/suppData/{}/members".format(*encoded)
    data = {"fieldNames": ["USERID"], "records": [["1"]]}
    answer = client.raw(
        "POST", merge, json={"recordData": data, "insertOnNoMatch": True, "updateOnMatch": "REPLACE_ALL"}
    )
    assert answer.status_code == 200
    assert client.store.row_count(folder, table) == 1


def test_list_is_a_bare_array(audience: RestClient) -> None:
    (entry,) = audience.call("GET", "/suppData").json()

    assert entry["suppData"] == {"folderName": "CDP", "objectName": "AUDIENCE"}
    assert entry["fields"][0] == {"fieldName": "USERID", "fieldType": "INTEGER"}
    assert entry["links"] == []


def test_list_as_in_swagger(audience: RestClient) -> None:
    audience.rest.options.lists_in_items = True
    (entry,) = audience.call("GET", "/suppData").json()["items"]

    assert (entry["name"], entry["folderName"]) == ("AUDIENCE", "CDP")


def test_list_of_none(client: RestClient) -> None:
    assert client.call("GET", "/suppData").json() == []


def test_list_pages(client: RestClient) -> None:
    for number in range(ONE_PAGE + 5):
        client.store.create_table(Table("CDP", f"T{number}", (Column("ID_X", "INTEGER"),), ("ID_X",)))

    def names(query: str) -> list[str]:
        return [entry["suppData"]["objectName"] for entry in client.call("GET", f"/suppData{query}").json()]

    assert names("") == names("?limit=500") == [f"T{number}" for number in range(200)]
    assert names("?offset=200") == [f"T{number}" for number in range(200, 205)]
    assert names("?offset=1&limit=2") == ["T1", "T2"]
    assert error(client.call("GET", "/suppData?limit=ten")) == (400, "INVALID_PARAMETER")


def test_rename_and_move_keep_the_rows(audience: RestClient) -> None:
    audience.merge(["USERID"], ["1"])
    audience.call("POST", "/folders", json={"folderName": "Archive"})
    moved = {"folderName": "Archive", "tableName": "OLD"}
    answer = audience.call("PUT", f"{TABLES}/AUDIENCE", json=moved)

    assert answer.json() == {"message": "Supplemental Table has been updated", "status": True}
    assert audience.store.table("CDP", "AUDIENCE") is None
    assert audience.store.row_count("Archive", "OLD") == 1


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ({"folderName": "CDP", "tableName": "OTHER"}, (400, "TABLE_ALREADY_EXISTS")),
        ({"folderName": "NOPE", "tableName": "X1"}, (404, "FOLDER_NOT_FOUND")),
        ({"folderName": "CDP", "tableName": "X/1"}, (400, "INVALID_PARAMETER")),
        ({"folderName": "C" * 101, "tableName": "X1"}, (400, "INVALID_PARAMETER")),
        ({"folderName": "CDP"}, (400, "INVALID_PARAMETER")),
    ],
)
def test_rename_refuses(audience: RestClient, new: dict[str, str], expected: tuple[int, str]) -> None:
    audience.create("OTHER", {"USERID": "INTEGER"}, ["USERID"])

    assert error(audience.call("PUT", f"{TABLES}/AUDIENCE", json=new)) == expected
    assert audience.store.table("CDP", "AUDIENCE") is not None


def test_drop(audience: RestClient) -> None:
    audience.merge(["USERID"], ["1"])
    answer = audience.call("DELETE", f"{TABLES}/AUDIENCE/table")

    href = "/rest/api/v1.3/folders/CDP/suppData/AUDIENCE/table"
    assert answer.json() == {
        "suppTableName": "AUDIENCE",
        "links": [{"rel": "self", "href": href, "method": "DELETE"}],
    }
    assert audience.store.tables() == []
    again = audience.call("DELETE", f"{TABLES}/AUDIENCE/table")
    assert error(again) == (404, "TABLE_NOT_FOUND")
    assert again.json()["detail"] == "No Supplemental Table found for given name [AUDIENCE]"
    assert error(audience.call("DELETE", "/folders/NOPE/suppData/X/table")) == (404, "FOLDER_NOT_FOUND")


def test_a_table_made_again_is_empty(audience: RestClient) -> None:
    audience.merge(["USERID"], ["1"])
    audience.call("DELETE", f"{TABLES}/AUDIENCE/table")
    audience.create("AUDIENCE", {"USERID": "INTEGER"}, ["USERID"])

    assert audience.store.rows("CDP", "AUDIENCE") == []
