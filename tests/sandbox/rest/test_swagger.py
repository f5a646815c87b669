"""The functions and the properties of their answers are those of Oracle's Swagger file.

Where the documentation or recorded traffic says otherwise, the deviation is listed here with its reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support import swagger

from responsys_sandbox.rest.functions import FUNCTIONS

if TYPE_CHECKING:
    from support.restclient import RestClient

NOT_IN_SWAGGER = {
    "login": "Swagger has no log-in (rest-api.md 1.3)",
    "retrieveRateLimits": "documented on Oracle's throttling page only (2.2)",
    "deleteTable": "documented among the advanced calls (3.12)",
}

TABLE = "/folders/CDP/suppData/AUDIENCE"
FIELDS = {"fieldNames": ["USERID"], "records": [["1"]], "mapTemplateName": None}
MERGE = {"recordData": FIELDS, "insertOnNoMatch": True, "updateOnMatch": "REPLACE_ALL"}
CREATE = {
    "table": {"objectName": "SECOND"},
    "fields": [{"fieldName": "USERID", "fieldType": "INTEGER"}],
    "primaryKeys": ["USERID"],
}

CALLS: dict[str, tuple[str, str, Any]] = {
    "retrieveUserInfo": ("GET", "/user/info", None),
    "retrieveFolders": ("GET", "/folders", None),
    "createFolder": ("POST", "/folders", {"folderName": "New"}),
    "retrieveCampaigns": ("GET", "/campaigns", None),
    "retrieveSchedules": ("GET", "/campaigns/Weekly_Newsletter/schedule", None),
    "retrievePrograms": ("GET", "/programs", None),
    "retrieveLists": ("GET", "/lists", None),
    "retrieveTables": ("GET", "/suppData", None),
    "createTable": ("POST", "/folders/CDP/suppData", CREATE),
    "updateTable": ("PUT", TABLE, {"folderName": "CDP", "tableName": "RENAMED"}),
    "retrieveTableFields": ("GET", "/folder/CDP/suppData/AUDIENCE", None),
    "mergeTableMembers": ("POST", f"{TABLE}/members", MERGE),
    "retrieveTableMembers": ("GET", f"{TABLE}/members?qa=USERID&id=1&fs=all", None),
    "deleteTableMembers": ("DELETE", f"{TABLE}/members?qa=USERID&id=1", None),
}

DEVIATIONS = {
    "retrieveCampaigns": {".campaigns", ".links"},  # as clients read them; see test_the_envelopes_of_swagger
    "retrieveSchedules": {".schedules", ".links"},  # Oracle's sample
    "retrievePrograms": {".programs", ".links"},  # as campaigns
    "retrieveLists": {" is not object"},  # a bare array (5); as in Swagger with lists_in_items
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
    document = swagger.load()

    answer = audience.call("GET", path).json()
    assert answer["items"]
    assert swagger.unknown_properties(answer, {"$ref": f"#/definitions/{definition}"}, document) == deviations
