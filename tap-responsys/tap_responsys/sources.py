"""The file server and this machine's disk as one source of files, told apart by their paths."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from responsys_io.files import FolderListing
from responsys_io.localfiles import LocalFiles
from tap_responsys.places import LOCAL, is_local

if TYPE_CHECKING:
    import io

    from responsys_io.files import RemoteFile
    from responsys_io.fileserver import FileServer


class Sources:
    """Files of both kinds; paths on this machine begin with `file:`.

    Args:
        server: The file server; nothing is opened before it is needed. None where no path leads to it.
    """

    def __init__(self, server: FileServer | None) -> None:
        self.server = server
        self._local = LocalFiles()

    def close(self) -> None:
        """End the session with the server."""
        if self.server is not None:
            self.server.close()

    def scan(self, folder: str) -> FolderListing:
        """List a folder; see `FileServer.scan`."""
        if not is_local(folder):
            return self._remote.scan(folder)
        listed = self._local.scan(folder.removeprefix(LOCAL))
        return FolderListing([_marked(file) for file in listed.files], listed.folders)

    def stat(self, path: str) -> RemoteFile | None:
        """Return what a file is like now, or None when it is not there."""
        if not is_local(path):
            return self._remote.stat(path)
        file = self._local.stat(path.removeprefix(LOCAL))
        return file and _marked(file)

    def open(self, file: RemoteFile) -> io.RawIOBase:
        """Open a listed file for reading; seekable."""
        if not is_local(file.path):
            return self._remote.open(file)
        return self._local.open(replace(file, path=file.path.removeprefix(LOCAL)))

    @property
    def _remote(self) -> FileServer:
        if self.server is None:
            raise LookupError("no file server")
        return self.server


def _marked(file: RemoteFile) -> RemoteFile:
    return replace(file, path=LOCAL + file.path)
