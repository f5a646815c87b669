"""Delivery by REST: what stands in the table, what was refused, and when a state is reported."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk import Target
from support.delivery import (
    FOLDER,
    deliver,
    lines,
    new_sandbox,
    record,
    run_target,
    schema,
    settings_of,
    state,
)

from responsys_io import intervals
from responsys_io.errors import DataError, SettingsError, TransientError
from responsys_io.restanswers import RefusedError
from responsys_sandbox.rest import Answer, Drop, Fault, RevokeTokens
from responsys_sandbox.tables import Column, Table
from target_responsys import target as target_module
from target_responsys.endofrun import RejectedRowsError

if TYPE_CHECKING:
    from responsys_sandbox.sandbox import Sandbox

PEOPLE = schema("people", email="string", score="integer")
MEMBERS = r"/suppData/[^/]+/members"


def people(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [
        record("people", email=f"p{number}@example.com", score=number)
        for number in range(start, start + count)
    ]


def rows(sandbox: Sandbox, table: str = "people", folder: str = FOLDER) -> list[dict[str, Any]]:
    return sandbox.store.rows(folder, table)


def merges(sandbox: Sandbox) -> list[int]:
    """Records of each merge call that was answered."""
    return [call.rows for call in sandbox.store.requests() if call.path.endswith("/members") and call.status]


def rejected(config: dict[str, Any]) -> list[dict[str, Any]]:
    text = Path(config["rejects_file"]).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_an_audience_arrives_with_its_campaign(sandbox: Sandbox, config: dict[str, Any]) -> None:
    states = deliver(config, [PEOPLE, *people(450), state(at=450)])
    assert states == [{"at": 450}]
    assert sorted(merges(sandbox)) == [50, 200, 200]
    stored = sorted(rows(sandbox), key=lambda row: int(row["SCORE"]))
    assert len(stored) == 450
    assert stored[7] == {"CAMPAIGN_ID": "c1", "EMAIL": "p7@example.com", "SCORE": "7"}
    table = sandbox.store.table(FOLDER, "people")
    assert table is not None
    assert table.primary_key == ("CAMPAIGN_ID", "EMAIL")
    assert not Path(config["rejects_file"]).exists()


def test_one_login_serves_a_run_and_calls_go_to_the_other_host(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    deliver(config, [PEOPLE, *people(450)])
    paths = [call.path for call in sandbox.store.requests()]
    assert paths.count("/rest/api/v1.3/auth/token") == 1
    assert sandbox.rest.end_point != sandbox.rest.login_url
    assert all(
        call.status == 200 or call.error_code == "RESOURCE_NOT_FOUND" for call in sandbox.store.requests()
    )


def test_campaigns_share_a_table_without_touching_each_other(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    deliver(config, [PEOPLE, *people(3)])
    deliver({**config, "campaign_id": "c2"}, [PEOPLE, record("people", email="p1@example.com", score=99)])
    scores = {(row["CAMPAIGN_ID"], row["EMAIL"]): row["SCORE"] for row in rows(sandbox)}
    assert len(scores) == 4
    assert scores["c1", "p1@example.com"] == "1"
    assert scores["c2", "p1@example.com"] == "99"


def test_a_second_run_overwrites_by_key(sandbox: Sandbox, config: dict[str, Any]) -> None:
    deliver(config, [PEOPLE, *people(3)])
    deliver(config, [PEOPLE, record("people", email="p1@example.com", score=None)])
    assert [row["SCORE"] for row in rows(sandbox)] == ["0", None, "2"]


def test_insert_only_leaves_rows_alone(sandbox: Sandbox, config: dict[str, Any]) -> None:
    deliver(config, [PEOPLE, *people(2)])
    changed = [record("people", email=f"p{number}@example.com", score=9) for number in (1, 2)]
    deliver({**config, "load_method": "insert-only"}, [PEOPLE, *changed])
    assert [row["SCORE"] for row in rows(sandbox)] == ["0", "1", "9"]


def test_a_property_left_out_is_untouched_and_a_null_blanks(sandbox: Sandbox, config: dict[str, Any]) -> None:
    deliver(config, [PEOPLE, *people(3)])
    deliver(
        config,
        [
            PEOPLE,
            record("people", email="p1@example.com"),
            record("people", email="p2@example.com", score=None),
        ],
    )
    assert [row["SCORE"] for row in rows(sandbox)] == ["0", "1", None]


def test_three_streams_to_three_tables(sandbox: Sandbox, config: dict[str, Any]) -> None:
    config["tables"] = {"a": "First", "b": {"table": "Second", "folder": "Other"}}
    messages = [schema(name, email="string") for name in "abc"]
    messages += [record(name, email=f"{name}@example.com") for name in "abc"]
    deliver({**config, "table_name": "X_{stream}", "table_prefix": "Acquia_"}, messages)
    assert rows(sandbox, "First")[0]["EMAIL"] == "a@example.com"
    assert rows(sandbox, "Second", "Other")[0]["EMAIL"] == "b@example.com"
    assert rows(sandbox, "Acquia_X_c")[0]["EMAIL"] == "c@example.com"


def test_an_existing_table_keeps_its_spelling(sandbox: Sandbox, config: dict[str, Any]) -> None:
    columns = (Column("Email", "STR500"), Column("Campaign_Id", "STR100"), Column("sCoRe", "NUMBER"))
    sandbox.store.create_table(Table(FOLDER, "people", columns, ("Email", "Campaign_Id")))
    deliver({**config, "create_tables": "never"}, [PEOPLE, *people(1)])
    assert rows(sandbox) == [{"Email": "p0@example.com", "Campaign_Id": "c1", "sCoRe": "0"}]


def test_a_table_without_primary_key_is_matched_by_the_key(sandbox: Sandbox, config: dict[str, Any]) -> None:
    columns = (Column("EMAIL", "STR500"), Column("CAMPAIGN_ID", "STR100"), Column("SCORE", "NUMBER"))
    sandbox.store.create_table(Table(FOLDER, "people", columns))
    for _ in range(2):
        deliver(config, [PEOPLE, *people(3)])
    assert len(rows(sandbox)) == 3


@pytest.mark.parametrize("folder", ["CDP", "Nowhere"])
def test_a_missing_table_or_folder_is_named(sandbox: Sandbox, config: dict[str, Any], folder: str) -> None:
    config |= {"create_tables": "never", "folder_name": folder}
    with pytest.raises(SettingsError, match=f"RSYS-500[78].*{folder}"):
        deliver(config, [PEOPLE, *people(1)])
    assert merges(sandbox) == []


def test_a_table_in_another_folder_is_refused_with_both_names(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    sandbox.store.create_table(Table("Other", "people", (Column("EMAIL", "STR500"),), ("EMAIL",)))
    for create_tables in ("never", "apply"):
        with pytest.raises(SettingsError, match="RSYS-5006: Table people is in folder Other, not in CDP"):
            deliver({**config, "create_tables": create_tables}, [PEOPLE, *people(1)])
    assert len(sandbox.store.tables()) == 1


def test_a_missing_column_is_named_with_its_type(sandbox: Sandbox, config: dict[str, Any]) -> None:
    columns = (Column("EMAIL", "STR500"), Column("CAMPAIGN_ID", "STR100"))
    sandbox.store.create_table(Table(FOLDER, "people", columns, ("EMAIL", "CAMPAIGN_ID")))
    with pytest.raises(DataError, match=r"RSYS-5004.*CDP/people has no column SCORE \(INTEGER\)"):
        deliver(config, [PEOPLE, *people(1)])


def test_refused_rows_are_kept_with_the_reason_and_the_others_delivered(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    columns = (Column("EMAIL", "STR500"), Column("CAMPAIGN_ID", "STR100"), Column("SCORE", "INTEGER"))
    sandbox.store.create_table(Table(FOLDER, "people", columns, ("EMAIL", "CAMPAIGN_ID")))
    bad = [record("people", email=f"bad{number}@example.com", score="1w") for number in range(3)]
    messages = [PEOPLE, *people(100), *bad, *people(97, start=100), state(at=200)]
    with pytest.raises(
        RejectedRowsError, match=r"RSYS-5302: 3 records were refused, 0 are tolerated"
    ) as raised:
        deliver({**config, "validate_records": False}, messages)
    assert raised.value.exit_code == 3
    assert "example.com" not in str(raised.value)
    assert len(rows(sandbox)) == 197
    header, *kept = rejected(config)
    assert header == PEOPLE
    assert [line["record"] for line in kept] == [message["record"] for message in bad]
    batches = {line["rejected"].pop("batch") for line in kept}
    assert len(batches) == 1
    assert batches.pop().endswith("-000001")
    assert kept[0]["rejected"] == {
        "code": "MERGEFAILED",
        "reason": 'The value "1w" is not valid for the field type INTEGER',
        "table": "people",
    }
    assert deliver({**config, "validate_records": False, "max_rejected_rows": 3}, messages) == [{"at": 200}]


def test_rejects_are_in_their_file_before_a_state_that_covers_them_is_reported(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is killed just after it has reported the state must not take them with it."""
    there: list[int] = []

    def look(_self: Target, _state: dict[str, Any]) -> None:
        there.append(len(rejected(config)))

    monkeypatch.setattr(Target, "_write_state_message", look)
    settings = {**config, "validate_records": False, "max_rejected_rows": 1}
    dated = schema("people", email="string", seen={"type": "string", "format": "date-time"})
    deliver(settings, [dated, record("people", email="p@example.com", seen="never"), state(at=1)])
    assert there == [2]


def test_rejects_can_be_piped_in_again(sandbox: Sandbox, config: dict[str, Any], tmp_path: Path) -> None:
    dated = schema("people", email="string", seen={"type": "string", "format": "date-time"})
    with pytest.raises(RejectedRowsError):
        deliver(
            config,
            [
                dated,
                record("people", email="a@example.com", seen="2026-07-01T00:00:00Z"),
                record("people", email="b@example.com", seen="yesterday"),
                record("people", email=None, seen="2026-07-01T00:00:00Z"),
            ],
        )
    assert [line["rejected"]["reason"] for line in rejected(config)[1:]] == [
        "property seen: it is not a date-time",
        "key column EMAIL is empty",
    ]
    mended = Path(config["rejects_file"]).read_bytes().replace(b"yesterday", b"2026-07-02T00:00:00Z")
    replay = run_target(tmp_path, {**config, "max_rejected_rows": 1}, mended)
    assert replay.exit_code == 0, replay.stderr
    assert [row["EMAIL"] for row in rows(sandbox)] == ["a@example.com", "b@example.com"]


REFUSED = Answer(400, '{"errorCode":"INVALID_PARAMETER","detail":"Record 0 = bad"}', "application/json")


def test_a_record_that_spoils_its_call_is_found_by_halving(sandbox: Sandbox, config: dict[str, Any]) -> None:
    """The calls of 4, 2 and 1 records that begin with the first one are refused."""
    sandbox.rest.faults.add(Fault(action=REFUSED, method="POST", path=MEMBERS, count=3))
    with pytest.raises(RejectedRowsError):
        deliver(config, [PEOPLE, *people(4)])
    assert [row["SCORE"] for row in rows(sandbox)] == ["1", "2", "3"]
    assert [line["record"]["score"] for line in rejected(config)[1:]] == [0]


def test_calls_that_are_all_refused_are_no_fault_of_the_records(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    sandbox.rest.faults.add(Fault(action=REFUSED, method="POST", path=MEMBERS, count=None))
    with pytest.raises(RefusedError, match="INVALID_PARAMETER"):
        deliver(config, [PEOPLE, *people(4), state(at=4)])
    assert not Path(config["rejects_file"]).exists()


@pytest.mark.parametrize("when", ["before", "after", "during"])
def test_a_lost_connection_ends_in_the_same_table(
    sandbox: Sandbox, config: dict[str, Any], when: Any
) -> None:
    sandbox.rest.faults.add(Fault(action=Drop(when), method="POST", path=MEMBERS, skip=1))
    assert deliver(config, [PEOPLE, *people(500), state(at=500)]) == [{"at": 500}]
    assert sorted(int(row["SCORE"]) for row in rows(sandbox)) == list(range(500))


def test_a_revoked_token_is_replaced_in_the_middle(sandbox: Sandbox, config: dict[str, Any]) -> None:
    sandbox.rest.faults.add(Fault(action=RevokeTokens(), method="POST", path=MEMBERS, skip=1))
    deliver(config, [PEOPLE, *people(500)])
    assert len(rows(sandbox)) == 500
    assert [call.path for call in sandbox.store.requests()].count("/rest/api/v1.3/auth/token") == 2


@pytest.fixture
def frequent_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_module, "CHECKPOINT_LINES", 100)


@pytest.mark.usefixtures("frequent_states")
def test_states_are_reported_while_the_run_goes_on(sandbox: Sandbox, config: dict[str, Any]) -> None:
    messages: list[dict[str, Any]] = [PEOPLE]
    for start in range(0, 400, 50):
        messages += [*people(50, start), state(at=start + 50)]
    messages += [state(), {"type": "STATE", "value": None}]
    assert deliver(config, messages) == [{"at": at} for at in (100, 200, 300, 400)]
    assert merges(sandbox) == [100] * 4


def test_every_state_of_the_tap_is_reported(config: dict[str, Any]) -> None:
    """It writes one after so many rows, rejected ones among them, of which none arrives here."""
    accepted = [
        record("people", email=f"p{number % 50}@example.com", score=number) for number in range(9_900)
    ]
    messages = [PEOPLE, *accepted, state(at=10_000), *accepted, state(at=20_000), *accepted, state(at=30_000)]
    assert deliver(config, messages) == [{"at": at} for at in (10_000, 20_000, 30_000)]


@pytest.mark.usefixtures("frequent_states")
def test_a_state_never_runs_ahead_of_its_records(
    sandbox: Sandbox, config: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    unavailable = Answer(400, '{"errorCode":"OPERATION_NOT_SUPPORTED"}', "application/json")
    sandbox.rest.faults.add(Fault(action=unavailable, method="POST", path=MEMBERS, skip=2, count=None))
    messages: list[dict[str, Any]] = [PEOPLE]
    for start in range(0, 500, 100):
        messages += [*people(100, start), state(at=start + 100)]
    target = target_module.TargetResponsys(config=config)
    with pytest.raises(RefusedError):
        target.listen(lines_of(messages))
    states = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert states == [{"at": 100}, {"at": 200}]
    assert len(rows(sandbox)) == 200


def lines_of(messages: list[dict[str, Any]]) -> Any:
    return io.BytesIO(lines(messages))


def test_rows_of_an_older_schema_go_before_those_of_the_next(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    wide = schema("people", email="string", score="integer", city="string")
    deliver(config, [wide])
    messages = [
        PEOPLE,
        record("people", email="a@example.com", score=1),
        wide,
        record("people", email="a@example.com", score=2, city="Ghent"),
        record("people", email="b@example.com", score=2, city="Ghent"),
    ]
    deliver({**config, "batch_size_rows": 2}, messages)
    assert [row["SCORE"] for row in rows(sandbox)] == ["2", "2"]


def test_an_empty_state_replaces_none(config: dict[str, Any]) -> None:
    nothing = {"type": "STATE", "value": None}
    assert deliver(config, [PEOPLE, *people(1), state(at=1), state(), nothing]) == [{"at": 1}]


def test_no_record_shows_in_the_log_at_any_level(
    sandbox: Sandbox, config: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        deliver(config, [PEOPLE, *people(3), state(at=3)])
    assert len(rows(sandbox)) == 3
    assert "example.com" not in caplog.text
    assert config["api_password"] not in caplog.text
    assert "X-CorrelationID Id-" in caplog.text


def test_settings_and_messages_by_environment_and_file(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "messages.jsonl").write_bytes(lines([PEOPLE, *people(2), state(at=2)]))
    settings = {**sandbox.settings, "TARGET_RESPONSYS_CREATE_TABLES": "apply"}
    arguments = ("--config", "ENV", "--input", str(tmp_path / "messages.jsonl"))
    done = run_target(tmp_path, {}, b"", *arguments, **settings)
    assert (done.exit_code, done.stdout) == (0, '{"at": 2}\n'), done.stderr
    assert len(rows(sandbox)) == 2


def test_metadata_maps_and_flattening_of_the_sdk_work(sandbox: Sandbox, config: dict[str, Any]) -> None:
    nested = {"type": "object", "properties": {"city": {"type": "string"}}}
    config |= {
        "add_record_metadata": True,
        "flattening_enabled": True,
        "flattening_max_depth": 1,
        "stream_maps": {"people": {"__alias__": "audience", "domain": "email.split('@')[-1]"}},
    }
    deliver(
        config,
        [
            schema("people", email="string", address=nested),
            record("people", email="a@example.com", address={"city": "Ghent"}),
        ],
    )
    (row,) = rows(sandbox, "audience")
    assert row["DOMAIN"] == "example.com"
    assert row["ADDRESS__CITY"] == "Ghent"
    assert row["SDC_BATCHED_AT"]
    assert row["SDC_SEQUENCE"].isdecimal()


@pytest.mark.parametrize(
    "maps", [{"people": None}, {"people": "__NULL__"}, {"other": {}, "__else__": None}, {"pe*": None}]
)
def test_no_table_is_looked_at_for_a_stream_that_is_left_out(
    sandbox: Sandbox, config: dict[str, Any], maps: dict[str, Any]
) -> None:
    config |= {"stream_maps": maps, "create_tables": "never"}
    more = [schema("people", email="string"), record("people", email="a@example.com")]
    assert deliver(config, [PEOPLE, *people(2), PEOPLE, *more, state(at=3)]) == [{"at": 3}]
    assert not sandbox.store.requests()


def test_a_stream_that_is_left_out_can_be_the_source_of_another(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    config |= {"stream_maps": {"people": None, "audience": {"__source__": "people"}}}
    deliver(config, [PEOPLE, *people(2), PEOPLE, *people(1, 2)])
    assert len(rows(sandbox, "audience")) == 3
    assert sandbox.store.table(FOLDER, "people") is None


def test_the_execution_has_a_column_when_it_is_named(sandbox: Sandbox, config: dict[str, Any]) -> None:
    config["execution_id_column"] = "EXECUTION_ID"
    for start in (0, 1):
        deliver(config, [PEOPLE, *people(2, start)])
    first, second, third = (row["EXECUTION_ID"] for row in rows(sandbox))
    assert first < second == third


def test_activate_version_is_passed_over_and_batches_are_refused(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    deliver(config, [PEOPLE, *people(1), {"type": "ACTIVATE_VERSION", "stream": "unknown", "version": 1}])
    assert len(rows(sandbox)) == 1
    with pytest.raises(DataError, match="RSYS-6011: Line 2"):
        deliver(config, [PEOPLE, {"type": "BATCH", "stream": "people", "encoding": {}, "manifest": []}])


def test_no_file_server_is_needed(sandbox: Sandbox, config: dict[str, Any]) -> None:
    wanted = ("api_", "ca_", "folder", "create", "campaign", "allowed")
    over_rest = {name: value for name, value in config.items() if name.startswith(wanted)}
    deliver(over_rest, [PEOPLE, *people(2)])
    assert len(rows(sandbox)) == 2


def test_a_limit_of_the_account_is_kept_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pacing the sandbox refuses the third call of a minute, which the log would show."""
    waits: list[float] = []
    with new_sandbox(tmp_path / "paced", limits={"mergeTableMembers": 2}) as sandbox:
        config = {**settings_of(sandbox), "create_tables": "apply", "batch_size_rows": 1}
        config |= {"max_connections": 1}
        target = target_module.TargetResponsys(config=config)
        api = target.connections.api

        def stop(seconds: float) -> None:
            waits.append(seconds)
            raise TransientError("TEST", "would wait")

        monkeypatch.setattr(api.session.pacer, "_sleep", stop)
        with pytest.raises(TransientError, match="would wait"):
            target.listen(lines_of([PEOPLE, *people(3)]))
        assert len(rows(sandbox)) == 2
    assert 0 < waits[0] <= 60


def test_a_long_delivery_tells_how_far_it_is(
    config: dict[str, Any], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intervals, "_EVERY_SECONDS", 0.0)
    config |= {"batch_size_rows": 2, "max_connections": 1}
    with caplog.at_level("INFO", logger="target-responsys"):
        deliver(config, [PEOPLE, *people(5)])
    told = [line for line in caplog.messages if " so far, " in line]
    assert len(told) == 3
    assert told[0].startswith("CDP/people: 2 rows sent so far, 0 of them answered, ")


def test_a_summary_line_for_each_table(config: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="target-responsys"):
        deliver(config, [PEOPLE, *people(3), *people(1)])
    summary = "CDP/people: 4 records received, 3 delivered, 0 refused, 1 superseded by later ones, 1 requests"
    assert summary in caplog.messages
    assert "example.com" not in caplog.text
