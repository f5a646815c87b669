"""The archive of raw files: what was read, as it lay on the server, so that history can be replayed."""

from __future__ import annotations

import contextlib
import os
import posixpath
import shutil
from typing import TYPE_CHECKING, Protocol

from responsys_io.errors import DataError
from responsys_io.files import RemoteFile
from tap_responsys.places import LOCAL

if TYPE_CHECKING:
    import io
    from pathlib import Path

    from responsys_io.fileserver import FileServer

REMOTE = "sftp:"
"""What an archive_path on the file server begins with."""

REPLACED = "replaced"
"""Folder of the archive for contents that a file of the same name has had before; not part of a replay."""

_TEMPORARY_SUFFIX = ".part"
_BLOCK = 1 << 20


class Archive(Protocol):
    """Keeps copies of files."""

    def keep(self, file: RemoteFile, name: str, source: io.RawIOBase) -> RemoteFile | None:
        """Keep a copy, unless it is there already.

        Args:
            file: The file.
            name: Its path below the archive's folder.
            source: Its bytes, from the start.

        Returns:
            The copy, where it can be read in the place of the file.
        """

    def close(self) -> None:
        """End what is open."""


class LocalArchive:
    """An archive in a folder of this machine.

    Args:
        folder: Made, readable by its owner only, where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def close(self) -> None:
        """Do nothing."""

    def keep(self, file: RemoteFile, name: str, source: io.RawIOBase) -> RemoteFile:
        """Keep a copy; see `Archive`.

        Raises:
            DataError: RSYS-3501 when it cannot be written.
        """
        target = self._folder / name
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_copy(target, file):
                _put_aside(target)
                _copy(file, source, target)
        except OSError as error:
            raise DataError(
                "RSYS-3501",
                f"{file.name} cannot be kept in the archive {self._folder}: {error.strerror}.",
                f"It has {file.size} bytes; check archive_path, its permissions and the free space.",
            ) from error
        return RemoteFile(LOCAL + str(target), file.size, file.mtime)


class RemoteArchive:
    """An archive in a folder of the file server.

    Args:
        server: A session of its own: one session cannot read a file and write another.
        folder: POSIX path; made where it is missing.
    """

    def __init__(self, server: FileServer, folder: str) -> None:
        self._server = server
        self._folder = folder
        self._made: set[str] = set()

    def close(self) -> None:
        """End the session."""
        self._server.close()

    def keep(self, file: RemoteFile, name: str, source: io.RawIOBase) -> None:
        """Keep a copy; see `Archive`.

        Raises:
            SettingsError: RSYS-2102 when the folder may not be written.
            TransientError: RSYS-2103, RSYS-2301 when the server does not take it.
        """
        target = posixpath.join(self._folder, name)
        there = self._server.stat(target)
        if file.is_same_as(there):
            return
        folder = posixpath.dirname(target)
        self._make(folder)
        if there is not None:
            replaced = posixpath.join(folder, REPLACED)
            self._make(replaced)
            self._server.move(target, posixpath.join(replaced, f"{file.name}.{there.mtime}"))
        self._server.upload(source, target, size=file.size, mtime=file.mtime)

    def _make(self, folder: str) -> None:
        if folder not in self._made:
            self._server.make_folder(folder)
            self._made.add(folder)


def _is_copy(target: Path, file: RemoteFile) -> bool:
    try:
        status = target.stat()
    except FileNotFoundError:
        return False
    return (status.st_size, int(status.st_mtime)) == (file.size, file.mtime)


def _put_aside(target: Path) -> None:
    """Move what has the name already to where no replay finds it."""
    with contextlib.suppress(FileNotFoundError):
        mtime = int(target.stat().st_mtime)
        replaced = target.parent / REPLACED
        replaced.mkdir(mode=0o700, exist_ok=True)
        target.replace(replaced / f"{target.name}.{mtime}")


def _copy(file: RemoteFile, source: io.RawIOBase, target: Path) -> None:
    temporary = target.with_name(target.name + _TEMPORARY_SUFFIX)
    temporary.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
            shutil.copyfileobj(source, copy, _BLOCK)
            copy.flush()
            os.fsync(copy.fileno())
        os.utime(temporary, (file.mtime, file.mtime))
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
