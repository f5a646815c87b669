"""Members of a profile list: rest-api.md section 5."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from support.restclient import error

from responsys_sandbox.liststore import PermissionChange
from responsys_sandbox.profilelists import LIST_NAME, contacts_list

if TYPE_CHECKING:
    import requests
    from support.restclient import RestClient

MEMBERS = f"/lists/{LIST_NAME}/members"
EMAIL, STATUS = "EMAIL_ADDRESS_", "EMAIL_PERMISSION_STATUS_"
CONTACTS = contacts_list("CDP")
FIRST = 8_000_000_001


def answered(answer: requests.Response) -> list[list[str | None]]:
    assert answer.status_code == 200, answer.text
    found: list[list[str | None]] = answer.json()["recordData"]["records"]
    return found


def members(client: RestClient, *names: str) -> list[tuple[str | None, ...]]:
    return [tuple(row[name] for name in names) for row in client.store.lists.members(CONTACTS)]


def statuses(client: RestClient) -> list[tuple[str | None, ...]]:
    return members(client, STATUS)


def test_an_answer_names_the_recipients(client: RestClient) -> None:
    answer = client.merge_list([EMAIL, "CITY_"], ["a@example.com", "Leeds"], ["nobody", "York"])

    body = answer.json()
    assert body["recordData"] == {
        "fieldNames": ["RIID_"],
        "records": [
            [str(FIRST)],
            ["MERGEFAILED: Record 1 = INVALID_PARAMETER: The value nobody is not a valid email address\r\n"],
        ],
        "mapTemplateName": None,
    }
    assert body["mergeRule"]["matchColumnName3"] is None
    assert body["mergeRule"]["matchColumnName1"] == EMAIL
    assert [entry["rel"] for entry in body["links"]] == [
        "self",
        "retrieveListRecipientsRIID",
        "deleteListRecipientsRIID",
    ]
    assert members(client, "RIID_", EMAIL, "CITY_", "EMAIL_DOMAIN_") == [
        (str(FIRST), "a@example.com", "Leeds", "example.com")
    ]


def test_a_member_is_updated_where_columns_are_named(client: RestClient) -> None:
    client.merge_list([EMAIL, "CITY_", "FIRST_NAME"], ["a@example.com", "Leeds", "Ada"])
    again = client.merge_list(["email_address_", "city_"], ["A@example.com", ""])

    assert answered(again) == [[str(FIRST)]]
    assert members(client, "CITY_", "FIRST_NAME") == [(None, "Ada")]


def test_v1_results(client: RestClient) -> None:
    client.rest.options.merge_results = "results"
    good, bad = client.merge_list([EMAIL], ["a@example.com"], ["nobody"]).json()

    assert good == {"recipientId": FIRST, "errorMessage": None}
    assert bad["recipientId"] == -1
    assert bad["errorMessage"].startswith("MERGEFAILED: Record 1 = ")


def test_a_bad_record_may_fail_the_call(client: RestClient) -> None:
    client.rest.options.bad_member_fails_call = True
    answer = client.merge_list([EMAIL], ["a@example.com"], ["nobody"])

    assert error(answer) == (400, "INVALID_PARAMETER")
    assert answer.json()["detail"].startswith("Record 1 = ")
    assert members(client) == []


@pytest.mark.parametrize(
    ("rule", "expected"), [("OPTIN", "I"), ("OPTOUT", "O"), (None, "O")], ids=["in", "out", "unspecified"]
)
def test_the_default_permission(client: RestClient, rule: Any, expected: str) -> None:
    client.merge_list([EMAIL], ["a@example.com"], defaultPermissionStatus=rule)

    assert statuses(client) == [(expected,)]


@pytest.mark.parametrize(("on_update", "expected"), [(True, "I"), (False, "O")])
def test_the_default_permission_of_who_is_there(client: RestClient, on_update: bool, expected: str) -> None:
    client.rest.options.default_permission_on_update = on_update
    client.merge_list([EMAIL], ["a@example.com"], defaultPermissionStatus="OPTOUT")
    client.merge_list([EMAIL, "CITY_"], ["a@example.com", "Leeds"], defaultPermissionStatus="OPTIN")

    assert statuses(client) == [(expected,)]
    changes = [
        change for change in client.store.lists.permission_changes(CONTACTS) if change.column == STATUS
    ]
    first = PermissionChange(FIRST, STATUS, None, "O")
    assert [change for change in changes if change.column == STATUS] == [
        first,
        *([PermissionChange(FIRST, STATUS, "O", "I")] if on_update else []),
    ]


def test_incoming_permissions_are_translated(client: RestClient) -> None:
    found = client.merge_list(
        [EMAIL, STATUS],
        ["a@example.com", "yes"],
        ["b@example.com", "no"],
        ["c@example.com", ""],
        ["d@example.com", "I"],
        optinValue="yes",
        optoutValue="no",
        defaultPermissionStatus="OPTOUT",
    )

    assert statuses(client) == [("I",), ("O",), ("O",)]
    assert "The value I is not valid for EMAIL_PERMISSION_STATUS_" in str(answered(found)[3])


def test_incoming_formats_are_translated(client: RestClient) -> None:
    names = [EMAIL, "EMAIL_FORMAT_"]
    client.merge_list(names, ["a@example.com", "1"], ["b@example.com", "2"], htmlValue="1", textValue="2")

    assert members(client, "EMAIL_FORMAT_") == [("H",), ("T",)]


@pytest.mark.parametrize(
    "rule",
    [
        {"matchColumnName1": None},
        {"matchColumnName1": "EMAIL_ADDRESS"},
        {"matchColumnName1": "CITY_"},
        {"matchColumnName2": "CUSTOMER_ID_"},
        {"matchColumnName2": EMAIL, "matchOperator": "AND"},
        {"matchColumnName2": "EMAIL_MD5_HASH_", "matchOperator": "AND"},
        {"matchColumnName3": "CUSTOMER_ID_"},
        {"matchColumnName1": "EMAIL_MD5_HASH_"},
        {"matchOperator": "OR"},
        {"updateOnMatch": "REPLACEALL"},
        {"insertOnNoMatch": "true"},
        {"defaultPermissionStatus": "I"},
        {"rejectRecordIfChannelEmpty": "X"},
    ],
)
def test_a_rule_that_is_not_in_order(client: RestClient, rule: dict[str, Any]) -> None:
    answer = client.merge_list([EMAIL, "CUSTOMER_ID_"], ["a@example.com", "1"], **rule)

    assert error(answer) == (400, "INVALID_PARAMETER")
    assert members(client) == []


def test_two_match_columns(client: RestClient) -> None:
    both = {"matchColumnName2": "CUSTOMER_ID_", "matchOperator": "AND"}
    names = [EMAIL, "CUSTOMER_ID_", "CITY_"]
    client.merge_list(names, ["a@example.com", "1", "Leeds"], ["a@example.com", "2", "York"], **both)
    client.merge_list(names, ["a@example.com", "2", "Bath"], **both)
    refused = client.merge_list([EMAIL], ["a@example.com"])

    assert members(client, "CITY_") == [("Leeds",), ("Bath",)]
    assert "MULTIPLE_RECIPIENTS_FOUND" in str(answered(refused)[0][0])


def test_a_hash_finds_a_member_and_inserts_none(client: RestClient) -> None:
    client.merge_list([EMAIL], ["A@example.com"])
    known, unknown = (sha256(text.encode()).hexdigest() for text in ("a@example.com", "b@example.com"))
    found = client.merge_list(
        ["EMAIL_SHA256_HASH_", "CITY_"],
        [known, "Leeds"],
        [unknown, "York"],
        matchColumnName1="EMAIL_SHA256_HASH_",
        insertOnNoMatch=False,
    )

    assert answered(found) == [[str(FIRST)], [""]]
    assert members(client, "CITY_") == [("Leeds",)]


def test_no_update_leaves_the_member(client: RestClient) -> None:
    client.merge_list([EMAIL, "CITY_"], ["a@example.com", "Leeds"])
    client.merge_list([EMAIL, "CITY_"], ["a@example.com", "York"], updateOnMatch="NO_UPDATE")

    assert members(client, "CITY_") == [("Leeds",)]


def test_a_recipient_id_is_never_inserted(client: RestClient) -> None:
    client.rest.options.no_insert_miss = "fail"
    found = client.merge_list(["RIID_", "CITY_"], ["17", "Leeds"], matchColumnName1="RIID_")

    assert str(answered(found)[0][0]).startswith("MERGEFAILED: Record 0 = ")
    assert members(client) == []


def test_records_without_an_address_may_be_rejected(client: RestClient) -> None:
    by_customer = {"matchColumnName1": "CUSTOMER_ID_", "rejectRecordIfChannelEmpty": "E,M"}
    names = ["CUSTOMER_ID_", EMAIL, "MOBILE_NUMBER_"]
    found = client.merge_list(
        names, ["1", "a@example.com", ""], ["2", "b@example.com", "+1555"], **by_customer
    )

    assert "The value of MOBILE_NUMBER_ must not be empty" in str(answered(found)[0][0])
    assert members(client, "CUSTOMER_ID_", "MOBILE_NUMBER_") == [("2", "1555")]


def test_the_match_column_has_to_be_filled(client: RestClient) -> None:
    found = answered(client.merge_list([EMAIL, "CITY_"], ["", "Leeds"]))

    assert str(found[0][0]).startswith("MERGEFAILED: Record 0 = INVALID_PARAMETER: ")


def test_not_more_than_200_members(client: RestClient) -> None:
    assert answered(client.merge_list([EMAIL], *([f"{n}@example.com"] for n in range(200))))[199] == [
        str(FIRST + 199)
    ]
    too_many = client.merge_list([EMAIL], *([f"{n}@example.com"] for n in range(201)))
    assert error(too_many) == (400, "RECORD_LIMIT_EXCEEDED")


def test_a_list_that_is_not_there(client: RestClient) -> None:
    answer = client.call("GET", "/lists/fakelist/fields")

    assert error(answer) == (404, "LIST_NOT_FOUND")
    assert answer.json()["detail"] == "fakelist List Not Found"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("qa=e&id=B@example.com", ["2"]),
        ("qa=m&id=%2B1555", ["1", "2"]),
        ("qa=c&id=1", ["1"]),
        (f"qa=r&id={FIRST}", ["1"]),
    ],
)
def test_members_are_read_and_counted_by_an_attribute(
    client: RestClient, query: str, found: list[str]
) -> None:
    names = [EMAIL, "CUSTOMER_ID_", "MOBILE_NUMBER_"]
    client.merge_list(names, ["a@example.com", "1", "1555"], ["b@example.com", "2", "+1555"])

    answer = client.call("GET", f"{MEMBERS}?{query}&fs=CUSTOMER_ID_,CITY_")
    assert answered(answer) == [[customer, None] for customer in found]
    assert client.call("GET", f"{MEMBERS}/count?{query}").json()["count"] == len(found)


def test_a_member_is_read_by_recipient_id(client: RestClient) -> None:
    client.merge_list([EMAIL], ["a@example.com"])

    answer = client.call("GET", f"{MEMBERS}/{FIRST}?fs=EMAIL_ADDRESS_")
    assert answered(answer) == [["a@example.com"]]
    assert answer.json()["mergeRule"]["insertOnNoMatch"] is False
    assert error(client.call("GET", f"{MEMBERS}/17?fs=all")) == (404, "RECORD_NOT_FOUND")
    assert error(client.call("GET", f"{MEMBERS}/x?fs=all")) == (404, "RECORD_NOT_FOUND")


def read_many(client: RestClient, ids: list[str]) -> requests.Response:
    body = {"fieldList": ["CUSTOMER_ID_"], "ids": ids, "queryAttribute": "c"}
    return client.call("POST", f"{MEMBERS}?action=get", json=body)


def test_up_to_200_members_are_read_at_once(client: RestClient) -> None:
    by_customer = {"matchColumnName1": "CUSTOMER_ID_"}
    client.merge_list(["CUSTOMER_ID_"], *([str(number)] for number in range(150)), **by_customer)

    ids = [str(number) for number in range(199, -1, -1)]
    assert answered(read_many(client, ids)) == [[str(number)] for number in range(149, -1, -1)]
    assert error(read_many(client, [*ids, "x"])) == (400, "RECIPIENT_LIMIT_EXCEEDED")
    assert error(read_many(client, ["x"])) == (404, "RECORD_NOT_FOUND")


@pytest.mark.parametrize(
    ("answers", "rows"), [("members", [str(FIRST), str(FIRST + 1)]), ("ids", [str(FIRST)])]
)
def test_members_are_deleted(client: RestClient, answers: Any, rows: list[str]) -> None:
    client.rest.options.delete_answers = answers
    by_customer = {"matchColumnName1": "CUSTOMER_ID_"}
    client.merge_list(
        ["CUSTOMER_ID_", EMAIL], ["1", "a@example.com"], ["2", "a@example.com"], ["3", "c@example.com"],
        **by_customer,
    )  # fmt: skip
    body = {"queryAttribute": "e", "ids": ["a@example.com", "x@example.com"]}

    found = client.call("POST", f"{MEMBERS}?action=delete", json=body)
    assert answered(found) == [*([row] for row in rows), ["DELETEFAILED: NO records found for id\n"]]
    assert members(client, "CUSTOMER_ID_") == [("3",)]
    assert answered(client.call("DELETE", f"{MEMBERS}/{FIRST + 2}")) == [[str(FIRST + 2)]]
    assert members(client) == []


def test_a_query_deletes_ten_members_at_once(client: RestClient) -> None:
    by_customer = {"matchColumnName1": "CUSTOMER_ID_"}
    client.merge_list(
        ["CUSTOMER_ID_", "MOBILE_NUMBER_"], *([str(number), "1555"] for number in range(12)), **by_customer
    )

    first = client.call("DELETE", f"{MEMBERS}?qa=m&id=1555").json()
    assert (first["totalMatchedRecords"], first["remainingRecordCount"], first["hasMoreRecords"]) == (
        12,
        2,
        True,
    )
    second = client.call("DELETE", f"{MEMBERS}?qa=m&id=1555").json()
    assert (second["totalMatchedRecords"], second["hasMoreRecords"]) == (2, False)
    assert error(client.call("DELETE", f"{MEMBERS}?qa=m&id=1555"))[1] == "RECORD_NOT_FOUND"


def test_an_action_that_is_not_known_is_passed_over(client: RestClient) -> None:
    answer = client.call("POST", f"{MEMBERS}?action=erase", json={"queryAttribute": "e", "ids": ["x"]})

    assert answer.json()["detail"] == "recordData with fieldNames and records is required"


@pytest.mark.parametrize("exact", [False, True])
def test_letter_case_of_an_address(client: RestClient, exact: bool) -> None:
    client.rest.options.case_sensitive_addresses = exact
    client.merge_list([EMAIL], ["Ada@example.com"])
    found = client.call("GET", f"{MEMBERS}/count?qa=e&id=ada@example.com").json()
    assert found["count"] == int(not exact)


def test_a_deletion_of_nobody_may_be_refused(client: RestClient) -> None:
    client.merge_list([EMAIL], ["a@example.com"])
    client.rest.options.delete_of_nobody = "error"
    body = {"queryAttribute": "e", "ids": ["a@example.com", "x@example.com"]}
    assert len(answered(client.call("POST", f"{MEMBERS}?action=delete", json=body))) == 2
    assert error(client.call("POST", f"{MEMBERS}?action=delete", json=body)) == (404, "RECORD_NOT_FOUND")
