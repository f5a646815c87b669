"""The Responsys file server: lists, reads and uploads over one SFTP session that reopens when it is lost."""

from __future__ import annotations

import logging
from itertools import count
from typing import TYPE_CHECKING, Self, TypeVar

import paramiko

from responsys_io import remotelisting, remotewrite, smallfiles
from responsys_io.errors import SettingsError, TransientError
from responsys_io.files import FileUnavailableError, RemoteFile, every_name
from responsys_io.login import FileServerLogin
from responsys_io.remotereader import RemoteReader
from responsys_io.remoteupload import Upload, remove, send_ahead, temporary_name
from responsys_io.retry import Retry
from responsys_io.sshsession import SshSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from responsys_io.files import FolderListing, Wanted
    from responsys_io.remoteupload import Source, Uploaded, Verify
    from responsys_io.sshsession import HostKey

__all__ = ["FileServer", "FileServerLogin", "FileUnavailableError", "RemoteFile"]

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

# What a broken line looks like from inside paramiko; refused keys and hosts are a SettingsError by then.
_LOST_CONNECTION = (EOFError, ConnectionError, TimeoutError, paramiko.SSHException)


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
        self._accepted = ""
        self._told: set[str] = set()

    @property
    def host_key(self) -> HostKey | None:
        """The key that the server has shown in the open session, None while there is none."""
        return self._session.host_key if self._session else None

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
        """List the files of a folder; see `scan`."""
        return self.scan(folder).files

    def scan(self, folder: str, wanted: Wanted = every_name) -> FolderListing:
        """List a folder's files and folders; a listing that breaks off is started again.

        Names that are not UTF-8, or have control characters, are passed over with a warning, once for each
        folder.

        Args:
            folder: POSIX path, empty for the user's home.
            wanted: Tells by its name whether a file is to be listed; no memory goes into the others.

        Raises:
            SettingsError: RSYS-2101 when there is no such folder, RSYS-2102 when it may not be read.
        """
        where = f"folder {folder or 'home'}"
        found, unreadable = self._call(lambda sftp: remotelisting.scan(sftp, folder, wanted), where)
        if unreadable and folder not in self._told:
            self._told.add(folder)
            logger.warning(
                "%d names in %s are passed over because they are not UTF-8 or have control characters, "
                "for example %s",
                len(unreadable),
                where,
                ascii(unreadable[0])[1:],
            )
        return found

    def stat(self, path: str) -> RemoteFile | None:
        """Return what the server says of a file now, or None when it is not there."""

        def status(sftp: paramiko.SFTPClient) -> RemoteFile | None:
            try:
                return remotelisting.remote_file(path, sftp.stat(path))
            except FileNotFoundError:
                return None

        return self._call(status, f"file {path}")

    def open(self, file: RemoteFile) -> RemoteReader:
        """Open a listed file for reading; see `RemoteReader`."""
        return RemoteReader(lambda action: self._call(action, f"file {file.path}"), file)

    def fetch(self, files: Sequence[RemoteFile]) -> dict[RemoteFile, bytes]:
        """Read small files together; see `smallfiles.fetch`. What cannot be read is left out."""
        return self._call(lambda sftp: smallfiles.fetch(sftp, files), f"{len(files)} files")

    def upload(
        self,
        source: Source,
        path: str,
        *,
        size: int | None = None,
        mtime: int | None = None,
        replace: bool = True,
        verify: Verify = "size",
        ahead: bool = False,
    ) -> Uploaded:
        """Write a file so that it appears under its name complete or not at all.

        See `Upload` for arguments and errors.
        """
        return Upload(
            lambda action: self._call(action, f"file {path}"),
            source,
            path,
            size=size,
            mtime=mtime,
            replace=replace,
            verify=verify,
            ahead=ahead,
        ).run()

    def send_ahead(self, path: str, blocks: Iterator[bytes]) -> None:
        """Write the beginning of a file that `upload` is to complete; see `remoteupload.send_ahead`."""
        self._call(lambda sftp: send_ahead(sftp, path, blocks), f"file {path}")

    def remove_temporary(self, path: str) -> None:
        """Delete what there is of a file that is not complete; none is no error."""
        self.remove(temporary_name(path))

    def make_folder(self, folder: str) -> None:
        """Make a folder, with those above it, where it is missing.

        Raises:
            SettingsError: RSYS-2102 when that is not permitted.
        """
        self._call(lambda sftp: remotewrite.make_folder(sftp, folder), f"folder {folder}")

    def move(self, path: str, target: str) -> None:
        """Rename a file; what is there under the new name is never replaced.

        Raises:
            SettingsError: RSYS-2101 when the file or the folder is missing, RSYS-2102 without permission.
            TransientError: RSYS-2103 when the new name is taken, or for any other refusal.
        """
        attempts = count()
        self._call(
            lambda sftp: remotewrite.move(sftp, path, target, again=next(attempts) > 0), f"file {path}"
        )

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
        except OSError as error:
            raise TransientError(
                "RSYS-2103",
                f"{self._where} refused {where}: {_reason(error)}.",
                "Look at the server's free space and quota.",
            ) from error

    def _attempt(self, action: Callable[[paramiko.SFTPClient], Result]) -> Result:
        if self._session is None:
            # With the key that was accepted before, so that a refused one is not offered again and again.
            self._session = SshSession(self._login, first=self._accepted)
            self._accepted = self._session.accepted
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


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
