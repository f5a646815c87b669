"""The file server and this machine's disk as one source of files, told apart by their paths."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, cast

from responsys_io.files import FolderListing, every_name
from responsys_io.localfiles import LocalFiles
from responsys_io.smallfiles import SMALL
from tap_responsys.places import LOCAL, is_local

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responsys_io.files import RemoteFile, Wanted
    from responsys_io.fileserver import FileServer


_FETCHED_AT_ONCE = 32


class Sources:
    """Files of both kinds; paths on this machine begin with `file:`.

    Args:
        server: The file server; nothing is opened before it is needed. None where no path leads to it.
    """

    def __init__(self, server: FileServer | None) -> None:
        self.server = server
        self._local = LocalFiles()
        self._fetched: dict[RemoteFile, bytes] = {}
        self._read: dict[str, RemoteFile] = {}

    def close(self) -> None:
        """End the session with the server."""
        if self.server is not None:
            self.server.close()

    def scan(self, folder: str, wanted: Wanted = every_name) -> FolderListing:
        """List a folder; see `FileServer.scan`."""
        if not is_local(folder):
            return self._remote.scan(folder, wanted)
        listed = self._local.scan(folder.removeprefix(LOCAL), wanted)
        other = listed.newest_other
        return FolderListing(
            [_marked(file) for file in listed.files], listed.folders, _marked(other) if other else None
        )

    def fetch_ahead(self, files: Sequence[RemoteFile]) -> None:
        """Fetch the first of some files of the server at once, where there are several small ones.

        They are compared with the listing when they have been fetched: `stat` says so once they are read.

        Args:
            files: The files that are going to be opened, in this order.
        """
        remote = (file for file in takewhile(_is_small, files) if not is_local(file.path))
        small = list(dict.fromkeys(remote))[:_FETCHED_AT_ONCE]
        self._read.clear()
        self._fetched = self._remote.fetch(small) if len(small) > 1 else {}

    def has_fetched(self, file: RemoteFile) -> bool:
        """Tell whether a file was fetched ahead and waits to be opened."""
        return file in self._fetched

    def stat(self, path: str) -> RemoteFile | None:
        """Return what a file is like now, or was when it was read; None when it is not there."""
        if file := self._read.pop(path, None):
            return file
        if not is_local(path):
            return self._remote.stat(path)
        file = self._local.stat(path.removeprefix(LOCAL))
        return file and _marked(file)

    def open(self, file: RemoteFile) -> io.RawIOBase:
        """Open a listed file for reading; seekable."""
        if (content := self._fetched.pop(file, None)) is not None:
            self._read[file.path] = file
            return cast("io.RawIOBase", io.BytesIO(content))
        self._read.pop(file.path, None)
        if not is_local(file.path):
            return self._remote.open(file)
        return self._local.open(replace(file, path=file.path.removeprefix(LOCAL)))

    @property
    def _remote(self) -> FileServer:
        if self.server is None:
            raise LookupError("no file server")
        return self.server


def _is_small(file: RemoteFile) -> bool:
    return file.size <= SMALL


def _marked(file: RemoteFile) -> RemoteFile:
    return replace(file, path=LOCAL + file.path)
