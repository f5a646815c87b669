"""An SFTP server that does not do what it ought to: the sandbox's, with another behaviour of its home."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import asyncssh

from support.embedded import embedded_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from support.embedded import EmbeddedServer


class ShortReads(asyncssh.SFTPServer):
    """Gives a third of what is asked for, and at most a few hundred bytes."""

    async def read(self, file_obj: Any, offset: int, size: int) -> bytes:
        return bytes(super().read(file_obj, offset, max(1, min(size // 3, 700))))  # type: ignore[arg-type]


class FewRequests(asyncssh.SFTPServer):
    """Answers nothing any more once too many requests are waiting."""

    most = 6
    request_bytes = 29

    async def read(self, file_obj: Any, offset: int, size: int) -> bytes:
        # Whatever the client has sent by now comes off the line first.
        await asyncio.sleep(0.02)
        session: Any = self.channel._session
        if session._recv_buf_len > self.most * self.request_bytes:
            while not self.channel.is_closing():  # noqa: ASYNC110  it has no event of its end
                await asyncio.sleep(0.02)
            file_obj.close()
            raise asyncssh.SFTPConnectionLost("the client has given up")
        return bytes(super().read(file_obj, offset, size))  # type: ignore[arg-type]


class ForbiddenFile(asyncssh.SFTPServer):
    """Lets nobody read one day's files, whoever runs the tests."""

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        if b"20190104" in path:
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        return super().open(path, pflags, attrs)


class OddNames(asyncssh.SFTPServer):
    """Lists names that are none, beside what is there."""

    odd = (b"../../etc/passwd", b"/etc/passwd", b"a/b.txt", b"..", b"nul\0.txt", b"", b"n" * 200_000)

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        attributes = asyncssh.SFTPAttrs(permissions=0o100644, size=5, mtime=1)
        for name in self.odd:
            yield asyncssh.SFTPName(name, attrs=attributes)
        async for found in super().scandir(path):
            yield found


class NoTimes(asyncssh.SFTPServer):
    """Says nothing of when a file was written."""

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        async for found in super().scandir(path):
            found.attrs.atime = found.attrs.mtime = None
            yield found

    def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        return self._timeless(super().stat(path))

    def fstat(self, file_obj: Any) -> asyncssh.SFTPAttrs:
        return self._timeless(super().fstat(file_obj))

    @staticmethod
    def _timeless(status: Any) -> asyncssh.SFTPAttrs:
        attributes = asyncssh.SFTPAttrs.from_local(status)
        attributes.atime = attributes.mtime = None
        return attributes


@contextlib.contextmanager
def lying_server(root: Path, home: type[asyncssh.SFTPServer]) -> Iterator[EmbeddedServer]:
    """Start the sandbox's server with a home that lies, stop it afterwards."""
    with embedded_server(root, home=home) as server:
        yield server
