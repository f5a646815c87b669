"""The Responsys file server: lists, reads and uploads over one SFTP session that reopens when it is lost."""

from __future__ import annotations

import contextlib
import logging
import posixpath
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Self, TypeVar

import paramiko

from responsys_io.errors import DataError, SettingsError, TransientError
from responsys_io.remotereader import RemoteReader
from responsys_io.remoteupload import Upload, remove
from responsys_io.retry import Retry
from responsys_io.sshsession import FileServerLogin, SshSession

if TYPE_CHECKING:
    from collections.abc import Callable

    from responsys_io.remoteupload import Source, Uploaded, Verify

__all__ = ["FileServer", "FileServerLogin", "RemoteFile"]

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

_UPLOAD_BLOCK = 256 * 2**10
_TEMPORARY_SUFFIX = ".part"
# What a broken line looks like from inside paramiko; refused keys and hosts are a SettingsError by then.
_LOST_CONNECTION = (EOFError, ConnectionError, TimeoutError, paramiko.SSHException)


@dataclass(frozen=True, order=True)
class RemoteFile:
    """A regular file as a listing shows it: POSIX path, size in bytes, modification time in epoch seconds."""

    path: str
    size: int
    mtime: int

    @property
    def name(self) -> str:
        """The last part of the path."""
        return posixpath.basename(self.path)


class FileServer:
    """A session on the file server. Not safe for use by several threads at once.

    Nothing is opened before the first call. Use as a context manager, or close it.

    Args:
        login: Whom to reach and how to enter.
        retry: How patiently a lost connection is opened again.
    """

    def __init__(self, login: FileServerLogin, *, retry: Retry | None = None) -> None:
        self._login = login
        self._retry = retry or Retry()
        self._where = f"{login.host}:{login.port}"
        self._session: SshSession | None = None

    @classmethod
    def connect(cls, login: FileServerLogin, *, retry: Retry | None = None) -> Self:
        """Open a session at once.

        Raises:
            SettingsError: A wrong key, host key or credential; these are never tried twice.
            TransientError: RSYS-2001 when the server cannot be reached.
        """
        server = cls(login, retry=retry)
        server._call(lambda _: None, "sign-in")
        return server

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the session; a further call opens another one."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def list(self, folder: str) -> list[RemoteFile]:
        """List the regular files of a folder, unsorted; a listing that breaks off is started again.

        Raises:
            SettingsError: RSYS-2101 when there is no such folder, RSYS-2102 when it may not be read.
        """

        def listing(sftp: paramiko.SFTPClient) -> list[RemoteFile]:
            return [
                _remote_file(posixpath.join(folder, entry.filename), entry)
                for entry in sftp.listdir_iter(folder or ".")
                if stat.S_ISREG(entry.st_mode or 0) and "/" not in entry.filename
            ]

        return self._call(listing, f"folder {folder or 'home'}")

    def stat(self, path: str) -> RemoteFile | None:
        """Return what the server says of a file now, or None when it is not there."""

        def status(sftp: paramiko.SFTPClient) -> RemoteFile | None:
            try:
                return _remote_file(path, sftp.stat(path))
            except FileNotFoundError:
                return None

        return self._call(status, f"file {path}")

    def open(self, file: RemoteFile) -> RemoteReader:
        """Open a listed file for reading; see `RemoteReader`."""
        return RemoteReader(lambda action: self._call(action, f"file {file.path}"), file)

    def upload(self, source: BinaryIO, path: str) -> int:
        """Write a file so that it appears under its name complete or not at all.

        The bytes go to a temporary name beside it; after the size has been compared, a rename publishes them.

        Args:
            source: Seekable stream; it is read from its start, again after a lost connection.
            path: Final POSIX path; an existing file of that name is replaced.

        Returns:
            The number of bytes written.

        Raises:
            SettingsError: RSYS-2101, RSYS-2102 when the folder is missing or not writable.
            TransientError: RSYS-2301 when the server holds another size than was sent.
        """
        temporary = path + _TEMPORARY_SUFFIX

        def send(sftp: paramiko.SFTPClient) -> int:
            source.seek(0)
            with sftp.open(temporary, "wb") as remote:
                remote.set_pipelined(pipelined=True)
                while block := source.read(_UPLOAD_BLOCK):
                    remote.write(block)
            stored = sftp.stat(temporary).st_size
            if stored != source.tell():
                raise TransientError(
                    "RSYS-2301",
                    f"{temporary} holds {stored} bytes after {source.tell()} were sent.",
                    "Run again.",
                )
            return source.tell()

        sent = self._call(send, f"file {path}")
        self._call(lambda sftp: _publish(sftp, temporary, path), f"file {path}")
        return sent

    def deliver(
        self, source: Source, path: str, *, replace: bool = True, verify: Verify = "size"
    ) -> Uploaded:
        """Upload a file with all that `Upload` does for it; see there for arguments and errors."""
        return Upload(
            lambda action: self._call(action, f"file {path}"), source, path, replace=replace, verify=verify
        ).run()

    def remove(self, path: str) -> None:
        """Delete a file; one that is not there is no error.

        Raises:
            SettingsError: RSYS-2102 without permission.
        """
        self._call(lambda sftp: remove(sftp, path), f"file {path}")

    def _call(self, action: Callable[[paramiko.SFTPClient], Result], where: str) -> Result:
        """Run an action, with a new session after a lost one, and name what it was about when it fails."""
        try:
            return self._retry.run(lambda: self._attempt(action), _LOST_CONNECTION, self._lost)
        except _LOST_CONNECTION as error:
            raise TransientError(
                "RSYS-2001",
                f"{self._where} cannot be reached: {_reason(error)}.",
                "Check host and port, the network, and whether Oracle has to allow this address.",
            ) from error
        except FileNotFoundError as error:
            raise SettingsError(
                "RSYS-2101",
                f"There is no {where} on {self._where}.",
                "Check the path setting; it is relative to the user's home unless it begins with a slash.",
            ) from error
        except PermissionError as error:
            raise SettingsError(
                "RSYS-2102",
                f"User {self._login.username} has no permission for {where} on {self._where}.",
                "Check the path setting and the user's rights.",
            ) from error
        except UnicodeDecodeError as error:
            raise DataError(
                "RSYS-2104",
                f"A file name in {where} on {self._where} is not valid UTF-8.",
                "Rename or remove that file.",
            ) from error
        except OSError as error:
            raise TransientError(
                "RSYS-2103",
                f"{self._where} refused {where}: {_reason(error)}.",
                "Look at the server's free space and quota.",
            ) from error

    def _attempt(self, action: Callable[[paramiko.SFTPClient], Result]) -> Result:
        if self._session is None:
            self._session = SshSession(self._login)
        try:
            return action(self._session.sftp)
        except OSError as error:
            # A channel that was closed under us is reported as any failed operation would be.
            if not self._session.is_active():
                raise ConnectionError(_reason(error)) from error
            raise

    def _lost(self, error: Exception, failures: int) -> None:
        self.close()
        logger.info("Lost the connection to %s (%s), failure %d", self._where, _reason(error), failures)


def _publish(sftp: paramiko.SFTPClient, temporary: str, path: str) -> None:
    """Rename onto the final name; also when an earlier attempt did so and its answer was lost."""
    try:
        sftp.posix_rename(temporary, path)
    except FileNotFoundError:
        sftp.stat(path)
    except OSError:
        # A server without the posix-rename extension does not replace: remove, then rename.
        with contextlib.suppress(FileNotFoundError):
            sftp.remove(path)
        sftp.rename(temporary, path)


def _remote_file(path: str, attributes: paramiko.SFTPAttributes) -> RemoteFile:
    return RemoteFile(path, attributes.st_size or 0, int(attributes.st_mtime or 0))


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
