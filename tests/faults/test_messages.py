"""Singer messages at their edges, into the target as a command or in this process."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, deliver, lines, record, run_target, schema, state
from support.plugins import environment

from responsys_io.errors import ResponsysError
from responsys_sandbox.rest import Answer, Fault
from target_responsys import target as target_module
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from pathlib import Path

    from responsys_sandbox.sandbox import Sandbox

PEOPLE = schema("people", email="string", note="string")


def people(count: int) -> list[dict[str, Any]]:
    return [record("people", email=f"p{number}@example.com", note="x") for number in range(count)]


def emails(sandbox: Sandbox, table: str = "people") -> set[str]:
    return {str(row["EMAIL"]) for row in sandbox.store.rows(FOLDER, table)}


@pytest.mark.parametrize(
    "states",
    [
        [state(at=1)] * 3,
        [state(at=1), {"type": "STATE", "value": None}, {"type": "STATE", "value": {}}],
        [{"type": "STATE", "value": {}}, state(at=1)],
        [state(at=number) for number in range(1, 100_001)][::-1],
        [state(at=1, much="x" * 1_000_000)],
    ],
    ids=["repeated", "nothing at the end", "nothing at first", "many", "a megabyte"],
)
def test_states_of_every_kind_are_reported_in_the_end(
    states: list[dict[str, Any]], sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    done = run_target(tmp_path, config, lines([PEOPLE, *people(3), *states]))
    assert done.exit_code == 0, done.stderr
    assert done.messages[-1]["at"] == 1
    assert len(done.messages) <= 22
    assert len(emails(sandbox)) == 3


def test_a_state_before_anything_else_is_reported(config: dict[str, Any], tmp_path: Path) -> None:
    done = run_target(tmp_path, config, lines([state(at=7)]))
    assert (done.exit_code, done.messages) == (0, [{"at": 7}])


def test_an_input_that_breaks_off_reports_no_state_that_is_not_delivered(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    data = lines([PEOPLE, *people(3), state(at=3), *people(5)])[:-30]
    done = run_target(tmp_path, config, data)
    assert done.exit_code == 1
    (line,) = done.errors
    assert line.startswith("RSYS-6001: Line 10 of the input breaks off")
    assert all(emails(sandbox) >= {f"p{n}@example.com" for n in range(at["at"])} for at in done.messages)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (b'"\\u0000"', True),
        (b'"' + b"9" * 5_000 + b'"', False),
        (b"9" * 5_000, False),
        (b"1e400", False),
        (b'"\\ud83d\\ude0e"', True),
        (b'"\\u2028\\u0085\\ufeff"', True),
    ],
    ids=["NUL", "5,000 digits as text", "5,000 digits", "beyond any float", "emoji", "separators"],
)
def test_values_at_the_edge_arrive_or_are_told_of(
    value: bytes, stored: bool, sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    line = b'{"type": "RECORD", "stream": "people", "record": {"email": "canary@example.com", "note": %s}}\n'
    done = run_target(tmp_path, config, lines([PEOPLE]) + line % value + lines([state(at=1)]))
    assert "Traceback" not in done.stderr
    assert "canary" not in done.stderr
    assert "RSYS-9000" not in done.stderr
    if stored:
        assert (done.exit_code, done.errors) == (0, [])
        assert len(emails(sandbox)) == 1
    else:
        assert done.exit_code != 0
        assert len(done.errors) == 1
        assert done.errors[0].startswith("RSYS-")
        assert emails(sandbox) == set() if sandbox.store.table(FOLDER, "people") else True


def test_a_message_that_is_too_long_is_refused_by_its_line(config: dict[str, Any], tmp_path: Path) -> None:
    data = lines([PEOPLE]) + b'{"type": "RECORD", "stream": "people", "record": {"email": "'
    done = run_target(tmp_path, config, data + b"x" * (65 * 2**20) + b'"}}\n')
    assert done.exit_code == 1
    (line,) = done.errors
    assert line.startswith("RSYS-6003: Line 2 of the input is longer than 64 MiB. Leave out long properties")


def test_a_long_message_is_no_error(config: dict[str, Any]) -> None:
    """What the largest record of one call may have: it is refused by itself, not as a line."""
    with pytest.raises(ResponsysError) as raised:
        deliver(config, [PEOPLE, record("people", email="a@example.com", note="x" * 12_000_000), state(at=1)])
    assert not raised.value.code.startswith("RSYS-6003")
    assert raised.value.code != "RSYS-9000"


@pytest.mark.parametrize("to", ["closed", "/dev/full"])
def test_a_state_that_nobody_takes_fails_the_run(
    to: str, sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "target.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    redirect = ">&-" if to == "closed" else f"> {to}"
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m target_responsys --config {path} {redirect}"],
        input=lines([PEOPLE, *people(2), state(at=2)]),
        capture_output=True, check=False, cwd=tmp_path, env=environment(), timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert b"Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if b"RSYS-" in line]
    assert (b"RSYS-9001" if to == "closed" else b"RSYS-6010") in line
    assert (len(emails(sandbox)) if sandbox.store.table(FOLDER, "people") else 0) == (
        2 if to != "closed" else 0
    )


@pytest.mark.parametrize("failing", ["ones", "others"])
def test_of_two_streams_by_turns_one_fails_and_the_state_waits_for_both(
    failing: str,
    sandbox: Sandbox,
    config: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(target_module, "CHECKPOINT_LINES", 20)
    messages: list[dict[str, Any]] = [schema("ones", email="string"), schema("others", email="string")]
    for number in range(100):
        messages += [record(name, email=f"p{number}@example.com") for name in ("ones", "others")]
        messages.append(state(at=number + 1))
    refusal = Answer(400, '{"errorCode":"OPERATION_NOT_SUPPORTED"}', "application/json")
    members = rf"/suppData/{failing}/members"
    sandbox.rest.faults.add(Fault(action=refusal, method="POST", path=members, skip=4, count=None))
    with pytest.raises(ResponsysError, match="OPERATION_NOT_SUPPORTED"):
        TargetResponsys(config=config).listen(io.BytesIO(lines(messages)))  # type: ignore[arg-type]  # bytes
    states = [json.loads(line)["at"] for line in capsys.readouterr().out.splitlines()]
    assert states
    for name in ("ones", "others"):
        assert emails(sandbox, name) >= {f"p{number}@example.com" for number in range(states[-1])}


def test_another_key_in_the_middle_comes_after_the_rows_of_the_former(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    """The table's own key is what counts: rows of the former one have gone out before."""
    other = schema("people", ("note", "email"), email="string", note="string")
    changed = record("people", email="p0@example.com", note="changed")
    assert deliver(config, [PEOPLE, *people(3), other, changed, state(at=1)]) == [{"at": 1}]
    notes = {row["EMAIL"]: row["NOTE"] for row in sandbox.store.rows(FOLDER, "people")}
    assert notes == {"p0@example.com": "changed", "p1@example.com": "x", "p2@example.com": "x"}


def test_a_version_of_a_stream_that_nobody_knows_is_passed_over(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    config |= {
        "process_activate_version_messages": True,
        "mirror_state_file": str(tmp_path / "mirror.sqlite"),
    }
    unknown = {"type": "ACTIVATE_VERSION", "stream": "nobody", "version": 7}
    assert deliver(config, [PEOPLE, unknown, *people(1), state(at=1)]) == [{"at": 1}]
    assert len(emails(sandbox)) == 1
