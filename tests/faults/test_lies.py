"""File servers that answer, but not as they ought to."""

from __future__ import annotations

import io
import os
import random
from typing import TYPE_CHECKING, Any

import pytest
from support.exports import write_opens
from support.lyingserver import FewRequests, ForbiddenFile, NoTimes, OddNames, ShortReads, lying_server
from support.plugins import Run, run_tap

from responsys_io.fileserver import FileServer, FileServerLogin
from responsys_io.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.embedded import EmbeddedServer

IMPATIENT = Retry(limit=4, sleep=lambda _: None)


def tap_from(server: EmbeddedServer, tmp_path: Path, **more: Any) -> Run:
    return run_tap(tmp_path, {**server.config, "settle_seconds": 0}, **more)


def riids(run: Run) -> list[int]:
    return [record["RIID"] for record in run.records.get("open", [])]


def test_short_reads_are_put_together(tmp_path: Path) -> None:
    content = random.Random(7).randbytes(200_000)
    with lying_server(tmp_path / "server", ShortReads) as server:
        (server.files / "download" / "a.bin").write_bytes(content)
        with FileServer(FileServerLogin.from_config(server.config), retry=IMPATIENT) as session:
            (file,) = session.list("download")
            assert session.open(file).readall() == content


def test_a_server_that_chokes_on_many_requests_is_asked_for_fewer_at_a_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = random.Random(8).randbytes(12_000_000)
    with lying_server(tmp_path / "server", FewRequests) as server:
        (server.files / "download" / "a.bin").write_bytes(content)
        config = {**server.config, "io_timeout": 1}
        with FileServer(FileServerLogin.from_config(config), retry=IMPATIENT) as session:
            (file,) = session.list("download")
            with caplog.at_level("INFO", "responsys_io.fileserver"), session.open(file) as remote:
                assert io.BufferedReader(remote, 1 << 18).read() == content
    assert 1 <= len([text for text in caplog.messages if text.startswith("Lost the connection")]) <= 2


def test_one_file_that_may_not_be_read_keeps_no_other_waiting(tmp_path: Path) -> None:
    with lying_server(tmp_path / "server", ForbiddenFile) as server:
        for day in (3, 4, 5):
            write_opens(server.files / "download", day, [day])
        run = tap_from(server, tmp_path)
        assert (run.exit_code, riids(run)) == (1, [3, 5])
        assert "RSYS-2203: download/1234_OPEN_20190104_060500.txt may not be read" in run.errors[0]
        assert "Traceback" not in run.stderr
        assert "1234_OPEN_20190104_060500.txt" not in run.state["bookmarks"]["open"]["files"]


def test_names_that_are_none_are_passed_over(tmp_path: Path) -> None:
    with lying_server(tmp_path / "server", OddNames) as server:
        write_opens(server.files / "download", 3, [3])
        with FileServer(FileServerLogin.from_config(server.config), retry=IMPATIENT) as session:
            names = {file.name for file in session.list("download")}
        assert names == {"1234_OPEN_20190103_060500.txt", "n" * 200_000}
        run = tap_from(server, tmp_path)
        assert (run.exit_code, riids(run)) == (0, [3]), run.stderr


def test_files_without_times_are_read_once(tmp_path: Path) -> None:
    with lying_server(tmp_path / "server", NoTimes) as server:
        for day in (3, 4):
            write_opens(server.files / "download", day, [day])
        first = tap_from(server, tmp_path)
        assert (first.exit_code, riids(first)) == (0, [3, 4]), first.stderr
        assert riids(tap_from(server, tmp_path, state=first.state)) == []


@pytest.mark.parametrize(
    "times",
    [
        (1_546_500_000 + 26 * 3600, 1_546_500_000 - 26 * 3600),
        (0, 0),
        (4_000_000_000, 1_546_500_000),
        (2_200_000_000, 2_200_000_001),
    ],
    ids=["a day off", "none", "the future", "after 2038"],
)
def test_the_servers_times_are_compared_with_each_other_only(
    times: tuple[int, int], tap: Callable[..., Run], download: Path
) -> None:
    for day, mtime in zip((3, 4), times, strict=True):
        os.utime(write_opens(download, day, [day]), (mtime, mtime))
    first = tap(settings={"settle_seconds": 1})
    assert (first.exit_code, riids(first)) == (0, [3, 4]), first.stderr
    assert riids(tap(settings={"settle_seconds": 1}, state=first.state)) == []
