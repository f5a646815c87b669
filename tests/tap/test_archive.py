"""The archive of raw files, replays from it, and files that leave the folder once they are read."""

from __future__ import annotations

import gzip
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from support.exports import OPEN_HEADER, delimited, open_row, write, write_contacts, write_opens
from support.smalldisk import small_disk

from responsys_io.errors import DataError
from tap_responsys.tap import TapResponsys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.openssh import SshServer
    from support.plugins import Run

    Tap = Callable[..., Run]

READY = {"ready_extension": "ready"}


def riids(run: Run, stream: str = "open") -> list[int]:
    return [record["RIID"] for record in run.records.get(stream, [])]


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), int(path.stat().st_mtime))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def without_times(run: Run) -> list[Any]:
    return [
        {key: value for key, value in message.items() if key != "time_extracted"}
        for message in run.messages
        if message["type"] == "RECORD"
    ]


@pytest.fixture
def exports(download: Path) -> Path:
    """A few days of exports, one packed, one with rows that do not fit, with ready files."""
    for day in (3, 4):
        write_opens(download, day, [day, day + 100])
        (download / f"1234_OPEN_201901{day:02}_060500.ready").write_text("2\n", encoding="ascii")
    packed = download / "1234_OPEN_20190105_060500.txt.gz"
    packed.write_bytes(gzip.compress(delimited([OPEN_HEADER, open_row(5), ["x"]])))
    os.utime(packed, (1_546_600_000, 1_546_600_000))
    (download / "1234_OPEN_20190105_060500.ready").write_text("2\n", encoding="ascii")
    write_contacts(download, "CONTACT_LIST_20190103.csv", [(1, "I", "2019-01-03 01:00:00")])
    (download / "CONTACT_LIST_20190103.csv.ready").write_text("1\n", encoding="ascii")
    return download


@pytest.fixture(params=["local", "remote"])
def archive(request: pytest.FixtureRequest, sshd: SshServer, tmp_path: Path) -> tuple[str, Path]:
    """The setting archive_path, and the folder that it means."""
    if request.param == "local":
        return str(tmp_path / "kept" / "raw"), tmp_path / "kept" / "raw"
    return "sftp:archive/raw", sshd.files / "archive" / "raw"


def test_a_replay_from_the_archive_gives_the_same_records(
    archive: tuple[str, Path], tap: Tap, exports: Path
) -> None:
    before = tree(exports)
    first = tap(settings={**READY, "archive_path": archive[0]})
    assert first.exit_code == 0
    assert tree(exports) == tree(archive[1]) == before
    server = dict.fromkeys(("host", "username", "private_key_file", "host_key_fingerprint"))
    replay = tap(settings={**server, **READY, "path": f"file:{archive[1]}"})
    assert replay.exit_code == 0, replay.stderr
    assert without_times(replay) == without_times(first)
    assert replay.state["bookmarks"]["open"]["files"] == first.state["bookmarks"]["open"]["files"]
    assert tree(archive[1]) == before


def test_only_what_is_read_is_kept_and_nothing_twice(
    archive: tuple[str, Path], tap: Tap, exports: Path
) -> None:
    settings = {**READY, "archive_path": archive[0]}
    (exports / "1234_OPEN_20190104_060500.ready").unlink()
    first = tap(settings=settings)
    assert "1234_OPEN_20190104_060500.txt" not in tree(archive[1])
    kept = archive[1] / "1234_OPEN_20190103_060500.txt"
    inode = kept.stat().st_ino
    assert tap(settings=settings).exit_code == 0
    assert kept.stat().st_ino == inode
    assert tap("--discover", settings=settings, state=first.state).exit_code == 0


def test_another_content_of_the_same_name_is_put_aside_and_not_replayed(
    archive: tuple[str, Path], tap: Tap, download: Path
) -> None:
    write_opens(download, 3, [1])
    old = tree(download)["1234_OPEN_20190103_060500.txt"]
    tap(settings={"archive_path": archive[0]})
    write_opens(download, 3, [1, 2])
    tap(settings={"archive_path": archive[0]})
    kept = tree(archive[1])
    assert kept[f"replaced/1234_OPEN_20190103_060500.txt.{old[1]}"] == old
    assert riids(tap(settings={"path": f"file:{archive[1]}"})) == [1, 2]


def test_files_of_one_name_in_several_folders_are_kept_apart(
    tap: Tap, download: Path, tmp_path: Path
) -> None:
    for folder, rows in (("us", 1), ("eu", 2)):
        (download / folder).mkdir()
        people = [(riid + 10 * rows, "I", "2019-01-03 01:00:00") for riid in range(rows)]
        write_contacts(download / folder, "CONTACT_LIST.csv", people)
    kept = tmp_path / "kept"
    run = tap(settings={"path": "download/us, download/eu", "archive_path": str(kept)})
    assert sorted(row["RIID_"] for row in run.records["contacts"]) == [10, 20, 21]
    assert set(tree(kept)) == {"CONTACT_LIST.csv", "download/eu/CONTACT_LIST.csv"}


@pytest.mark.skipif(os.geteuid() != 0, reason="a file system of a few kilobytes can be mounted by root only")
def test_a_full_disk_is_one_clear_error_and_leaves_no_half_file(
    tap: Tap, download: Path, tmp_path: Path
) -> None:
    write_opens(download, 3, range(4_000))
    with small_disk(tmp_path / "small") as small:
        run = tap(settings={"archive_path": str(small)})
        assert run.exit_code == 1
        assert "RSYS-3501: 1234_OPEN_20190103_060500.txt cannot be kept" in run.errors[0]
        assert "No space left on device" in run.errors[0]
        assert tree(small) == {}
    assert run.records == {}


@pytest.mark.parametrize("mode", ["archive", "delete"])
def test_files_leave_the_folder_in_the_run_after_the_one_that_read_them(
    mode: str, tap: Tap, exports: Path, sshd: SshServer
) -> None:
    settings = {**READY, "after_read": mode}
    stranger = write(exports / "1234_SENT_20190103_060500.txt", [("RIID",), ("5",)])
    before = tree(exports)
    first = tap(settings=settings)
    assert tree(exports) == before
    write_opens(exports, 6, [6])
    (exports / "1234_OPEN_20190106_060500.ready").write_text("1\n", encoding="ascii")
    second = tap(settings=settings, state=first.state)
    assert (second.exit_code, riids(second)) == (0, [6])
    assert set(tree(exports)) == {
        "1234_OPEN_20190106_060500.txt", "1234_OPEN_20190106_060500.ready", stranger.name,
    }  # fmt: skip
    moved = tree(sshd.files / "archive")
    expected = {name: content for name, content in before.items() if name != stranger.name}
    assert moved == (expected if mode == "archive" else {})
    third = tap(settings=settings, state=second.state)
    assert set(tree(exports)) == {stranger.name}
    assert third.exit_code == 0


def test_files_of_this_machine_stay(tap: Tap, exports: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    write_opens(here, 9, [9])
    settings = {**READY, "after_read": "delete", "path": f"download, file:{here}"}
    (here / "1234_OPEN_20190109_060500.ready").touch()
    state = tap(settings=settings).state
    run = tap(settings=settings, state=state)
    assert run.exit_code == 0
    assert "Deleted download/1234_OPEN_20190103_060500.txt" in run.stderr
    assert "Deleted file:" not in run.stderr
    assert tree(exports) == {}
    assert set(tree(here)) == {"1234_OPEN_20190109_060500.txt", "1234_OPEN_20190109_060500.ready"}


@pytest.mark.usefixtures("exports")
def test_what_was_moved_is_not_read_again_where_path_has_the_archive_too(tap: Tap) -> None:
    settings = {**READY, "after_read": "archive", "path": "download, archive"}
    state = tap(settings=settings).state
    for _ in range(3):
        run = tap(settings=settings, state=state)
        assert (run.exit_code, run.records) == (0, {})
        assert "stays where it is" not in run.stderr
        state = run.state


def test_deleting_leaves_the_archive_alone_and_keeps_what_is_not_in_it_yet(
    tap: Tap, exports: Path, sshd: SshServer
) -> None:
    before = tree(exports)
    state = tap(settings=READY).state
    settings = {**READY, "path": "download, archive", "after_read": "delete", "archive_path": "sftp:archive"}
    for _ in range(2):
        run = tap(settings=settings, state=state)
        assert (run.exit_code, run.records) == (0, {})
        assert tree(exports) == {}
        assert tree(sshd.files / "archive") == before
        state = run.state


def test_streams_that_are_not_selected_and_files_that_changed_stay(tap: Tap, exports: Path) -> None:
    state = tap(settings=READY).state
    write_opens(exports, 4, [4, 104, 204])
    run = tap(settings={**READY, "after_read": "delete", "streams": ["open"]}, state=state)
    assert run.exit_code == 1  # three rows where the ready file still says two
    left = set(tree(exports))
    assert {"CONTACT_LIST_20190103.csv", "1234_OPEN_20190104_060500.txt"} <= left
    assert "1234_OPEN_20190103_060500.txt" not in left


def test_a_file_that_cannot_be_moved_stays_and_the_run_goes_on(
    tap: Tap, exports: Path, sshd: SshServer
) -> None:
    settings = {**READY, "after_read": "archive"}
    state = tap(settings=settings).state
    taken = sshd.files / "archive" / "1234_OPEN_20190103_060500.txt"
    taken.write_bytes(b"another file of that name")
    run = tap(settings=settings, state=state)
    assert run.exit_code == 0
    assert "1234_OPEN_20190103_060500.txt stays where it is: RSYS-2" in run.stderr
    assert taken.read_bytes() == b"another file of that name"
    assert (exports / "1234_OPEN_20190103_060500.txt").exists()


def test_a_file_that_vanishes_after_the_listing_keeps_no_other_file_waiting(
    sshd: SshServer, download: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for day in (3, 4, 5):
        write_opens(download, day, [day])
    # The tap lists the folder when it looks for custom columns.
    tap = TapResponsys(config={**sshd.config, "settle_seconds": 0, "streams": ["open"]})
    (download / "1234_OPEN_20190104_060500.txt").unlink()
    with tap.folder:
        tap.sync_all()
    messages = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [m["record"]["RIID"] for m in messages if m["type"] == "RECORD"] == [3, 5]
    assert set(tap.state["bookmarks"]["open"]["files"]) == {
        "1234_OPEN_20190103_060500.txt",
        "1234_OPEN_20190105_060500.txt",
    }
    assert "RSYS-2202: download/1234_OPEN_20190104_060500.txt has gone" in caplog.text
    with pytest.raises(DataError, match="RSYS-3001: 1 streams could not be read to their end: open"):
        tap.raise_failures()
