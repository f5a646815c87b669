"""Reading a remote file as a stream, resumed where a connection broke off."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

import paramiko

from responsys_io.files import FileUnavailableError
from responsys_io.readahead import MOST_UNDER_WAY, FileEndsEarlyError, ReadAhead

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

    from responsys_io.files import RemoteFile

_OVERLAP = 64 * 2**10
_FEWER = 4


class RemoteReader(io.RawIOBase):
    """Seekable, read-only stream over a file on the server.

    After a lost connection the file is opened again, has to have the same size and modification time,
    and has to repeat the last bytes that were fetched; then reading goes on where it stopped.

    Args:
        call: Runs an action with an SFTP session, with a new one after the old one was lost.
        file: The file as it was listed.

    Raises:
        FileUnavailableError: RSYS-2201 when the file is not any more what was listed, RSYS-2202 when it has
            gone, RSYS-2203 when it may not be read.
    """

    def __init__(self, call: Callable[[Callable[[paramiko.SFTPClient], Any]], Any], file: RemoteFile) -> None:
        self._call = call
        self._file = file
        self._fetched_to = 0
        self._block = memoryview(b"")  # fetched and not yet delivered
        self._recent = b""  # the end of what was fetched, to compare after a lost connection
        self._session: paramiko.SFTPClient | None = None
        self._remote: paramiko.SFTPFile | None = None
        self._ahead: ReadAhead | None = None
        self._most_under_way = MOST_UNDER_WAY

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._fetched_to - len(self._block)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position; bytes fetched ahead are dropped."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self._file.size}[whence]
        target = max(0, base + offset)
        if target != self.tell():
            self._release()
            self._fetched_to, self._block, self._recent = target, memoryview(b""), b""
        return target

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer with the next bytes; 0 at the end of the file as it was listed."""
        view = memoryview(buffer).cast("B")
        if not self._block and self._fetched_to < self._file.size and len(view):
            self._fetch()
        count = min(len(view), len(self._block))
        view[:count] = self._block[:count]
        self._block = self._block[count:]
        return count

    def close(self) -> None:
        """Close the file on the server."""
        self._release()
        super().close()

    def _fetch(self) -> None:
        try:
            block: bytes = self._call(self._next_block)
        except FileEndsEarlyError as error:
            raise self._changed("ends early") from error
        self._fetched_to += len(block)
        self._block = memoryview(block)
        self._recent = (self._recent + block[-_OVERLAP:])[-_OVERLAP:]

    def _next_block(self, sftp: paramiko.SFTPClient) -> bytes:
        if self._ahead is None or self._session is not sftp:
            self._ahead = self._open(sftp)
            self._session = sftp
        try:
            return self._ahead.next_block()
        except TimeoutError:
            # Some servers fall silent when too many requests are under way: go on with fewer.
            self._most_under_way = max(1, self._most_under_way // _FEWER)
            raise

    def _open(self, sftp: paramiko.SFTPClient) -> ReadAhead:
        try:
            self._remote = sftp.open(self._file.path, "rb")
        except FileNotFoundError as error:
            raise FileUnavailableError.gone(self._file.path) from error
        except PermissionError as error:
            raise FileUnavailableError.forbidden(self._file.path) from error
        now = self._remote.stat()
        if (now.st_size, int(now.st_mtime or 0)) != (self._file.size, self._file.mtime):
            raise self._changed("has changed")
        if self._recent:
            self._remote.seek(self._fetched_to - len(self._recent))
            if self._remote.read(len(self._recent)) != self._recent:
                raise self._changed("has other bytes where it was read before")
        return ReadAhead(
            sftp,
            self._remote.handle,  # type: ignore[arg-type]
            self._fetched_to,
            self._file.size,
            self._most_under_way,
        )

    def _release(self) -> None:
        remote, self._remote, self._ahead = self._remote, None, None
        if remote is not None:
            # The connection may be the reason for closing, or a signal that came in the middle of an answer.
            with contextlib.suppress(EOFError, OSError, paramiko.SSHException, paramiko.SFTPError):
                remote.close()

    def _changed(self, how: str) -> FileUnavailableError:
        return FileUnavailableError.changed(self._file.path, how)
