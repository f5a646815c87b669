"""Targets that are killed at random, again and again: what they have reported stands in the table."""

from __future__ import annotations

import itertools
import json
import random
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, lines, record, schema, state
from support.plugins import environment

if TYPE_CHECKING:
    from pathlib import Path

    from responsys_sandbox.sandbox import Sandbox

PROGRAM = "import target_responsys.target as t; t.CHECKPOINT_LINES = 40; t.main()"
PEOPLE = schema("people", email="string", score="integer")
ROWS = 2_000


def messages(start: int) -> bytes:
    """Return what a tap sends from a state on: rows with a state after every ten of them."""
    found: list[dict[str, Any]] = [PEOPLE]
    for number in range(start, ROWS):
        found.append(record("people", email=f"p{number % 700}@example.com", score=number))
        if number % 10 == 9:
            found.append(state(next=number + 1))
    return lines(found)


def scores(sandbox: Sandbox) -> dict[str, int]:
    if sandbox.store.table(FOLDER, "people") is None:
        return {}
    rows = sandbox.store.rows(FOLDER, "people")
    return {str(row["EMAIL"]): int(row["SCORE"] or -1) for row in rows}


def oracle(rows: int) -> dict[str, int]:
    return {f"p{number % 700}@example.com": number for number in range(rows)}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rows_that_a_state_covers_are_there_whenever_the_target_is_killed(
    seed: int, sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    chance = random.Random(seed)
    path = tmp_path / "own.json"
    path.write_text(json.dumps({**config, "batch_size_rows": 20}), encoding="utf-8")
    begin = kills = 0
    while begin < ROWS:
        states_before_the_kill = chance.randrange(1, 9) if kills < 4 else ROWS
        source = tmp_path / "input"
        source.write_bytes(messages(begin))
        with source.open("rb") as stdin, subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "--config", str(path)],
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(), cwd=tmp_path,
        ) as target:  # fmt: skip
            assert target.stdout is not None
            for line in itertools.islice(target.stdout, states_before_the_kill):
                begin = json.loads(line)["next"]
            if kills < 4:
                target.send_signal(chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
                kills += 1
            rest = target.stdout.read()
        for line in rest.splitlines():
            begin = json.loads(line)["next"]
        there = scores(sandbox)
        # A row may be newer than its state says, and is sent again; none is older.
        assert all(there.get(email, -1) >= score for email, score in oracle(begin).items())
    assert kills == 4
    assert scores(sandbox) == oracle(ROWS)
