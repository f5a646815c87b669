"""Load methods: which rows stand in the table afterwards, and which never may be touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, deliver, record, run_target, schema, state
from support.delivery import lines as lines_of

from responsys_io import recordcalls
from responsys_io.errors import DataError
from responsys_sandbox.rest import Answer, Drop, Fault
from responsys_sandbox.tables import Column, Table
from target_responsys.endofrun import RejectedRowsError

if TYPE_CHECKING:
    from responsys_sandbox.sandbox import Sandbox

PEOPLE = schema("people", email="string", score="integer")
EVENTS = schema("events", key=(), email="string", seen="string")
MEMBERS = r"/suppData/[^/]+/members"


@pytest.fixture
def mirror(config: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """Settings of load method mirror."""
    return {**config, "load_method": "mirror", "mirror_state_file": str(tmp_path / "state" / "mirror.sqlite")}


@pytest.fixture
def events(sandbox: Sandbox, config: dict[str, Any]) -> dict[str, Any]:
    """Settings of load method append, into a table without primary key."""
    columns = tuple(Column(name, "STR500") for name in ("CAMPAIGN_ID", "EMAIL", "SEEN"))
    sandbox.store.create_table(Table(FOLDER, "events", columns))
    return {**config, "load_method": "append", "create_tables": "never"}


def person(name: str, score: int = 1, **more: Any) -> dict[str, Any]:
    return record("people", email=f"{name}@example.com", score=score) | more


def audience(names: str, end: int = 1) -> list[dict[str, Any]]:
    return [PEOPLE, *(person(name) for name in names), state(end=end)]


def names(sandbox: Sandbox, campaign: str = "c1") -> str:
    found = [
        str(row["EMAIL"])[0] for row in sandbox.store.rows(FOLDER, "people") if row["CAMPAIGN_ID"] == campaign
    ]
    return "".join(sorted(found))


def calls(sandbox: Sandbox, method: str) -> int:
    return sum(call.method == method and call.path.endswith("/members") for call in sandbox.store.requests())


def rejected(config: dict[str, Any]) -> list[dict[str, Any]]:
    text = Path(config["rejects_file"]).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_mirror_removes_who_has_left_and_touches_no_other_campaign(
    sandbox: Sandbox, mirror: dict[str, Any]
) -> None:
    deliver(mirror, audience("abcd"))
    deliver({**mirror, "campaign_id": "c2"}, audience("abx"))
    others = [row for row in sandbox.store.rows(FOLDER, "people") if row["CAMPAIGN_ID"] == "c2"]
    assert deliver(mirror, audience("bce", end=2)) == [{"end": 2}]
    assert names(sandbox) == "bce"
    assert [row for row in sandbox.store.rows(FOLDER, "people") if row["CAMPAIGN_ID"] == "c2"] == others
    assert calls(sandbox, "DELETE") == 2
    deliver({**mirror, "campaign_id": "c2"}, audience("x"))
    assert (names(sandbox), names(sandbox, "c2")) == ("bce", "x")


def test_the_first_mirror_knows_nobody_and_what_others_wrote_stays(
    sandbox: Sandbox, config: dict[str, Any], mirror: dict[str, Any]
) -> None:
    deliver(config, audience("z"))
    deliver(mirror, audience("ab"))
    deliver(mirror, audience("a"))
    assert names(sandbox) == "az"


def test_the_state_of_a_mirror_is_for_its_owner_only(mirror: dict[str, Any]) -> None:
    deliver(mirror, audience("a"))
    assert Path(mirror["mirror_state_file"]).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("ending", [[], [person("b")]])
def test_half_an_audience_removes_nobody(
    sandbox: Sandbox, mirror: dict[str, Any], ending: list[dict[str, Any]]
) -> None:
    deliver(mirror, audience("abc"))
    with pytest.raises(DataError, match="RSYS-6012"):
        deliver(mirror, [PEOPLE, person("a"), *ending])
    assert names(sandbox) == "abc"
    assert calls(sandbox, "DELETE") == 0


def test_a_mirror_that_failed_half_way_is_completed_by_the_next_run(
    sandbox: Sandbox, mirror: dict[str, Any]
) -> None:
    deliver(mirror, audience("abcdef"))
    refuse = Answer(400, '{"errorCode":"OPERATION_NOT_SUPPORTED"}', "application/json")
    sandbox.rest.faults.add(Fault(action=refuse, method="DELETE", path=MEMBERS, skip=2))
    with pytest.raises(DataError, match="OPERATION_NOT_SUPPORTED"):
        deliver({**mirror, "max_connections": 1}, audience("a", end=2))
    assert len(names(sandbox)) == 4
    assert deliver(mirror, audience("a", end=3)) == [{"end": 3}]
    assert names(sandbox) == "a"


def test_an_audience_without_anybody_is_emptied_on_demand_only(
    sandbox: Sandbox, mirror: dict[str, Any]
) -> None:
    deliver(mirror, audience("abc"))
    with pytest.raises(DataError, match="RSYS-5032.*has 3 rows there: none of them was deleted"):
        deliver(mirror, audience(""))
    assert names(sandbox) == "abc"
    deliver({**mirror, "allow_empty_audience": True}, audience(""))
    assert names(sandbox) == ""


def test_somebody_whose_record_is_refused_has_not_left(sandbox: Sandbox, mirror: dict[str, Any]) -> None:
    dated = schema("people", email="string", seen={"type": "string", "format": "date-time"})
    good = [record("people", email=f"{name}@example.com", seen="2026-07-01T00:00:00Z") for name in "ab"]
    deliver(mirror, [dated, *good, state(end=1)])
    bad = record("people", email="b@example.com", seen="yesterday")
    with pytest.raises(RejectedRowsError):
        deliver(mirror, [dated, good[0], bad, state(end=2)])
    assert names(sandbox) == "ab"


def test_rows_that_cannot_be_deleted_fail_the_run_and_are_tried_again(
    sandbox: Sandbox, mirror: dict[str, Any]
) -> None:
    deliver(mirror, audience("ab"))
    data = '{"recordData":{"fieldNames":["EMAIL"],"records":[["DELETEFAILED: locked"]]}}'
    sandbox.rest.faults.add(Fault(action=Answer(200, data, "application/json"), method="DELETE"))
    with pytest.raises(RejectedRowsError, match="RSYS-5303: 1 rows"):
        deliver(mirror, audience("a"))
    deliver(mirror, audience("a"))
    assert names(sandbox) == "a"


def test_a_deletion_whose_answer_is_lost_is_repeated(sandbox: Sandbox, mirror: dict[str, Any]) -> None:
    deliver(mirror, audience("ab"))
    sandbox.rest.faults.add(Fault(action=Drop("after"), method="DELETE"))
    deliver(mirror, audience("a"))
    assert names(sandbox) == "a"
    assert calls(sandbox, "DELETE") == 2


def test_deleted_records_delete_their_rows_in_order(sandbox: Sandbox, config: dict[str, Any]) -> None:
    gone = {"_sdc_deleted_at": "2026-07-01T00:00:00Z"}
    config |= {"hard_delete": True, "batch_size_rows": 1}
    deliver(config, audience("abc"))

    def delete(name: str) -> dict[str, Any]:
        return record("people", email=f"{name}@example.com", **gone)

    messages = [PEOPLE, delete("a"), person("b", 2), delete("b"), delete("c"), person("c", 7), delete("x")]
    deliver(config, [*messages, state(end=2)])
    assert names(sandbox) == "c"
    assert sandbox.store.rows(FOLDER, "people")[0]["SCORE"] == "7"


def test_a_row_that_waits_is_not_sent_when_it_is_deleted(sandbox: Sandbox, config: dict[str, Any]) -> None:
    gone = record("people", email="a@example.com", _sdc_deleted_at="2026-07-01T00:00:00Z")
    deliver({**config, "hard_delete": True}, [PEOPLE, person("a"), gone, person("b"), state(end=1)])
    assert names(sandbox) == "b"
    assert [call.rows for call in sandbox.store.requests() if call.rows] == [1]


def test_deleted_records_are_rows_without_hard_delete(sandbox: Sandbox, config: dict[str, Any]) -> None:
    gone = record("people", email="a@example.com", score=1, _sdc_deleted_at="2026-07-01T00:00:00Z")
    deliver(config, [PEOPLE, gone])
    assert names(sandbox) == "a"


def test_a_new_version_deletes_the_rows_of_older_ones(sandbox: Sandbox, mirror: dict[str, Any]) -> None:
    config = {**mirror, "load_method": "upsert", "process_activate_version_messages": True}
    other = schema("other", email="string", score="integer")
    config["tables"] = {"other": "people"}

    def version(number: int, who: str) -> list[dict[str, Any]]:
        activate = {"type": "ACTIVATE_VERSION", "stream": "people", "version": number}
        return [PEOPLE, *(person(name, version=number) for name in who), activate]

    deliver(config, [*version(1, "abc"), other, record("other", email="o@example.com", score=1)])
    assert names(sandbox) == "abco"
    deliver(config, version(2, "cd"))
    assert names(sandbox) == "cdo"


def test_append_adds_rows_and_keeps_those_that_differ(sandbox: Sandbox, events: dict[str, Any]) -> None:
    seen = [record("events", email="a@example.com", seen=day) for day in ("1", "2", "1")]
    for _ in range(2):
        deliver(events, [EVENTS, *seen])
    assert sorted(str(row["SEEN"]) for row in sandbox.store.rows(FOLDER, "events")) == ["1", "2"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_append_of_unknown_outcome_is_never_sent_again(
    sandbox: Sandbox, events: dict[str, Any], when: Any
) -> None:
    sandbox.rest.faults.add(Fault(action=Drop(when), method="POST", path=MEMBERS))
    events |= {"batch_size_rows": 2, "max_connections": 1}
    messages = [EVENTS, *(record("events", email=f"{name}@example.com", seen="1") for name in "abcd")]
    with pytest.raises(RejectedRowsError, match="RSYS-5302: 2 records"):
        deliver(events, [*messages, state(end=1)])
    assert calls(sandbox, "POST") == 2
    assert len(sandbox.store.rows(FOLDER, "events")) == (4 if when == "after" else 2)
    kept = rejected(events)[1:]
    assert [line["record"]["email"][0] for line in kept] == ["a", "b"]
    assert {line["rejected"]["code"] for line in kept} == {"UNKNOWN"}
    assert "not known whether" in kept[0]["rejected"]["reason"]
    assert "example.com" not in kept[0]["rejected"]["reason"]


def test_a_part_of_an_append_that_was_done_is_not_sent_again_for_another_part(
    sandbox: Sandbox, events: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordcalls, "MAX_BODY_BYTES", 400)
    events |= {"max_rejected_rows": 1}
    # Of two parts of two rows the second is refused, then its first row.
    bad = Answer(400, '{"errorCode":"INVALID_PARAMETER","detail":"Record 0 = bad"}', "application/json")
    sandbox.rest.faults.add(Fault(action=bad, method="POST", path=MEMBERS, skip=1, count=2))
    padding = "1" * 30
    deliver(
        events, [EVENTS, *(record("events", email=f"{name}@example.com", seen=padding) for name in "abcd")]
    )
    merges = [call for call in sandbox.store.requests() if call.path.endswith("/members")]
    assert [(call.status, call.rows) for call in merges] == [(200, 2), (400, 0), (400, 0), (200, 1)]
    assert [line["record"]["email"][0] for line in rejected(events)[1:]] == ["c"]
    assert [str(row["EMAIL"])[0] for row in sandbox.store.rows(FOLDER, "events")] == ["a", "b", "d"]


@pytest.mark.parametrize(
    "settings",
    [
        {"load_method": "insert-only"},
        {"load_method": "mirror", "mirror_state_file": "mirror.sqlite"},
        {"load_method": "upsert", "hard_delete": True},
    ],
)
def test_a_table_without_key_refuses_at_start_what_needs_one(
    events: dict[str, Any], tmp_path: Path, settings: dict[str, Any], sandbox: Sandbox
) -> None:
    keyed = schema("events", email="string", seen="string")
    run = run_target(tmp_path, events | settings, lines_of([keyed]))
    assert run.exit_code == 1
    assert "RSYS-5010: The table CDP/events has no primary key" in run.errors[0]
    assert calls(sandbox, "POST") == 0


def test_append_is_refused_where_there_is_a_key(config: dict[str, Any]) -> None:
    deliver(config, [PEOPLE])
    with pytest.raises(DataError, match="RSYS-5031: The table CDP/people has a primary key"):
        deliver({**config, "load_method": "append"}, [PEOPLE])
