"""Sending a file while it is still being written."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import paramiko

BLOCK = 256 * 2**10
TEMPORARY_SUFFIX = ".part"


class Source(Protocol):
    """What is uploaded; it can be read more than once."""

    def seek(self, offset: int, /) -> object:
        """Move to a position."""

    def read(self, size: int, /) -> bytes | None:
        """Return the next bytes, none at the end."""


class SendAhead:
    """The first bytes of an upload, under its temporary name.

    After a lost connection, or when the server refuses it, nothing further is sent: the upload itself goes on
    from there, or begins anew.

    Args:
        source: The bytes, those that are there.
        path: Final POSIX path.

    Attributes:
        resumable: Whether the server holds nothing but the source's first bytes, as far as is known.
        size: Bytes that `sha256` has seen.
        sha256: Their checksum.
    """

    def __init__(self, source: Source, path: str) -> None:
        self.path = path
        self.resumable = False
        self.size = 0
        self.sha256 = hashlib.sha256()
        self._source = source
        self._session: paramiko.SFTPClient | None = None
        self._remote: paramiko.SFTPFile | None = None

    @property
    def begun(self) -> bool:
        """Whether the server may hold a file of the temporary name."""
        return self._session is not None

    def advance(self, session: paramiko.SFTPClient, end: int) -> None:
        """Send the bytes up to an offset that the source has reached.

        Raises:
            OSError: The server refused, or the connection got lost.
        """
        if self._session is None:
            self._session = session
            self._remote = session.open(self.path + TEMPORARY_SUFFIX, "wb")
            self._remote.set_pipelined(pipelined=True)
            self.resumable = True
        if self._remote is None or session is not self._session:
            return
        self._source.seek(self.size)
        try:
            while self.size < end and (block := self._source.read(min(BLOCK, end - self.size))):
                self._remote.write(block)
                self.sha256.update(block)
                self.size += len(block)
        except (ConnectionError, EOFError, TimeoutError):
            self._remote = None
            raise
        except OSError:
            self._give_up()
            raise

    def finish(self, session: paramiko.SFTPClient) -> None:
        """Wait until the server has taken everything.

        Raises:
            OSError: It has not.
        """
        remote, self._remote = self._remote, None
        if remote is None or session is not self._session:
            return
        try:
            remote.close()
        except (ConnectionError, EOFError, TimeoutError):
            raise
        except OSError:
            self._give_up()
            raise

    def _give_up(self) -> None:
        """Take no byte on the server for a good one."""
        self._remote = None
        self.resumable = False
