"""What a destination cannot do is said before anything is written: each way of loading at each of them."""

from __future__ import annotations

import contextlib
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, deliver, lines, record, schema, state

from responsys_io.errors import ResponsysError, SettingsError
from responsys_sandbox.profilelists import LIST_NAME, contacts_list
from responsys_sandbox.tables import Column, Table
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from pathlib import Path

    from responsys_sandbox.sandbox import Sandbox

CONTACTS = contacts_list(FOLDER)
LOYALTY = Table(FOLDER, "LOYALTY", (Column("RIID_", "INTEGER"), Column("CITY", "STR500")), ("RIID_",))
_COLUMNS = tuple(Column(name, "STR500") for name in ("CAMPAIGN_ID", "EMAIL", "CITY"))
DESTINATIONS: dict[str, dict[str, Any]] = {
    "keyed": {"tables": {"people": "KEYED"}},
    "keyless": {"tables": {"people": "KEYLESS"}},
    "missing": {"tables": {"people": "MISSING"}, "create_tables": "apply"},
    "pet": {"destination": "pet", "tables": {"people": {"columns": {"email": "EMAIL_ADDRESS_"}}}},
    "list": {
        "destination": "list",
        "tables": {"people": {"columns": {"email": "EMAIL_ADDRESS_", "city": "CITY_"}}},
    },
}
PLACES: dict[str, dict[str, Any]] = {
    "keyed": {"table": "KEYED", "column": "EMAIL", "kind": "email", "others": {"CAMPAIGN_ID": ["c1"]}},
    "keyless": {"table": "KEYLESS", "column": "EMAIL", "kind": "email"},
    "missing": {"table": "MISSING", "column": "EMAIL", "kind": "email"},
    "pet": {"pet_name": "LOYALTY"},
    "list": {"list_name": LIST_NAME},
}
WAYS: dict[str, dict[str, Any]] = {
    "upsert": {},
    "insert-only": {"load_method": "insert-only"},
    "append": {"load_method": "append"},
    "mirror": {"load_method": "mirror"},
    "hard_delete": {"hard_delete": True},
    "versions": {"process_activate_version_messages": True},
    "erase": {"erase": True, "erase_by": {"email": "email"}},
}
WORKS = {
    "keyed": {"upsert", "insert-only", "mirror", "hard_delete", "versions", "erase"},
    "keyless": {"upsert", "append"},
    "missing": {"upsert", "insert-only", "mirror", "hard_delete", "versions"},
    "pet": {"upsert", "insert-only", "erase"},
    "list": {"upsert", "insert-only", "erase"},
}
CODES = {
    ("keyed", "append"): "RSYS-5031",
    ("missing", "append"): "RSYS-5031",
    ("missing", "erase"): "RSYS-5007",
    ("keyless", "erase"): "RSYS-5033",
    **{("keyless", way): "RSYS-5010" for way in ("insert-only", "mirror", "hard_delete", "versions")},
    **{(kind, way): "RSYS-5021" for kind in ("pet", "list") for way in ("append", "mirror")},
    **{(kind, way): "RSYS-5021" for kind in ("pet", "list") for way in ("hard_delete", "versions")},
}
PEOPLE = schema("people", email="string", city="string")


@pytest.fixture
def account(sandbox: Sandbox, config: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """Settings, and an account with each destination and Ada in each."""
    store = sandbox.store
    store.create_table(Table(FOLDER, "KEYED", _COLUMNS, ("CAMPAIGN_ID", "EMAIL")))
    store.create_table(Table(FOLDER, "KEYLESS", _COLUMNS))
    store.lists.add_members(CONTACTS, [{"RIID_": "1", "EMAIL_ADDRESS_": "ada@example.com"}])
    store.extensions.create(LIST_NAME, LOYALTY)
    return config | {
        "create_tables": "never",
        "list_name": LIST_NAME,
        "pet_name": "LOYALTY",
        "match_columns": ["EMAIL_ADDRESS_"],
        "default_permission_status": "OPTOUT",
        "mirror_state_file": str(tmp_path / "mirror.sqlite"),
    }


def messages(name: str = "ada") -> list[dict[str, Any]]:
    return [PEOPLE, record("people", email=f"{name}@example.com", city="Ghent"), state(end=1)]


def settings(account: dict[str, Any], destination: str, way: str) -> dict[str, Any]:
    return account | DESTINATIONS[destination] | WAYS[way] | {"erase_from": [PLACES[destination]]}


def content(sandbox: Sandbox) -> dict[str, Any]:
    """Everything that a run could change."""
    store = sandbox.store
    return {
        "tables": {table.name: store.rows(FOLDER, table.name) for table in store.tables()},
        "members": store.lists.members(CONTACTS),
        "rows": store.extensions.rows(LIST_NAME, LOYALTY),
        "files": sorted(str(path) for path in sandbox.folder.rglob("*.csv")),
    }


def planned(config: dict[str, Any]) -> dict[str, Any]:
    output = io.StringIO()
    target = TargetResponsys(config=config | {"plan": True})
    target.plan_format = "json"
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        target.listen(io.BytesIO(lines(messages())))  # type: ignore[arg-type]  # the reader takes bytes
    return dict(json.loads(output.getvalue()))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("destination", DESTINATIONS)
def test_over_rest(sandbox: Sandbox, account: dict[str, Any], destination: str, way: str) -> None:
    config = settings(account, destination, way)
    before = content(sandbox)
    if way not in WORKS[destination]:
        with pytest.raises(ResponsysError, match=CODES[destination, way]):
            deliver(config, messages())
        assert content(sandbox) == before
        assert {call.path for call in sandbox.store.requests() if call.method != "GET"} == {
            "/rest/api/v1.3/auth/token"
        }
        return
    if way == "erase" and destination != "list":
        deliver(config | {"erase": False}, messages())
    loaded = content(sandbox)
    # In the list Ada is from the beginning: nothing would be inserted for her.
    name = "eve" if (destination, way) == ("list", "insert-only") else "ada"
    assert deliver(config, messages(name)) == [{"end": 1}]
    after = content(sandbox)
    assert after != loaded
    if way == "erase":
        assert after == before | ({"members": []} if destination == "list" else {})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("destination", DESTINATIONS)
def test_a_plan_says_the_same(account: dict[str, Any], destination: str, way: str) -> None:
    plan = planned(settings(account, destination, way))
    assert plan["can_run"] is (way in WORKS[destination])
    if not plan["can_run"]:
        (about,) = plan["erasures"] or plan["streams"]
        assert about["problems"][0].startswith(CODES[destination, way])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("destination", DESTINATIONS)
def test_as_files(sandbox: Sandbox, account: dict[str, Any], destination: str, way: str) -> None:
    config = settings(account, destination, way) | {"delivery": "sftp"}
    before = content(sandbox)
    if way == "upsert" and destination != "list":
        assert deliver(config, messages()) == [{"end": 1}]
        assert content(sandbox) != before
        return
    with pytest.raises(SettingsError, match="takes no files" if way == "upsert" else "delivery api only"):
        deliver(config, messages())
    assert content(sandbox) == before
    assert sandbox.store.requests() == []
