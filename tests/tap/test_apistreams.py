"""What the ids in the events stand for, read over the sandbox's REST API by the tap as a command."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from support.delivery import LIMITS
from support.plugins import run_tap

from responsys_sandbox.account import AccountPlan
from responsys_sandbox.campaigns import CAMPAIGNS, STANDARD
from responsys_sandbox.contacts import LIST_COLUMNS
from responsys_sandbox.programs import PROGRAMS
from responsys_sandbox.rest import RestOptions
from responsys_sandbox.sandbox import Sandbox, SandboxOptions
from responsys_sandbox.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.plugins import Run

STREAMS = {"campaigns", "launches", "programs", "folders", "profile_lists", "supplemental_tables"}
KEYS = {
    "campaigns": ["id"],
    "launches": ["campaign_id", "id"],
    "programs": ["id"],
    "folders": ["id"],
    "profile_lists": ["name"],
    "supplemental_tables": ["folderName", "name"],
}
LOGIN = ("api_url", "api_username", "api_password")
ROOT: list[str] = []


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    options = SandboxOptions(
        days=1,
        plan=AccountPlan(contacts=40),
        rest=RestOptions(folders=("CDP", "Other")),
        api_for_tap=True,
    )
    with Sandbox(tmp_path_factory.mktemp("api") / "sandbox", options=options) as sandbox:
        columns = (Column("ID1", "INTEGER"), Column("EMAIL", "STR500"))
        sandbox.store.create_table(Table("CDP", "AUDIENCE", columns, ("ID1",)))
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    """The running sandbox, its API as it is by default but for the limits."""
    options = running.rest.options
    before = {name: getattr(options, name) for name in RestOptions.__dataclass_fields__}
    options.limits = LIMITS
    yield running
    for name, value in before.items():
        setattr(options, name, value)


def config_of(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    prefix = "TAP_RESPONSYS_"
    found: dict[str, Any] = {
        name.removeprefix(prefix).lower(): value
        for name, value in sandbox.settings.items()
        if name.startswith(prefix)
    }
    hosts = json.loads(found["allowed_endpoint_hosts"])
    return found | {"port": int(found["port"]), "allowed_endpoint_hosts": hosts} | more


def calls(sandbox: Sandbox, since: int = 0) -> Counter[str]:
    """The paths that were called, from a position of the log on."""
    return Counter(
        request.path.removeprefix("/rest/api/v1.3") for request in sandbox.store.requests()[since:]
    )


def selection(sandbox: Sandbox, tmp_path: Path, *streams: str) -> dict[str, Any]:
    """The discovered catalog with these streams selected."""
    catalog: dict[str, Any] = json.loads(run_tap(tmp_path, config_of(sandbox), "--discover").stdout)
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ROOT:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in streams
    return catalog


def read(sandbox: Sandbox, tmp_path: Path, *streams: str, **settings: Any) -> Run:
    return run_tap(tmp_path, config_of(sandbox, **settings), catalog=selection(sandbox, tmp_path, *streams))


def test_everything_is_read_beside_the_events(sandbox: Sandbox, tmp_path: Path) -> None:
    before = len(sandbox.store.requests())
    run = run_tap(tmp_path, config_of(sandbox))
    assert (run.exit_code, run.errors) == (0, [])
    records = run.records
    assert {stream: message["key_properties"] for stream, message in run.schemas.items()} | KEYS == {
        stream: message["key_properties"] for stream, message in run.schemas.items()
    }
    for stream in STREAMS:
        validator = Draft202012Validator(run.schemas[stream]["schema"])
        for record in records[stream]:
            assert list(validator.iter_errors(record)) == []
            assert record.keys() == run.schemas[stream]["schema"]["properties"].keys()

    assert [(row["id"], row["name"]) for row in records["campaigns"]] == [
        (campaign.id, campaign.name) for campaign in CAMPAIGNS
    ]
    assert records["campaigns"][0]["campaignVariables"] == {"theme": "Outdoors"}
    assert records["campaigns"][0]["filterPaths"] == []
    assert records["campaigns"][0]["marketingProgram"] is None
    assert [(row["campaign_name"], row["id"]) for row in records["launches"]] == [
        (campaign.name, campaign.id * 10 + day) for campaign in STANDARD for day in campaign.weekdays
    ]
    assert records["launches"][0]["scheduledTime"] == "2026-01-06 09:00 AM"
    assert [row["status"] for row in records["programs"]] == ["RUNNING", "RUNNING", "NOT_RUNNING"]
    assert {row["name"] for row in records["folders"]} == {"CDP", "Other"}
    (contacts,) = records["profile_lists"]
    assert [field["fieldName"] for field in contacts["fields"]] == list(LIST_COLUMNS)
    assert records["supplemental_tables"] == [
        {
            "folderName": "CDP",
            "name": "AUDIENCE",
            "fields": [
                {"fieldName": "ID1", "fieldType": "INTEGER"},
                {"fieldName": "EMAIL", "fieldType": "STR500"},
            ],
        }
    ]
    made = calls(sandbox, before)
    assert (made["/auth/token"], made["/rest/api/ratelimit"], made["/lists"]) == (1, 1, 1)


def test_the_ids_are_those_of_the_events(sandbox: Sandbox, tmp_path: Path) -> None:
    records = run_tap(tmp_path, config_of(sandbox)).records
    campaigns = {row["id"]: row for row in records["campaigns"]}
    assert {row["CAMPAIGN_ID"] for row in records["sent"]} <= campaigns.keys()
    assert records["launch_state"]
    for row in records["launch_state"]:
        assert campaigns[row["CAMPAIGN_ID"]]["name"] == row["CAMPAIGN_NAME"]
    assert {row["campaign_id"] for row in records["launches"]} <= campaigns.keys()


def test_there_is_no_state_of_them(sandbox: Sandbox, tmp_path: Path) -> None:
    run = run_tap(tmp_path, config_of(sandbox))
    assert STREAMS.isdisjoint(run.state["bookmarks"])
    kinds = [message["type"] for message in run.messages]
    last_record_of_a_file = max(
        position
        for position, message in enumerate(run.messages)
        if message["type"] == "RECORD" and message["stream"] not in STREAMS
    )
    first_of_the_api = min(
        position for position, message in enumerate(run.messages) if message.get("stream") in STREAMS
    )
    assert last_record_of_a_file < first_of_the_api
    assert kinds[first_of_the_api:].count("STATE") == 1
    assert kinds[-1] == "STATE"

    again = run_tap(tmp_path, config_of(sandbox), state=run.state)
    assert again.state == run.state
    assert again.records.keys() == STREAMS
    only = read(sandbox, tmp_path, "folders")
    assert [message["value"] for message in only.messages if message["type"] == "STATE"] == [{}]


@pytest.mark.parametrize(
    ("envelope", "page_links", "in_items"),
    [("named", True, False), ("named", False, False), ("items", True, True), ("bare", False, False)],
)
def test_all_pages_in_every_envelope(
    sandbox: Sandbox, tmp_path: Path, envelope: Any, page_links: bool, in_items: bool
) -> None:
    options = sandbox.rest.options
    options.envelope, options.page_links, options.lists_in_items = envelope, page_links, in_items
    options.campaigns = {
        "email": tuple(replace(STANDARD[3], id=n, name=f"C {n}/&") for n in range(1, 402)),
        "push": tuple(replace(STANDARD[0], id=n, name=f"P {n}") for n in range(1001, 1401)),
        "sms": (replace(STANDARD[0], id=2001, name="Text"),),
    }
    before = len(sandbox.store.requests())
    run = read(sandbox, tmp_path, "campaigns")
    assert run.exit_code == 0
    assert [row["id"] for row in run.records["campaigns"]] == [*range(1, 402), *range(1001, 1401), 2001]
    assert Counter(row["type"] for row in run.records["campaigns"]) == {"EMAIL": 401, "PUSH": 400, "SMS": 1}
    # Without links a full page is followed by another look.
    pages = 3 + (2 if page_links else 3) + 1 + 1 + 1
    assert calls(sandbox, before)["/campaigns"] == pages

    options.campaigns = {"email": options.campaigns["email"][:3], "sms": options.campaigns["sms"]}
    others = read(sandbox, tmp_path, *STREAMS - {"campaigns"})
    assert others.exit_code == 0
    assert {stream: len(rows) for stream, rows in others.records.items()} == {
        "launches": 3, "programs": 3, "folders": 2, "profile_lists": 1, "supplemental_tables": 1,
    }  # fmt: skip


def test_an_account_without_message_designer_has_all_but_campaigns(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.rest.options.emd = False
    run = run_tap(tmp_path, config_of(sandbox))
    assert run.exit_code == 1
    assert len(run.errors) == 3
    for stream, error in zip(("campaigns", "launches"), run.errors, strict=False):
        assert f"Stream {stream} stops here: RSYS-4010" in error
        assert "API_DISABLED_FOR_USER" in error
        assert "Email Message Designer" in error
    assert "RSYS-3001: 2 streams could not be read to their end: campaigns, launches." in run.errors[-1]
    assert run.records.keys() >= STREAMS - {"campaigns", "launches"} | {"sent", "contacts"}
    assert {"campaigns", "launches"}.isdisjoint(run.records)


def test_a_channel_that_the_account_does_not_have(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.rest.options.refused_campaign_types = frozenset({"mms"})
    run = read(sandbox, tmp_path, "campaigns")
    assert (run.exit_code, run.errors) == (0, [])
    assert len(run.records["campaigns"]) == len(CAMPAIGNS)
    assert "No campaigns of type mms are listed: RSYS-4009" in run.stderr


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"api_password": "wrong-and-secret"}, "RSYS-4002"),
        ({"allowed_endpoint_hosts": ["localhost"]}, "RSYS-4008"),
        ({"ca_bundle": None}, "RSYS-4003"),
    ],
)
def test_a_login_that_fails_keeps_no_event_waiting(
    sandbox: Sandbox, tmp_path: Path, settings: dict[str, Any], code: str
) -> None:
    run = run_tap(tmp_path, config_of(sandbox, **settings))
    assert run.exit_code == 2
    assert len(run.errors) == 1
    assert code in run.errors[0]
    assert "wrong-and-secret" not in run.stderr
    assert "Traceback" not in run.stderr
    assert STREAMS.isdisjoint(run.records)
    assert run.records["sent"]
    assert "sent" in run.state["bookmarks"]


@pytest.mark.parametrize("missing", LOGIN)
def test_half_a_login_is_said_at_once(sandbox: Sandbox, tmp_path: Path, missing: str) -> None:
    run = run_tap(tmp_path, config_of(sandbox, **{missing: None}))
    assert (run.exit_code, run.messages) == (2, [])
    assert len(run.errors) == 1
    assert f"RSYS-1006: The REST API's settings are incomplete: {missing} missing." in run.errors[0]


def test_without_api_settings_there_are_none(sandbox: Sandbox, tmp_path: Path) -> None:
    config = config_of(sandbox, **dict.fromkeys(LOGIN))
    found = json.loads(run_tap(tmp_path, config, "--discover").stdout)["streams"]
    assert STREAMS.isdisjoint(stream["tap_stream_id"] for stream in found)
    assert len(found) == 66
    run = run_tap(tmp_path, config)
    assert run.exit_code == 0
    assert STREAMS.isdisjoint(run.schemas)


def test_nothing_is_sent_before_it_is_wanted(sandbox: Sandbox, tmp_path: Path) -> None:
    before = len(sandbox.store.requests())
    catalog = selection(sandbox, tmp_path, "sent")
    assert {stream["tap_stream_id"] for stream in catalog["streams"]} > STREAMS
    run = run_tap(tmp_path, config_of(sandbox), catalog=catalog)
    assert run.exit_code == 0
    assert run.records.keys() == {"sent"}
    assert calls(sandbox, before) == {}

    assert read(sandbox, tmp_path, "folders").exit_code == 0
    assert calls(sandbox, before) == {"/auth/token": 1, "/rest/api/ratelimit": 1, "/folders": 1}


def test_a_user_barred_from_the_limits_is_told_once(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.rest.options.blocked = frozenset({"retrieveRateLimits"})
    refused = read(sandbox, tmp_path, "folders")
    assert (refused.exit_code, len(refused.errors)) == (2, 1)
    assert "RSYS-4010: Responsys refused to read the account's limits: API_BLOCKED" in refused.errors[0]


@pytest.mark.parametrize(("value", "problem"), [("N-1", "is of another kind than integer"), ("", "is empty")])
def test_an_id_that_is_none_stops_its_stream(
    sandbox: Sandbox, tmp_path: Path, value: Any, problem: str
) -> None:
    sandbox.rest.options.programs = (replace(PROGRAMS[0], id=value),)
    run = read(sandbox, tmp_path, "campaigns", "programs")
    assert (run.exit_code, len(run.errors)) == (1, 2)
    assert f"RSYS-4014: Responsys listed one of programs whose id {problem}." in run.errors[0]
    assert "N-1" not in run.stderr
    assert run.records.keys() == {"campaigns"}


def test_columns_are_selected(sandbox: Sandbox, tmp_path: Path) -> None:
    catalog = selection(sandbox, tmp_path, "programs")
    (programs,) = (stream for stream in catalog["streams"] if stream["tap_stream_id"] == "programs")
    assert programs["replication_method"] == "FULL_TABLE"
    assert all(column.get("description") for column in programs["schema"]["properties"].values())
    for entry in programs["metadata"]:
        if entry["breadcrumb"] not in (ROOT, ["properties", "id"], ["properties", "name"]):
            entry["metadata"]["selected"] = False
    run = run_tap(tmp_path, config_of(sandbox), catalog=catalog)
    assert [row.keys() for row in run.records["programs"]] == [{"id", "name"}] * 3


def test_the_connection_test_reaches_the_api(sandbox: Sandbox, tmp_path: Path) -> None:
    before = len(sandbox.store.requests())
    assert run_tap(tmp_path, config_of(sandbox), "--test").exit_code == 0
    assert calls(sandbox, before)["/auth/token"] == 1
    failed = run_tap(tmp_path, config_of(sandbox, api_password="wrong"), "--test")
    assert (failed.exit_code, len(failed.errors)) == (2, 1)
