"""Machines that are short of something, or set up in an odd way; clocks that jump; several runs at once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from support.clockjump import COMPILER, jumping_clock
from support.delivery import FOLDER, lines, record, run_target, schema, state
from support.exports import write_opens
from support.pgp import needs_gpg, pair
from support.plugins import Run, environment, started
from support.smalldisk import small_disk

if TYPE_CHECKING:
    from pathlib import Path

    from support.openssh import SshServer

    from responsys_sandbox.sandbox import Sandbox

ROWS = 3_000
PEOPLE = schema("people", email="string", score="integer")
# Names without dates and without campaigns: a run that is repeated writes the same.
FILES = {"delivery": "sftp", "table_name": "People", "date_suffix": False}


def people(count: int) -> bytes:
    rows = [record("people", email=f"p{number}@example.com", score=number) for number in range(count)]
    return lines([PEOPLE, *rows, state(at=count)])


def run(
    module: str,
    config: dict[str, Any],
    tmp_path: Path,
    data: bytes = b"",
    *,
    before: str = "",
    python: tuple[str, ...] = (),
    stderr: str = "",
    **variables: str,
) -> Run:
    """Run a plugin out of a shell that has set something up before."""
    path = tmp_path / f"{module}.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    # Whoever runs the tests may have it set, and it changes what becomes of lines that cannot be written.
    variables = {"PYTHONUNBUFFERED": "", **variables}
    command = [sys.executable, *python, "-m", module, "--config", str(path)]
    shell = f'{before}\nexec "$@" {stderr}'
    done = subprocess.run(
        ["bash", "-c", shell, "bash", *command],
        input=data, capture_output=True, check=False, cwd=tmp_path, env=environment(**variables), timeout=100,
    )  # fmt: skip
    output = done.stdout.decode()
    messages = [json.loads(line) for line in output.splitlines()]
    return Run(done.returncode, output, done.stderr.decode(), messages)


def assert_one_line(done: Run, *codes: str) -> None:
    assert done.exit_code not in (0, -signal.SIGKILL), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert len(done.errors) == 1, done.stderr
    assert done.errors[0].startswith(codes), done.errors


@pytest.fixture
def exports(sshd: SshServer) -> dict[str, Any]:
    """The tap's settings for a server with one export."""
    write_opens(sshd.files / "download", 3, range(ROWS))
    return {**sshd.config, "settle_seconds": 0, "streams": ["open"]}


def riids(done: Run) -> list[int]:
    return [row["RIID"] for row in done.records.get("open", [])]


def stored(sandbox: Sandbox) -> int:
    return len(sandbox.store.rows(FOLDER, "people")) if sandbox.store.table(FOLDER, "people") else 0


def uploads(sandbox: Sandbox) -> list[str]:
    return sorted(path.name for path in (sandbox.files / "upload").iterdir())


def test_a_temporary_folder_that_takes_nothing_more_is_one_line(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    with small_disk(tmp_path / "small") as small:
        done = run("target_responsys", {**config, **FILES}, tmp_path, people(20_000), TMPDIR=str(small))
        assert_one_line(done, "RSYS-5202: The temporary folder")
        assert not list(small.iterdir())
    assert done.stdout == ""
    assert uploads(sandbox) == []


@pytest.mark.parametrize("options", ["size=1m,nr_inodes=1", "size=64k,ro"])
def test_a_temporary_folder_that_takes_no_file_is_none(
    options: str, sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    """Python looks for the next one that does."""
    with small_disk(tmp_path / "small", options) as small:
        done = run("target_responsys", {**config, **FILES}, tmp_path, people(20_000), TMPDIR=str(small))
    assert (done.exit_code, done.messages, uploads(sandbox)) == (0, [{"at": 20_000}], ["People.csv"])


def test_a_run_that_is_killed_leaves_no_temporary_file(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    path = tmp_path / "own.json"
    path.write_text(json.dumps({**config, **FILES}), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "target_responsys", "--config", str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(TMPDIR=str(spool)), cwd=tmp_path,
    ) as target:  # fmt: skip
        assert target.stdin is not None
        assert target.stderr is not None
        # Until it says something of the stream, it has not begun to write.
        target.stdin.write(people(60_000)[:-20])
        target.stdin.flush()
        target.kill()
        target.communicate()
    assert target.returncode == -signal.SIGKILL
    assert list(spool.iterdir()) == []
    assert uploads(sandbox) == []


@pytest.mark.parametrize("what", ["rejects_file", "receipt_file", "mirror_state_file"])
def test_a_file_that_the_disk_has_no_room_for_fails_the_run(
    what: str, config: dict[str, Any], tmp_path: Path
) -> None:
    with small_disk(tmp_path / "small", "size=4k,nr_inodes=2") as small:
        (small / "full").write_bytes(bytes(4_096))
        config |= {what: str(small / "file")}
        if what == "mirror_state_file":
            config["load_method"] = "mirror"
        bad = [record("people", email=None, score=number) for number in range(50)]
        data = lines([PEOPLE, *bad, state(at=1)]) if what == "rejects_file" else people(10)
        done = run("target_responsys", {**config, "max_rejected_rows": 1_000}, tmp_path, data)
    assert_one_line(done, "RSYS-1008", "RSYS-5", "RSYS-1")
    if what == "rejects_file":
        assert done.stdout == ""


def test_a_log_that_cannot_be_written_stops_no_run(
    exports: dict[str, Any], sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    read = run("tap_responsys", exports, tmp_path, stderr="2>/dev/full")
    assert (read.exit_code, riids(read)) == (0, list(range(ROWS)))
    sent = run("target_responsys", config, tmp_path, people(50), stderr="2>/dev/full")
    assert (sent.exit_code, sent.messages, stored(sandbox)) == (0, [{"at": 50}], 50)


@pytest.mark.parametrize(
    ("limit", "recovers"),
    [
        ("ulimit -n 32", True),
        ("ulimit -f 0", True),
        ("ulimit -v 250000", True),
        ("ulimit -v 95000", False),
        ("ulimit -v 85000", False),
        ("ulimit -n 4", False),
    ],
)
def test_limits_of_the_process_end_a_tap_in_one_line_or_not_at_all(
    limit: str, recovers: bool, exports: dict[str, Any], tmp_path: Path
) -> None:
    done = run("tap_responsys", exports, tmp_path, before=limit, PYTHONDONTWRITEBYTECODE="1")
    if recovers:
        assert (done.exit_code, riids(done)) == (0, list(range(ROWS))), done.stderr
    else:
        assert done.exit_code != 0
        assert not done.state.get("bookmarks", {}).get("open", {}).get("files")


@pytest.mark.parametrize("limit", ["ulimit -n 32", "ulimit -f 1"])
def test_limits_of_the_process_leave_no_half_delivery(
    limit: str, sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    variables: dict[str, Any] = {"PYTHONDONTWRITEBYTECODE": "1"}
    done = run("target_responsys", {**config, **FILES}, tmp_path, people(5_000), before=limit, **variables)
    if done.exit_code == 0:
        assert (done.messages, uploads(sandbox)) == ([{"at": 5_000}], ["People.csv"])
    else:
        assert_one_line(done, "RSYS-5202")
        assert (done.stdout, uploads(sandbox)) == ("", [])


def test_a_process_that_may_start_no_thread_says_so(
    exports: dict[str, Any], sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    """A limit of threads does not hold for root; where no stack has room, none starts either."""
    no_room = "ulimit -s 4000000\nulimit -v 3000000"
    read = run("tap_responsys", exports, tmp_path, before=no_room)
    assert_one_line(read, "RSYS-9002")
    assert not read.messages
    sent = run("target_responsys", config, tmp_path, people(5), before=no_room)
    assert_one_line(sent, "RSYS-9002")
    assert (sent.messages, stored(sandbox)) == ([], 0)


@needs_gpg
def test_too_few_files_for_gpg_is_one_line(sandbox: Sandbox, config: dict[str, Any], tmp_path: Path) -> None:
    keys = {"encryption": "pgp", "pgp_public_key": pair("responsys").public.decode()}
    done = run("target_responsys", {**config, **FILES, **keys}, tmp_path, people(100), before="ulimit -n 12")
    assert "Traceback" not in done.stderr
    assert (done.exit_code == 0) == bool(uploads(sandbox))
    assert bool(done.messages) == (done.exit_code == 0)


@pytest.mark.skipif(COMPILER is None, reason="no C compiler here")
def test_a_clock_that_jumps_by_days_changes_nothing(
    exports: dict[str, Any], sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    jumping = jumping_clock(tmp_path)
    shown = subprocess.check_output(
        [sys.executable, "-c", "import time; print(len({round(time.time(), -4) for _ in range(200)}))"],
        env=environment(**jumping), text=True,
    )  # fmt: skip
    assert int(shown) >= 3
    read = run("tap_responsys", exports, tmp_path, **jumping)
    assert (read.exit_code, riids(read)) == (0, list(range(ROWS))), read.stderr
    sent = run("target_responsys", config, tmp_path, people(1_000), **jumping)
    assert (sent.exit_code, sent.messages, stored(sandbox)) == (0, [{"at": 1_000}], 1_000), sent.stderr
    logins = [call for call in sandbox.store.requests() if call.path.endswith("/auth/token")]
    assert len(logins) == 1


def test_a_tap_that_was_stopped_for_a_while_goes_on(sshd: SshServer, tmp_path: Path) -> None:
    """The server has dropped the session meanwhile, as it does after minutes."""
    write_opens(sshd.files / "download", 3, range(60_000))
    with started(tmp_path, {**sshd.config, "settle_seconds": 0}) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        rows = [json.loads(running.stdout.readline()) for _ in range(20)]
        running.send_signal(signal.SIGSTOP)
        sshd.cut_sessions()
        running.send_signal(signal.SIGCONT)
        rows += [json.loads(line) for line in running.stdout]
        stderr = running.stderr.read()
    assert running.returncode == 0, stderr
    found = [row["record"]["_sdc_source_lineno"] for row in rows if row["type"] == "RECORD"]
    assert found == list(range(2, 60_002))


def test_two_runs_at_once_deliver_what_one_does(
    exports: dict[str, Any], sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(2) as pool:
        taps = list(pool.map(lambda folder: run("tap_responsys", exports, folder), folders))
        targets = list(pool.map(lambda folder: run_target(folder, config, people(500)), folders))
    assert [(done.exit_code, riids(done)) for done in taps] == [(0, list(range(ROWS)))] * 2
    # The same name twice: whichever creates the table, both find it.
    assert [done.exit_code for done in targets].count(0) >= 1, [done.stderr for done in targets]
    assert stored(sandbox) == 500
    for done in targets:
        assert done.exit_code == 0 or done.errors[0].startswith("RSYS-"), done.stderr


@pytest.mark.parametrize(
    "setup",
    [
        {"before": "umask 000"},
        {"before": "umask 077"},
        {"before": "unset HOME"},
        {"LC_ALL": "C", "LANG": "C"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"TZ": "Pacific/Apia"},
        {"TZ": "nowhere/at/all"},
        {"python": ("-O",)},
        {"python": ("-OO",)},
        {"python": ("-X", "dev")},
    ],
    ids=str,
)
def test_an_odd_machine_changes_nothing(
    setup: dict[str, Any], exports: dict[str, Any], sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    read = run("tap_responsys", exports, tmp_path, **setup)
    assert (read.exit_code, riids(read)) == (0, list(range(ROWS))), read.stderr
    assert read.records["open"][0]["EVENT_CAPTURED_DT"] == "2019-01-03T13:00:00+00:00"
    bad = lines(
        [PEOPLE, record("people", email="Zoë@example.com"), record("people", email=None), state(at=1)]
    )
    sent = run("target_responsys", {**config, "max_rejected_rows": 1}, tmp_path, bad, **setup)
    assert (sent.exit_code, sent.messages) == (0, [{"at": 1}]), sent.stderr
    assert [row["EMAIL"] for row in sandbox.store.rows(FOLDER, "people")] == ["Zoë@example.com"]
    rejects = sandbox.folder / "rejects.jsonl"
    assert rejects.stat().st_mode & 0o777 == 0o600


def test_a_working_directory_that_cannot_be_written_is_enough(
    exports: dict[str, Any], sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    with small_disk(tmp_path / "small", "size=64k,ro") as small:
        before = f"cd {small}"
        assert riids(run("tap_responsys", exports, tmp_path, before=before)) == list(range(ROWS))
        sent = run("target_responsys", config, tmp_path, people(5), before=before)
        assert (sent.exit_code, stored(sandbox)) == (0, 5)
