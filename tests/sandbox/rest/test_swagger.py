"""The functions and the properties of their answers are those of Oracle's Swagger file.

Where the documentation or recorded traffic says otherwise, the deviation is listed here with its reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support import swagger

from responsys_sandbox.rest.asyncfunctions import ASYNC_FUNCTIONS
from responsys_sandbox.rest.functions import FUNCTIONS

if TYPE_CHECKING:
    from support.restclient import RestClient

NOT_IN_SWAGGER = {
    "login": "Swagger has no log-in (rest-api.md 1.3)",
    "retrieveRateLimits": "documented on Oracle's throttling page only (2.2)",
    "deleteTable": "documented among the advanced calls (3.12)",
    "deleteExtension": "documented among the advanced calls (4)",
    **dict.fromkeys(
        ("triggerJob", "triggerJobs", "retrieveJobRuns", "retrieveJobRun"),
        "documented among the advanced calls (connectJobs)",
    ),
    **dict.fromkeys((function.name for function in ASYNC_FUNCTIONS), "Swagger has no asynchronous API (3.9)"),
}

TABLE = "/folders/CDP/suppData/AUDIENCE"
FIELDS = {"fieldNames": ["USERID"], "records": [["1"]], "mapTemplateName": None}
MERGE = {"recordData": FIELDS, "insertOnNoMatch": True, "updateOnMatch": "REPLACE_ALL"}
CREATE = {
    "table": {"objectName": "SECOND"},
    "fields": [{"fieldName": "USERID", "fieldType": "INTEGER"}],
    "primaryKeys": ["USERID"],
}

MEMBERS = "/lists/CONTACTS_LIST/members"
EXTENSIONS = "/lists/CONTACTS_LIST/listExtensions"
ROWS = f"{EXTENSIONS}/SCORES/members"
MEMBER = {"recordData": {"fieldNames": ["EMAIL_ADDRESS_"], "records": [["a@example.com"]]}}
RULE = {
    "mergeRule": {
        "insertOnNoMatch": True,
        "updateOnMatch": "REPLACE_ALL",
        "matchColumnName1": "EMAIL_ADDRESS_",
        "matchOperator": "NONE",
        "defaultPermissionStatus": "OPTIN",
    }
}
EXTENSION = {
    "profileExtension": {"objectName": "SECOND", "folderName": "CDP"},
    "fields": [{"fieldName": "POINTS", "fieldType": "INTEGER"}],
}
ROW = {
    "recordData": {"fieldNames": ["EMAIL_ADDRESS_", "POINTS"], "records": [["a@example.com", "2"]]},
    "insertOnNoMatch": True,
    "updateOnMatch": "REPLACE_ALL",
    "matchColumnName1": "EMAIL_ADDRESS",
}
BY_EMAIL = {"queryAttribute": "e", "ids": ["a@example.com"]}

CALLS: dict[str, tuple[str, str, Any]] = {
    "retrieveUserInfo": ("GET", "/user/info", None),
    "retrieveFolders": ("GET", "/folders", None),
    "createFolder": ("POST", "/folders", {"folderName": "New"}),
    "retrieveCampaigns": ("GET", "/campaigns", None),
    "retrieveSchedules": ("GET", "/campaigns/Weekly_Newsletter/schedule", None),
    "retrievePrograms": ("GET", "/programs", None),
    "retrieveLists": ("GET", "/lists", None),
    "retrieveListFields": ("GET", "/lists/CONTACTS_LIST/fields", None),
    "mergeListMembers": ("POST", MEMBERS, MEMBER | RULE),
    "retrieveListMembers": ("POST", f"{MEMBERS}?action=get", BY_EMAIL | {"fieldList": ["all"]}),
    "deleteListMembers": ("POST", f"{MEMBERS}?action=delete", BY_EMAIL),
    "retrieveListMembersByQuery": ("GET", f"{MEMBERS}?qa=e&id=a@example.com&fs=all", None),
    "deleteListMembersByQuery": ("DELETE", f"{MEMBERS}?qa=e&id=a@example.com", None),
    "countListMembers": ("GET", f"{MEMBERS}/count?qa=e&id=a@example.com", None),
    "retrieveListMemberByRiid": ("GET", f"{MEMBERS}/8000000001?fs=RIID_", None),
    "deleteListMemberByRiid": ("DELETE", f"{MEMBERS}/8000000001", None),
    "retrieveExtensions": ("GET", EXTENSIONS, None),
    "createExtension": ("POST", EXTENSIONS, EXTENSION),
    "mergeExtensionMembers": ("POST", ROWS, ROW),
    "retrieveExtensionMembers": ("POST", f"{ROWS}?action=get", BY_EMAIL | {"fieldList": ["all"]}),
    "deleteExtensionMembers": ("POST", f"{ROWS}?action=delete", BY_EMAIL),
    "retrieveExtensionMembersByQuery": ("GET", f"{ROWS}?qa=e&id=a@example.com&fs=all", None),
    "retrieveExtensionMemberByRiid": ("GET", f"{ROWS}/8000000001?fs=all", None),
    "deleteExtensionMemberByRiid": ("DELETE", f"{ROWS}/8000000001", None),
    "retrieveTables": ("GET", "/suppData", None),
    "createTable": ("POST", "/folders/CDP/suppData", CREATE),
    "updateTable": ("PUT", TABLE, {"folderName": "CDP", "tableName": "RENAMED"}),
    "retrieveTableFields": ("GET", "/folder/CDP/suppData/AUDIENCE", None),
    "mergeTableMembers": ("POST", f"{TABLE}/members", MERGE),
    "retrieveTableMembers": ("GET", f"{TABLE}/members?qa=USERID&id=1&fs=all", None),
    "deleteTableMembers": ("DELETE", f"{TABLE}/members?qa=USERID&id=1", None),
}

IN_EXTENSIONS = {".links", ".matchColumnName1", ".matchColumnName2", ".updateOnMatch is not None"}
"""Swagger has the match column of v1 (4), and no type for the update rule."""

DEVIATIONS = {
    "retrieveCampaigns": {".campaigns", ".links"},  # as clients read them; see test_the_envelopes_of_swagger
    "retrieveSchedules": {".schedules", ".links"},  # Oracle's sample
    "retrievePrograms": {".programs", ".links"},  # as campaigns
    "retrieveLists": {" is not object"},  # a bare array (5); as in Swagger with lists_in_items
    "mergeListMembers": {".links", ".mergeRule.matchColumnName3"},  # recorded (5)
    "retrieveListMembers": {".links"},  # as all answers about members
    "deleteListMembers": {".links"},
    "retrieveListMembersByQuery": {".links"},
    "retrieveListMemberByRiid": {".links"},
    "deleteListMemberByRiid": {".links"},
    "deleteListMembersByQuery": {".links is not object"},  # Swagger has one link where all others have many
    "countListMembers": {".links is not object"},
    "retrieveExtensions": {" is not object"},  # a bare array (4); as in Swagger with lists_in_items
    "createExtension": {" is not object"},  # the word true (4)
    "mergeExtensionMembers": IN_EXTENSIONS,
    "retrieveExtensionMembers": IN_EXTENSIONS,
    "deleteExtensionMembers": IN_EXTENSIONS,
    "retrieveExtensionMembersByQuery": IN_EXTENSIONS,
    "retrieveExtensionMemberByRiid": IN_EXTENSIONS,
    "deleteExtensionMemberByRiid": IN_EXTENSIONS,
    "retrieveTables": {" is not object"},  # a bare array (3.2); as in Swagger with lists_in_items
    "retrieveTableFields": {".links"},  # recorded (3.4)
    "mergeTableMembers": {".links"},  # recorded (3.5)
    "retrieveTableMembers": {".links"},  # documented sample (3.10)
    "deleteTableMembers": {".links"},  # as all answers about members
}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_every_function_is_in_swagger_or_documented_elsewhere(function: Any) -> None:
    known = (function.verb, swagger.anonymous(function.path)) in swagger.operations(swagger.load())

    assert known is (function.name not in NOT_IN_SWAGGER)


def test_every_function_of_swagger_is_compared() -> None:
    assert CALLS.keys() | NOT_IN_SWAGGER.keys() == {function.name for function in FUNCTIONS}


@pytest.mark.parametrize("name", CALLS)
def test_answers_have_the_properties_of_swagger(audience: RestClient, name: str) -> None:
    document = swagger.load()
    function = next(function for function in FUNCTIONS if function.name == name)
    operation = swagger.operations(document)[function.verb, swagger.anonymous(function.path)]
    audience.merge(["USERID"], ["1"])
    audience.merge_list(["EMAIL_ADDRESS_"], ["a@example.com"])
    audience.create_extension("SCORES", POINTS="INTEGER")
    audience.merge_extension("SCORES", ["EMAIL_ADDRESS_", "POINTS"], ["a@example.com", "1"])
    verb, path, body = CALLS[name]
    answer = audience.call(verb, path, json=body)

    assert answer.status_code == 200, answer.text
    schema = operation["responses"]["default"]["schema"]
    assert swagger.unknown_properties(answer.json(), schema, document) == DEVIATIONS.get(name, set())


@pytest.mark.parametrize(
    ("path", "definition", "deviations"),
    [
        ("/suppData", "supp-tables", set()),
        ("/lists", "lists-collection", set()),
        ("/lists/CONTACTS_LIST/listExtensions", "listExtensions-collection", set()),
        ("/programs", "programs-collection", set()),
        ("/campaigns", "campaigns-collection", {".items[].links"}),  # seen by clients (6)
        (
            "/campaigns/Weekly_Newsletter/schedule",
            "campaignSchedule-collection",
            {".items[].id is not string", ".items[].recurringInterval"},  # Oracle's sample
        ),
    ],
)
def test_the_envelopes_of_swagger(
    audience: RestClient, path: str, definition: str, deviations: set[str]
) -> None:
    options = audience.rest.options
    options.lists_in_items, options.envelope, options.page_links = True, "items", False
    audience.create_extension("SCORES", POINTS="INTEGER")
    document = swagger.load()

    answer = audience.call("GET", path).json()
    assert answer["items"]
    assert swagger.unknown_properties(answer, {"$ref": f"#/definitions/{definition}"}, document) == deviations
