"""Plan mode: what a run would do, printed, with no call that writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, lines, new_sandbox, record, run_target, schema, settings_of, state

from responsys_sandbox.tables import Column, Table
from target_responsys.destinations import Destination
from target_responsys.masking import masked
from target_responsys.plan import DestinationPlan
from target_responsys.planrun import plan_stream
from target_responsys.routing import route
from target_responsys.streamcounts import Counting, StreamCounts

if TYPE_CHECKING:
    from pathlib import Path

    from support.plugins import Run

    from responsys_sandbox.sandbox import Sandbox

PEOPLE = schema("people", email="string", score="integer")
RECORDS = [record("people", email=f"person{number}@example.com", score=number) for number in range(5)]


def make_table(sandbox: Sandbox, name: str = "people", folder: str = FOLDER, **columns: str) -> None:
    kinds = {"CAMPAIGN_ID": "STR100", "Email": "STR25", **columns}
    table = Table(folder, name, tuple(Column(*each) for each in kinds.items()), ("CAMPAIGN_ID", "Email"))
    sandbox.store.create_table(table)


def planned(
    folder: Path, config: dict[str, Any], messages: list[dict[str, Any]], *arguments: str
) -> tuple[Run, dict[str, Any]]:
    run = run_target(folder, config, lines(messages), "--plan", "--format", "json", *arguments)
    assert run.exit_code in {0, 2}, run.stderr
    return run, json.loads(run.stdout)


def assert_nothing_written(sandbox: Sandbox) -> None:
    assert {call.path for call in sandbox.store.requests() if call.method != "GET"} == {
        "/rest/api/v1.3/auth/token"
    }


def test_a_plan_for_people(sandbox: Sandbox, config: dict[str, Any], tmp_path: Path) -> None:
    make_table(sandbox, SCORE="INTEGER", OLD="STR25")
    long = record("people", email="x" * 26, score=1)
    messages = [PEOPLE, *RECORDS, RECORDS[0], long, schema("carts", ["sku"], sku="string"), state(at=7)]
    run = run_target(tmp_path, config, lines(messages), "--plan")
    assert run.exit_code == 0, run.stderr
    for line in [
        "User        cdp_api of account sandbox",
        "Time zone   America/Los_Angeles (the account's)",
        "Folder      CDP: 1 tables (REST tells no numbers of rows)",
        "Stream people -> table CDP/people: found",
        "  Key         CAMPAIGN_ID, Email",
        "  score               SCORE        INTEGER  INTEGER  ok",
        "  Only there  OLD (STR25)",
        "  Records     7, keys 5, to be refused 1",
        "    1 x property email: it has 26 characters, for column EMAIL (STR25)",
        "  Row 1       CAMPAIGN_ID=c1, email=p…@example.com, score=0",
        "  Would create: CDP/carts (CAMPAIGN_ID STR100, SKU STR500), key CAMPAIGN_ID, SKU",
        "A run can go ahead.",
    ]:
        assert line in run.stdout.splitlines(), run.stdout
    assert "person" not in run.stdout + run.stderr
    assert '{"at"' not in run.stdout
    assert_nothing_written(sandbox)
    assert {path.name for path in tmp_path.iterdir()} == {"sandbox", "target.json"}
    assert [table.name for table in sandbox.store.tables()] == ["people"]


def test_a_changed_schema_shows_the_exact_difference(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    make_table(sandbox, SCORE="TIMESTAMP", OLD="STR25")
    wider = schema("people", email="string", score="integer", city={"type": "string", "maxLength": 90})
    run, plan = planned(tmp_path, config, [wider, *RECORDS])
    (stream,) = plan["streams"]
    assert run.exit_code == 2
    assert (plan["can_run"], stream["found"], stream["destination"]) == (False, True, "table CDP/people")
    assert [
        (each["column"], each["wanted"], each["found"], each["verdict"]) for each in stream["columns"]
    ] == [
        ("CAMPAIGN_ID", "STR100", "STR100", "fits"),
        ("Email", "STR500", "STR25", "checked"),
        ("SCORE", "INTEGER", "TIMESTAMP", "unfit"),
        ("CITY", "STR100", None, "missing"),
    ]
    assert stream["extra"] == {"OLD": "STR25"}
    (problem,) = stream["problems"]
    assert "RSYS-5004: 2 things do not fit" in problem
    assert stream["advice"][0] == (
        "Have an administrator add CITY (STR100) to the table CDP/people in Responsys."
    )
    assert stream["proposes"].startswith(
        "CDP/people (CAMPAIGN_ID STR100, EMAIL STR500, SCORE INTEGER, CITY STR100)"
    )
    assert_nothing_written(sandbox)


def test_the_setting_plans_as_well_whatever_the_input_looks_like(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    make_table(sandbox)
    run = run_target(tmp_path, {**config, "plan": True}, b"", "--format", "text")
    assert run.exit_code == 0, run.stderr
    assert "No stream came." in run.stdout
    assert "              people, 2 columns" in run.stdout.splitlines()


def test_a_frequent_state_is_not_reported(sandbox: Sandbox, config: dict[str, Any], tmp_path: Path) -> None:
    messages = [PEOPLE]
    for number in range(10_050):
        messages += [record("people", email=f"{number}@e.com", score=number), state(at=number)]
    run, plan = planned(tmp_path, config, messages)
    assert (plan["streams"][0]["rows"], plan["streams"][0]["calls"]) == (10_050, 51)
    assert run.stdout.startswith("{\n")
    assert_nothing_written(sandbox)


@pytest.mark.parametrize(
    ("create", "problems"), [("apply", []), ("never", ["Folder CDP has no table people."])]
)
def test_a_missing_table(config: dict[str, Any], tmp_path: Path, create: str, problems: list[str]) -> None:
    run, plan = planned(tmp_path, {**config, "create_tables": create}, [PEOPLE, *RECORDS])
    (stream,) = plan["streams"]
    assert stream["problems"] == problems
    definition = "CDP/people (CAMPAIGN_ID STR100, EMAIL STR500, SCORE INTEGER), key CAMPAIGN_ID, EMAIL"
    assert (stream["creates"], stream["proposes"]) == (
        (definition, "") if create == "apply" else ("", definition)
    )
    assert run.exit_code == (2 if problems else 0)


def test_what_would_stop_a_run_is_said_of_every_stream(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    make_table(sandbox, "elsewhere", folder="Other")
    sandbox.store.create_table(
        Table(FOLDER, "keyless", (Column("EMAIL", "STR500"), Column("CAMPAIGN_ID", "STR100")))
    )
    messages = [
        schema("elsewhere", email="string"),
        schema("keyless", email="string"),
        schema("unnamed", email="string", date="string"),
        schema("lost", email="string"),
    ]
    config |= {"load_method": "insert-only", "tables": {"lost": {"folder": "Nowhere"}}}
    _, plan = planned(tmp_path, config, messages)
    words = [
        "Table elsewhere is in folder Other, not in CDP.",
        "RSYS-5010",
        "RSYS-5001: Property date of stream unnamed cannot become a column",
        "RSYS-5008: There is no folder Nowhere",
    ]
    for stream, expected in zip(plan["streams"], words, strict=True):
        assert len(stream["problems"]) == 1
        assert expected in stream["problems"][0]


def test_calls_become_minutes_at_the_limit_of_the_account(tmp_path: Path) -> None:
    with new_sandbox(tmp_path / "paced", limits={"mergeTableMembers": 2}) as sandbox:
        config = {**settings_of(sandbox), "create_tables": "apply", "batch_size_rows": 1}
        _, plan = planned(tmp_path, config, [PEOPLE, *RECORDS])
    assert (plan["streams"][0]["calls"], plan["streams"][0]["minutes"]) == (5, 3)


def test_files_are_planned_beside_their_table(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    make_table(sandbox, SCORE="INTEGER")
    _, plan = planned(tmp_path, {**config, "delivery": "sftp"}, [PEOPLE, *RECORDS])
    assert plan["connection"]["user"] == config["username"]
    assert plan["streams"][0]["found"] is True
    assert plan["streams"][0]["calls"] is None
    assert plan["can_run"] is True
    assert list((sandbox.files / "upload").iterdir()) == []


def test_files_are_planned_without_the_api(config: dict[str, Any], tmp_path: Path) -> None:
    config = {**config, "delivery": "sftp", "api_url": None}
    _, plan = planned(tmp_path, config, [PEOPLE, *RECORDS])
    (stream,) = plan["streams"]
    assert (stream["found"], stream["rows"], stream["problems"]) == (None, 5, [])


def test_nothing_of_a_load_is_left_behind_by_a_plan(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    make_table(sandbox, SCORE="INTEGER")
    files = {"mirror_state_file": "mirror.sqlite", "receipt_file": "receipt.json"}
    config |= {**files, "load_method": "mirror", "process_activate_version_messages": True}
    activate = {"type": "ACTIVATE_VERSION", "stream": "people", "version": 1}
    _, plan = planned(tmp_path, config, [PEOPLE, *RECORDS, activate])
    assert plan["can_run"] is True
    assert not {path.name for path in tmp_path.iterdir()} & {*files.values()}
    assert_nothing_written(sandbox)


def test_a_plan_has_no_markdown(config: dict[str, Any], tmp_path: Path) -> None:
    run = run_target(tmp_path, config, b"", "--plan", "--format", "markdown")
    assert run.exit_code == 2
    assert run.errors == ["RSYS-1020: --plan has no markdown. Use --format text or --format json."]


@pytest.mark.parametrize(
    ("column", "text", "shown"),
    [
        ("EMAIL", "ada@example.com", "a…@example.com"),
        ("NOTE", "write to ada@example.com, bob@example.com", "write to a…@example.com, b…@example.com"),
        ("MOBILE_NUMBER_", "+32470123456", "+…"),
        ("POSTAL_STREET_1_", "Main Street 1", "M…"),
        ("CITY", "Ghent", "Ghent"),
        ("EMAIL", "", ""),
        ("CITY", "x" * 61, "x" * 59 + "…"),
    ],
)
def test_addresses_are_masked(column: str, text: str, shown: str) -> None:
    assert masked(column, text) == shown


def test_keys_beyond_what_is_told_apart_are_an_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("target_responsys.streamcounts.MAX_KEYS", 3)
    properties = {"properties": {"email": {"type": "string"}}}
    made = route("people", properties, ["email"], {"folder_name": "F"}, execution_id="x")
    counting = Counting(made, None, ["STR100", "STR100"])  # type: ignore[arg-type]  # no moment is written
    for number in (0, 1, 2, 2, 3, 4):
        counting.add({"email": f"{number}"})
    counting.add({"email": ""})
    counts = counting.counts
    assert (counts.rows, counts.keys, counts.keys_are_exact) == (7, 3, False)
    assert counts.refused == {"key column email is empty": 1}
    nothing = DestinationPlan("people", "table", found=True)
    assert plan_stream(nothing, counts, batch_rows=2, limit=2).calls == 3
    exact = plan_stream(nothing, StreamCounts(rows=9, keys=5), batch_rows=2, limit=2)
    assert (exact.calls, exact.minutes) == (3, 2)


def test_what_is_wrong_with_a_route_is_listed_with_the_rest(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    config["tables"] = {
        "people": {"columns": {"email": None}},
        "carts": {"columns": {"a": "SAME", "b": "same"}},
    }
    carts = schema("carts", ["a"], a="string", b="string")
    run, plan = planned(tmp_path, config, [PEOPLE, *RECORDS, carts, schema("fine", email="string")])
    assert run.exit_code == 2
    assert plan["can_run"] is False
    people, wrong, fine = plan["streams"]
    assert [problem.partition(":")[0] for problem in people["problems"]] == ["RSYS-1007"]
    assert [problem.partition(":")[0] for problem in wrong["problems"]] == ["RSYS-5003"]
    assert (people["rows"], people["found"], fine["problems"]) == (5, None, [])
    assert_nothing_written(sandbox)


def test_what_destinations_are_called() -> None:
    table = Table("F", "T", ())
    names = [str(Destination(kind, table, "L")) for kind in ("supplemental", "list", "pet")]  # type: ignore[arg-type]
    assert names == ["table F/T", "profile list T", "profile extension table T of list L"]
