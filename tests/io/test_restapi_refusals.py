"""What the client makes of every error code and every page that the service is known to answer with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, new_sandbox, settings_of
from support.faketime import FakeTime

from responsys_io.errors import ResponsysError, SettingsError, TransientError
from responsys_io.restanswers import RefusedError
from responsys_io.restapi import RestApi
from responsys_io.restretry import Pursuit
from responsys_io.retry import Retry
from responsys_io.supplemental import Column, Table
from responsys_sandbox.rest import (
    EMPTY,
    MAINTENANCE,
    MAINTENANCE_AS_OK,
    WRONG_TYPE,
    Answer,
    Drop,
    Fault,
    Refuse,
    Truncate,
)
from responsys_sandbox.rest.errors import ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responsys_sandbox.rest.faults import Action
    from responsys_sandbox.sandbox import Sandbox

MEMBERS = "/members$"
LOGIN = "/auth/token$"
TABLE = Table(FOLDER, "AUDIENCE", (Column("USERID", "INTEGER"),), ("USERID",))

SIGNED_IN_AGAIN = {"INVALID_TOKEN", "TOKEN_EXPIRED", "UNRECOVERABLE_EXCEPTION"}
NEXT_MINUTE = {"API_LIMIT_EXCEEDED"}
CAPACITY = {"INTERNAL_CAPACITY_LIMIT_EXCEEDED"}
TRIED_AGAIN = {"SERVICE_UNAVAILABLE", "UNABLE_TO_SUBMIT_ASYNC_REQUEST", "UNEXPECTED_EXCEPTION"}
SETTINGS_WRONG = {
    "ACCOUNT_SUSPENDED",
    "API_BLOCKED",
    "API_DISABLED_FOR_USER",
    "ASYNC_API_DISABLED_FOR_USER",
    "AUTHENTICATION_FAILED",
    "CLIENT_CERTIFICATE_EXPIRED",
    "CLIENT_CERTIFICATE_NOT_FOUND",
    "CLIENT_CERTIFICATE_NOT_YET_VALID",
    "CONNECT_DISABLED_FOR_USER",
    "INSUFFICIENT_ACCESS",
    "INVALID_AUTHENTICATION_OPTION",
    "INVALID_USER_NAME_PASSWORD",
    "LOGIN_BLOCKED_TEMPORARILY",
    "MAX_LOGIN_FAILURES_EXCEEDED",
    "PASSWORD_EXPIRED",
    "PASSWORD_LOCKOUT",
    "SERVER_CERTIFICATE_EXPIRED",
    "SERVER_CERTIFICATE_NOT_FOUND",
    "SERVER_CERTIFICATE_NOT_YET_VALID",
}
OF_A_POLL = {"PROCESSING_REQUEST", "RESPONSE_PURGED"}
NEVER_SENT_AGAIN = set(ERRORS) - OF_A_POLL - SIGNED_IN_AGAIN - NEXT_MINUTE - CAPACITY - TRIED_AGAIN


@dataclass
class Outcome:
    """What a merge of one record came to: attempts, logins beyond the first, waits, and what was raised."""

    attempts: int
    logins: int
    waits: list[float] = field(default_factory=list)
    raised: ResponsysError | None = None


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with new_sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        with RestApi.from_config(settings_of(sandbox)) as api:
            api.create(TABLE)
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.rest.faults.clear()
    return running


def merged(sandbox: Sandbox, *faults: Fault, repeatable: bool = True) -> Outcome:
    time = FakeTime()
    pursuit = Pursuit(retry=Retry(limit=4, sleep=time.sleep), clock=time.clock)
    with RestApi.from_config(settings_of(sandbox), pursuit=pursuit) as api:
        before = len(sandbox.store.requests())
        for fault in faults:
            sandbox.rest.faults.add(fault)
        raised = None
        try:
            api.merge(TABLE, ["USERID"], [["1"]], repeatable=repeatable)
        except ResponsysError as error:
            raised = error
    paths = [request.path for request in sandbox.store.requests()[before:]]
    logins = sum(path.endswith("/auth/token") for path in paths)
    return Outcome(len(paths) - logins, logins - 1, time.waits, raised)


def refused(code: str, **more: Any) -> Fault:
    return Fault(action=Refuse(code, **more), path=MEMBERS)


def test_every_code_has_a_verdict_here() -> None:
    assert set(ERRORS) >= SETTINGS_WRONG | SIGNED_IN_AGAIN | NEXT_MINUTE | CAPACITY | TRIED_AGAIN
    assert not SETTINGS_WRONG & (SIGNED_IN_AGAIN | NEXT_MINUTE | CAPACITY | TRIED_AGAIN)


@pytest.mark.parametrize("code", sorted(SIGNED_IN_AGAIN))
def test_codes_after_which_one_signs_in_again(sandbox: Sandbox, code: str) -> None:
    assert merged(sandbox, refused(code)) == Outcome(2, 1)
    several = merged(sandbox, *[refused(code)] * 3)
    assert (several.attempts, several.logins, len(several.waits), several.raised) == (4, 3, 2, None)
    again = merged(sandbox, *[refused(code)] * 4)
    assert (again.attempts, again.logins) == (4, 3)
    assert isinstance(again.raised, TransientError)
    assert again.raised.code == "RSYS-4016"


def test_a_fail_over_may_have_done_what_must_not_be_done_twice(sandbox: Sandbox) -> None:
    outcome = merged(sandbox, refused("UNRECOVERABLE_EXCEPTION"), repeatable=False)
    assert (outcome.attempts, outcome.logins) == (1, 0)
    assert isinstance(outcome.raised, TransientError)
    assert outcome.raised.code == "RSYS-4004"


def test_a_token_may_be_refused_as_an_unexpected_exception(sandbox: Sandbox) -> None:
    fault = refused("UNEXPECTED_EXCEPTION", detail="Not a valid authentication token")
    assert merged(sandbox, fault, repeatable=False) == Outcome(2, 1)


@pytest.mark.parametrize("status", [400, 401, 429, 500])
@pytest.mark.parametrize("code", sorted(NEXT_MINUTE | CAPACITY))
def test_codes_that_are_waited_for_in_whatever_status(sandbox: Sandbox, code: str, status: int) -> None:
    outcome = merged(sandbox, *[refused(code, status=status)] * 9, repeatable=False)
    assert (outcome.attempts, outcome.logins, outcome.raised) == (10, 0, None)
    assert len(outcome.waits) == 9
    assert all(60 <= wait <= 61 for wait in outcome.waits)


def test_the_capacity_limit_outlives_its_ten_minutes_only_so_often(sandbox: Sandbox) -> None:
    outcome = merged(sandbox, *[refused("INTERNAL_CAPACITY_LIMIT_EXCEEDED")] * 40)
    assert isinstance(outcome.raised, TransientError)
    assert 600 < sum(outcome.waits) <= 1800


@pytest.mark.parametrize("code", sorted(TRIED_AGAIN))
def test_codes_that_are_tried_again(sandbox: Sandbox, code: str) -> None:
    outcome = merged(sandbox, refused(code), refused(code))
    assert (outcome.attempts, outcome.logins, outcome.raised) == (3, 0, None)
    given_up = merged(sandbox, *[refused(code)] * 4)
    assert given_up.attempts == 4
    assert isinstance(given_up.raised, TransientError)
    assert code in str(given_up.raised)


@pytest.mark.parametrize("code", sorted(NEVER_SENT_AGAIN))
def test_codes_that_are_final(sandbox: Sandbox, code: str) -> None:
    outcome = merged(sandbox, refused(code, detail='"4711" of jane@example.com'))
    assert (outcome.attempts, outcome.logins, outcome.waits) == (1, 0, [])
    assert outcome.raised is not None
    assert isinstance(outcome.raised, SettingsError) is (code in SETTINGS_WRONG)
    assert isinstance(outcome.raised, RefusedError) is (code not in SETTINGS_WRONG)
    assert code in str(outcome.raised)
    assert "4711" not in str(outcome.raised)
    assert "jane" not in str(outcome.raised)


@pytest.mark.parametrize("status", [400, 401, 403, 429])
def test_a_blocked_function_is_never_called_again(sandbox: Sandbox, status: int) -> None:
    outcome = merged(sandbox, *[refused("API_BLOCKED", status=status)] * 2)
    assert (outcome.attempts, outcome.waits) == (1, [])
    assert isinstance(outcome.raised, SettingsError)


@pytest.mark.parametrize("code", sorted(SETTINGS_WRONG))
def test_a_login_that_is_refused_is_not_tried_again(sandbox: Sandbox, code: str) -> None:
    outcome = merged(sandbox, Fault(action=Refuse(code), path=LOGIN))
    assert (outcome.attempts, outcome.logins, outcome.waits) == (0, 0, [])
    assert isinstance(outcome.raised, SettingsError)


PAGES = {
    "maintenance": MAINTENANCE,
    "maintenance as 200": MAINTENANCE_AS_OK,
    "empty": EMPTY,
    "empty 503": Answer(503, ""),
    "wrong type": WRONG_TYPE,
    "number": Answer(200, "503", "application/json"),
    "null": Answer(200, "null", "application/json"),
    "truncated": Truncate(),
    "broken off": Drop("during"),
    "gateway": Answer(502, "<html><title>Bad Gateway</title></html>"),
    "gateway timeout": Answer(504, ""),
}


@pytest.mark.parametrize("action", PAGES.values(), ids=PAGES)
def test_pages_that_come_instead_of_an_answer(sandbox: Sandbox, action: Action) -> None:
    outcome = merged(sandbox, Fault(action=action, path=MEMBERS, count=2))
    assert (outcome.attempts, outcome.raised, len(outcome.waits)) == (3, None, 2)
    given_up = merged(sandbox, Fault(action=action, path=MEMBERS, count=4))
    assert isinstance(given_up.raised, TransientError)


@pytest.mark.parametrize("action", PAGES.values(), ids=PAGES)
def test_pages_that_come_instead_of_a_login(sandbox: Sandbox, action: Action) -> None:
    outcome = merged(sandbox, Fault(action=action, path=LOGIN, count=2))
    assert (outcome.attempts, outcome.logins, outcome.raised) == (1, 2, None)


@pytest.mark.parametrize(
    ("action", "again"), [(action, "503" in name or name == "maintenance") for name, action in PAGES.items()]
)
def test_only_an_outage_tells_that_nothing_was_done(sandbox: Sandbox, action: Action, again: bool) -> None:
    outcome = merged(sandbox, Fault(action=action, path=MEMBERS), repeatable=False)
    assert outcome.attempts == (2 if again else 1)
    assert (outcome.raised is None) is again


def test_the_title_of_a_page_is_told_and_nothing_else_of_it(sandbox: Sandbox) -> None:
    page = '<html><TITLE>Down for\n "4711" jane@example.com maintenance</TITLE><body>Secret row</body></html>'
    outcome = merged(sandbox, Fault(action=Answer(200, page), path=MEMBERS, count=4))
    assert 'without a usable answer (Down for "…" … maintenance)' in str(outcome.raised)
    assert "Secret" not in str(outcome.raised)


def test_a_gateway_that_forbids(sandbox: Sandbox) -> None:
    outcome = merged(sandbox, Fault(action=Answer(403, "<html>Forbidden</html>"), path=MEMBERS))
    assert isinstance(outcome.raised, SettingsError)
    assert outcome.attempts == 1
