"""Uploads over real servers: resumed, compared, published in one step, nothing left of those that fail."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import random
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.openssh import SSHD, openssh_server

from responsys_io import intervals
from responsys_io.errors import DataError, SettingsError, TransientError
from responsys_io.fileserver import FileServer, FileServerLogin
from responsys_io.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.openssh import SshServer

IMPATIENT = Retry(limit=3, sleep=lambda _: None)
PATH = "upload/audience.csv"
CONTENT = random.Random(6).randbytes(5_000_003)


def connect(sshd: SshServer) -> FileServer:
    return FileServer(FileServerLogin.from_config(sshd.config), retry=IMPATIENT)


@pytest.fixture
def server(sshd: SshServer) -> Iterator[FileServer]:
    with connect(sshd) as session:
        yield session


def folder(sshd: SshServer) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (sshd.files / "upload").iterdir()}


class Watched(io.BytesIO):
    """Does something when reading has come to a position for sending, and notes where sending begins."""

    def __init__(self, content: bytes, at: int = 0, then: Callable[[], None] = lambda: None) -> None:
        super().__init__(content)
        self.at, self.then, self.done = at, then, not at
        self.digested = False
        self.begins: list[int] = []

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.begins.append(offset)
        return super().seek(offset, whence)

    def read(self, size: int | None = -1, /) -> bytes:
        if self.digested and not self.done and self.tell() > self.at:
            self.done = True
            self.then()
        block = super().read(size)
        self.digested = self.digested or not block
        return block


@pytest.mark.parametrize("verify", ["size", "content"])
def test_a_file_appears_complete_and_its_checksum_is_told(
    verify: str, sshd: SshServer, server: FileServer
) -> None:
    (sshd.files / PATH).write_bytes(b"yesterday")
    done = server.upload(io.BytesIO(CONTENT), PATH, verify=verify)  # type: ignore[arg-type]  # one of both
    assert (done.size, done.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    assert folder(sshd) == {"audience.csv": CONTENT}


def test_a_long_upload_tells_how_far_it_is(
    server: FileServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intervals, "_EVERY_SECONDS", 0.0)
    with caplog.at_level("INFO", logger="responsys_io"):
        server.upload(io.BytesIO(CONTENT), PATH)
    told = [line for line in caplog.messages if line.startswith(PATH)]
    assert told[-1].startswith(f"{PATH}: 5 of 5 MB sent, ")
    assert told[-1].endswith(", about 0 s left")


def test_an_empty_file_is_a_file(sshd: SshServer, server: FileServer) -> None:
    assert server.upload(io.BytesIO(b""), PATH, verify="content").size == 0
    assert folder(sshd) == {"audience.csv": b""}


def test_goes_on_where_the_servers_copy_ends(sshd: SshServer, server: FileServer) -> None:
    def cut() -> None:
        assert "audience.csv" not in folder(sshd)
        sshd.cut_sessions()

    source = Watched(CONTENT, 3_000_000, cut)
    server.upload(source, PATH, verify="content")
    assert folder(sshd) == {"audience.csv": CONTENT}
    again = source.begins[3]
    assert 0 < again < len(CONTENT), "sending began anew in the middle"


def test_a_copy_that_ends_in_other_bytes_is_sent_anew(sshd: SshServer, server: FileServer) -> None:
    def cut_and_spoil() -> None:
        sshd.cut_sessions()
        # Another file of the name: what the server has still in hand goes to the one that it has open.
        part = sshd.files / f"{PATH}.part"
        part.unlink()
        part.write_bytes(b"x" * 1_000_000)

    source = Watched(CONTENT, 3_000_000, cut_and_spoil)
    server.upload(source, PATH, verify="content")
    assert folder(sshd) == {"audience.csv": CONTENT}
    assert source.begins[3] == 0


def test_what_a_killed_run_has_left_is_no_part_of_another_file(sshd: SshServer, server: FileServer) -> None:
    (sshd.files / f"{PATH}.part").write_bytes(b"x" * 6_000_000)
    server.upload(io.BytesIO(CONTENT), PATH)
    assert folder(sshd) == {"audience.csv": CONTENT}


@pytest.mark.parametrize(
    ("verify", "place", "code"),
    [("size", len(CONTENT) - 5, "RSYS-2303"), ("content", 1_000, "RSYS-2303"), ("size", None, "RSYS-2301")],
)
def test_bytes_that_changed_on_the_way_are_never_published(
    verify: str, place: int | None, code: str, sshd: SshServer, server: FileServer
) -> None:
    """The file is changed after its last byte was sent, before it is compared."""

    def spoil() -> None:
        with (sshd.files / f"{PATH}.part").open("r+b") as file:
            if place is None:
                file.truncate(len(CONTENT) - 1)
            else:
                file.seek(place)
                file.write(b"?")

    (sshd.files / PATH).write_bytes(b"yesterday")
    with pytest.raises(TransientError, match=code), spoiling(server, spoil):
        server.upload(io.BytesIO(CONTENT), PATH, verify=verify)  # type: ignore[arg-type]  # one of both
    assert folder(sshd) == {"audience.csv": b"yesterday"}


@contextlib.contextmanager
def spoiling(server: FileServer, spoil: Callable[[], None]) -> Iterator[None]:
    """Run something between the upload's steps of sending and of comparing."""
    call, count = server._call, 0

    def counted(action: object, where: str) -> object:
        nonlocal count
        count += 1
        if count == 2:
            spoil()
        return call(action, where)  # type: ignore[arg-type]  # passed on

    server._call = counted  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        server._call = call  # type: ignore[method-assign]


def test_a_taken_name_is_refused_on_request(sshd: SshServer, server: FileServer) -> None:
    server.upload(io.BytesIO(b"first"), PATH, replace=False)
    with pytest.raises(DataError, match="RSYS-2302: There is a file upload/audience.csv already"):
        server.upload(io.BytesIO(b"second"), PATH, replace=False)
    assert folder(sshd) == {"audience.csv": b"first"}


def test_a_name_that_is_taken_meanwhile_is_refused_too(sshd: SshServer, server: FileServer) -> None:
    def take() -> None:
        (sshd.files / PATH).write_bytes(b"theirs")

    source = Watched(CONTENT, 1, take)
    with pytest.raises(DataError, match="RSYS-2302"):
        server.upload(source, PATH, replace=False)
    assert folder(sshd) == {"audience.csv": b"theirs"}


def test_a_rename_that_is_refused_leaves_nothing_behind(sshd: SshServer, server: FileServer) -> None:
    (sshd.files / PATH).mkdir()
    (sshd.files / PATH / "something").write_bytes(b"")
    with pytest.raises(TransientError, match="RSYS-2103: .* refused file upload/audience.csv"):
        server.upload(io.BytesIO(b"data"), PATH)
    assert [path.name for path in (sshd.files / "upload").iterdir()] == ["audience.csv"]
    assert (sshd.files / PATH / "something").exists()


@pytest.mark.skipif(SSHD is None, reason="no sshd here")
def test_a_server_without_the_extension_for_it_replaces_all_the_same(tmp_path: Path) -> None:
    home = tmp_path / "sshd" / "home"
    force = f"ForceCommand internal-sftp -d {home} -P posix-rename"
    with openssh_server(tmp_path / "sshd", force) as sshd, connect(sshd) as server:
        (sshd.files / PATH).write_bytes(b"yesterday")
        server.upload(io.BytesIO(b"today"), PATH)
        assert folder(sshd) == {"audience.csv": b"today"}


def test_a_folder_that_is_missing(server: FileServer) -> None:
    with pytest.raises(SettingsError, match="RSYS-2101"):
        server.upload(io.BytesIO(b"x"), "uplaod/audience.csv")


def test_removing_what_is_not_there_is_no_error(sshd: SshServer, server: FileServer) -> None:
    (sshd.files / PATH).write_bytes(b"x")
    for _ in range(2):
        server.remove(PATH)
    assert folder(sshd) == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a small file system")
def test_a_full_server_keeps_the_older_file_and_nothing_of_the_new_one(
    sshd: SshServer, server: FileServer
) -> None:
    upload = sshd.files / "upload"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(upload)], check=False)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        (upload / "audience.csv").write_bytes(b"yesterday")
        with pytest.raises(TransientError, match="RSYS-2[13]0[13]: .*free space"):
            server.upload(io.BytesIO(CONTENT), PATH)
        assert folder(sshd) == {"audience.csv": b"yesterday"}
    finally:
        server.close()
        subprocess.run(["umount", "-l", str(upload)], check=True)
