"""The guard of consent: no permission column reaches a list unless it is named and allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, deliver, record, schema

from responsys_io.errors import ResponsysError, SettingsError
from responsys_sandbox.profilelists import LIST_NAME, contacts_list
from target_responsys.consent import is_permission_column
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from responsys_sandbox.sandbox import Sandbox

CONTACTS = contacts_list(FOLDER)
STATUSES = ("EMAIL_PERMISSION_STATUS_", "MOBILE_PERMISSION_STATUS_", "POSTAL_PERMISSION_STATUS_")
REASONS = tuple(name.replace("STATUS", "REASON") for name in STATUSES)
# Upper case of the last three is a permission column, letter by letter they are not.
SPELLINGS = [
    *STATUSES,
    *REASONS,
    *(name.lower() for name in STATUSES),
    "Email_Permission_Status_",
    "_EMAIL_PERMISSION_STATUS_",
    "___email_permission_status_",
    "EMAIL_PERMI\u00dfION_STATUS_",
    "EMAIL_PERMI\u017f\u017fION_STATUS_",
    "EMAIL_PERM\u0131SSION_STATUS_",
]


@pytest.fixture
def to_list(sandbox: Sandbox, config: dict[str, Any]) -> dict[str, Any]:
    """Settings of a merge into a list with one person, who is opted out and stays so."""
    member = {"RIID_": "1", "CUSTOMER_ID_": "C1", **dict.fromkeys(STATUSES, "O")}
    sandbox.store.lists.add_members(CONTACTS, [member])
    return config | {
        "destination": "list",
        "list_name": LIST_NAME,
        "match_columns": ["CUSTOMER_ID_"],
        "default_permission_status": "OPTOUT",
        "tables": {"people": {"columns": {"id": "CUSTOMER_ID_", "city": "CITY_"}}},
    }


def person(name: str) -> list[dict[str, Any]]:
    """A person who has opted in by a property of that name."""
    message = schema("people", key=(), **{"id": "string", "city": "string", name: "string"})
    return [message, record("people", **{"id": "C1", "city": "Ghent", name: "I"})]


def permissions(sandbox: Sandbox) -> set[str | None]:
    (member,) = sandbox.store.lists.members(CONTACTS)
    return {member[name] for name in STATUSES} | {member[name] for name in REASONS}


def merges(sandbox: Sandbox) -> int:
    return sum(call.path.endswith("/members") for call in sandbox.store.requests())


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_property_of_that_name_is_left_out(
    sandbox: Sandbox, to_list: dict[str, Any], caplog: pytest.LogCaptureFixture, name: str
) -> None:
    deliver(to_list, person(name))
    (member,) = sandbox.store.lists.members(CONTACTS)
    assert member["CITY_"] == "Ghent"
    assert permissions(sandbox) == {"O", None}
    assert f"Stream people has permission columns, which are left out: {name}" in caplog.messages


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("form", ["renamed", "renamed with type", "named with type"])
def test_a_column_of_that_name_is_refused_at_start(
    sandbox: Sandbox, to_list: dict[str, Any], form: str, name: str
) -> None:
    source = name if form == "named with type" else "consent"
    rule = {"renamed": name, "renamed with type": {"name": name}, "named with type": {"type": "CHAR"}}[form]
    to_list["tables"]["people"]["columns"][source] = rule
    with pytest.raises(SettingsError, match="RSYS-1000: .*only with allow_permission_columns"):
        TargetResponsys(config=to_list)
    assert sandbox.store.requests() == []


@pytest.mark.parametrize("standard", ["master_audience", None])
def test_allowing_is_not_naming(sandbox: Sandbox, to_list: dict[str, Any], standard: str | None) -> None:
    to_list["allow_permission_columns"] = True
    if standard:
        to_list["tables"]["people"]["standard"] = standard
    deliver(to_list, person("EMAIL_PERMISSION_STATUS_"))
    assert permissions(sandbox) == {"O", None}


@pytest.mark.parametrize("alias", [None, "others"])
def test_a_stream_map_names_nothing(sandbox: Sandbox, to_list: dict[str, Any], alias: str | None) -> None:
    renamed: dict[str, Any] = {"EMAIL_PERMISSION_STATUS_": "consent", "consent": "__NULL__"}
    if alias:
        renamed["__alias__"] = alias
        to_list["tables"] = {alias: to_list["tables"]["people"]}
    deliver(to_list | {"stream_maps": {"people": renamed}}, person("consent"))
    assert merges(sandbox)
    assert permissions(sandbox) == {"O", None}


def test_a_stream_map_cannot_take_a_stream_past_the_guard(sandbox: Sandbox, to_list: dict[str, Any]) -> None:
    """The rule is that of the stream's new name, and the destination is a list for that one only."""
    rule = {**to_list["tables"]["people"], "destination": "list"}
    rule["columns"] = {**rule["columns"], "consent": "EMAIL_PERMISSION_STATUS_"}
    config = to_list | {"destination": "supplemental", "tables": {"others": rule}}
    config["stream_maps"] = {"people": {"__alias__": "others"}}
    with pytest.raises(SettingsError, match="RSYS-1000: .*tables.others.columns sends EMAIL_PERMISSION"):
        deliver(config, person("consent"))
    del config["default_permission_status"]
    with pytest.raises(SettingsError, match="RSYS-1000: Setting default_permission_status is missing"):
        deliver(config, person("consent"))
    assert sandbox.store.requests() == []


def test_flattening_makes_no_permission_column(sandbox: Sandbox, to_list: dict[str, Any]) -> None:
    inner = {"type": "object", "properties": {"STATUS_": {"type": "string"}}}
    message = schema("people", key=(), id="string", city="string", EMAIL_PERMISSION=inner)
    people = record("people", id="C1", city="Ghent", EMAIL_PERMISSION={"STATUS_": "I"})
    deliver(to_list | {"flattening_enabled": True, "flattening_max_depth": 1}, [message, people])
    assert merges(sandbox)
    assert permissions(sandbox) == {"O", None}


def test_a_template_of_responsys_needs_to_be_allowed(sandbox: Sandbox, to_list: dict[str, Any]) -> None:
    to_list["map_template_name"] = "MINE"
    with pytest.raises(SettingsError, match="RSYS-1000: Setting map_template_name may have"):
        TargetResponsys(config=to_list)
    deliver(to_list | {"allow_permission_columns": True}, person("EMAIL_PERMISSION_STATUS_")[:1])
    assert merges(sandbox) == 0


@pytest.mark.parametrize("status", [None, "", "optin", "I", "DEFAULT"])
def test_no_list_without_a_decision(sandbox: Sandbox, to_list: dict[str, Any], status: str | None) -> None:
    with pytest.raises(ResponsysError, match="RSYS-1000: .*default_permission_status"):
        TargetResponsys(config=to_list | {"default_permission_status": status})
    assert sandbox.store.requests() == []


@pytest.mark.parametrize(
    "name",
    [
        *SPELLINGS,
        "PUSH_PERMISSION_STATUS_",
        "WEBPUSH_PERMISSION_REASON_",
        "PERMISSION_STATUS_",
        "A_PERMISSION",
    ],
)
def test_permission_columns(name: str) -> None:
    assert is_permission_column(name)
