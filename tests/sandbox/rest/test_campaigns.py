"""Campaigns, schedules, programs and profile lists: rest-api.md sections 5 and 6."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.restclient import error

from responsys_sandbox.campaigns import CAMPAIGNS, STANDARD
from responsys_sandbox.contacts import LIST_COLUMNS

if TYPE_CHECKING:
    from support.restclient import RestClient


def many(number: int) -> dict[str, Any]:
    return {"email": tuple(replace(STANDARD[0], id=n, name=f"C{n}") for n in range(number))}


def test_the_campaigns_are_those_of_the_account(client: RestClient) -> None:
    answer = client.call("GET", "/campaigns").json()

    assert [(entry["id"], entry["name"]) for entry in answer["campaigns"]] == [
        (str(campaign.id), campaign.name) for campaign in CAMPAIGNS
    ]
    assert {entry["type"] for entry in answer["campaigns"]} == {"EMAIL"}
    assert [link["rel"] for link in answer["links"]] == ["self"]


def test_pages_are_linked(client: RestClient) -> None:
    client.rest.options.campaigns = many(450)
    path, seen, offers = "/campaigns?type=email", [], []
    while path:
        answer = client.call("GET", path).json()
        seen += [entry["id"] for entry in answer["campaigns"]]
        links = {link["rel"]: link["href"] for link in answer["links"]}
        offers.append(set(links) - {"self"})
        path = links.get("next", "").removeprefix("/rest/api/v1.3")
    assert seen == [str(number) for number in range(450)]
    assert offers == [{"next"}, {"prev", "next"}, {"prev"}]


def test_other_types_are_empty_unknown_or_refused(client: RestClient) -> None:
    assert client.call("GET", "/campaigns?type=sms").json()["campaigns"] == []
    assert error(client.call("GET", "/campaigns?type=fax")) == (400, "INVALID_PARAMETER")
    client.rest.options.refused_campaign_types = frozenset({"sms"})
    assert error(client.call("GET", "/campaigns?type=sms")) == (400, "INVALID_PARAMETER")


def test_an_account_without_message_designer(client: RestClient) -> None:
    client.rest.options.emd = False
    for path in (
        "",
        "/Weekly_Newsletter",
        "/Weekly_Newsletter/schedule",
        "/Weekly_Newsletter/schedule/50101",
    ):
        assert error(client.call("GET", f"/campaigns{path}")) == (401, "API_DISABLED_FOR_USER")
    assert client.call("GET", "/campaigns?type=push").status_code == 200
    assert client.call("GET", "/programs").status_code == 200


def test_schedules(client: RestClient) -> None:
    answer = client.call("GET", "/campaigns/Weekend_Offers/schedule").json()
    assert [entry["scheduledTime"] for entry in answer["schedules"]] == [
        "2026-01-09 04:00 PM",
        "2026-01-10 04:00 PM",
    ]
    assert client.call("GET", "/campaigns/Welcome/schedule").json()["schedules"] == []
    assert error(client.call("GET", "/campaigns/Nope/schedule")) == (404, "CAMPAIGN_NOT_FOUND")


def test_programs_by_status(client: RestClient) -> None:
    programs = client.call("GET", "/programs").json()["programs"]
    assert len({entry["id"] for entry in programs}) == 3
    stopped = client.call("GET", "/programs?status=NOT_RUNNING,RUNNING_WITH_ERRORS").json()["programs"]
    assert [entry["status"] for entry in stopped] == ["NOT_RUNNING"]


def test_one_campaign_schedule_or_program(client: RestClient) -> None:
    (first, *_) = client.call("GET", "/campaigns").json()["campaigns"]
    assert client.call("GET", f"/campaigns/{first['name']}").json() == first
    (launch, *_) = client.call("GET", f"/campaigns/{first['name']}/schedule").json()["schedules"]
    assert client.call("GET", f"/campaigns/{first['name']}/schedule/{launch['id']}").json() == launch
    (program, *_) = client.call("GET", "/programs/lists/CONTACTS_LIST").json()["programs"]
    found = client.call("GET", f"/programs/{program['name']}").json()
    assert (found["id"], found["list"]["name"]) == (program["id"], program["listName"])


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/campaigns/Nope", "CAMPAIGN_NOT_FOUND"),
        ("/campaigns/Nope/schedule/1", "CAMPAIGN_NOT_FOUND"),
        ("/campaigns/Weekly_Newsletter/schedule/1", "OBJECT_NOT_FOUND"),
        ("/programs/Nope", "OBJECT_NOT_FOUND"),
        ("/programs/lists/Nope", "LIST_NOT_FOUND"),
    ],
)
def test_what_is_not_there(client: RestClient, path: str, code: str) -> None:
    assert error(client.call("GET", path)) == (404, code)


def test_the_list_has_the_columns_of_the_exports(client: RestClient) -> None:
    (entry,) = client.call("GET", "/lists").json()
    types = {field["fieldName"]: field["fieldType"] for field in entry["fields"]}
    assert tuple(types) == LIST_COLUMNS
    assert [types[name] for name in ("RIID_", "EMAIL_ADDRESS_", "MODIFIED_DATE_", "EMAIL_FORMAT_")] == [
        "INTEGER",
        "STR500",
        "TIMESTAMP",
        "CHAR",
    ]


@pytest.mark.parametrize("envelope", ["items", "bare"])
def test_other_envelopes(client: RestClient, envelope: Any) -> None:
    client.rest.options.envelope = envelope
    for path in ("/campaigns", "/campaigns/Weekly_Newsletter/schedule", "/programs"):
        answer = client.call("GET", path).json()
        assert len(answer if envelope == "bare" else answer["items"]) > 0
