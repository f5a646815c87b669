"""Runs that are cut off: nothing is lost, and the next run goes on inside the file."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support.exports import write_opens
from support.plugins import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.openssh import SshServer
    from support.plugins import Run

ROWS = 24_000


def read_until(process: subprocess.Popen[str], rows: int) -> tuple[set[int], dict[str, Any]]:
    """Play a destination: take messages until so many rows have come, then stop listening."""
    assert process.stdout is not None
    seen: set[int] = set()
    state: dict[str, Any] = {}
    for line in process.stdout:
        message = json.loads(line)
        if message["type"] == "RECORD":
            seen.add(message["record"]["_sdc_source_lineno"])
        elif message["type"] == "STATE":
            state = message["value"]
            assert len(seen) >= covered(state), "state runs ahead of the rows"
        if len(seen) >= rows:
            break
    return seen, state


def covered(state: dict[str, Any]) -> int:
    """Return how many rows of the file a state says have been read."""
    bookmark = state.get("bookmarks", {}).get("open", {})
    return (
        int(bookmark["open"][3])
        if "open" in bookmark
        else sum(e[2] for e in bookmark.get("files", {}).values())
    )


@pytest.fixture
def process(sshd: SshServer, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The tap, running."""
    config = tmp_path / "own.json"
    config.write_text(json.dumps({**sshd.config, "settle_seconds": 0}), encoding="utf-8")
    write_opens(sshd.files / "download", 3, range(ROWS))
    with subprocess.Popen(
        [sys.executable, "-m", "tap_responsys", "--config", str(config)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    ) as running:  # fmt: skip
        yield running
        running.kill()


@pytest.mark.parametrize(
    ("number", "exit_code"),
    [
        (signal.SIGTERM, 143),
        (signal.SIGINT, 130),
        (signal.SIGKILL, -9),
    ],
)
def test_a_killed_run_loses_nothing_and_goes_on_inside_the_file(
    number: signal.Signals, exit_code: int, process: subprocess.Popen[str], tap: Callable[..., Run]
) -> None:
    seen, state = read_until(process, 13_000)
    process.send_signal(number)
    _, stderr = process.communicate()
    assert process.returncode == exit_code
    assert "Traceback" not in stderr
    assert covered(state) == 10_000
    rest = tap(state=state)
    assert rest.exit_code == 0
    again = [record["_sdc_source_lineno"] for record in rest.records["open"]]
    assert again == list(range(10_002, ROWS + 2))
    assert seen | set(again) == set(range(2, ROWS + 2))
    assert tap(state=rest.state).records == {}


def test_a_reader_that_goes_away_ends_the_run_quietly(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    read_until(process, 10)
    process.stdout.close()
    stderr = process.stderr.read()
    assert process.wait() == 1
    assert "ERROR" not in stderr
    assert "Traceback" not in stderr
