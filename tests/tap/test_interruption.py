"""Runs that are cut off: nothing is lost, and the next run goes on inside the file."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.archives import packed
from support.exports import write_opens
from support.pgp import HAS_GPG, pair
from support.plugins import started

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterable, Iterator

    from support.openssh import SshServer
    from support.plugins import Run

ROWS = 24_000


def read_until(
    process: subprocess.Popen[str], rows: int, before: Iterable[int] = ()
) -> tuple[set[int], dict[str, Any]]:
    """Play a destination: take messages until so many rows have come, then stop listening."""
    assert process.stdout is not None
    seen = set(before)
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


def key_rings(pid: int) -> list[str]:
    """Return the key rings that gpg processes of a process work with."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    commands = [Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0") for child in children]
    return [words[words.index("--homedir") + 1] for words in commands if "--homedir" in words]


@pytest.fixture
def process(sshd: SshServer, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The tap, running over one export."""
    write_opens(sshd.files / "download", 3, range(ROWS))
    with started(tmp_path, {**sshd.config, "settle_seconds": 0}) as running:
        yield running


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


@pytest.mark.parametrize("suffixes", ["gz", "zip", "gpg", "zip.gpg", "gpg.zip"])
def test_a_killed_run_goes_on_inside_a_packed_file(
    suffixes: str, sshd: SshServer, tap: Callable[..., Run], tmp_path: Path
) -> None:
    settings: dict[str, Any] = {}
    if "gpg" in suffixes:
        if not HAS_GPG:
            pytest.skip("gpg is not installed")
        settings["pgp_private_key"] = pair("customer").private.decode()
    path = write_opens(sshd.files / "download", 3, range(ROWS))
    path.with_name(f"{path.stem}.{suffixes}").write_bytes(packed(path.read_bytes(), suffixes))
    path.unlink()
    with started(tmp_path, {**sshd.config, "settle_seconds": 0, **settings}) as running:
        first, _ = read_until(running, 10)
        rings = key_rings(running.pid)
        assert bool(rings) == ("gpg" in suffixes)
        seen, state = read_until(running, 13_000, first)
        running.terminate()
        _, stderr = running.communicate()
        assert running.returncode == 143
        assert "Traceback" not in stderr
    assert not [ring for ring in rings if Path(ring).exists()]
    assert covered(state) == 10_000
    rest = tap(state=state, settings=settings)
    assert rest.exit_code == 0, rest.errors
    again = [record["_sdc_source_lineno"] for record in rest.records["open"]]
    assert again == list(range(10_002, ROWS + 2))
    assert seen | set(again) == set(range(2, ROWS + 2))
    assert tap(state=rest.state, settings=settings).records == {}


def test_a_reader_that_goes_away_ends_the_run_quietly(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    read_until(process, 10)
    process.stdout.close()
    stderr = process.stderr.read()
    assert process.wait() == 1
    assert "ERROR" not in stderr
    assert "Traceback" not in stderr
