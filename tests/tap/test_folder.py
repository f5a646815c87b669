"""The folder as the tap sees it: what counts as complete, and files that change under the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.exports import write_opens

from responsys_io.errors import DataError
from responsys_io.fileserver import FileServer, FileServerLogin
from tap_responsys.folder import ExportFolder
from tap_responsys.kinds import export_kinds
from tap_responsys.ledger import FileEntry, Ledger
from tap_responsys.listing import ExportNames
from tap_responsys.parse import Dialect
from tap_responsys.sources import Sources
from tap_responsys.verify import Verification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.openssh import SshServer


def never(_: float) -> None:
    raise AssertionError("nothing has to settle here")


@pytest.fixture
def server(sshd: SshServer) -> Iterator[FileServer]:
    with FileServer(FileServerLogin.from_config(sshd.config)) as session:
        yield session


def folder(server: FileServer, sleep: Callable[[float], None], settle_seconds: float = 10) -> ExportFolder:
    return ExportFolder(
        Sources(server),
        ["download"],
        ExportNames(tuple(export_kinds(contacts_pattern="*CONTACT_LIST*").values())),
        Dialect(),
        settle_seconds=settle_seconds,
        sleep=sleep,
    )


def test_a_file_that_grows_between_two_looks_waits(server: FileServer, download: Path) -> None:
    for day in (3, 4):
        write_opens(download, day, [day])
    pauses = []

    def meanwhile(seconds: float) -> None:
        pauses.append(seconds)
        write_opens(download, 4, [4, 5])

    exports = folder(server, meanwhile)
    complete = exports.complete(exports.exports("open"))
    assert [export.stamp[:8] for export in complete] == ["20190103"]
    assert pauses == [10]


def test_the_wait_is_for_all_streams_together(server: FileServer, download: Path) -> None:
    write_opens(download, 3, [1])
    (download / "1234_SENT_20190103_060500.txt").write_bytes(b'"RIID"\n')
    pauses: list[float] = []
    exports = folder(server, pauses.append)
    for stream in ("open", "sent"):
        assert exports.complete(exports.exports(stream)) == exports.exports(stream)
    assert pauses == [10]


def test_files_that_are_old_on_the_servers_clock_need_no_wait(server: FileServer, download: Path) -> None:
    for day in (3, 4):
        write_opens(download, day, [day])
    exports = folder(server, never)
    assert exports.complete(exports.exports("open")[:1]) == exports.exports("open")[:1]


def test_without_settle_time_there_is_one_look_only(server: FileServer, download: Path) -> None:
    write_opens(download, 3, [1])
    exports = folder(server, never, settle_seconds=0)
    assert exports.complete(exports.exports("open")) == exports.exports("open")


def test_files_that_cannot_be_compared_are_told_and_the_others_are_compared(
    server: FileServer, download: Path
) -> None:
    paths = [write_opens(download, day, [day]) for day in (3, 4)]
    place = folder(server, never)
    exports, ledger, told = place.exports("open"), Ledger(), list[str]()
    for export in exports:
        ledger.finish(export, FileEntry(export.remote.size, export.remote.mtime, 1))
    verification = Verification(place, ledger, 5, lambda error: told.append(error.code))
    assert verification.compare(exports)
    assert not verification.compare(exports)
    noted = dict(ledger.digests)
    paths[0].unlink()
    ledger.digests[exports[1].name] = "another"
    assert verification.compare(exports)
    assert told == ["RSYS-2202"]
    assert ledger.digests == noted
    assert [ledger.has_changed(export) for export in exports] == [False, True]


@pytest.mark.parametrize("change", ["grown", "gone"])
def test_a_file_that_changed_while_it_was_read_does_not_count_as_read(
    change: str, server: FileServer, download: Path
) -> None:
    path = write_opens(download, 3, [1])
    exports = folder(server, never)
    (export,) = exports.exports("open")
    exports.check_unchanged(export)
    if change == "gone":
        path.unlink()
    else:
        write_opens(download, 3, [1, 2])
    with pytest.raises(DataError, match="RSYS-3301: 1234_OPEN_20190103_060500.txt changed or went away"):
        exports.check_unchanged(export)
