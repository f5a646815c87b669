"""A large file is sent while its records still come, and nothing of it stays where that fails."""

from __future__ import annotations

import csv
import io
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import lines, record, schema, state

from responsys_io.errors import DataError, TransientError
from responsys_io.fileserver import FileServer
from responsys_io.remoteupload import Upload
from target_responsys import earlyupload
from target_responsys.csvspool import CsvSpool
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responsys_sandbox.sandbox import Sandbox

NOTES = schema("notes", ("number",), number="integer", note="string")
FIRST = [NOTES, *(record("notes", number=number, note=f"{number:x<10000}") for number in range(300))]
REST = [record("notes", number=number, note="short") for number in range(300, 320)]
SECONDS = 30


class Input(io.RawIOBase):
    """Messages of which the later ones come once the beginning of the file is on its way."""

    def __init__(self, *parts: bytes | BaseException, sent: threading.Event) -> None:
        self._bytes = self._all(parts, sent)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._rest = self._rest or next(self._bytes, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count

    def _all(self, parts: tuple[bytes | BaseException, ...], sent: threading.Event) -> Iterator[bytes]:
        for number, part in enumerate(parts):
            assert number == 0 or sent.wait(SECONDS), "nothing was sent ahead"
            if isinstance(part, BaseException):
                raise part
            yield part


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once a block has been written and the next one is asked for."""
    event = threading.Event()
    read_at = CsvSpool.read_at

    def watched(spool: CsvSpool, offset: int, size: int) -> bytes:
        if offset:
            event.set()
        return read_at(spool, offset, size)

    monkeypatch.setattr(CsvSpool, "read_at", watched)
    monkeypatch.setattr(earlyupload, "_WORTH_A_SESSION", 1 << 20)
    return event


@pytest.fixture
def config(config: dict[str, Any]) -> dict[str, Any]:
    return {**config, "delivery": "sftp", "table_name": "Notes", "verify_upload": "content"}


def run(config: dict[str, Any], source: Input) -> None:
    TargetResponsys(config=config).listen(io.BufferedReader(source))  # type: ignore[arg-type]  # takes bytes


def uploaded(sandbox: Sandbox) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (sandbox.files / "upload").iterdir()}


@pytest.fixture
def resumed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """At which bytes uploads went on."""
    places: list[int] = []
    resumable = Upload._resumable

    def noted(upload: Upload, *arguments: Any) -> int:
        places.append(resumable(upload, *arguments))
        return places[-1]

    monkeypatch.setattr(Upload, "_resumable", noted)
    return places


@pytest.mark.parametrize("more", [{}, {"date_suffix": True}, {"existing_file": "refuse"}])
def test_the_upload_sends_the_rest(
    sandbox: Sandbox, config: dict[str, Any], sent: threading.Event, resumed: list[int], more: dict[str, Any]
) -> None:
    run({**config, **more}, Input(lines(FIRST), lines([*REST, state(at=1)]), sent=sent))
    (file,) = uploaded(sandbox).values()
    assert resumed[0] >= 1 << 18
    texts = [message["record"]["note"] for message in (*FIRST[1:], *REST)]
    rows = list(csv.DictReader(io.StringIO(file.decode())))
    assert [(row["number"], row["note"]) for row in rows] == [
        (str(number), text) for number, text in enumerate(texts)
    ]


def test_nothing_stays_of_a_file_that_is_not_to_be_published(
    sandbox: Sandbox, config: dict[str, Any], sent: threading.Event
) -> None:
    with pytest.raises(DataError, match="RSYS-6008"):
        run(config, Input(lines(FIRST), lines(REST), sent=sent))
    assert uploaded(sandbox) == {}


def test_nothing_stays_when_a_signal_ends_the_run(
    sandbox: Sandbox, config: dict[str, Any], sent: threading.Event
) -> None:
    with pytest.raises(SystemExit):
        run(config, Input(lines(FIRST), SystemExit(143), sent=sent))
    assert uploaded(sandbox) == {}


def test_a_server_that_has_no_second_session_gets_the_file_at_the_end(
    sandbox: Sandbox, config: dict[str, Any], sent: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> None:
        sent.set()
        raise TransientError("RSYS-2001", "No second session.", "None.")

    monkeypatch.setattr(FileServer, "send_ahead", refused)
    run(config, Input(lines(FIRST), lines([*REST, state(at=1)]), sent=sent))
    (file,) = uploaded(sandbox).values()
    assert file.count(b"\n") == 321
