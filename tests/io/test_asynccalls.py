"""Queued calls, against the sandbox in all its readings and against servers that answer otherwise."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, new_sandbox
from support.scriptedserver import refuse, reply

from responsys_io.asynccalls import AsyncCalls
from responsys_io.asyncresults import OverdueError
from responsys_io.errors import DataError, SettingsError, TransientError
from responsys_io.extensions import Extensions
from responsys_io.profilelists import MergeRule, member_deletion, member_merge
from responsys_io.ratelimit import ApiFunction
from responsys_io.restanswers import RefusedError
from responsys_io.restretry import UnknownOutcomeError
from responsys_io.retry import Retry
from responsys_io.supplemental import Column, Table
from responsys_io.tablecalls import merge_call
from responsys_sandbox.profilelists import LIST_NAME, contacts_list
from responsys_sandbox.rest import Drop, Fault, Refuse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.faketime import FakeTime
    from support.scriptedserver import ScriptedServer

    from responsys_io.recordcalls import RecordCall
    from responsys_io.restapi import RestApi
    from responsys_io.restsession import RestSession
    from responsys_sandbox.sandbox import Sandbox

AUDIENCE = Table(FOLDER, "AUDIENCE", (Column("USERID", "INTEGER"), Column("FLAG", "CHAR")), ("USERID",))
EMAIL = "EMAIL_ADDRESS_"
FOREVER = 1e9


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """An account that carries calls out as soon as it is asked for them."""
    with new_sandbox(tmp_path / "sandbox", async_queued=0, async_running=0) as running:
        yield running


@pytest.fixture
def api(api: RestApi) -> RestApi:
    api.create(AUDIENCE)
    return api


@pytest.fixture
def calls(api: RestApi, time: FakeTime) -> AsyncCalls:
    return AsyncCalls(api.session, retry=Retry(base=1, cap=30, sleep=time.sleep), clock=time.clock)


def merge(*users: str, table: Table = AUDIENCE, **more: Any) -> RecordCall:
    return merge_call(table, ["USERID"], [[user] for user in users], **more)


def users(sandbox: Sandbox) -> list[str | None]:
    return [row["USERID"] for row in sandbox.store.rows(FOLDER, "AUDIENCE")]


def polls(sandbox: Sandbox) -> int:
    return sum(call.path.endswith("/requests") for call in sandbox.store.requests())


def test_a_merge_is_queued_and_waited_for(sandbox: Sandbox, calls: AsyncCalls, time: FakeTime) -> None:
    options = sandbox.rest.options
    options.async_queued = FOREVER
    steps = iter([("async_running", FOREVER), ("async_queued", 0), ("async_running", 0)])

    def go_on() -> None:
        name, value = next(steps, ("async_running", 0))
        setattr(options, name, value)

    time.while_waiting = go_on
    refused = calls.carry_out(merge("1", "1w", "3"))
    assert refused == {1: 'The value "1w" is not valid for the field type INTEGER'}
    assert users(sandbox) == ["1", "3"]
    assert polls(sandbox) == 3
    assert len(time.waits) == 3


def test_many_are_asked_for_at_once(sandbox: Sandbox, calls: AsyncCalls) -> None:
    queued = [entry for number in range(205) for entry in calls.submit(merge(str(number), f"{number}w"))]
    outcomes = [calls.outcome(entry) for entry in queued]
    assert len(outcomes) == 205
    assert all(isinstance(outcome, dict) and outcome.keys() == {1} for outcome in outcomes)
    assert (calls.requests, calls.polls) == (205, 2)
    assert polls(sandbox) == 2
    assert len(users(sandbox)) == 205


def test_no_more_are_asked_for_at_once_than_an_answer_can_hold(
    sandbox: Sandbox, api: RestApi, calls: AsyncCalls
) -> None:
    """A result echoes the records of its call."""
    table = Table(FOLDER, "LONG", (Column("USERID", "INTEGER"), Column("NOTE", "STR4000")), ("USERID",))
    api.create(table)
    queued = [
        entry
        for first in range(0, 1200, 200)
        for entry in calls.submit(
            merge_call(
                table, ["USERID", "NOTE"], [[str(first + number), 4000 * "x"] for number in range(200)]
            )
        )
    ]
    assert len(queued) == 6
    assert [calls.outcome(entry) for entry in queued] == 6 * [{}]
    assert polls(sandbox) == 2
    assert len(sandbox.store.rows(FOLDER, "LONG")) == 1200


def test_those_that_are_done_are_not_asked_for_again(sandbox: Sandbox, calls: AsyncCalls) -> None:
    (first,) = calls.submit(merge("1"))
    (second,) = calls.submit(merge("2"))
    assert calls.outcome(second) == {}
    sandbox.rest.options.async_disabled = True
    assert calls.outcome(first) == {}


def test_a_large_call_is_queued_in_parts(sandbox: Sandbox, calls: AsyncCalls) -> None:
    numbers = [str(number) for number in range(450)]
    numbers[205] = "x"
    assert calls.carry_out(merge(*numbers)).keys() == {205}
    assert len(users(sandbox)) == 449


def test_a_part_that_is_not_taken_leaves_the_others_under_way(sandbox: Sandbox, calls: AsyncCalls) -> None:
    sandbox.rest.faults.add(Fault(action=Refuse("INVALID_PARAMETER"), path="/asyncApi/.*members", skip=1))
    call = merge(*map(str, range(450)))
    first, second = calls.submit(call)
    assert calls.outcome(first) == {}
    assert isinstance(calls.outcome(second), RefusedError)
    assert len(users(sandbox)) == 200


def test_a_call_ends_when_all_its_parts_are_done(sandbox: Sandbox, calls: AsyncCalls) -> None:
    sandbox.rest.faults.add(Fault(action=Refuse("INVALID_PARAMETER"), path="/asyncApi/.*members", skip=2))
    with pytest.raises(RefusedError, match="INVALID_PARAMETER"):
        calls.carry_out(merge(*map(str, range(450))))
    assert len(users(sandbox)) == 400


def test_threads_that_wait_share_the_asking(sandbox: Sandbox, api: RestApi) -> None:
    shared = AsyncCalls(api.session, retry=Retry(base=0.01, cap=0.01), at_once=4)
    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(lambda number: shared.carry_out(merge(str(number), "x")), range(20)))
    assert [outcome.keys() for outcome in found] == [{1}] * 20
    assert len(users(sandbox)) == 20
    assert shared.polls == polls(sandbox) < 20


@pytest.mark.parametrize("fault", [Drop("after"), Drop("during")])
def test_a_call_that_may_have_been_taken_twice_runs_loose(
    sandbox: Sandbox, calls: AsyncCalls, fault: Drop
) -> None:
    told: list[str] = []
    sandbox.rest.faults.add(
        Fault(action=Refuse("UNABLE_TO_SUBMIT_ASYNC_REQUEST"), path="/asyncApi/.*members")
    )
    assert calls.carry_out(merge("1"), on_loose=lambda: told.append("full")) == {}
    sandbox.rest.faults.add(Fault(action=fault, path="/asyncApi/.*members"))
    assert calls.carry_out(merge("1"), on_loose=lambda: told.append("lost")) == {}
    assert told == ["lost"]


def test_a_call_that_is_refused_as_a_whole(sandbox: Sandbox, calls: AsyncCalls) -> None:
    sandbox.rest.options.async_failed_status = "FAILED"
    queued = calls.submit(merge("1", table=Table(FOLDER, "NOPE", ()))) + calls.submit(merge("2"))
    bad, good = map(calls.outcome, queued)
    assert isinstance(bad, RefusedError)
    assert bad.error_code == "RESOURCE_NOT_FOUND"
    assert good == {}
    with pytest.raises(RefusedError, match="RSYS-4009.*merge records"):
        calls.carry_out(merge("1", table=Table(FOLDER, "NOPE", ())))


def test_a_result_that_was_not_fetched_in_time(sandbox: Sandbox, calls: AsyncCalls) -> None:
    sandbox.rest.options.async_kept = -1
    with pytest.raises(TransientError, match="RSYS-4201.*table AUDIENCE"):
        calls.carry_out(merge("1"))


def test_a_call_that_is_never_done(sandbox: Sandbox, calls: AsyncCalls, time: FakeTime) -> None:
    sandbox.rest.options.async_queued = FOREVER
    queued = calls.submit(merge("1"))
    time.now += 86_400
    (outcome,) = map(calls.outcome, queued)
    assert isinstance(outcome, OverdueError)
    assert outcome.code == "RSYS-4202"


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_full_queue_is_waited_for(
    sandbox: Sandbox, calls: AsyncCalls, time: FakeTime, repeatable: bool
) -> None:
    sandbox.rest.options.async_queue_size = 0
    time.while_waiting = lambda: setattr(sandbox.rest.options, "async_queue_size", None)
    assert calls.carry_out(merge("1", repeatable=repeatable)) == {}
    assert users(sandbox) == ["1"]


@pytest.mark.parametrize("status", [200, 401])
def test_a_user_without_the_asynchronous_api(sandbox: Sandbox, calls: AsyncCalls, status: Any) -> None:
    sandbox.rest.options.async_disabled = True
    sandbox.rest.options.async_disabled_status = status
    with pytest.raises(SettingsError, match="RSYS-4010.*ASYNC_API_DISABLED_FOR_USER.*api_mode"):
        calls.submit(merge("1"))


@pytest.mark.parametrize("status", [200, 401])
def test_the_right_is_known_before_anything_is_queued(
    sandbox: Sandbox, calls: AsyncCalls, status: Any
) -> None:
    calls.check_permission()
    sandbox.rest.options.async_disabled = True
    sandbox.rest.options.async_disabled_status = status
    with pytest.raises(SettingsError, match="RSYS-4010"):
        calls.check_permission()
    assert calls.requests == 0


def test_a_server_that_knows_no_such_id_refuses_nobody(scripted: ScriptedServer, queue: AsyncCalls) -> None:
    scripted.will(refuse(404, "RESOURCE_NOT_FOUND", "x"), reply(200, []), reply(404, text="<html></html>"))
    for _ in range(3):
        queue.check_permission()
    assert len(scripted.received) == 4  # with the login


def test_a_user_who_loses_the_right_meanwhile(sandbox: Sandbox, calls: AsyncCalls) -> None:
    queued = calls.submit(merge("1"))
    sandbox.rest.options.async_disabled = True
    with pytest.raises(SettingsError, match="RSYS-4010"):
        calls.outcome(queued[0])


@pytest.mark.parametrize("switches", [{}, {"merge_results": "results"}, {"lists_in_items": True}])
def test_lists_and_extension_tables(
    sandbox: Sandbox, api: RestApi, calls: AsyncCalls, switches: dict[str, Any]
) -> None:
    for name, value in switches.items():
        setattr(sandbox.rest.options, name, value)
    extensions = Extensions(api.session, LIST_NAME)
    extensions.create(Table(FOLDER, "SCORES", (Column("POINTS", "INTEGER"),)))
    emails = [["a@example.com"], ["nobody"]]
    points = [["a@example.com", "1"], ["x@example.com", "2"]]
    ids = ["a@example.com", "x@example.com"]
    todo = [
        member_merge(LIST_NAME, [EMAIL], emails, MergeRule("OPTIN")),
        extensions.row_merge(
            "SCORES", ["EMAIL_ADDRESS_", "POINTS"], points, match_columns=["EMAIL_ADDRESS_"]
        ),
        extensions.row_deletion("SCORES", "e", ids),
        member_deletion(LIST_NAME, "e", ids),
    ]
    for call in todo:
        assert calls.carry_out(call).keys() == {1}
    assert sandbox.store.lists.members(contacts_list(FOLDER)) == []


def test_a_submission_without_an_answer_is_repeated_by_key_only(sandbox: Sandbox, calls: AsyncCalls) -> None:
    sandbox.rest.faults.add(Fault(action=Drop("after"), path="/asyncApi/.*members"))
    assert calls.carry_out(merge("1")) == {}
    assert users(sandbox) == ["1"]
    sandbox.rest.faults.add(Fault(action=Drop("after"), path="/asyncApi/.*members"))
    with pytest.raises(TransientError, match="RSYS-4004"):
        calls.submit(merge("2", repeatable=False))


def test_queued_calls_have_limits_of_their_own(sandbox: Sandbox, api: RestApi) -> None:
    sandbox.rest.options.limits |= {"mergeTableMembers": 7, "asyncMergeTableMembers": 70}
    limits = api.rate_limits()
    path = "/folders/{f}/suppData/{t}/members"
    assert limits[ApiFunction("POST", path)] == 7
    assert limits[ApiFunction("POST", f"/rest/asyncApi/v1.3{path}")] == 70


# Forms of answers that the sandbox does not have.

ROWS = {"recordData": {"fieldNames": ["USERID"], "records": [["1"]], "mapTemplateName": None}}
FAILED = {"recipientId": -1, "success": False, "errorMessage": "no such thing"}


@pytest.fixture
def queue(session: RestSession, time: FakeTime) -> AsyncCalls:
    return AsyncCalls(session, retry=Retry(limit=2, sleep=time.sleep), clock=time.clock)


def state(response: Any, status: str = "SUCCESS") -> dict[str, Any]:
    return {"response": response, "requestId": "id", "status": status}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([[state(ROWS)]], {}),
        ([state(ROWS)], {}),
        ([{"responses": [state(ROWS)]}], {}),
        ([[state(ROWS, "COMPLETED")]], {}),
        ([[state([{"recipientId": 1, "success": True, "errorMessage": None}])]], {}),
        ([[state([FAILED])]], {0: "no such thing"}),
        ([[], [state(ROWS)]], {}),
        ([[state(None, "IN_PROGRESS")], [state(ROWS)]], {}),
        ([[state(None, "REQUEST_ACCEPTED")], [state(ROWS)]], {}),
    ],
)
def test_other_forms_of_results(
    scripted: ScriptedServer, queue: AsyncCalls, answers: list[Any], expected: dict[int, str]
) -> None:
    scripted.will(reply(202, {"requestId": "id"}), *(reply(200, answer) for answer in answers))
    call = member_merge("L", ["EMAIL_ADDRESS_"], [["a@example.com"]], MergeRule("OPTIN"))
    assert queue.carry_out(call) == expected


@pytest.mark.parametrize("response", [None, "x", {}, [], {"recordData": {"records": None}}])
def test_a_result_of_no_known_form(scripted: ScriptedServer, queue: AsyncCalls, response: Any) -> None:
    scripted.will(reply(202, {"requestId": "id"}), reply(200, [state(response)]))
    with pytest.raises(TransientError, match="RSYS-4005"):
        queue.carry_out(merge("1"))


def test_a_result_with_too_few_rows(scripted: ScriptedServer, queue: AsyncCalls) -> None:
    scripted.will(reply(202, {"requestId": "id"}), reply(200, [state(ROWS)]))
    (outcome,) = map(queue.outcome, queue.submit(merge("1", "2")))
    assert isinstance(outcome, DataError)
    assert outcome.code == "RSYS-4007"


@pytest.mark.parametrize("answer", [{}, [], {"requestId": None}, {"requestId": ""}])
def test_a_submission_without_a_request_id(scripted: ScriptedServer, queue: AsyncCalls, answer: Any) -> None:
    scripted.will(reply(202, answer))
    with pytest.raises(TransientError, match="RSYS-4005"):
        queue.submit(merge("1"))


def test_an_error_in_place_of_one_result(scripted: ScriptedServer, queue: AsyncCalls) -> None:
    error = {"errorCode": "ASYNC_API_DISABLED_FOR_USER", "detail": "ASYNC API disabled for user"}
    scripted.will(reply(202, {"requestId": "id"}), reply(200, [error]))
    with pytest.raises(SettingsError, match="RSYS-4010"):
        queue.carry_out(merge("1"))


@pytest.mark.parametrize(
    ("error_code", "code"), [("UNEXPECTED_EXCEPTION", "RSYS-4204"), ("RESPONSE_PURGED", "RSYS-4201")]
)
def test_a_result_that_does_not_tell_what_was_done(
    scripted: ScriptedServer, queue: AsyncCalls, error_code: str, code: str
) -> None:
    scripted.will(reply(202, {"requestId": "id"}), reply(200, [state({"errorCode": error_code}, "FAILURE")]))
    with pytest.raises(UnknownOutcomeError, match=code):
        queue.carry_out(merge("1"))
