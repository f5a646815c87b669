"""Files on this machine, with the interface of the file server: an archive is read like the original."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import posixpath
import stat
from typing import TYPE_CHECKING

from responsys_io.errors import SettingsError, TransientError
from responsys_io.files import (
    FileUnavailableError,
    FolderListing,
    RemoteFile,
    every_name,
    is_plain_name,
    is_readable_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responsys_io.files import Wanted

logger = logging.getLogger(__name__)

# The end of the year 9999. Some file systems hold later times; they count as none.
_LATEST = 253_402_300_799


class LocalFiles:
    """The disk of this machine. Modification times are whole seconds, as SFTP has them."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def close(self) -> None:
        """Do nothing: no session is held."""

    def scan(self, folder: str, wanted: Wanted = every_name) -> FolderListing:
        """List a folder's files and folders; names that cannot be shown are passed over with a warning.

        Raises:
            SettingsError: RSYS-2101 when there is no such folder, RSYS-2102 when it may not be read.
            TransientError: RSYS-2103 when the disk fails.
        """
        listing = FolderListing([], [])
        with _named_errors(f"folder {folder or '.'}"), os.scandir(folder or ".") as entries:
            for entry in entries:
                self._sort_in(entry, folder, listing, wanted)
        return listing

    def stat(self, path: str) -> RemoteFile | None:
        """Return what a file is like now, or None when it is not there.

        Raises:
            SettingsError: RSYS-2102 when a folder on the way may not be read.
            TransientError: RSYS-2103 when the disk fails.
        """
        with _named_errors(f"file {path}"):
            try:
                return _described(path, os.stat(path))  # noqa: PTH116  listings hold texts, not paths
            except (FileNotFoundError, NotADirectoryError):
                return None

    def open(self, file: RemoteFile) -> io.FileIO:
        """Open a listed file for reading.

        Raises:
            FileUnavailableError: RSYS-2201 when it is not any more what was listed, RSYS-2202 when it has
                gone, RSYS-2203 when it may not be read.
            TransientError: RSYS-2103 when the disk fails.
        """
        with _named_errors(f"file {file.path}"):
            try:
                opened = io.FileIO(file.path, opener=_without_waiting)
            except (FileNotFoundError, NotADirectoryError) as error:
                raise FileUnavailableError.gone(file.path) from error
            except PermissionError as error:
                raise FileUnavailableError.forbidden(file.path) from error
            except IsADirectoryError as error:
                raise FileUnavailableError.changed(file.path, "has become a folder") from error
            status = os.fstat(opened.fileno())
        if not stat.S_ISREG(status.st_mode) or _described(file.path, status) != file:
            opened.close()
            raise FileUnavailableError.changed(file.path, "has changed")
        return opened

    def _sort_in(self, entry: os.DirEntry[str], folder: str, listing: FolderListing, wanted: Wanted) -> None:
        if not (_is_utf8(entry.name) and is_readable_name(entry.name)):
            self._tell(folder, entry.name)
        elif is_plain_name(entry.name):
            if entry.is_dir(follow_symlinks=False):
                listing.folders.append(entry.name)
            elif entry.is_file(follow_symlinks=False):
                # One that vanishes right now is no file of this listing.
                with contextlib.suppress(FileNotFoundError):
                    listing.take(_described(posixpath.join(folder, entry.name), entry.stat()), wanted)

    def _tell(self, folder: str, name: str) -> None:
        if folder not in self._told:
            self._told.add(folder)
            logger.warning(
                "Names in %s are passed over because they are not UTF-8 or have control characters: %s",
                folder,
                ascii(name),
            )


@contextlib.contextmanager
def _named_errors(where: str) -> Iterator[None]:
    """Give what the disk refuses the codes that the file server has for it."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SettingsError(
            "RSYS-2101", f"There is no {where} on this machine.", "Check the path setting."
        ) from error
    except PermissionError as error:
        raise SettingsError(
            "RSYS-2102",
            f"This user has no permission for {where} on this machine.",
            "Check the path setting and the permissions.",
        ) from error
    except OSError as error:
        raise TransientError(
            "RSYS-2103",
            f"This machine cannot read {where}: {error.strerror}.",
            "Check the path setting and the disk.",
        ) from error


def _without_waiting(path: str, flags: int) -> int:
    """Open; a FIFO that has taken the place of a file would keep us waiting for a writer."""
    return os.open(path, flags | os.O_NONBLOCK)


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _described(path: str, status: os.stat_result) -> RemoteFile:
    mtime = int(status.st_mtime)
    return RemoteFile(path, status.st_size, mtime if 0 <= mtime <= _LATEST else 0)
