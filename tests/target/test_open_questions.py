"""What no source says about the API: whichever way it is, the target's rows arrive, or the run says why not.

The switches are those of `RestOptions` whose points rest-api.md marks as UNCERTAIN. What connect-imports.md
leaves open about import jobs is in tests/sandbox/test_import_forms.py and tests/target/test_import_jobs.py.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, deliver, record, schema, state

from responsys_io.extensions import Extensions
from responsys_io.restapi import RestApi
from responsys_io.supplemental import Column, Table
from responsys_sandbox.profilelists import LIST_NAME, contacts_list
from responsys_sandbox.rest import RestOptions
from target_responsys.endofrun import RejectedRowsError

if TYPE_CHECKING:
    from responsys_sandbox.sandbox import Sandbox

SWITCHES: dict[str, tuple[Any, ...]] = {
    "refresh_on_login_host": (True, False),
    "credentials_in_url": (True, False),
    "older_versions": (True, False),
    "global_routing": (True, False),
    "limits_in_items": (True, False),
    "limits_by_action": (True, False),
    "limit_as_number_text": (True, False),
    "lists_in_items": (True, False),
    "upper_case_columns": (True, False),
    "refuse_reserved_words": (True, False),
    "case_sensitive_fields": (True, False),
    "text_values_only": (True, False),
    "text_booleans": (True, False),
    "null_keeps": (True, False),
    "width_in_bytes": (True, False),
    "honour_zulu": (True, False),
    "missing_table": ("RESOURCE_NOT_FOUND", "TABLE_NOT_FOUND"),
    "too_many_records": ("RECORD_LIMIT_EXCEEDED", "RECIPIENT_LIMIT_EXCEEDED"),
    "duplicate_key": ("echo", "fail"),
    "no_update_hit": ("echo", "fail"),
    "no_insert_miss": ("echo", "fail"),
    "one_match_column": (True, False),
    "record_not_found": ("RECORD_NOT_FOUND", "RESOURCE_NOT_FOUND"),
    "read_timestamp": ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.000Z"),
    "default_permission_on_update": (True, False),
    "bad_member_fails_call": (True, False),
    "missing_extension": ("PROFILE_EXTENSION_NOT_FOUND", "TABLE_NOT_FOUND"),
    "identities_in_extensions": (True, False),
    "merge_results": ("records", "results"),
}
ELSEWHERE = {
    "connect": "tests/target/test_followup.py",
    "async": "tests/io/test_asynccalls.py",
    "limit_": "tests/io/test_restapi_sandbox.py and tests/io/test_restapi_refusals.py",
    "capacity": "tests/io/test_restapi_refusals.py",
    "expired_token": "tests/io/test_restapi_sandbox.py",
    "url_safe_base64": "tests/io/test_restcertificate.py",
    "envelope": "tests/tap/test_apistreams.py",
    "page_links": "tests/tap/test_apistreams.py",
    "delete_answers": "tests/io/test_profilelists.py",
    "delete_of_nobody": "tests/target/test_erasure_people.py",
    "orphaned_extension_rows": "tests/target/test_erasure_people.py",
    "case_sensitive_addresses": "tests/target/test_erasure_people.py",
    "columns_key": "decided for `fields` by a recording (rest-api.md 3.3)",
}
FACTS = {
    *("user_name", "password", "certificates", "folders", "account_time_zone", "campaigns", "programs"),
    *(
        "emd",
        "refused_campaign_types",
        "limits",
        "blocked",
        "token_life",
        "wrong_passwords",
        "body_limit",
        "ports",
    ),
    "table_limit",
}
"""Options that say what the account is like, not how the service behaves."""

VALUES = [pytest.param(name, value, id=f"{name}={value}") for name in SWITCHES for value in SWITCHES[name]]
CONTACTS = contacts_list(FOLDER)
PEOPLE = schema(
    "people",
    email="string",
    note="string",
    score="integer",
    joined={"type": ["null", "string"], "format": "date-time"},
)


def person(name: str, **values: Any) -> dict[str, Any]:
    return record("people", email=f"{name}@example.com", **values)


def rows(sandbox: Sandbox) -> list[tuple[Any, ...]]:
    names = ("EMAIL", "NOTE", "SCORE", "JOINED")
    found = [
        {name.upper(): value for name, value in row.items()} for row in sandbox.store.rows(FOLDER, "people")
    ]
    return sorted(tuple(row[name] for name in names) for row in found)


def test_every_switch_is_tried() -> None:
    named = {field.name for field in fields(RestOptions)}

    untried = named - SWITCHES.keys() - FACTS
    assert {name for name in untried if not name.startswith(tuple(ELSEWHERE))} == set()
    assert named >= SWITCHES.keys() | FACTS


@pytest.mark.parametrize(("name", "value"), VALUES)
def test_a_table_is_made_and_filled(sandbox: Sandbox, config: dict[str, Any], name: str, value: Any) -> None:
    setattr(sandbox.rest.options, name, value)
    note = "Zoë " + "é" * 90

    first = [
        PEOPLE,
        person("ada", note=note, score=1, joined="2026-01-15T08:30:00Z"),
        person("bob", note="leaves", score=2, joined=None),
        person("ada", note=note, score=3, joined="2026-01-15T08:30:00Z"),  # twice in one call
        *(person(f"n{number}", note="", score=number) for number in range(250)),
        state(end=1),
    ]
    assert deliver(config, first) == [{"end": 1}]
    assert deliver(config, [PEOPLE, person("bob", note=None, score=4), state(end=2)]) == [{"end": 2}]

    found = rows(sandbox)
    assert len(found) == 252
    assert found[0] == ("ada@example.com", note, "3", "2026-01-15 08:30:00")
    assert found[1] == ("bob@example.com", None, "4", None)


@pytest.mark.parametrize("value", [True, False])
def test_a_bad_row_is_told_and_the_others_arrive(
    sandbox: Sandbox, config: dict[str, Any], value: bool
) -> None:
    sandbox.rest.options.width_in_bytes = value
    deliver(config, [PEOPLE, person("ada", note="x"), state(end=1)])
    too_long = person("bob", note="é" * 5000)

    with pytest.raises(RejectedRowsError):
        deliver(config, [PEOPLE, too_long, person("eve", note="y"), state(end=2)])
    assert [row[0] for row in rows(sandbox)] == ["ada@example.com", "eve@example.com"]
    rejects = Path(config["rejects_file"]).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["record"]["email"] for line in rejects if "RECORD" in line] == [
        "bob@example.com"
    ]


@pytest.mark.parametrize(("name", "value"), VALUES)
def test_a_list_and_its_extension_are_filled(
    sandbox: Sandbox, config: dict[str, Any], name: str, value: Any
) -> None:
    setattr(sandbox.rest.options, name, value)
    with RestApi.from_config(config) as api:
        table = Table(FOLDER, "LOYALTY", (Column("TIER", "STR500"),))
        Extensions(api.session, LIST_NAME).create(table)
    to_list = {"destination": "list", "columns": {"email": "EMAIL_ADDRESS_", "city": "CITY_"}}
    to_pet = {"destination": "pet", "pet_name": "LOYALTY", "columns": {"email": "EMAIL_ADDRESS_"}}
    settings = config | {
        "list_name": LIST_NAME,
        "match_columns": ["EMAIL_ADDRESS_"],
        "default_permission_status": "OPTOUT",
        "tables": {"people": to_list, "loyalty": to_pet},
    }

    people = schema("people", email="string", city="string")
    loyalty = schema("loyalty", email="string", tier="string")
    ada, bob = {"email": "ada@example.com"}, {"email": "bob@example.com"}
    for end, city in enumerate(("Ghent", "Zoë's"), 1):
        messages = [people, record("people", **ada, city=city), record("people", **bob), state(end=end)]
        assert deliver(settings, messages) == [{"end": end}]
    for end, tier in enumerate(("gold", "silver"), 1):
        messages = [loyalty, record("loyalty", **ada, tier=tier), state(end=end)]
        assert deliver(settings, messages) == [{"end": end}]

    members = {row["EMAIL_ADDRESS_"]: row["CITY_"] for row in sandbox.store.lists.members(CONTACTS)}
    assert members == {"ada@example.com": "Zoë's", "bob@example.com": None}
    extension = sandbox.store.extensions.find(LIST_NAME, "LOYALTY")
    assert extension is not None
    assert [row["TIER"] for row in sandbox.store.extensions.rows(LIST_NAME, extension)] == ["silver"]
