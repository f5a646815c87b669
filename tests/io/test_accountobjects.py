"""Listing what an account holds: against the sandbox, and in every form that the reference leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.scriptedserver import refuse, reply

from responsys_io import accountobjects
from responsys_io.errors import SettingsError, TransientError
from responsys_io.restanswers import RefusedError
from responsys_sandbox.campaigns import CAMPAIGNS, STANDARD

if TYPE_CHECKING:
    from support.faketime import FakeTime
    from support.scriptedserver import ScriptedServer

    from responsys_io.restapi import RestApi
    from responsys_io.restsession import RestSession
    from responsys_sandbox.sandbox import Sandbox

FULL = [{"id": str(number)} for number in range(200)]
NEXT = [{"rel": "self", "href": "/x", "method": "GET"}, {"rel": "next", "href": "/x", "method": "GET"}]


def asked(scripted: ScriptedServer) -> list[str]:
    """What followed the path in each call but the login."""
    return [request.path.partition("?")[2] for request in scripted.received[1:]]


def test_the_account_of_the_sandbox(api: RestApi) -> None:
    session = api.session
    assert [entry["name"] for entry in accountobjects.campaigns(session)] == [
        campaign.name for campaign in CAMPAIGNS
    ]
    schedules = list(accountobjects.schedules(session))
    assert [(entry["campaign_id"], entry["campaign_name"]) for entry in schedules] == [
        (str(campaign.id), campaign.name) for campaign in STANDARD for _ in campaign.weekdays
    ]
    assert len(list(accountobjects.programs(session))) == 3
    assert [entry["name"] for entry in accountobjects.folders(session)] == ["CDP", "Other"]
    (contacts,) = accountobjects.profile_lists(session)
    assert contacts["fields"][0] == {"fieldName": "RIID_", "fieldType": "INTEGER"}


def test_without_message_designer(sandbox: Sandbox, api: RestApi) -> None:
    sandbox.rest.options.emd = False
    with pytest.raises(SettingsError, match="RSYS-4010.*API_DISABLED_FOR_USER.*Email Message Designer"):
        list(accountobjects.campaigns(api.session))


def test_the_default_type_must_not_be_refused(sandbox: Sandbox, api: RestApi) -> None:
    sandbox.rest.options.refused_campaign_types = frozenset({"sms", "mms"})
    assert len(list(accountobjects.campaigns(api.session))) == len(CAMPAIGNS)
    sandbox.rest.options.refused_campaign_types = frozenset({"email"})
    with pytest.raises(RefusedError, match="INVALID_PARAMETER"):
        list(accountobjects.campaigns(api.session))


def test_the_limits_of_the_account_are_kept_to(sandbox: Sandbox, api: RestApi, time: FakeTime) -> None:
    options = sandbox.rest.options
    options.limits = {**options.limits, "retrieveSchedules": 4}
    api.keep_to_limits()
    # The sandbox's own minute does not pass: it must not count what comes after the wait.
    time.while_waiting = lambda: options.limits.update(retrieveSchedules=100)
    assert len(list(accountobjects.schedules(api.session))) == 5
    schedules = [call.status for call in sandbox.store.requests() if call.path.endswith("/schedule")]
    assert schedules == [200] * len(CAMPAIGNS)
    assert len(time.waits) == 1


@pytest.mark.parametrize(
    "pages",
    [
        [{"programs": FULL}, {"programs": [{"id": "x"}]}],
        [{"items": FULL}, {"items": [{"id": "x"}]}],
        [FULL, [{"id": "x"}]],
        [{"programs": FULL, "links": []}, {"programs": [{"id": "x"}], "links": []}],
        [{"programs": FULL, "links": NEXT}, {"programs": [{"id": "x"}], "links": NEXT[:1]}],
    ],
    ids=["named", "items", "bare", "empty links", "links"],
)
def test_all_pages_of_a_list(scripted: ScriptedServer, session: RestSession, pages: list[Any]) -> None:
    scripted.will(*(reply(200, page) for page in pages))
    assert [entry["id"] for entry in accountobjects.programs(session)] == [
        *(str(number) for number in range(200)),
        "x",
    ]
    assert asked(scripted) == ["offset=0&limit=200", "offset=200&limit=200"]


def test_a_short_page_with_a_next_one(scripted: ScriptedServer, session: RestSession) -> None:
    scripted.will(
        reply(200, {"programs": FULL[:20], "links": NEXT}),
        reply(200, {"programs": FULL[20:30], "links": NEXT[:1]}),
    )
    assert list(accountobjects.programs(session)) == FULL[:30]
    assert asked(scripted)[1] == "offset=20&limit=200"


@pytest.mark.parametrize(
    "page",
    [
        [],
        {"programs": []},
        {"programs": None},
        {"items": [], "links": NEXT},
        {"programs": FULL, "links": NEXT[:1]},
    ],
)
def test_one_page_is_all(scripted: ScriptedServer, session: RestSession, page: Any) -> None:
    scripted.will(reply(200, page))
    list(accountobjects.programs(session))
    assert len(asked(scripted)) == 1


@pytest.mark.parametrize("page", [{}, {"programs": "none"}, ["a"], True, {"folders": []}])
def test_an_answer_of_another_form(scripted: ScriptedServer, session: RestSession, page: Any) -> None:
    scripted.will(reply(200, page))
    with pytest.raises(TransientError, match="RSYS-4005.*list the programs"):
        list(accountobjects.programs(session))


def test_a_bare_text_is_no_answer_and_asked_for_again(scripted: ScriptedServer, session: RestSession) -> None:
    scripted.will(reply(200, "text"), reply(200, {"programs": []}))
    assert list(accountobjects.programs(session)) == []


def test_a_server_that_gives_the_same_page_again(scripted: ScriptedServer, session: RestSession) -> None:
    scripted.will(reply(200, FULL), reply(200, FULL))
    with pytest.raises(TransientError, match="RSYS-4005"):
        list(accountobjects.programs(session))


def test_schedules_of_campaigns_that_are_there(scripted: ScriptedServer, session: RestSession) -> None:
    campaigns = [{"id": "1", "name": "A b/c"}, {"id": "2", "name": "Gone"}, {"id": "3", "name": "D"}]
    scripted.will(
        reply(200, {"campaigns": campaigns}),
        reply(200, {"schedules": [{"id": 11}, {"id": 12}]}),
        refuse(404, "CAMPAIGN_NOT_FOUND"),
        reply(200, {"schedules": []}),
        reply(200, {"campaigns": [{"id": "4", "name": "Push"}]}),
        reply(200, [{"id": "13"}]),
    )
    assert [(entry["campaign_id"], entry["id"]) for entry in accountobjects.schedules(session)] == [
        ("1", 11),
        ("1", 12),
        ("4", "13"),
    ]
    paths = [request.path for request in scripted.received]
    assert paths[1].startswith("/rest/api/v1.3/campaigns?type=email&")
    assert paths[2].startswith("/rest/api/v1.3/campaigns/A%20b%2Fc/schedule?")
    assert paths[5].startswith("/rest/api/v1.3/campaigns?type=push&")


def test_schedules_need_the_campaigns_name(scripted: ScriptedServer, session: RestSession) -> None:
    scripted.will(reply(200, {"campaigns": [{"id": "1"}]}))
    with pytest.raises(TransientError, match="RSYS-4005"):
        list(accountobjects.schedules(session))


def test_a_refused_schedule_is_an_error(scripted: ScriptedServer, session: RestSession) -> None:
    scripted.will(reply(200, {"campaigns": [{"id": "1", "name": "A"}]}), refuse(400, "INVALID_PARAMETER"))
    with pytest.raises(RefusedError, match="list a campaign's launch schedules"):
        list(accountobjects.schedules(session))


def test_a_campaign_without_type_gets_the_one_asked_for(
    scripted: ScriptedServer, session: RestSession
) -> None:
    scripted.will(reply(200, [{"id": "1", "name": "A"}]), reply(200, [{"id": "2", "name": "B", "type": "X"}]))
    found = accountobjects.campaigns(session, ("email", "push"))
    assert [entry["type"] for entry in found] == ["EMAIL", "X"]
