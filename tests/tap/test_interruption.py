"""Runs that are cut off: nothing is lost, and the next run goes on inside the file."""

from __future__ import annotations

import base64
import json
import os
import random
import select
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.archives import packed
from support.exports import OPEN_HEADER, open_row, write, write_opens
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


def children(pid: int) -> dict[int, list[str]]:
    """Return the commands of a process's children."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return {int(child): Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0") for child in found}


def ends(pid: int) -> bool:
    """Tell whether a process, no child of this one, has ended or does so within ten seconds."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 10)[0])
    finally:
        os.close(process)


def key_rings(pid: int) -> list[str]:
    """Return the key rings that gpg processes of a process work with."""
    return [words[words.index("--homedir") + 1] for words in children(pid).values() if "--homedir" in words]


def writers(pid: int) -> list[int]:
    """Return the processes that write the records of a tap."""
    return [child for child, words in children(pid).items() if "tap_responsys.lineworker" in words]


def write_many_opens(folder: Path, day: int) -> Path:
    """Write an export that is worth a process of its own, also when it is packed."""
    noise = random.Random(7)
    rows = [[*open_row(riid), base64.b64encode(noise.randbytes(450)).decode()] for riid in range(ROWS)]
    path = folder / f"1234_OPEN_201901{day:02}_060500.txt"
    return write(path, [[*OPEN_HEADER, "NOTE"], *rows], 1_546_500_000 + day * 86_400)


@pytest.fixture(params=["small", "large"])
def process(
    request: pytest.FixtureRequest, sshd: SshServer, tmp_path: Path
) -> Iterator[subprocess.Popen[str]]:
    """The tap, running over one export; over a large one with a process that writes its records."""
    folder = sshd.files / "download"
    if request.param == "large":
        write_many_opens(folder, 3)
    else:
        write_opens(folder, 3, range(ROWS))
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
    beside = writers(process.pid)
    process.send_signal(number)
    _, stderr = process.communicate()
    assert process.returncode == exit_code
    assert all(map(ends, beside))
    assert "Traceback" not in stderr
    assert covered(state) == 10_000
    rest = tap(state=state)
    assert rest.exit_code == 0
    again = [record["_sdc_source_lineno"] for record in rest.records["open"]]
    assert again == list(range(10_002, ROWS + 2))
    assert seen | set(again) == set(range(2, ROWS + 2))
    assert tap(state=rest.state).records == {}


@pytest.mark.parametrize("settings", [{}, {"flattening_enabled": True, "flattening_max_depth": 1}])
def test_a_file_is_read_on_at_its_row_in_blocks_and_record_by_record(
    settings: dict[str, Any], sshd: SshServer, tap: Callable[..., Run]
) -> None:
    path = write_opens(sshd.files / "download", 3, range(20))
    status = path.stat()
    begun = [path.name, status.st_size, int(status.st_mtime), 12]
    state = {"bookmarks": {"open": {"ledger_version": 2, "files": {}, "open": begun}}}
    run = tap(state=state, settings=settings)
    assert [record["_sdc_source_lineno"] for record in run.records["open"]] == list(range(14, 22))
    assert run.state["bookmarks"]["open"]["files"][path.name][2] == 20


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


def test_a_signal_to_the_writing_process_alone_ends_nothing(sshd: SshServer, tmp_path: Path) -> None:
    write_many_opens(sshd.files / "download", 3)
    with started(tmp_path, {**sshd.config, "settle_seconds": 0}) as running:
        seen, _ = read_until(running, 10)
        (writer,) = writers(running.pid)
        os.kill(writer, signal.SIGTERM)
        seen, state = read_until(running, ROWS + 1, seen)
        running.communicate()
    assert running.returncode == 0
    assert len(seen) == covered(state) == ROWS


def test_a_writing_process_that_was_killed_ends_the_run(
    sshd: SshServer, tap: Callable[..., Run], tmp_path: Path
) -> None:
    write_many_opens(sshd.files / "download", 3)
    with started(tmp_path, {**sshd.config, "settle_seconds": 0}) as running:
        seen, state = read_until(running, 13_000)
        (writer,) = writers(running.pid)
        os.kill(writer, signal.SIGKILL)
        _, stderr = running.communicate()
    assert running.returncode not in (0, None)
    (error,) = [line for line in stderr.splitlines() if "ERROR" in line]
    assert "RSYS-3112: The process that writes records has ended, exit code -9." in error
    rest = tap(state=state)
    assert seen | {record["_sdc_source_lineno"] for record in rest.records["open"]} == set(range(2, ROWS + 2))


def test_a_large_export_that_breaks_off_leaves_whole_lines(sshd: SshServer, tap: Callable[..., Run]) -> None:
    path = write_many_opens(sshd.files / "download", 3)
    path.with_suffix(".gz").write_bytes(packed(path.read_bytes(), "gz")[:-100_000])
    path.unlink()
    write_opens(sshd.files / "download", 4, range(5))
    run = tap()  # which reads every line as JSON
    assert run.exit_code == 1
    assert run.errors[0].startswith("Stream open goes on without this file: RSYS-3201")
    lines = [record["_sdc_source_lineno"] for record in run.records["open"]]
    assert lines[-5:] == [2, 3, 4, 5, 6]
    assert lines[:-5] == list(range(2, len(lines) - 3))
    assert len(lines) > ROWS // 2
