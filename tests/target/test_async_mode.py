"""Delivery with api_mode async: queued merges end in the tables as direct ones do, whatever breaks."""

from __future__ import annotations

import json
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import (
    FOLDER,
    deliver,
    lines,
    new_sandbox,
    record,
    run_target,
    running_target,
    schema,
    settings_of,
    state,
)

from responsys_io.errors import SettingsError
from responsys_io.extensions import Extensions
from responsys_io.restapi import RestApi
from responsys_io.supplemental import Column, Table
from responsys_sandbox import tables
from responsys_sandbox.profilelists import LIST_NAME, contacts_list
from responsys_sandbox.rest import Drop, Fault, Refuse, RevokeTokens
from target_responsys.endofrun import RejectedRowsError
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responsys_sandbox.sandbox import Sandbox

PEOPLE = schema("people", email="string", score="integer", city="string")
SUBMISSIONS = r"/asyncApi/.*/members"
POLLS = r"/asyncApi/.*/requests"
FOREVER = 1e9


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """An account that works off what is queued when it is called next, the last request first."""
    options = {"async_queued": 0, "async_running": 0, "async_order": "reversed"}
    with new_sandbox(tmp_path / "sandbox", **options) as running:
        yield running


@pytest.fixture
def config(sandbox: Sandbox, tmp_path: Path) -> dict[str, Any]:
    return {
        **settings_of(sandbox),
        "create_tables": "apply",
        "campaign_id": "c1",
        "api_mode": "async",
        "async_poll_interval": 0.01,
        "async_poll_interval_max": 0.05,
        "receipt_file": str(tmp_path / "receipt.json"),
    }


def person(number: int, **values: Any) -> dict[str, Any]:
    return record("people", email=f"p{number}@example.com", **values)


def table(sandbox: Sandbox, name: str = "people") -> dict[str | None, tuple[str | None, ...]]:
    return {row["EMAIL"]: (row.get("SCORE"), row.get("CITY")) for row in sandbox.store.rows(FOLDER, name)}


def calls(sandbox: Sandbox) -> Counter[str]:
    return Counter(call.path.partition("?")[0].rpartition("/v1.3/")[2] for call in sandbox.store.requests())


def rejected(config: dict[str, Any]) -> list[tuple[str, str]]:
    path = Path(config["rejects_file"])
    messages = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        (message["record"]["email"], message["rejected"]["code"])
        for message in messages
        if message["type"] == "RECORD"
    ]


def reasons(config: dict[str, Any]) -> list[str]:
    lines_ = Path(config["rejects_file"]).read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["rejected"]["reason"] for line in lines_ if '"RECORD"' in line]


def changes() -> list[dict[str, Any]]:
    """Many changes of few people in changing column sets."""
    messages = []
    for number in range(600):
        values: dict[str, Any] = {"score": number, "city": f"c{number}"}
        if number % 3:
            del values["city" if number % 2 else "score"]
        messages.append(person(number % 37, **values))
    return messages


def test_the_command_delivers_many_batches_side_by_side(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    people = [person(number, score=number) for number in range(300)]
    run = run_target(tmp_path, config | {"batch_size_rows": 10}, lines([PEOPLE, *people, state(at=1)]))
    assert run.exit_code == 0, run.stderr
    assert run.messages == [{"at": 1}]
    assert len(table(sandbox)) == 300
    made = calls(sandbox)
    assert made["folders/CDP/suppData/people/members"] == 30
    assert made["requests"] < 30
    receipt = json.loads((tmp_path / "receipt.json").read_text())
    assert receipt["api_mode"] == "async"
    assert (receipt["api"]["queued"], receipt["api"]["polls"]) == (30, made["requests"])
    assert receipt["destinations"][0]["merged"] == 300


def test_rows_of_a_key_are_never_under_way_together(sandbox: Sandbox, config: dict[str, Any]) -> None:
    """The server works off the last request first, so that two of a key would end the wrong way round."""
    messages = [PEOPLE, *changes(), state(at=1)]
    assert deliver(config | {"batch_size_rows": 4}, messages) == [{"at": 1}]
    queued = table(sandbox)
    direct = config | {"api_mode": "sync", "tables": {"people": "direct"}}
    deliver(direct, messages)
    assert queued == table(sandbox, "direct")
    assert len(queued) == 37


def to_list(config: dict[str, Any]) -> dict[str, Any]:
    """Settings that merge people into the profile list."""
    columns = {"email": "EMAIL_ADDRESS_", "city": "CITY_"}
    return config | {
        "destination": "list",
        "list_name": LIST_NAME,
        "match_columns": ["EMAIL_ADDRESS_"],
        "default_permission_status": "OPTOUT",
        "batch_size_rows": 10,
        "max_rejected_rows": 1,
        "tables": {"people": {"columns": columns, "unmapped": "leave_out"}},
    }


def members(sandbox: Sandbox) -> list[tuple[str | None, ...]]:
    rows = sandbox.store.lists.members(contacts_list(FOLDER))
    return sorted((str(row["EMAIL_ADDRESS_"]), row["CITY_"], row["EMAIL_PERMISSION_STATUS_"]) for row in rows)


def test_a_list_ends_as_it_does_directly(sandbox: Sandbox, config: dict[str, Any], tmp_path: Path) -> None:
    people = [person(number, city="Ghent") for number in range(30)]
    people += [person(number, city="Bruges") for number in range(0, 30, 4)]
    people.append(record("people", email="nobody", city="x"))
    with new_sandbox(tmp_path / "direct") as other:
        run = run_target(
            tmp_path,
            to_list(config | settings_of(other)) | {"api_mode": "sync"},
            lines([PEOPLE, *people]),
        )
        assert run.exit_code == 0, run.stderr
        direct = members(other)
    run = run_target(tmp_path, to_list(config), lines([PEOPLE, *people]))
    assert run.exit_code == 0, run.stderr
    assert members(sandbox) == direct
    assert len(direct) == 30
    assert rejected(config) == [("nobody", "MERGEFAILED")]


def test_an_extension_table_ends_as_it_does_directly(config: dict[str, Any], tmp_path: Path) -> None:
    deliver(to_list(config), [PEOPLE, *(person(number) for number in range(30))])
    tiers = [record("tiers", email=f"p{number}@example.com", tier=f"t{number}") for number in range(31)]
    stream = schema("tiers", email="string", tier="string")
    ends = []
    with RestApi.from_config(config) as api:
        extensions = Extensions(api.session, LIST_NAME)
        for name, mode in (("QUEUED", "async"), ("DIRECT", "sync")):
            extensions.create(Table(FOLDER, name, (Column("TIER", "STR500"),)))
            rule = {"destination": "pet", "pet_name": name, "columns": {"email": "EMAIL_ADDRESS_"}}
            settings = to_list(config) | {"tables": {"tiers": rule}, "api_mode": mode}
            run = run_target(tmp_path, settings, lines([stream, *tiers]))
            assert run.exit_code == 0, run.stderr
            ids = [f"p{number}@example.com" for number in range(30)]
            ends.append(sorted(str(row["TIER"]) for row in extensions.read(name, "e", ids)))
    assert ends[0] == ends[1] == sorted(f"t{number}" for number in range(30))


def test_refused_rows_are_those_that_the_result_names(sandbox: Sandbox, config: dict[str, Any]) -> None:
    sandbox.rest.options.width_in_bytes = True
    people = [person(number, city=("ä" if number in {3, 7} else "a") * 400) for number in range(12)]
    with pytest.raises(RejectedRowsError):
        deliver(config | {"batch_size_rows": 5}, [PEOPLE, *people])
    assert sorted(rejected(config)) == [("p3@example.com", "MERGEFAILED"), ("p7@example.com", "MERGEFAILED")]
    assert len(table(sandbox)) == 10


def test_a_batch_that_is_refused_as_a_whole_is_halved(sandbox: Sandbox, config: dict[str, Any]) -> None:
    sandbox.rest.options.bad_member_fails_call = True
    people = [
        record("people", email="nobody" if number == 5 else f"p{number}@example.com") for number in range(9)
    ]
    deliver(to_list(config), [PEOPLE, *people])
    assert rejected(config) == [("nobody", "MERGEFAILED")]
    assert len(sandbox.store.lists.members(contacts_list(FOLDER))) == 8


@pytest.mark.parametrize("where", [SUBMISSIONS, POLLS])
@pytest.mark.parametrize("action", [Drop("before"), Drop("after"), Drop("during"), RevokeTokens()])
def test_connections_and_sessions_that_break(
    sandbox: Sandbox, config: dict[str, Any], where: str, action: Any
) -> None:
    sandbox.rest.faults.add(Fault(action=action, path=where, skip=1))
    people = [person(number, score=number) for number in range(60)]
    assert deliver(config | {"batch_size_rows": 5}, [PEOPLE, *people, state(at=1)]) == [{"at": 1}]
    assert len(table(sandbox)) == 60


def test_after_a_lost_answer_no_later_row_of_a_key_is_sent(sandbox: Sandbox, config: dict[str, Any]) -> None:
    """The call may have been queued twice: the one without an id could be carried out at any moment."""
    sandbox.rest.faults.add(Fault(action=Drop("after"), path=SUBMISSIONS))
    people = [person(0, score=1), person(1, score=1), person(0, score=2), person(2, score=1)]
    with pytest.raises(RejectedRowsError):
        deliver(config | {"batch_size_rows": 2}, [PEOPLE, *people, state(at=1)])
    assert rejected(config) == [("p0@example.com", "RSYS-5305")]
    assert (
        table(sandbox) == {f"p{number}@example.com": ("1", None) for number in range(3)}
        or len(table(sandbox)) == 3
    )


def test_a_lost_submission_without_a_key_is_not_repeated(sandbox: Sandbox, config: dict[str, Any]) -> None:
    sandbox.rest.faults.add(Fault(action=Drop("after"), path=SUBMISSIONS))
    columns = tuple(tables.Column(name, "STR500") for name in ("CAMPAIGN_ID", "EMAIL"))
    sandbox.store.create_table(tables.Table(FOLDER, "events", columns, ()))
    stream = schema("events", (), email="string")
    with pytest.raises(RejectedRowsError):
        deliver(config | {"load_method": "append"}, [stream, record("events", email="a@example.com")])
    assert rejected(config) == [("a@example.com", "UNKNOWN")]
    assert reasons(config)[0].startswith("RSYS-4004: ")


def test_a_result_that_is_purged(sandbox: Sandbox, config: dict[str, Any]) -> None:
    sandbox.rest.options.async_kept = -1
    with pytest.raises(RejectedRowsError):
        deliver(config, [PEOPLE, person(0), state(at=1)])
    assert rejected(config) == [("p0@example.com", "UNKNOWN")]
    assert reasons(config)[0].startswith("RSYS-4201: ")
    receipt = json.loads(Path(config["receipt_file"]).read_text())
    counts = receipt["destinations"][0]
    assert (counts["merged"], counts["unknown"]) == (0, 1)


def test_a_result_that_does_not_come(sandbox: Sandbox, config: dict[str, Any]) -> None:
    sandbox.rest.options.async_queued = FOREVER
    people = [person(0, score=1), person(1, score=1), person(0, score=2)]
    with pytest.raises(RejectedRowsError):
        deliver(config | {"async_max_wait": 1, "batch_size_rows": 2}, [PEOPLE, *people])
    assert sorted(rejected(config)) == [
        ("p0@example.com", "RSYS-5305"),
        ("p0@example.com", "UNKNOWN"),
        ("p1@example.com", "UNKNOWN"),
    ]
    assert any(reason.startswith("RSYS-4202: ") for reason in reasons(config))


def test_no_state_passes_a_batch_whose_result_is_not_known(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    """A run that is stopped while results are awaited ends at once, with no state and no claim."""
    deliver(config, [PEOPLE])
    sandbox.rest.options.async_queued = FOREVER
    people = [person(number) for number in range(20)]
    with running_target(config | {"batch_size_rows": 5}, tmp_path) as process:
        assert process.stdin is not None
        process.stdin.write(lines([PEOPLE, *people, state(at=20)]))
        process.stdin.flush()
        # One poll of each run looks whether the user may queue calls.
        while calls(sandbox)["requests"] < 3 and process.poll() is None:
            threading.Event().wait(0.05)
        process.send_signal(signal.SIGTERM)
        states, errors = process.communicate(timeout=20)
    assert process.returncode == 143
    assert states == b""
    assert b"Traceback" not in errors
    receipt = json.loads((tmp_path / "receipt.json").read_text())
    assert receipt["destinations"][0]["merged"] == 0
    assert receipt["destinations"][0]["unknown"] == 20


def test_a_user_without_the_asynchronous_api(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    sandbox.rest.options.async_disabled = True
    # There is no record: it is noticed when the stream begins.
    run = run_target(tmp_path, config, lines([PEOPLE]))
    assert run.exit_code == 2
    assert "RSYS-4010" in run.stderr
    assert "Set api_mode to sync" in run.stderr
    assert run.messages == []


def test_polls_that_are_refused_end_the_run(sandbox: Sandbox, config: dict[str, Any]) -> None:
    sandbox.rest.faults.add(Fault(action=Refuse("API_BLOCKED"), path=POLLS, count=None))
    with pytest.raises(SettingsError, match="RSYS-4010.*API_BLOCKED"):
        deliver(config, [PEOPLE, person(0), state(at=1)])


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"load_method": "mirror", "mirror_state_file": "x"}, "load_method mirror works with api_mode sync"),
        ({"hard_delete": True}, "hard_delete works with api_mode sync"),
        ({"erase": True}, "erase works with api_mode sync"),
        ({"delivery": "sftp"}, "api_mode async works with delivery api only"),
    ],
)
def test_what_has_no_asynchronous_form_is_refused_at_the_start(
    config: dict[str, Any], settings: dict[str, Any], text: str
) -> None:
    with pytest.raises(SettingsError, match=f"RSYS-1000: .*{text}"):
        TargetResponsys(config=config | settings)


def test_the_plan_names_the_mode_and_its_limit(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    sandbox.rest.options.limits = sandbox.rest.options.limits | {"asyncMergeTableMembers": 2}
    run = run_target(
        tmp_path,
        config | {"batch_size_rows": 5},
        lines([PEOPLE, *(person(number) for number in range(30))]),
        "--plan",
    )
    assert run.exit_code == 0, run.stderr
    assert "Delivery    api, api_mode async" in run.stdout
    assert "Calls       6, 3 minute(s) at the account's limit" in run.stdout
