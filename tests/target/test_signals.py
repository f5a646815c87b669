"""A run that is killed: the exit code says so, and no state stands for rows that are not in the table."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import lines, record, running_target, schema, state
from support.plugins import environment
from support.scriptedserver import reply, scripted_server

if TYPE_CHECKING:
    from pathlib import Path

    from support.scriptedserver import Handler

    from responsys_sandbox.sandbox import Sandbox

PEOPLE = schema("people", email="string", place="integer")


def block(start: int) -> bytes:
    people = [record("people", email=f"p{start + i}@example.com", place=start + i) for i in range(20)]
    return lines([*people, state(last=start + 19)])


@pytest.mark.parametrize(
    ("number", "exit_code"),
    [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_a_state_covers_only_what_is_merged(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path, number: int, exit_code: int
) -> None:
    with running_target(config, tmp_path) as target:
        assert target.stdin is not None
        assert target.stdout is not None
        states = []
        target.stdin.write(lines([PEOPLE]))
        for start in range(0, 60, 20):
            target.stdin.write(block(start))
            target.stdin.flush()
            states.append(json.loads(target.stdout.readline())["last"])
        target.stdin.write(block(60)[:900])
        target.stdin.flush()
        target.send_signal(number)
        rest, errors = target.communicate(timeout=60)
    assert states == [19, 39, 59]
    assert target.returncode == exit_code
    assert rest == b""
    assert b"Traceback" not in errors
    stored = {int(row["PLACE"] or -1) for row in sandbox.store.rows("CDP", "people")}
    assert stored >= set(range(60))


def test_a_run_that_is_stopped_leaves_a_receipt_and_deletes_nobody(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    receipt = tmp_path / "receipt.json"
    mirror = {"load_method": "mirror", "mirror_state_file": str(tmp_path / "mirror.sqlite")}
    config = {**config, **mirror, "receipt_file": str(receipt)}
    for start in (0, 20):
        with running_target(config, tmp_path) as target:
            assert target.stdin is not None
            assert target.stdout is not None
            target.stdin.write(lines([PEOPLE]) + block(start))
            target.stdin.flush()
            assert json.loads(target.stdout.readline()) == {"last": start + 19}
            target.send_signal(signal.SIGTERM)
            target.communicate(timeout=60)
        told = json.loads(receipt.read_text())
        assert (told["status"], told["error"]) == ("interrupted", None)
        assert told["destinations"][0]["merged"] == 20
    assert len(sandbox.store.rows("CDP", "people")) == 40


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_call_that_has_no_answer_is_not_covered(
    config: dict[str, Any], tmp_path: Path, number: int, exit_code: int
) -> None:
    """The server kills the target while it waits for the second of its merges."""
    fields = [{"fieldName": name, "fieldType": "STR500"} for name in ("CAMPAIGN_ID", "EMAIL", "PLACE")]
    with scripted_server() as server, running_target({**config, "api_url": server.url}, tmp_path) as target:

        def echo(handler: Handler) -> None:
            merge = json.loads(server.received[-1].body)
            reply(200, {"recordData": merge["recordData"]})(handler)

        def kill(_handler: Handler) -> None:
            target.send_signal(number)
            target.wait(timeout=60)

        server.will_sign_in()
        server.will(reply(200, []), reply(200, {"fields": fields}), reply(200, {"fields": fields[:2]}))
        server.will(echo, kill)
        states, errors = target.communicate(lines([PEOPLE]) + block(0) + block(20), timeout=60)
    assert target.returncode == exit_code
    assert [json.loads(line) for line in states.splitlines()] == [{"last": 19}]
    assert b"Traceback" not in errors


def test_calls_that_hang_do_not_keep_a_run_that_is_stopped(config: dict[str, Any], tmp_path: Path) -> None:
    """Several calls have no answer, nor will they: the process ends all the same."""
    fields = [{"fieldName": name, "fieldType": "STR500"} for name in ("CAMPAIGN_ID", "EMAIL", "PLACE")]
    config = {**config, "batch_size_rows": 1, "max_connections": 3}
    with scripted_server() as server, running_target({**config, "api_url": server.url}, tmp_path) as target:
        hanging = threading.Semaphore(0)

        def hang(_handler: Handler) -> None:
            hanging.release()
            server.stopped.wait(60)

        server.will_sign_in()
        server.will(reply(200, []), reply(200, {"fields": fields}), reply(200, {"fields": fields[:2]}))
        server.will(hang, hang, hang)
        assert target.stdin is not None
        target.stdin.write(lines([PEOPLE]) + block(0))
        target.stdin.flush()
        for _ in range(3):
            assert hanging.acquire(timeout=60)
        target.send_signal(signal.SIGTERM)
        states, errors = target.communicate(timeout=20)
    assert target.returncode == 143
    assert states == b""
    assert b"Traceback" not in errors


def test_a_reader_that_has_gone_is_no_success(config: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "target.json"
    path.write_text(json.dumps(config))
    command = f"{sys.executable} -m target_responsys --config {path} > /dev/full"
    done = subprocess.run(
        ["bash", "-c", command],
        input=lines([PEOPLE]) + block(0),
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env=environment(),
        timeout=60,
    )
    assert done.returncode == 1
    assert b"RSYS-6010: The state could not be reported: No space left on device" in done.stderr
