"""Members of profile lists, against the sandbox in all its readings."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, new_sandbox, settings_of
from support.faketime import FakeTime

from responsys_io import recordcalls
from responsys_io.errors import DataError, SettingsError
from responsys_io.profilelists import MergeRule, ProfileLists
from responsys_io.restanswers import RefusedError
from responsys_io.restapi import RestApi
from responsys_io.restretry import Pursuit
from responsys_io.retry import Retry
from responsys_sandbox.profilelists import LIST_NAME, contacts_list
from responsys_sandbox.rest import Drop, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from responsys_sandbox.sandbox import Sandbox

CONTACTS = contacts_list(FOLDER)
EMAIL, STATUS = "EMAIL_ADDRESS_", "EMAIL_PERMISSION_STATUS_"
OPT_IN = MergeRule("OPTIN")
MEMBERS = r"/lists/[^/]+/members$"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with new_sandbox(tmp_path / "sandbox") as running:
        yield running


@pytest.fixture
def lists(sandbox: Sandbox) -> Iterator[ProfileLists]:
    time = FakeTime()
    pursuit = Pursuit(retry=Retry(limit=4, sleep=time.sleep), clock=time.clock)
    with RestApi.from_config(settings_of(sandbox), pursuit=pursuit) as api:
        yield ProfileLists(api.session)


def members(sandbox: Sandbox, *names: str) -> list[tuple[str | None, ...]]:
    return [tuple(row[name] for name in names) for row in sandbox.store.lists.members(CONTACTS)]


def merge_calls(sandbox: Sandbox) -> list[int]:
    return [call.rows for call in sandbox.store.requests() if call.path.endswith("/members")]


def test_a_list_is_described(lists: ProfileLists) -> None:
    described = lists.describe(LIST_NAME)
    assert described is not None
    assert (described.folder, described.name, described.primary_key) == (FOLDER, LIST_NAME, ("RIID_",))
    types = {column.name: column.type for column in described.columns}
    assert types[EMAIL] == "STR500"
    assert types[STATUS] == "CHAR"
    assert lists.describe("NOPE") is None


@pytest.mark.parametrize("switches", [{}, {"merge_results": "results"}])
def test_records_are_merged_and_the_bad_ones_named(
    sandbox: Sandbox, lists: ProfileLists, switches: dict[str, Any]
) -> None:
    for name, value in switches.items():
        setattr(sandbox.rest.options, name, value)
    records = [["a@example.com", "Leeds"], ["nobody", "York"], ["c@example.com", "Bath"]]
    refused = lists.merge(LIST_NAME, [EMAIL, "CITY_"], records, OPT_IN)
    assert refused == {1: "INVALID_PARAMETER: The value nobody is not a valid email address"}
    assert members(sandbox, EMAIL, "CITY_") == [("a@example.com", "Leeds"), ("c@example.com", "Bath")]


def test_a_call_that_a_bad_record_fails(sandbox: Sandbox, lists: ProfileLists) -> None:
    sandbox.rest.options.bad_member_fails_call = True
    with pytest.raises(RefusedError, match="RSYS-4009.*INVALID_PARAMETER") as raised:
        lists.merge(LIST_NAME, [EMAIL], [["a@example.com"], ["nobody"]], OPT_IN)
    assert raised.value.error_code == "INVALID_PARAMETER"
    assert members(sandbox) == []


@pytest.mark.parametrize(("status", "expected"), [("OPTIN", "I"), ("OPTOUT", "O")])
def test_the_default_permission_is_always_said(
    sandbox: Sandbox, lists: ProfileLists, status: Any, expected: str
) -> None:
    assert lists.merge(LIST_NAME, [EMAIL], [["a@example.com"]], MergeRule(status)) == {}
    assert members(sandbox, STATUS) == [(expected,)]


def test_permissions_are_sent_in_the_words_of_the_source(sandbox: Sandbox, lists: ProfileLists) -> None:
    rule = MergeRule("OPTOUT", optin_value="yes", optout_value="no")
    records = [["a@example.com", "yes"], ["b@example.com", "no"], ["c@example.com", "perhaps"]]
    refused = lists.merge(LIST_NAME, [EMAIL, STATUS], records, rule)
    assert refused.keys() == {2}
    assert members(sandbox, STATUS) == [("I",), ("O",)]
    changes = sandbox.store.lists.permission_changes(CONTACTS)
    assert [(change.before, change.after) for change in changes if change.column == STATUS] == [
        (None, "I"),
        (None, "O"),
    ]


def test_a_hash_finds_but_never_inserts(sandbox: Sandbox, lists: ProfileLists) -> None:
    lists.merge(LIST_NAME, [EMAIL], [["a@example.com"]], OPT_IN)
    known, unknown = (
        hashlib.sha256(text.encode()).hexdigest() for text in ("a@example.com", "b@example.com")
    )
    rule = MergeRule("OPTIN", match_columns=["EMAIL_SHA256_HASH_"])
    records = [[known, "Leeds"], [unknown, "York"]]
    refused = lists.merge(LIST_NAME, ["EMAIL_SHA256_HASH_", "CITY_"], records, rule)
    assert refused == {1: "Responsys names no recipient for the record."}
    assert members(sandbox, "CITY_") == [("Leeds",)]


def test_two_match_columns_and_a_required_channel(sandbox: Sandbox, lists: ProfileLists) -> None:
    rule = MergeRule(
        "OPTIN",
        match_columns=[EMAIL, "CUSTOMER_ID_"],
        update_on_match="NO_UPDATE",
        reject_record_if_channel_empty=["M"],
    )
    names = [EMAIL, "CUSTOMER_ID_", "MOBILE_NUMBER_"]
    assert lists.merge(LIST_NAME, names, [["a@example.com", "1", ""]], rule).keys() == {0}
    assert lists.merge(LIST_NAME, names, [["a@example.com", "1", "1555"]], rule) == {}
    assert lists.merge(LIST_NAME, names, [["a@example.com", "1", "1777"]], rule) == {}
    assert members(sandbox, "MOBILE_NUMBER_") == [("1555",)]


@pytest.mark.parametrize(
    "columns",
    [
        [],
        ["EMAIL_ADDRESS"],
        ["CITY_"],
        [EMAIL, EMAIL],
        [EMAIL, "EMAIL_MD5_HASH_"],
        ["EMAIL_MD5_HASH_", "EMAIL_SHA256_HASH_"],
        [EMAIL, "CUSTOMER_ID_", "RIID_"],
    ],
)
def test_columns_that_cannot_be_matched_on(columns: list[str]) -> None:
    with pytest.raises(SettingsError, match="RSYS-4203"):
        MergeRule("OPTIN", match_columns=columns)


def test_more_records_than_a_call_takes(sandbox: Sandbox, lists: ProfileLists) -> None:
    records = [[f"{number}@example.com"] for number in range(450)]
    records[205] = ["nobody"]
    assert lists.merge(LIST_NAME, [EMAIL], records, OPT_IN).keys() == {205}
    assert merge_calls(sandbox) == [200, 200, 50]


def test_a_body_that_is_too_large_goes_in_halves(
    sandbox: Sandbox, lists: ProfileLists, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordcalls, "MAX_BODY_BYTES", 520)
    records = [["a@example.com"], ["nobody"], ["c@example.com"], [f"{'d' * 100}@example.com"]]
    assert lists.merge(LIST_NAME, [EMAIL], records, OPT_IN).keys() == {1}
    assert len(merge_calls(sandbox)) > 1
    assert len(members(sandbox)) == 3
    with pytest.raises(DataError, match="RSYS-4011.*list CONTACTS_LIST"):
        lists.merge(LIST_NAME, [EMAIL], [[f"{'e' * 700}@example.com"]], OPT_IN)


def test_members_are_read_200_ids_at_a_time(lists: ProfileLists) -> None:
    records = [[f"{number}@example.com", str(number)] for number in range(300)]
    lists.merge(LIST_NAME, [EMAIL, "CUSTOMER_ID_"], records, OPT_IN)
    ids = [str(number) for number in range(399, -1, -1)]
    found = list(lists.read(LIST_NAME, "c", ids, ["CUSTOMER_ID_", STATUS]))
    assert found == [{"CUSTOMER_ID_": str(number), STATUS: "I"} for number in range(299, -1, -1)]
    assert list(lists.read(LIST_NAME, "c", ["nobody"])) == []
    with pytest.raises(RefusedError, match="LIST_NOT_FOUND"):
        list(lists.read("NOPE", "c", ["1"]))


def test_members_are_counted(lists: ProfileLists) -> None:
    lists.merge(LIST_NAME, [EMAIL], [["a@example.com"]], OPT_IN)
    assert lists.count(LIST_NAME, "e", "A@example.com") == 1
    assert lists.count(LIST_NAME, "e", "b@example.com") == 0


def test_members_are_deleted_and_the_missing_named(sandbox: Sandbox, lists: ProfileLists) -> None:
    records = [[f"{number}@example.com"] for number in range(205)]
    lists.merge(LIST_NAME, [EMAIL], records, OPT_IN)
    ids = [*(record[0] for record in records), "x@example.com"]
    assert lists.delete(LIST_NAME, "e", ids) == {205: "NO records found for id"}
    assert members(sandbox) == []


def two_with_one_address(lists: ProfileLists) -> None:
    rule = MergeRule("OPTIN", match_columns=["CUSTOMER_ID_"])
    records = [["1", "a@example.com"], ["2", "a@example.com"]]
    assert lists.merge(LIST_NAME, ["CUSTOMER_ID_", EMAIL], records, rule) == {}


@pytest.mark.parametrize("answers", ["members", "ids"])
def test_several_members_are_deleted_for_one_id(sandbox: Sandbox, lists: ProfileLists, answers: Any) -> None:
    sandbox.rest.options.delete_answers = answers
    two_with_one_address(lists)
    assert lists.delete(LIST_NAME, "e", ["a@example.com"]) == {}
    assert members(sandbox) == []


def test_a_deletion_that_cannot_be_attributed(sandbox: Sandbox, lists: ProfileLists) -> None:
    two_with_one_address(lists)
    with pytest.raises(DataError, match="RSYS-4007.*3 rows to a deletion of 2") as raised:
        lists.delete(LIST_NAME, "e", ["x@example.com", "a@example.com"])
    assert "example.com" not in str(raised.value)
    assert members(sandbox) == []


def test_a_merge_without_an_answer_is_repeated(sandbox: Sandbox, lists: ProfileLists) -> None:
    sandbox.rest.faults.add(Fault(action=Drop("after"), path=MEMBERS))
    assert lists.merge(LIST_NAME, [EMAIL], [["a@example.com"]], OPT_IN) == {}
    assert len(members(sandbox)) == 1


def test_a_deletion_of_nobody_that_is_refused_as_a_whole(sandbox: Sandbox, lists: ProfileLists) -> None:
    sandbox.rest.options.delete_of_nobody = "error"
    lists.merge(LIST_NAME, [EMAIL], [[f"{number}@example.com"] for number in range(200)], OPT_IN)
    ids = [*(f"{number}@example.com" for number in range(200)), "x@example.com"]
    assert list(lists.delete(LIST_NAME, "e", ids)) == [200]
    assert members(sandbox) == []
