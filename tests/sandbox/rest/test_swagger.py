"""The functions, their parameters, bodies and answers are those of Oracle's Swagger file.

Where the documentation or recorded traffic says otherwise, the deviation is listed here with its reason.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from support import swagger
from support.restclient import API, error

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

NOT_IN_SANDBOX = {
    r"/(attributes|settings)/": "organizational access and settings of the account",
    r"/campaigns/actions/search$": "a search that neither plugin makes",
    r"/campaigns/{}/(attributes|preview)\b": "how a campaign is composed",
    r"/campaigns/{}/(email|emailAttachments|push|sms)\b": "sends messages",
    r"/cl(DocImages|Docs|Folders|Items)\b": "the content library",
    r"/events\b": "triggers events",
    r"/filters$": "filters",
    r"/folders/{}/content$": "no source says what types the objects in a folder have",
    r"/lists/(proofLists|segmentGroups)/": "proof lists and segment groups",
    r"/lists/{}/orgListExtensions/": "organizational access",
    r"/programs/enactments$": "steers programs",
}
"""What the project has no use for, by the end of the path."""

WRITES_NOT_IN_SANDBOX = {
    ("POST", "/campaigns/{}/schedule"),
    ("PUT", "/campaigns/{}/schedule/{}"),
    ("DELETE", "/campaigns/{}/schedule/{}"),
    ("POST", "/lists"),
    ("PATCH", "/programs/{}"),
}
"""Changes to campaigns and programs, and new profile lists, which an administrator makes."""

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
    "retrieveCampaign": ("GET", "/campaigns/Weekly_Newsletter", None),
    "retrieveSchedules": ("GET", "/campaigns/Weekly_Newsletter/schedule", None),
    "retrieveSchedule": ("GET", "/campaigns/Weekly_Newsletter/schedule/50101", None),
    "retrievePrograms": ("GET", "/programs", None),
    "retrieveProgramsOfList": ("GET", "/programs/lists/CONTACTS_LIST", None),
    "retrieveProgram": ("GET", "/programs/Welcome_Program", None),
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
    "retrieveCampaign": {".campaignStatus", ".id", ".links"},  # seen by clients (6)
    "retrieveSchedule": {".id is not string", ".recurringInterval"},  # Oracle's sample
    "retrievePrograms": {".programs", ".links"},  # as campaigns
    "retrieveProgramsOfList": {".programs", ".links"},
    "retrieveProgram": {".links is not object"},  # Swagger has one link where all others have many
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

ENVELOPE = {".items"}
IN_CAMPAIGNS = {
    ".autoCloseValue",
    ".bccEmail",
    ".channelList",
    ".closedCampaignURL",
    ".externalCampaignCode",
    ".linkTablePath",
    ".refiningDataSourcePath",
    ".salesForceCampaignId",
    ".segmentTrackingColumnName",
    ".supplementaryProofDataSourcePaths",
    ".supplementarySeedDataSourcePaths",
    ".textMessagePath",
    ".unsubscribeFormName",
}
IN_LAUNCH_OPTIONS = {
    ".launchOptions.progressChunk",
    ".launchOptions.proofLaunchEmail",
    ".launchOptions.proofLaunchType",
    ".launchOptions.recipientLimit",
    ".launchOptions.samplingNthInterval",
    ".launchOptions.samplingNthOffset",
    ".launchOptions.samplingNthSelection",
}
ABSENT: dict[str, set[str]] = {
    "retrieveCampaigns": ENVELOPE,  # named differently, see DEVIATIONS
    "retrieveSchedules": ENVELOPE,
    "retrievePrograms": ENVELOPE,
    "retrieveProgramsOfList": ENVELOPE,
    "retrieveCampaign": IN_CAMPAIGNS,  # options that these campaigns do not use
    "retrieveSchedule": IN_LAUNCH_OPTIONS,  # nor these launches; not in Oracle's sample
    "deleteTableMembers": {".required"},  # a slip of the file: a keyword among the properties
    "retrieveTableMembers": {".matchColumnNames"},  # not in the documented sample (3.10)
    **{name: {".matchColumn"} for name, known in DEVIATIONS.items() if known is IN_EXTENSIONS},
}

REQUEST_DEVIATIONS: dict[str, set[str]] = {
    "createTable": {".fields"},  # recorded (3.3); as in Swagger with columns_key
    # Swagger has one body for the merge, the read and the deletion at the same path.
    "mergeListMembers": {".recordData", ".mergeRule"},
    "mergeExtensionMembers": {".recordData", ".insertOnNoMatch", ".updateOnMatch", ".matchColumnName1"},
    # A slip of the file: lists of lists.
    "retrieveListMembers": {".fieldList[] is not array", ".ids[] is not array"},
    "deleteListMembers": {".ids[] is not array"},
}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_every_function_is_in_swagger_or_documented_elsewhere(function: Any) -> None:
    known = (function.verb, swagger.anonymous(function.path)) in swagger.operations(swagger.load())

    assert known is (function.name not in NOT_IN_SWAGGER)


def test_every_function_of_swagger_is_compared() -> None:
    assert CALLS.keys() | NOT_IN_SWAGGER.keys() == {function.name for function in FUNCTIONS}


def test_every_operation_of_swagger_is_a_function_or_of_no_use() -> None:
    functions = {(function.verb, swagger.anonymous(function.path)) for function in FUNCTIONS}
    for verb, path in swagger.operations(swagger.load()):
        of_no_use = (verb, path.removeprefix(API)) in WRITES_NOT_IN_SANDBOX or any(
            re.search(pattern, path) for pattern in NOT_IN_SANDBOX
        )
        assert ((verb, path) in functions) is not of_no_use, (verb, path)


@pytest.fixture
def stocked(audience: RestClient) -> RestClient:
    """An account with a row of everything."""
    audience.merge(["USERID"], ["1"])
    audience.merge_list(["EMAIL_ADDRESS_"], ["a@example.com"])
    audience.create_extension("SCORES", POINTS="INTEGER")
    audience.merge_extension("SCORES", ["EMAIL_ADDRESS_", "POINTS"], ["a@example.com", "1"])
    return audience


def operation_of(name: str) -> dict[str, Any]:
    function = next(function for function in FUNCTIONS if function.name == name)
    return swagger.operations(swagger.load())[function.verb, swagger.anonymous(function.path)]


@pytest.mark.parametrize("name", CALLS)
def test_answers_have_the_properties_of_swagger(stocked: RestClient, name: str) -> None:
    verb, path, body = CALLS[name]
    answer = stocked.call(verb, path, json=body)

    assert answer.status_code == 200, answer.text
    document, schema = swagger.load(), operation_of(name)["responses"]["default"]["schema"]
    assert swagger.unknown_properties(answer.json(), schema, document) == DEVIATIONS.get(name, set())
    assert swagger.absent_properties(answer.json(), schema, document) == ABSENT.get(name, set())


@pytest.mark.parametrize("name", [name for name, (_, _, body) in CALLS.items() if body is not None])
def test_bodies_that_are_taken_have_the_properties_of_swagger(name: str) -> None:
    body, schema = CALLS[name][2], swagger.request_schema(operation_of(name))

    assert schema is not None
    unknown = swagger.unknown_properties(body, schema, swagger.load())
    assert unknown == REQUEST_DEVIATIONS.get(name, set())


@pytest.mark.parametrize("name", CALLS)
def test_queries_have_the_parameters_of_swagger_and_each_is_asked_for(stocked: RestClient, name: str) -> None:
    verb, path, body = CALLS[name]
    plain, _, query = path.partition("?")
    parameters = parse_qs(query)
    optional = {"offset", "limit", "type", "status", "ft", "sdate", "edate"}

    assert parameters.keys() | optional >= swagger.query_parameters(operation_of(name)) - {"action"}
    for left_out in parameters.keys() - {"action"}:
        rest = {key: value for key, value in parameters.items() if key != left_out}
        assert error(stocked.call(verb, plain, params=rest, json=body)) == (400, "INVALID_PARAMETER")


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
