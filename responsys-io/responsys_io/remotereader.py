"""Reading a remote file as a stream: fetched ahead in windows, resumed where a connection broke off."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

import paramiko

from responsys_io.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

    from responsys_io.fileserver import RemoteFile

# paramiko asks for a whole file at once unless told otherwise, which needs memory with the file's size.
# Windows begin small, since often only a header line or a zip directory is wanted.
_FIRST_WINDOW = 64 * 2**10
_LARGEST_WINDOW = 64 * 2**20
# The most that OpenSSH serves per request; paramiko's own 32 KiB needs eight times the round trips.
_REQUEST = 255_000
_OVERLAP = 64 * 2**10


class RemoteReader(io.RawIOBase):
    """Seekable, read-only stream over a file on the server.

    After a lost connection the file is opened again, has to have the same size and modification time,
    and has to repeat the last bytes that were delivered; then reading goes on where it stopped.

    Args:
        call: Runs an action with an SFTP session, with a new one after the old one was lost.
        file: The file as it was listed.

    Raises:
        DataError: RSYS-2201 when the file is not any more what was listed.
    """

    def __init__(self, call: Callable[[Callable[[paramiko.SFTPClient], Any]], Any], file: RemoteFile) -> None:
        self._call = call
        self._file = file
        self._position = 0
        self._recent = b""
        self._remote: paramiko.SFTPFile | None = None
        self._fetched_to = 0
        self._window = _FIRST_WINDOW
        self._session: paramiko.SFTPClient | None = None

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position; fetched bytes beyond it are dropped."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.size}[whence]
        target = max(0, base + offset)
        if target != self._position:
            self._position, self._recent, self._window = target, b"", _FIRST_WINDOW
            self._release()
        return target

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer with the next bytes; 0 at the end of the file as it was listed."""
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), self._file.size - self._position)
        if wanted <= 0:
            return 0
        data: bytes = self._call(lambda sftp: self._read(sftp, wanted))
        if not data:
            raise self._changed("ends early")
        view[: len(data)] = data
        self._position += len(data)
        self._recent = (self._recent + data)[-_OVERLAP:]
        return len(data)

    def close(self) -> None:
        """Close the file on the server."""
        self._release()
        super().close()

    def _read(self, sftp: paramiko.SFTPClient, wanted: int) -> bytes:
        if self._remote is None or self._session is not sftp:
            self._reopen(sftp)
        assert self._remote is not None  # noqa: S101  _reopen has set it
        if self._position >= self._fetched_to:
            self._fetched_to = min(self._file.size, self._position + self._window)
            self._window = min(4 * self._window, _LARGEST_WINDOW)
            self._remote.prefetch(self._fetched_to)
        return self._remote.read(min(wanted, self._fetched_to - self._position))

    def _reopen(self, sftp: paramiko.SFTPClient) -> None:
        try:
            remote = sftp.open(self._file.path, "rb", bufsize=0)
        except FileNotFoundError as error:
            raise self._changed("has gone") from error
        remote.MAX_REQUEST_SIZE = _REQUEST
        now = remote.stat()
        if (now.st_size, int(now.st_mtime or 0)) != (self._file.size, self._file.mtime):
            remote.close()
            raise self._changed("has changed")
        if self._recent:
            remote.seek(self._position - len(self._recent))
            if remote.read(len(self._recent)) != self._recent:
                remote.close()
                raise self._changed("has other bytes where it was read before")
        remote.seek(self._position)
        self._remote, self._session, self._fetched_to = remote, sftp, self._position

    def _release(self) -> None:
        remote, self._remote = self._remote, None
        if remote is not None:
            # The connection may be the reason for closing.
            with contextlib.suppress(EOFError, OSError, paramiko.SSHException):
                remote.close()

    def _changed(self, how: str) -> DataError:
        return DataError(
            "RSYS-2201",
            f"{self._file.path} {how} since it was listed.",
            "It is probably still being written or was replaced; the next run reads it again.",
        )
