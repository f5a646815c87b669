"""The REST client against the sandbox, which is built from the reference alone, in all its readings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, settings_of

from responsys_io.errors import SettingsError, TransientError
from responsys_io.ratelimit import ApiFunction
from responsys_io.restanswers import RefusedError
from responsys_io.restapi import RestApi
from responsys_io.supplemental import Column, Table
from responsys_sandbox.rest import Drop, Fault, RevokeTokens, Truncate
from responsys_sandbox.tables import Column as StoredColumn
from responsys_sandbox.tables import Table as StoredTable

if TYPE_CHECKING:
    from support.faketime import FakeTime

    from responsys_sandbox.sandbox import Sandbox

AUDIENCE = Table(
    FOLDER,
    "AUDIENCE",
    (Column("USERID", "INTEGER"), Column("EMAIL", "STR500"), Column("SEEN", "TIMESTAMP")),
    ("USERID",),
)
MEMBERS = r"/suppData/[^/]+/members"
MERGE = ApiFunction("POST", "/folders/{f}/suppData/{t}/members")


@pytest.fixture
def table(api: RestApi) -> Table:
    api.create(AUDIENCE)
    described = api.describe(FOLDER, "AUDIENCE")
    assert described is not None
    return described


def statuses(sandbox: Sandbox, path: str) -> list[int | None]:
    return [call.status for call in sandbox.store.requests() if path in call.path]


def test_who_is_signed_in(api: RestApi, sandbox: Sandbox) -> None:
    user = api.user_info()
    assert user.name == sandbox.options.rest.user_name
    assert user.time_zone == sandbox.options.rest.account_time_zone


@pytest.mark.parametrize("switches", [{}, {"limit_as_number_text": True}, {"limits_in_items": True}])
def test_the_limits_of_the_account(sandbox: Sandbox, api: RestApi, switches: dict[str, Any]) -> None:
    for name, value in {**switches, "limits": {"mergeTableMembers": 60}}.items():
        setattr(sandbox.rest.options, name, value)
    limits = api.rate_limits()
    assert limits[MERGE] == 60
    assert ApiFunction("POST", "/auth/token") in limits


def test_a_table_is_created_and_described(table: Table) -> None:
    assert table == AUDIENCE


def test_a_missing_table_is_none(api: RestApi) -> None:
    assert api.describe(FOLDER, "NOPE") is None


@pytest.mark.parametrize("in_items", [False, True])
def test_all_tables_are_listed_page_by_page(sandbox: Sandbox, api: RestApi, in_items: bool) -> None:
    sandbox.rest.options.lists_in_items = in_items
    for number in range(205):
        columns = (StoredColumn("ID1", "INTEGER"),)
        sandbox.store.create_table(StoredTable("Other", f"T{number}", columns, ("ID1",)))
    tables = list(api.tables())
    assert [table.name for table in tables] == [f"T{number}" for number in range(205)]
    assert tables[0] == Table("Other", "T0", (Column("ID1", "INTEGER"),))
    assert len(statuses(sandbox, "/suppData")) == 2


def test_records_are_merged_and_the_bad_ones_named(sandbox: Sandbox, api: RestApi, table: Table) -> None:
    records = [["1", "a@example.com"], ["1w", "b@example.com"], ["3", "c@example.com"]]
    refused = api.merge(table, ["USERID", "EMAIL"], records)
    assert refused == {1: 'The value "1w" is not valid for the field type INTEGER'}
    assert [row["USERID"] for row in sandbox.store.rows(FOLDER, "AUDIENCE")] == ["1", "3"]


def test_a_record_is_read_and_deleted(api: RestApi, table: Table) -> None:
    api.merge(table, ["USERID", "EMAIL"], [["1", "a@example.com"]])
    assert api.read(table, {"USERID": "1"}, ["USERID", "EMAIL"]) == {"USERID": "1", "EMAIL": "a@example.com"}
    assert api.delete(table, {"USERID": "1"}) is None
    assert api.read(table, {"USERID": "1"}) is None
    with pytest.raises(RefusedError):
        api.delete(table, {"USERID": "1"})


def test_a_column_that_is_not_there(api: RestApi, table: Table) -> None:
    with pytest.raises(RefusedError, match="RSYS-4009.*merge records"):
        api.merge(table, ["USERID", "NOPE"], [["1", "x"]])


@pytest.mark.parametrize("flavour", ["TOKEN_EXPIRED", "INVALID_TOKEN", "UNEXPECTED_EXCEPTION"])
def test_every_flavour_of_an_expired_token(
    sandbox: Sandbox, api: RestApi, table: Table, flavour: Any
) -> None:
    sandbox.rest.options.expired_token = flavour
    sandbox.rest.options.token_life = -1
    with pytest.raises(TransientError, match=f"RSYS-4016.*{flavour}"):
        api.merge(table, ["USERID"], [["1"]])
    sandbox.rest.options.token_life = 7200
    assert api.merge(table, ["USERID"], [["1"]]) == {}


def test_a_revoked_token_costs_one_login(sandbox: Sandbox, api: RestApi, table: Table) -> None:
    sandbox.rest.faults.add(Fault(action=RevokeTokens(), path=MEMBERS))
    assert api.merge(table, ["USERID"], [["1"]], repeatable=False) == {}
    assert statuses(sandbox, "/auth/token") == [200, 200]


def test_tokens_that_are_revoked_again_and_again(sandbox: Sandbox, api: RestApi, table: Table) -> None:
    sandbox.rest.faults.add(Fault(action=RevokeTokens(), path=MEMBERS, count=3))
    assert api.merge(table, ["USERID"], [["1"]], repeatable=False) == {}
    assert statuses(sandbox, "/auth/token") == 4 * [200]


def test_the_token_is_renewed_before_it_ends(
    sandbox: Sandbox, api: RestApi, time: FakeTime, table: Table
) -> None:
    sandbox.rest.options.refresh_on_login_host = False
    for _ in range(4):
        time.now += 5401
        api.merge(table, ["USERID"], [["1"]])
    assert statuses(sandbox, "/auth/token") == [200] * 5
    assert set(statuses(sandbox, "/members")) == {200}


@pytest.mark.parametrize(("status", "as_text"), [(400, False), (401, False), (429, False), (429, True)])
def test_every_flavour_of_throttling(
    sandbox: Sandbox, api: RestApi, time: FakeTime, table: Table, status: Any, as_text: bool
) -> None:
    options = sandbox.rest.options
    options.limits, options.limit_status, options.limit_as_text = {"mergeTableMembers": 0}, status, as_text
    time.while_waiting = options.limits.clear
    assert api.merge(table, ["USERID"], [["1"]], repeatable=False) == {}
    assert statuses(sandbox, "/members") == [status, 200]
    assert 60 <= time.waits[-1] <= 61


def test_a_blocked_function_is_final(sandbox: Sandbox, api: RestApi, table: Table) -> None:
    sandbox.rest.options.blocked = frozenset({"mergeTableMembers"})
    with pytest.raises(SettingsError, match="RSYS-4010.*API_BLOCKED"):
        api.merge(table, ["USERID"], [["1"]])
    assert len(statuses(sandbox, "/members")) == 1


@pytest.mark.parametrize("action", [Drop("before"), Drop("after"), Drop("during"), Truncate()])
def test_a_call_without_an_answer_is_repeated_by_key_only(
    sandbox: Sandbox, api: RestApi, table: Table, action: Any
) -> None:
    sandbox.rest.faults.add(Fault(action=action, path=MEMBERS))
    assert api.merge(table, ["USERID"], [["1"]]) == {}
    assert sandbox.store.row_count(FOLDER, "AUDIENCE") == 1
    sandbox.rest.faults.add(Fault(action=action, path=MEMBERS))
    with pytest.raises(TransientError, match="RSYS-4004"):
        api.merge(table, ["USERID"], [["2"]], repeatable=False)
    assert len(statuses(sandbox, "/members")) == 3


def test_a_locked_user_is_told_so(sandbox: Sandbox) -> None:
    sandbox.rest.options.wrong_passwords = 0
    wrong = {**settings_of(sandbox), "api_password": "wrong"}
    for _ in range(2):
        with RestApi.from_config(wrong) as api, pytest.raises(SettingsError, match=r"RSYS-4002|RSYS-4010"):
            api.user_info()
    assert len(statuses(sandbox, "/auth/token")) == 2


def test_a_certificate_of_another_authority_is_refused(sandbox: Sandbox) -> None:
    config = {**settings_of(sandbox), "ca_bundle": None}
    with RestApi.from_config(config) as api, pytest.raises(SettingsError, match="RSYS-4003"):
        api.user_info()
    assert sandbox.store.requests() == []


def test_records_whose_echo_would_be_too_large_to_read(api: RestApi, sandbox: Sandbox) -> None:
    names = [f"NOTE{number}" for number in range(6)]
    columns = (Column("USERID", "INTEGER"), *(Column(name, "STR4000") for name in names))
    table = Table(FOLDER, "LONG", columns, ("USERID",))
    api.create(table)
    records = [[str(number), *(6 * [4000 * "x"])] for number in range(200)]
    assert api.merge(table, ["USERID", *names], records) == {}
    assert statuses(sandbox, "/members") == [200, 200]
    assert len(sandbox.store.rows(FOLDER, "LONG")) == 200
