"""Uploading a file: it appears complete or not at all, and goes on after a lost connection."""

from __future__ import annotations

import contextlib
import hashlib
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from responsys_io.errors import DataError, ResponsysError, TransientError
from responsys_io.readahead import FileEndsEarlyError, ReadAhead
from responsys_io.remotewrite import exists
from responsys_io.uploadprogress import UploadProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import paramiko

_BLOCK = 256 * 2**10
_OVERLAP = 64 * 2**10
_TEMPORARY_SUFFIX = ".part"
_ASIDE_SUFFIX = ".old"

Verify = Literal["size", "content"]


class Source(Protocol):
    """What is uploaded; it can be read more than once."""

    def seek(self, offset: int, /) -> object:
        """Move to a position."""

    def read(self, size: int, /) -> bytes | None:
        """Return the next bytes, none at the end."""


@dataclass(frozen=True)
class Uploaded:
    """A file that stands under its name: size in bytes, and SHA-256 of its bytes in hexadecimal digits.

    The checksum is empty where the source was not read for it.
    """

    size: int
    sha256: str


class Upload:
    """One file on its way.

    The bytes go to a temporary name beside the final one. After a lost connection sending goes on where the
    server's copy ends, if that ends as the source does there. What the server holds is compared before a
    rename publishes it.

    Args:
        call: Runs an action with an SFTP session, with a new one after the old one was lost.
        source: The bytes.
        path: Final POSIX path.
        size: Bytes of the source, where they are known; it is not read for its checksum then.
        mtime: Modification time to give the file, epoch seconds; the server's present time without.
        replace: Whether a file of that name is replaced; it is refused otherwise.
        verify: size compares the size and the last bytes; content reads all of it back.
        ahead: Whether the temporary file may hold the beginning already; see `send_ahead`.
    """

    def __init__(
        self,
        call: Callable[[Callable[[paramiko.SFTPClient], Any]], Any],
        source: Source,
        path: str,
        *,
        size: int | None = None,
        mtime: int | None = None,
        replace: bool = True,
        verify: Verify = "size",
        ahead: bool = False,
    ) -> None:
        self._call = call
        self._size = size
        self._mtime = mtime
        self._source = source
        self._path = path
        self._temporary = temporary_name(path)
        self._replace = replace
        self._verify = verify
        self._begun = ahead

    def run(self) -> Uploaded:
        """Send, compare, publish.

        Raises:
            SettingsError: RSYS-2101, RSYS-2102 when the folder is missing or not writable.
            DataError: RSYS-2302 when there is a file of the name that must not be replaced.
            TransientError: RSYS-2301, RSYS-2303 when the server holds other bytes than were sent; RSYS-2103
                when it refuses, for example because it is full. The temporary file is removed then.
        """
        file = digest(self._source) if self._size is None else Uploaded(self._size, "")
        if not self._replace:
            self._call(self._refuse_to_replace)
        try:
            progress = UploadProgress(self._path, file.size)
            self._call(lambda sftp: self._send(sftp, file.size, progress))
            self._call(lambda sftp: self._compare(sftp, file))
            self._call(lambda sftp: self._publish(sftp, file.size))
        except ResponsysError:
            self._clean_up()
            raise
        return file

    def _send(self, sftp: paramiko.SFTPClient, size: int, progress: UploadProgress) -> None:
        start = self._resumable(sftp, size) if self._begun else 0
        self._begun = True
        self._source.seek(start)
        position = start
        with sftp.open(self._temporary, "r+b" if start else "wb") as remote:
            remote.seek(start)
            remote.set_pipelined(pipelined=True)
            while block := self._source.read(_BLOCK):
                remote.write(block)
                position += len(block)
                progress.sent(len(block), position)
        if self._mtime is not None:
            sftp.utime(self._temporary, (self._mtime, self._mtime))

    def _resumable(self, sftp: paramiko.SFTPClient, size: int) -> int:
        """Return how many bytes the server has of the source, 0 where they are not the source's."""
        try:
            held = sftp.stat(self._temporary).st_size or 0
        except FileNotFoundError:
            return 0
        same = held <= size and self._tail(held) == _remote_tail(sftp, self._temporary, held)
        return held if same else 0

    def _tail(self, end: int) -> bytes:
        """Return the source's last bytes before an offset."""
        start = max(0, end - _OVERLAP)
        self._source.seek(start)
        tail = bytearray()
        while len(tail) < end - start and (block := self._source.read(end - start - len(tail))):
            tail += block
        return bytes(tail)

    def _compare(self, sftp: paramiko.SFTPClient, file: Uploaded) -> None:
        held = sftp.stat(self._temporary).st_size
        if held != file.size:
            raise TransientError(
                "RSYS-2301",
                f"{self._temporary} holds {held} bytes after {file.size} were sent.",
                "Run again; look at the server's free space and quota.",
            )
        if self._verify == "content":
            same = _remote_digest(sftp, self._temporary, file.size) == file.sha256
        else:
            same = _remote_tail(sftp, self._temporary, file.size) == self._tail(file.size)
        if not same:
            raise TransientError(
                "RSYS-2303",
                f"{self._temporary} holds other bytes than were sent.",
                "Run again; if it stays so, something on the way or another process changes the file.",
            )

    def _publish(self, sftp: paramiko.SFTPClient, size: int) -> None:
        """Rename onto the final name; also when an earlier attempt did so and its answer was lost."""
        try:
            self._rename(sftp)
        except FileNotFoundError:
            if sftp.stat(self._path).st_size != size:
                raise

    def _rename(self, sftp: paramiko.SFTPClient) -> None:
        try:
            if self._replace:
                sftp.posix_rename(self._temporary, self._path)
            else:
                # The plain rename of SFTP version 3 refuses a name that is taken.
                sftp.rename(self._temporary, self._path)
        except (FileNotFoundError, ConnectionError, TimeoutError):
            raise
        except OSError:
            sftp.stat(self._temporary)
            if not self._replace:
                self._refuse_to_replace(sftp)
                raise
            self._replace_without_extension(sftp)

    def _replace_without_extension(self, sftp: paramiko.SFTPClient) -> None:
        """Replace in three steps on a server that has no posix-rename; the older file is never lost."""
        aside = self._path + _ASIDE_SUFFIX
        replaces = _is_file(sftp, self._path)
        if replaces:
            remove(sftp, aside)
            sftp.rename(self._path, aside)
        try:
            sftp.rename(self._temporary, self._path)
        except OSError:
            if replaces:
                sftp.rename(aside, self._path)
            raise
        if replaces:
            remove(sftp, aside)

    def _refuse_to_replace(self, sftp: paramiko.SFTPClient) -> None:
        if exists(sftp, self._path):
            raise DataError(
                "RSYS-2302",
                f"There is a file {self._path} already, and existing_file is refuse.",
                "Let the import job take it, remove it, or put the time into the name.",
            )

    def _clean_up(self) -> None:
        with contextlib.suppress(ResponsysError):
            self._call(lambda sftp: remove(sftp, self._temporary))


def temporary_name(path: str) -> str:
    """Return the name that a file has until it is complete."""
    return path + _TEMPORARY_SUFFIX


def send_ahead(sftp: paramiko.SFTPClient, path: str, blocks: Iterable[bytes]) -> None:
    """Write blocks under the temporary name of a file that is not complete yet.

    Args:
        sftp: An open session.
        path: Final POSIX path of the file.
        blocks: Its first bytes.
    """
    with sftp.open(temporary_name(path), "wb") as remote:
        remote.set_pipelined(pipelined=True)
        for block in blocks:
            remote.write(block)


def digest(source: Source) -> Uploaded:
    """Read a source from its start to its end; return size and checksum."""
    source.seek(0)
    sha256, size = hashlib.sha256(), 0
    while block := source.read(_BLOCK):
        sha256.update(block)
        size += len(block)
    return Uploaded(size, sha256.hexdigest())


def remove(sftp: paramiko.SFTPClient, path: str) -> None:
    """Delete a file; one that is not there is no error."""
    with contextlib.suppress(FileNotFoundError):
        sftp.remove(path)


def _is_file(sftp: paramiko.SFTPClient, path: str) -> bool:
    try:
        return stat.S_ISREG(sftp.stat(path).st_mode or 0)
    except FileNotFoundError:
        return False


def _remote_tail(sftp: paramiko.SFTPClient, path: str, end: int) -> bytes:
    with sftp.open(path, "rb") as remote:
        remote.seek(max(0, end - _OVERLAP))
        return remote.read(_OVERLAP)


def _remote_digest(sftp: paramiko.SFTPClient, path: str, size: int) -> str:
    sha256 = hashlib.sha256()
    with sftp.open(path, "rb") as remote:
        ahead = ReadAhead(sftp, remote.handle, 0, size)  # type: ignore[arg-type]  # bytes, whatever its stub says
        with contextlib.suppress(FileEndsEarlyError):
            while block := ahead.next_block():
                sha256.update(block)
    return sha256.hexdigest()
