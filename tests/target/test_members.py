"""Delivery into a profile list and its extension tables: consent, match columns, refused people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, deliver, lines, record, run_target, schema

from responsys_io.errors import DataError, SettingsError
from responsys_io.extensions import Extensions
from responsys_io.restapi import RestApi
from responsys_io.supplemental import Column, Table
from responsys_sandbox.profilelists import LIST_NAME, contacts_list
from target_responsys.deletion import Deleted
from target_responsys.destinations import MergeRules, Records
from target_responsys.endofrun import RejectedRowsError
from target_responsys.lookup import existing
from target_responsys.memberrecords import records_of
from target_responsys.routing import route
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from responsys_sandbox.sandbox import Sandbox

CONTACTS = contacts_list(FOLDER)
STATUS = "EMAIL_PERMISSION_STATUS_"
PEOPLE = schema("people", email="string", city="string")
COLUMNS: dict[str, Any] = {"email": "EMAIL_ADDRESS_", "city": "CITY_"}


@pytest.fixture
def to_list(config: dict[str, Any]) -> dict[str, Any]:
    return config | {
        "destination": "list",
        "list_name": LIST_NAME,
        "match_columns": ["EMAIL_ADDRESS_"],
        "default_permission_status": "OPTOUT",
        "tables": {"people": {"columns": COLUMNS}},
    }


@pytest.fixture
def to_pet(to_list: dict[str, Any]) -> dict[str, Any]:
    deliver(to_list, [PEOPLE, person("ada"), person("bob")])
    with RestApi.from_config(to_list) as api:
        columns = (Column("TIER", "STR500"), Column("SCORE", "INTEGER"))
        Extensions(api.session, LIST_NAME).create(Table(FOLDER, "LOYALTY", columns))
    rule = {
        "destination": "pet",
        "pet_name": "LOYALTY",
        "columns": {"email": "EMAIL_ADDRESS_"},
    }
    return to_list | {"tables": {"loyalty": rule}}


def person(name: str, **values: Any) -> dict[str, Any]:
    return record("people", email=f"{name}@example.com", **{"city": "Ghent", **values})


def members(sandbox: Sandbox, *names: str) -> list[tuple[str | None, ...]]:
    return [tuple(row[name] for name in names) for row in sandbox.store.lists.members(CONTACTS)]


def extension_rows(config: dict[str, Any]) -> list[tuple[str | None, ...]]:
    with RestApi.from_config(config) as api:
        rows = [
            records(api, config, "loyalty").read({"EMAIL_ADDRESS_": f"{name}@example.com"})
            for name in ("ada", "bob")
        ]
    return [(row["TIER"], row["SCORE"]) if row else () for row in rows]


def records(api: RestApi, config: dict[str, Any], stream: str) -> Records:
    properties = {"properties": {"email": {"type": "string"}}}
    made = route(stream, properties, (), config, execution_id="x")
    destination = existing(api, made)
    assert destination is not None
    return records_of(api, destination, MergeRules.from_config(config))


def test_people_become_members_with_the_status_that_was_decided(
    sandbox: Sandbox, to_list: dict[str, Any]
) -> None:
    deliver(to_list, [PEOPLE, person("ada"), person("bob")])
    deliver(to_list, [PEOPLE, person("bob", city="Bruges")])
    assert members(sandbox, "EMAIL_ADDRESS_", "CITY_", STATUS) == [
        ("ada@example.com", "Ghent", "O"),
        ("bob@example.com", "Bruges", "O"),
    ]
    assert [call.path for call in sandbox.store.requests() if call.path.endswith("/suppData")] == []


def test_a_permission_column_changes_nothing_unless_it_is_named_and_allowed(
    sandbox: Sandbox, to_list: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    message = schema("people", **{"email": "string", STATUS: "string"})
    people = [record("people", **{"email": "ada@example.com", STATUS: "yes"})]
    deliver(to_list, [message, *people])
    assert members(sandbox, STATUS) == [("O",)]
    assert f"Stream people has permission columns, which are left out: {STATUS}" in caplog.messages
    to_list["tables"] = {"people": {"columns": {**COLUMNS, STATUS: STATUS}}}
    with pytest.raises(SettingsError, match=f"RSYS-1000: .* sends {STATUS}"):
        TargetResponsys(config=to_list)
    to_list |= {"allow_permission_columns": True, "optin_value": "yes", "optout_value": "no"}
    deliver(to_list, [message, *people])
    assert members(sandbox, STATUS) == [("I",)]


def test_a_person_who_is_refused_is_in_the_rejects(sandbox: Sandbox, to_list: dict[str, Any]) -> None:
    with pytest.raises(RejectedRowsError):
        deliver(to_list, [PEOPLE, person("ada"), record("people", email="nobody", city="x"), person("bob")])
    assert members(sandbox, "EMAIL_ADDRESS_") == [("ada@example.com",), ("bob@example.com",)]
    (line,) = Path(to_list["rejects_file"]).read_text(encoding="utf-8").splitlines()[1:]
    rejected = json.loads(line)["rejected"]
    assert (rejected["code"], rejected["table"]) == ("MERGEFAILED", LIST_NAME)


@pytest.mark.parametrize("allowed", [True, False])
def test_a_channel_that_is_empty_can_be_refused(
    sandbox: Sandbox, to_list: dict[str, Any], allowed: Any
) -> None:
    to_list |= {"match_columns": ["CUSTOMER_ID_"], "max_rejected_rows": 1}
    to_list["tables"] = {"people": {"columns": {"email": "EMAIL_ADDRESS_", "id": "CUSTOMER_ID_"}}}
    if not allowed:
        to_list["reject_record_if_channel_empty"] = "E"
    deliver(
        to_list, [schema("people", ["id"], id="string", email="string"), record("people", id="1", email=None)]
    )
    assert len(members(sandbox, "RIID_")) == int(allowed)


def test_a_list_keeps_to_load_methods_and_rules(sandbox: Sandbox, to_list: dict[str, Any]) -> None:
    deliver(to_list, [PEOPLE, person("ada")])
    deliver({**to_list, "load_method": "insert-only"}, [PEOPLE, person("ada", city="x"), person("bob")])
    deliver({**to_list, "insert_on_no_match": False, "max_rejected_rows": 1}, [PEOPLE, person("eve")])
    assert members(sandbox, "EMAIL_ADDRESS_", "CITY_") == [
        ("ada@example.com", "Ghent"),
        ("bob@example.com", "Ghent"),
    ]


def test_what_does_not_fit_a_list_is_said_before_a_merge(sandbox: Sandbox, to_list: dict[str, Any]) -> None:
    wide = schema("people", email="string", city="string", shoe="integer")
    with pytest.raises(DataError, match=f"RSYS-5004: The profile list {LIST_NAME} has no column SHOE"):
        deliver(to_list, [wide, person("ada", shoe=39)])
    with pytest.raises(SettingsError, match="RSYS-5022: Responsys has no profile list NOPE"):
        deliver({**to_list, "list_name": "NOPE"}, [PEOPLE, person("ada")])
    assert members(sandbox, "RIID_") == []


def test_rows_of_an_extension_table(to_pet: dict[str, Any]) -> None:
    message = schema("loyalty", email="string", tier="string", score="integer")
    rows = [
        record("loyalty", email=f"{name}@example.com", tier="gold", score=1) for name in ("ada", "bob", "eve")
    ]
    with pytest.raises(RejectedRowsError, match="1 records were refused"):
        deliver(to_pet, [message, *rows])
    assert extension_rows(to_pet) == [("gold", "1"), ("gold", "1")]
    with RestApi.from_config(to_pet) as api:
        key = {"EMAIL_ADDRESS_": "ada@example.com"}
        rows_of_pet = records(api, to_pet, "loyalty")
        assert rows_of_pet.delete(key) == Deleted()
        assert rows_of_pet.delete({"EMAIL_ADDRESS_": "eve@example.com"}) == Deleted(found=False)
        assert extension_rows(to_pet) == [(), ("gold", "1")]


def test_an_extension_table_that_is_not_there(to_pet: dict[str, Any]) -> None:
    to_pet["tables"]["loyalty"] |= {"pet_name": "NOPE"}
    message = schema("loyalty", email="string")
    with pytest.raises(SettingsError, match="RSYS-5022: Responsys has no profile extension table NOPE"):
        deliver(to_pet, [message])
    with pytest.raises(SettingsError, match="RSYS-5022"):
        deliver({**to_pet, "list_name": "NOPE"}, [message])


def test_members_are_read_and_deleted_by_their_whole_key(sandbox: Sandbox, to_list: dict[str, Any]) -> None:
    deliver(to_list, [PEOPLE, person("ada"), person("bob")])
    with RestApi.from_config(to_list) as api:
        of_list = records(api, to_list, "people")
        found = of_list.read({"EMAIL_ADDRESS_": "ada@example.com"})
        assert found is not None
        assert found["CITY_"] == "Ghent"
        assert of_list.read({"EMAIL_ADDRESS_": "ada@example.com", "CUSTOMER_ID_": "9"}) is None
        assert of_list.delete({"EMAIL_ADDRESS_": "eve@example.com"}) == Deleted(found=False)
        assert of_list.delete({"EMAIL_ADDRESS_": "ada@example.com"}) == Deleted()
    assert members(sandbox, "EMAIL_ADDRESS_") == [("bob@example.com",)]


def test_a_list_and_its_extension_are_planned(
    sandbox: Sandbox, to_pet: dict[str, Any], tmp_path: Path
) -> None:
    to_pet["tables"]["people"] = {"columns": COLUMNS}
    before = len(sandbox.store.requests())
    message = schema("loyalty", email="string", tier="string")
    run = run_target(tmp_path, to_pet, lines([PEOPLE, person("eve"), message]), "--plan", "--format", "json")
    assert run.exit_code == 0, run.stderr
    people, loyalty = json.loads(run.stdout)["streams"]
    assert (people["destination"], people["key"]) == (f"profile list {LIST_NAME}", ["EMAIL_ADDRESS_"])
    assert loyalty["destination"] == f"profile extension table LOYALTY of list {LIST_NAME}"
    assert [each["verdict"] for each in loyalty["columns"]] == ["checked", "checked"]
    written = {call.path for call in sandbox.store.requests()[before:] if call.method != "GET"}
    assert written == {"/rest/api/v1.3/auth/token"}
