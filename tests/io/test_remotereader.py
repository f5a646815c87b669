"""The resumed stream by itself, over a server that is a few lines of this file."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responsys_io import remotereader
from responsys_io.files import FileUnavailableError, RemoteFile
from responsys_io.readahead import MOST_UNDER_WAY, FileEndsEarlyError
from responsys_io.remotereader import RemoteReader

if TYPE_CHECKING:
    from collections.abc import Callable

CONTENT = bytes(number * number % 251 for number in range(300_000))
BLOCK = 30_000


class Lost(Exception):  # noqa: N818  what the tests call a lost connection
    """The connection is lost."""


@dataclass
class Server:
    """One file, and a plan of which fetch is the last one of its connection."""

    content: bytes = CONTENT
    path: str = "download/x"
    size: int = len(CONTENT)
    mtime: float = 7.5
    lost_after: list[int] = field(default_factory=list)
    error: type[Exception] = Lost
    opening: type[Exception] | None = None
    handle: str = "handle"
    opened: int = 0
    closed: int = 0
    fetched: list[tuple[int, int]] = field(default_factory=list)
    most: list[int] = field(default_factory=list)
    later: bytes | None = None
    session: SimpleNamespace | None = None
    position: int = 0

    def open(self, path: str, mode: str) -> Server:
        assert (path, mode) == (self.path, "rb")
        if self.opening:
            raise self.opening
        self.opened += 1
        if self.opened > 1 and self.later is not None:
            self.content = self.later
        return self

    def stat(self) -> SimpleNamespace:
        return SimpleNamespace(st_size=self.size, st_mtime=self.mtime)

    def seek(self, place: int) -> None:
        self.position = place

    def read(self, size: int) -> bytes:
        return self.content[self.position : self.position + size]

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    served = Server()

    class Ahead:
        def __init__(self, _sftp: Any, handle: str, offset: int, end: int, most: int) -> None:
            assert handle == "handle"
            served.most.append(most)
            self.place, self.end, self.blocks = offset, end, 0

        def next_block(self) -> bytes:
            if served.lost_after and self.blocks >= served.lost_after[0]:
                raise served.error
            block = served.content[self.place : min(self.place + BLOCK, self.end)]
            if not block and self.place < self.end:
                raise FileEndsEarlyError
            served.fetched.append((self.place, len(block)))
            self.place += len(block)
            self.blocks += 1
            return block

    monkeypatch.setattr(remotereader, "ReadAhead", Ahead)
    return served


def reader(server: Server, **listed: Any) -> RemoteReader:
    file = RemoteFile(server.path, listed.get("size", server.size), listed.get("mtime", 7))

    def call(action: Callable[[Any], Any]) -> Any:
        while True:
            session = server.session = server.session or SimpleNamespace(open=server.open)
            try:
                return action(session)
            except server.error:
                server.session = None
                server.lost_after.pop(0)

    return RemoteReader(call, file)


@pytest.mark.parametrize("lost", [[], [1], [0, 1, 0, 4], [3, 3, 2]])
def test_the_bytes_are_those_of_the_file_however_often_the_connection_is_lost(
    server: Server, lost: list[int]
) -> None:
    server.lost_after = [*lost]
    stream = reader(server)
    assert (stream.readable(), stream.seekable(), stream.tell()) == (True, True, 0)
    assert stream.readall() == CONTENT
    assert stream.tell() == len(CONTENT)
    assert server.opened == 1 + len(lost)
    assert [place for place, _ in server.fetched] == list(range(0, len(CONTENT), BLOCK)), "each byte once"
    stream.close()
    assert (server.closed, stream.closed) == (1, True)


def test_what_is_read_in_small_pieces_is_fetched_in_blocks(server: Server) -> None:
    stream = reader(server)
    piece = bytearray(10)
    assert stream.readinto(bytearray()) == 0
    assert server.opened == 0, "nothing is asked for before it is needed"
    for start in range(0, 2 * BLOCK, 10):
        assert stream.tell() == start
        assert stream.readinto(piece) == 10
        assert bytes(piece) == CONTENT[start : start + 10]
    assert server.fetched == [(0, BLOCK), (BLOCK, BLOCK)]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.integers(-400_000, 400_000), st.integers(0, 70_000)))
)
def test_it_is_a_file_like_any_other(moves: list[tuple[int, int, int]]) -> None:
    with pytest.MonkeyPatch.context() as patches:
        served = Server()
        patches.setattr(remotereader, "ReadAhead", _plain(served))
        stream, plain = reader(served), io.BytesIO(CONTENT)
        for whence, offset, size in moves:
            place = {0: 0, 1: plain.tell(), 2: len(CONTENT)}[whence] + offset
            plain.seek(max(0, place))
            assert stream.seek(offset, whence) == plain.tell() == stream.tell()
            got = b""
            while len(got) < size and (more := stream.read(size - len(got))):
                got += more
            assert got == plain.read(size)


def _plain(served: Server) -> type:
    class Ahead:
        def __init__(self, _sftp: Any, _handle: str, offset: int, end: int, _most: int) -> None:
            self.place, self.end = offset, end

        def next_block(self) -> bytes:
            block = served.content[self.place : min(self.place + BLOCK, self.end)]
            self.place += len(block)
            return block

    return Ahead


def test_a_move_to_the_present_place_keeps_what_was_fetched(server: Server) -> None:
    stream = reader(server)
    stream.read(10)
    assert stream.seek(10) == 10
    stream.read(10)
    assert (server.opened, server.closed, len(server.fetched)) == (1, 0, 1)
    stream.seek(20_000)
    assert stream.read(5) == CONTENT[20_000:20_005]
    assert (server.opened, server.closed) == (2, 1)


@pytest.mark.parametrize("listed", [{"size": len(CONTENT) + 1}, {"mtime": 8}])
def test_a_file_that_is_not_the_listed_one_is_refused(server: Server, listed: dict[str, int]) -> None:
    with pytest.raises(FileUnavailableError, match="RSYS-2201: .*download/x has changed"):
        reader(server, **listed).read(1)


@pytest.mark.parametrize("place", [4 * BLOCK - 64 * 2**10, 4 * BLOCK - 1])
def test_other_bytes_behind_a_lost_connection_are_refused(server: Server, place: int) -> None:
    """The first and the last byte of those that are compared."""
    server.lost_after = [4]
    server.later = CONTENT[:place] + b"\xff" + CONTENT[place + 1 :]
    with pytest.raises(FileUnavailableError, match=r"RSYS-2201: .*other bytes where it was read before"):
        reader(server).readall()


def test_what_was_moved_away_from_is_not_compared(server: Server) -> None:
    stream = reader(server)
    stream.read(BLOCK)
    stream.seek(5 * BLOCK)
    server.later = b"\xff" * BLOCK + CONTENT[BLOCK:]
    assert stream.read(3) == CONTENT[5 * BLOCK : 5 * BLOCK + 3]


def test_a_file_that_ends_early_is_refused(server: Server) -> None:
    stream = reader(server)
    server.content = CONTENT[:50_000]
    with pytest.raises(FileUnavailableError, match="RSYS-2201: .*ends early"):
        stream.readall()


@pytest.mark.parametrize(("error", "code"), [(FileNotFoundError, "2202"), (PermissionError, "2203")])
def test_a_file_that_cannot_be_opened(server: Server, error: type[Exception], code: str) -> None:
    server.opening = error
    with pytest.raises(FileUnavailableError, match=f"RSYS-{code}"):
        reader(server).read(1)


def test_a_server_that_falls_silent_is_asked_for_less(server: Server) -> None:
    server.error, server.lost_after = TimeoutError, [0, 0, 0, 0]
    assert reader(server).readall() == CONTENT
    assert server.most == [MOST_UNDER_WAY, MOST_UNDER_WAY // 4, MOST_UNDER_WAY // 16, 1, 1]
