"""What a listing gives: files and folders, on the file server or on this machine."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from responsys_io.errors import DataError

if TYPE_CHECKING:
    import io
    from collections.abc import Callable

    Wanted: TypeAlias = Callable[[str], bool]

_NO_NAMES = {"", ".", ".."}
# What ends a line or steers a terminal: a name of this kind could write log lines of its own.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, order=True, slots=True)
class RemoteFile:
    """A regular file as a listing shows it: POSIX path, size in bytes, modification time in epoch seconds."""

    path: str
    size: int
    mtime: int

    @property
    def name(self) -> str:
        """The last part of the path."""
        return posixpath.basename(self.path)

    @property
    def folder(self) -> str:
        """The path without its last part."""
        return posixpath.dirname(self.path)

    def is_same_as(self, other: RemoteFile | None) -> bool:
        """Tell whether another file has this one's size and modification time."""
        return other is not None and (self.size, self.mtime) == (other.size, other.mtime)


def every_name(_name: str) -> bool:
    """Want every file."""
    return True


@dataclass
class FolderListing:
    """What lies in a folder, in no order.

    Args:
        files: The regular files that are wanted; links are none.
        folders: Names of the folders in it.
        newest_other: Of the files that are not wanted the one modified last: it tells how late it is there.
    """

    files: list[RemoteFile]
    folders: list[str]
    newest_other: RemoteFile | None = None

    def take(self, file: RemoteFile, wanted: Wanted) -> None:
        """Add a file."""
        if wanted(file.name):
            self.files.append(file)
        elif self.newest_other is None or file.mtime > self.newest_other.mtime:
            self.newest_other = file


class FileSource(Protocol):
    """Where files are listed and read; `FileServer` and `LocalFiles` are the two kinds."""

    def scan(self, folder: str, wanted: Wanted = every_name) -> FolderListing:
        """List a folder and those of its files whose names are wanted."""

    def stat(self, path: str) -> RemoteFile | None:
        """Return what a file is like now, or None when it is not there."""

    def open(self, file: RemoteFile) -> io.RawIOBase:
        """Open a listed file for reading; seekable."""

    def close(self) -> None:
        """End what is open."""


class FileUnavailableError(DataError):
    """One file cannot be read, or is not any more what was listed: other files can be read all the same."""

    @classmethod
    def changed(cls, path: str, how: str) -> FileUnavailableError:
        """Return the error for a file that was written to."""
        return cls(
            "RSYS-2201",
            f"{path} {how} since it was listed.",
            "It is probably still being written or was replaced; the next run reads it again.",
        )

    @classmethod
    def gone(cls, path: str) -> FileUnavailableError:
        """Return the error for a file that is not there any more."""
        return cls(
            "RSYS-2202",
            f"{path} has gone since it was listed.",
            "Nothing of it counts as read. Look for who takes exports away, and have it exported again.",
        )

    @classmethod
    def forbidden(cls, path: str) -> FileUnavailableError:
        """Return the error for a file that may not be read."""
        return cls(
            "RSYS-2203",
            f"{path} may not be read by this user.",
            "Check the file's permissions; a later run reads it.",
        )


def is_plain_name(name: str) -> bool:
    """Tell whether a name that a listing gave is one: no path, no way up, no NUL."""
    return name not in _NO_NAMES and "/" not in name and "\0" not in name


def is_readable_name(name: str) -> bool:
    """Tell whether a name can be shown as it is: it has no control characters."""
    return not _CONTROLS.search(name)
