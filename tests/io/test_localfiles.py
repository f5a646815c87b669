from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from responsys_io.errors import SettingsError, TransientError
from responsys_io.files import FileUnavailableError, RemoteFile
from responsys_io.localfiles import LocalFiles


def test_regular_files_and_folders_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.txt").write_bytes(b"12345")
    os.utime(tmp_path / "a.txt", (1_600_000_000.9, 1_600_000_000.9))
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "a.txt")
    (tmp_path / "nowhere.txt").symlink_to(tmp_path / "none")
    (tmp_path / "out").symlink_to("/")
    os.mkfifo(tmp_path / "fifo.txt")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff.txt")).touch()
    files = LocalFiles()
    for _ in range(2):
        listing = files.scan(str(tmp_path))
    assert listing.files == [RemoteFile(f"{tmp_path}/a.txt", 5, 1_600_000_000)]
    assert listing.folders == ["folder.txt"]
    assert len(caplog.messages) == 1
    assert files.stat(f"{tmp_path}/a.txt") == listing.files[0]
    assert files.stat(f"{tmp_path}/none") is None
    with files.open(listing.files[0]) as opened:
        opened.seek(2)
        assert opened.read() == b"345"


@pytest.mark.parametrize("change", ["longer", "newer", "gone", "folder gone", "folder", "fifo"])
def test_a_file_that_is_not_what_was_listed_is_unavailable(change: str, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.txt"
    path.parent.mkdir()
    path.write_bytes(b"" if change == "fifo" else b"12345")
    files = LocalFiles()
    (file,) = files.scan(str(path.parent)).files
    if change == "gone":
        path.unlink()
    elif change == "folder gone":
        path.unlink()
        path.parent.rmdir()
        path.parent.touch()
        assert files.stat(file.path) is None
    elif change == "folder":
        path.unlink()
        path.mkdir()
    elif change == "fifo":
        path.unlink()
        os.mkfifo(path)
        os.utime(path, (file.mtime, file.mtime))
    elif change == "longer":
        path.write_bytes(b"123456")
    else:
        os.utime(path, (1, 1))
    with pytest.raises(FileUnavailableError, match="RSYS-2202" if "gone" in change else "RSYS-2201"):
        files.open(file)


def test_a_folder_that_is_none_is_a_settings_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in ("none", "file"):
        with pytest.raises(SettingsError, match="RSYS-2101"):
            LocalFiles().scan(str(tmp_path / folder))


def test_what_the_disk_refuses_is_named(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    files, loop = LocalFiles(), str(tmp_path / "loop")
    for action in (
        lambda: files.scan(loop),
        lambda: files.stat(loop),
        lambda: files.open(RemoteFile(loop, 1, 1)),
    ):
        with pytest.raises(TransientError, match="RSYS-2103: This machine cannot read .*loop"):
            action()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_without_permission_there_is_an_error_for_folders_and_one_for_files(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").touch()
    files = LocalFiles()
    (file,) = files.scan(str(folder)).files
    (folder / "a.txt").chmod(0)
    with pytest.raises(FileUnavailableError, match="RSYS-2203"):
        files.open(file)
    folder.chmod(0)
    try:
        for action in (lambda: files.scan(str(folder)), lambda: files.stat(file.path)):
            with pytest.raises(SettingsError, match="RSYS-2102"):
                action()
    finally:
        folder.chmod(0o700)


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no file system here holds such times")  # noqa: S108
def test_times_that_no_calendar_reaches_count_as_none() -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        times_that_no_calendar_reaches(Path(folder))


def times_that_no_calendar_reaches(folder: Path) -> None:
    for name, mtime in (("late.csv", 253_402_300_800), ("early.csv", -5), ("last.csv", 253_402_300_799)):
        path = folder / name
        path.touch()
        os.utime(path, (mtime, mtime))
        assert path.stat().st_mtime == mtime
    found = {file.name: file for file in LocalFiles().scan(str(folder)).files}
    assert {name: file.mtime for name, file in found.items()} == {
        "late.csv": 0,
        "early.csv": 0,
        "last.csv": 253_402_300_799,
    }
    with LocalFiles().open(found["late.csv"]) as opened:
        assert opened.read() == b""
