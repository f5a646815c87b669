"""Exports that are written, replaced and taken away while the tap reads them, and names that are odd."""

from __future__ import annotations

import json
import os
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.exports import write_contacts, write_opens
from support.plugins import started

from responsys_io.fileserver import FileServer, FileServerLogin
from tap_responsys.folder import ExportFolder
from tap_responsys.kinds import export_kinds
from tap_responsys.listing import ExportNames
from tap_responsys.parse import Dialect
from tap_responsys.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.openssh import SshServer
    from support.plugins import Run

    Change = Callable[[Path], object]

ROWS = 12_000


def rewrite(path: Path) -> None:
    """Write other rows in the same size, a second later."""
    data = path.read_bytes().replace(b'"c1', b'"d1')
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, (path.stat().st_mtime + 1,) * 2)


def grow(path: Path) -> None:
    last = path.read_bytes().splitlines(keepends=True)[-1]
    with path.open("ab") as file:
        file.write(last)


def replace(path: Path) -> None:
    other = path.with_name("incoming.tmp")
    other.write_bytes(path.read_bytes().replace(b'"c1', b'"d1'))
    other.replace(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (lambda path: os.truncate(path, 300_000), ("RSYS-2201", "RSYS-3301")),
        (grow, ("RSYS-3301",)),
        (replace, ("RSYS-3301",)),
        (rewrite, ("RSYS-3301",)),
        (Path.unlink, ("RSYS-2202", "RSYS-3301")),
    ],
    ids=["truncated", "grown", "replaced", "rewritten", "deleted"],
)
def test_a_file_that_changes_under_its_reader_is_read_by_the_next_run(
    change: Change, codes: tuple[str, ...], sshd: SshServer, tap: Callable[..., Run], tmp_path: Path
) -> None:
    path = write_opens(sshd.files / "download", 3, range(ROWS))
    seen = 0
    with started(tmp_path, {**sshd.config, "settle_seconds": 0}) as running:
        assert running.stdout is not None
        messages = map(json.loads, running.stdout)
        while seen < 10:
            seen += next(messages)["type"] == "RECORD"
        change(path)
        states = [message["value"] for message in messages if message["type"] == "STATE"]
        assert running.stderr is not None
        stderr = running.stderr.read()
    assert running.returncode == 1
    assert "Traceback" not in stderr
    assert any(code in stderr for code in codes), stderr
    state = states[-1] if states else {}
    assert state.get("bookmarks", {}).get("open", {}).get("files", {}) == {}
    if path.exists():
        path.write_bytes(
            b"".join(line for line in path.read_bytes().splitlines(keepends=True) if line[-1:] == b"\n")
        )
        there = path.read_bytes().count(b"\n") - 1
        after = tap(state=state)
        assert after.exit_code == 0, after.errors
        lines = [record["_sdc_source_lineno"] for record in after.records["open"]]
        assert lines == list(range(2, there + 2))


def test_a_ready_file_that_is_older_than_its_export_says_nothing_of_a_longer_one(
    tap: Callable[..., Run], download: Path
) -> None:
    """The job wrote a ready file for yesterday's content; today's is under the same name."""
    write_opens(download, 3, [1, 2])
    ready = download / "1234_OPEN_20190103_060500.ready"
    ready.write_text("2\n", encoding="ascii")
    os.utime(ready, (1_546_500_000,) * 2)
    settings = {"ready_extension": "ready", "count_includes_header": False}
    first = tap(settings=settings)
    assert first.exit_code == 0
    write_opens(download, 3, [1, 2, 3])
    stale = tap(settings=settings, state=first.state)
    assert stale.exit_code == 1
    assert "RSYS-3302: 1234_OPEN_20190103_060500.txt has 3 rows and its job counted 2" in stale.errors[0]
    assert stale.state["bookmarks"]["open"]["files"]["1234_OPEN_20190103_060500.txt"][2] == 2
    ready.write_text("3\n", encoding="ascii")
    healed = tap(settings=settings, state=stale.state)
    assert healed.exit_code == 0
    assert healed.state["bookmarks"]["open"]["files"]["1234_OPEN_20190103_060500.txt"][2] == 3


@pytest.mark.parametrize(
    "name",
    [
        "-rf CONTACT_LIST.csv",
        "CONTACT_LIST; rm -r ~.csv",
        "CONTACT_LIST \N{SMILING FACE WITH SUNGLASSES}.csv",
        "CONTACT_LIST '\"$(id)`id`.csv",
    ],
)
def test_odd_names_are_names(name: str, tap: Callable[..., Run], download: Path) -> None:
    write_contacts(download, name, [(1, "I", "2019-01-03 01:00:00")])
    Path(os.fsdecode(os.fsencode(download) + b"/CONTACT_LIST\xff.csv")).touch()
    run = tap()
    assert (run.exit_code, run.errors) == (0, [])
    (record,) = run.records["contacts"]
    assert record["_sdc_source_file"] == name
    assert tap(state=run.state).records == {}


def test_a_name_with_a_line_break_writes_no_log_line_of_its_own(
    tap: Callable[..., Run], download: Path, tmp_path: Path
) -> None:
    for folder in (download, tmp_path):
        write_contacts(folder, "CONTACT_LIST\n| ERROR | x.csv", [(1, "I", "2019-01-03 01:00:00")])
    run = tap(settings={"path": ["download", f"file:{tmp_path}"]})
    assert (run.exit_code, run.records) == (0, {})
    assert not [line for line in run.stderr.splitlines() if line.startswith("| ERROR")]
    told = [line for line in run.stderr.splitlines() if "control characters" in line]
    assert len(told) == 2
    assert all("CONTACT_LIST\\n| ERROR | x.csv" in line for line in told)


def test_what_a_rewrite_of_the_same_size_and_second_hides_is_found_by_its_count(
    tap: Callable[..., Run], download: Path
) -> None:
    """Over SFTP nothing but its bytes tells: the declared limit of reading a file once."""
    path = write_opens(download, 3, [1, 2])
    first = tap()
    rewrite_unseen(path, b'"c1"', b'"x1"')
    second = tap(state=first.state)
    assert (second.exit_code, second.records) == (0, {})
    everything = tap()
    assert everything.records["open"][0]["CUSTOMER_ID"] == "x1"


def rewrite_unseen(path: Path, old: bytes, new: bytes) -> None:
    """Write other rows in the same size and second."""
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(old, new))
    os.utime(path, (before.st_mtime, before.st_mtime))
    assert path.stat().st_size == before.st_size


def test_a_rewrite_of_the_same_size_and_second_is_found_by_its_bytes(
    tap: Callable[..., Run], download: Path
) -> None:
    path = write_opens(download, 3, [1, 2])
    write_opens(download, 4, [5])
    verified = {"verify_days": 3}
    first = tap(settings=verified)
    assert tap(state=first.state, settings=verified).records == {}
    rewrite_unseen(path, b'"c1"', b'"x1"')
    second = tap(state=first.state, settings=verified)
    assert [record["CUSTOMER_ID"] for record in second.records["open"]] == ["x1", "c2"]
    assert f"{path.name} has other bytes than when it was read: it is read again" in second.stderr
    third = tap(state=second.state, settings=verified)
    assert (third.exit_code, third.records) == (0, {})
    assert tap(state=second.state).records == {}


@pytest.mark.parametrize(
    ("mode", "exit_code", "words"),
    [
        ("skip", 0, "it is passed over"),
        ("fail", 1, "RSYS-3304: 1234_OPEN_20190103_060500.txt has another size or time"),
    ],
)
def test_a_rewrite_that_only_its_bytes_tell_is_treated_as_any_changed_file(
    mode: str, exit_code: int, words: str, tap: Callable[..., Run], download: Path
) -> None:
    path = write_opens(download, 3, [1, 2])
    verified = {"verify_days": 1, "on_changed_file": mode}
    # Read before files were compared: the next run remembers their bytes.
    state = tap(state=tap().state, settings=verified).state
    rewrite_unseen(path, b'"c1"', b'"x1"')
    for _ in range(2):
        run = tap(state=state, settings=verified)
        assert (run.exit_code, run.records) == (exit_code, {})
        assert words in run.stderr
        if mode == "skip":
            assert tap(state=run.state, settings=verified).state == run.state
        state = run.state if mode == "fail" and run.state else state


def test_only_the_newest_days_are_compared(tap: Callable[..., Run], download: Path) -> None:
    paths = [write_opens(download, day, [day]) for day in range(1, 16)]
    verified = {"verify_days": 13}
    first = tap(settings=verified)
    assert len(first.state["bookmarks"]["open"]["digests"]) == 14
    for path in paths[:3]:
        rewrite_unseen(path, b'"c', b'"x')
    second = tap(state=first.state, settings=verified)
    assert [record["RIID"] for record in second.records["open"]] == [2, 3]
    assert "digests" not in tap(state=second.state).state["bookmarks"]["open"]


def listed(sshd: SshServer, most_bytes: int) -> dict[str, int]:
    """List the folder as the tap does, in so much memory; return the number of exports by stream."""
    names = ExportNames(tuple(export_kinds(contacts_pattern="*CONTACT_LIST*").values()))
    with FileServer(FileServerLogin.from_config(sshd.config)) as server:
        assert server.stat("nothing") is None
        folder = ExportFolder(Sources(server), ["download"], names, Dialect())
        tracemalloc.start()
        listing = folder.listing
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < most_bytes
    # The files that are of no interest tell how late it is on the server.
    assert listing.newest_mtime == max(
        int(entry.stat().st_mtime) for entry in (sshd.files / "download").iterdir()
    )
    return {stream: len(exports) for stream, exports in listing.exports.items()}


@pytest.mark.slow
def test_ten_thousand_exports_are_listed_in_ten_megabytes(sshd: SshServer, download: Path) -> None:
    stamps = (
        f"2019{n // 2000 + 1:02}{n // 100 % 20 + 1:02}_{n % 100 // 60:02}{n % 60:02}00" for n in range(10_000)
    )
    for stamp in stamps:
        (download / f"1234_OPEN_{stamp}.txt").touch()
    assert listed(sshd, most_bytes=10_000_000) == {"open": 10_000}


@pytest.mark.slow
def test_fifty_thousand_names_are_listed_and_only_exports_are_kept(
    sshd: SshServer, tap: Callable[..., Run], download: Path
) -> None:
    for number in range(50_000):
        os.close(os.open(download / f"something else {number:06}.log", os.O_CREAT | os.O_WRONLY))
    write_opens(download, 3, [1])
    assert listed(sshd, most_bytes=5_000_000) == {"open": 1}
    run = tap(settings={"streams": ["open"]})
    assert (run.exit_code, len(run.records["open"])) == (0, 1)


def test_links_that_lead_in_circles_are_passed_over(tap: Callable[..., Run], download: Path) -> None:
    write_opens(download, 3, [1])
    (download / "loop").symlink_to(download)
    (download / "1234_OPEN_20190104_060500.txt").symlink_to(download / "1234_OPEN_20190104_060500.txt")
    (download / "1234_OPEN_20190105_060500.txt").symlink_to("/etc/passwd")
    run = tap(settings={"path": ["download", "download/*"]})
    assert (run.exit_code, len(run.records["open"])) == (0, 1), run.errors
