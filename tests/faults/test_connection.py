"""Lines that break, stall and crawl between the pair and the file server."""

from __future__ import annotations

import contextlib
import io
import random
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.exports import write_opens
from support.faultproxy import Fault, fault_proxy
from support.openssh import SSHD, free_port, openssh_server

from responsys_io.errors import TransientError
from responsys_io.fileserver import FileServer, FileServerLogin
from responsys_io.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.faultproxy import How
    from support.openssh import SshServer
    from support.plugins import Run

    from responsys_io.files import RemoteFile

needs_sshd = pytest.mark.skipif(SSHD is None, reason="no sshd here")
MB = 1_000_000
# Seconds that no case of this file may take; what hangs would take for ever.
SOON = 40


def retry(limit: int = 12, sleep: Callable[[float], object] = lambda _: None) -> Retry:
    return Retry(limit=limit, sleep=sleep)  # type: ignore[arg-type]  # what it returns is of no interest


@contextlib.contextmanager
def connected(
    server: SshServer, port: int, patience: Retry | None = None, **more: Any
) -> Iterator[FileServer]:
    config = {**server.config, "port": port, "connect_timeout": 4, "io_timeout": 1, **more}
    with FileServer(FileServerLogin.from_config(config), retry=patience or retry()) as session:
        yield session


def wait_until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + SOON
    while not done():
        assert time.monotonic() < until
        time.sleep(0.05)


def content(sshd: SshServer, size: int) -> bytes:
    """Put a file on the server and return its bytes."""
    made = random.Random(size).randbytes(size)
    (sshd.files / "download" / "big.bin").write_bytes(made)
    return made


def listed(server: FileServer) -> RemoteFile:
    (file,) = server.list("download")
    return file


def read(server: FileServer) -> bytes:
    with server.open(listed(server)) as remote:
        return io.BufferedReader(remote, 1 << 18).read()


@pytest.mark.parametrize("how", ["reset", "end", "flip"])
def test_a_file_arrives_whole_over_a_line_that_breaks_every_megabyte(how: How, sshd: SshServer) -> None:
    whole = content(sshd, 9 * MB)
    faults = [Fault(how, after) for after in (300_000, MB, 1_234_567, MB, 700_000, MB)]
    with fault_proxy(sshd.port, *faults) as proxy, connected(sshd, proxy.port) as server:
        assert read(server) == whole
        assert proxy.connections == len(faults) + 1


@pytest.mark.slow
@pytest.mark.parametrize("how", ["reset", "end", "flip", "silence"])
def test_rows_come_once_over_a_line_that_breaks(
    how: How, sshd: SshServer, tap: Callable[..., Run], download: Path
) -> None:
    write_opens(download, 3, range(8_000))
    with fault_proxy(sshd.port, Fault(how, 50_000), Fault(how, 300_000)) as proxy:
        run = tap(settings={"port": proxy.port, "connect_timeout": 5, "io_timeout": 1})
        assert proxy.connections == 3
    assert (run.exit_code, run.errors) == (0, [])
    assert [record["RIID"] for record in run.records["open"]] == list(range(8_000))


@pytest.mark.parametrize("how", ["reset", "end", "flip", "silence"])
def test_a_listing_that_breaks_off_is_made_anew(how: How, sshd: SshServer) -> None:
    names = {f"export {number:05}.txt" for number in range(2_000)}
    for name in names:
        (sshd.files / "download" / name).touch()
    with fault_proxy(sshd.port, *[Fault(how, 60_000)] * 2) as proxy, connected(sshd, proxy.port) as server:
        assert {file.name for file in server.list("download")} == names
        assert proxy.connections == 3


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 30, 900, 1_500, 2_200, 2_600])
def test_silence_on_every_attempt_is_given_up(after: int, sshd: SshServer) -> None:
    """From the banner to the SFTP subsystem, whose first answer ends beyond these bytes."""
    started = time.monotonic()
    with (
        fault_proxy(sshd.port, then=Fault("silence", after)) as proxy,
        connected(sshd, proxy.port, retry(2), connect_timeout=2) as server,
        pytest.raises(TransientError, match="RSYS-2001"),
    ):
        server.list("download")
    assert time.monotonic() - started < SOON


def test_a_server_that_refuses_is_tried_until_it_is_back(sshd: SshServer) -> None:
    pauses: list[float] = []
    port = free_port()
    with contextlib.ExitStack() as stack:

        def come_back(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 3:
                stack.enter_context(fault_proxy(sshd.port, port=port))

        with connected(sshd, port, retry(5, come_back)) as server:
            assert server.list("download") == []
    assert len(pauses) == 3


@needs_sshd
def test_a_server_that_is_started_again_goes_on_in_the_middle_of_a_file(tmp_path: Path) -> None:
    with openssh_server(tmp_path / "sshd") as sshd:
        whole = content(sshd, 30 * MB)
        with connected(sshd, sshd.port, retry(5, lambda _: sshd.start())) as server:
            file = listed(server)
            with server.open(file) as remote:
                start = remote.read(MB)
                sshd.cut_sessions()
                sshd.process.kill()
                sshd.process.wait()
                assert start + io.BufferedReader(remote, 1 << 18).read() == whole


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "size"),
    [
        (Fault(delay=0.1), 300_000),
        (Fault(delay=0.016, piece=1_024), 60_000),
        (Fault(piece=1), 60_000),
    ],
    ids=["200 ms there and back", "64 KB a second", "one byte at a time"],
)
def test_a_line_that_crawls_is_no_lost_line(fault: Fault, size: int, sshd: SshServer) -> None:
    whole = content(sshd, size)
    with fault_proxy(sshd.port, then=fault) as proxy:
        with connected(sshd, proxy.port, connect_timeout=30, io_timeout=5) as server:
            assert read(server) == whole
        assert proxy.connections == 1


@needs_sshd
def test_a_session_that_the_server_drops_while_nobody_reads_is_opened_again(tmp_path: Path) -> None:
    """OpenSSH closes a channel that was idle for a second; a slow destination keeps the tap from reading."""
    with openssh_server(tmp_path / "sshd", "ChannelTimeout session:*=1s") as sshd:
        whole = content(sshd, 20 * MB)
        with connected(sshd, sshd.port) as server, server.open(listed(server)) as remote:
            start = remote.read(1_000)
            session = server._session
            assert session is not None
            wait_until(lambda: not session.is_active())
            assert start + io.BufferedReader(remote, 1 << 18).read() == whole


@needs_sshd
def test_refusals_of_a_server_with_too_many_sign_ins_are_waited_out(tmp_path: Path) -> None:
    with openssh_server(tmp_path / "sshd", "MaxStartups 1") as sshd:
        others = [socket.create_connection(("127.0.0.1", sshd.port))]
        assert others[0].recv(4) == b"SSH-"

        def others_leave(_seconds: float) -> None:
            for other in others:
                other.close()
            others.clear()
            wait_until(lambda: not sshd.sessions())

        with connected(sshd, sshd.port, retry(5, others_leave)) as server:
            assert server.list("download") == []
        assert others == []


@needs_sshd
def test_a_server_that_opens_no_session_is_given_up(tmp_path: Path) -> None:
    with (
        openssh_server(tmp_path / "sshd", "MaxSessions 0") as sshd,
        connected(sshd, sshd.port, retry(2)) as server,
        pytest.raises(TransientError, match="RSYS-2001: 127.0.0.1:.* cannot be reached: "),
    ):
        server.list("download")


def test_every_attempt_is_told_before_the_last_one_ends_the_run(
    sshd: SshServer, tap: Callable[..., Run], download: Path
) -> None:
    write_opens(download, 3, [1])
    with fault_proxy(sshd.port, then=Fault("reset", 900)) as proxy:
        run = tap(settings={"port": proxy.port})
    assert (run.exit_code, run.stdout) == (1, "")
    (line,) = run.errors
    assert line.startswith("RSYS-2001: 127.0.0.1:")
    assert "Traceback" not in run.stderr
    told = [line for line in run.stderr.splitlines() if "Lost the connection to 127.0.0.1" in line]
    assert [line[-9:] for line in told] == [
        f"failure {number}"[-9:] for number in range(1, proxy.connections + 1)
    ]


@needs_sshd
def test_keys_that_are_agreed_anew_break_no_transfer(tmp_path: Path) -> None:
    with openssh_server(tmp_path / "sshd", "RekeyLimit 1M") as sshd:
        whole = content(sshd, 8 * MB)
        with fault_proxy(sshd.port) as proxy, connected(sshd, proxy.port, io_timeout=20) as server:
            assert read(server) == whole
            server.upload(io.BytesIO(whole), "upload/copy.bin", verify="content")
            assert proxy.connections == 1
        assert (sshd.files / "upload" / "copy.bin").read_bytes() == whole


def test_the_second_address_of_a_host_is_tried_when_the_first_is_dead(
    sshd: SshServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead, alive = free_port(), sshd.port
    asked: list[object] = []

    def addresses(host: object, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        kind = socket.SOCK_STREAM
        return [
            (socket.AF_INET6, kind, 6, "", ("::1", dead, 0, 0)),
            (socket.AF_INET, kind, 6, "", ("127.0.0.1", alive)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", addresses)
    with connected(sshd, alive, host="files.example.com") as server:
        assert server.list("download") == []
    assert asked == ["files.example.com"]
