"""Files that have been read leave the folder, where the setting after_read says so.

The tap cannot know when a destination has stored what it was sent. It acts on the next run, in which the
state that it is given says so.
"""

from __future__ import annotations

import logging
import posixpath
from typing import TYPE_CHECKING

from responsys_io.errors import ResponsysError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from responsys_io.files import RemoteFile
    from responsys_io.fileserver import FileServer

logger = logging.getLogger(__name__)


class PutAway:
    """Moves or deletes files on the server.

    Args:
        server: The file server.
        folder: Where to move them; None deletes them.
        archive: Folder of the server whose files are never touched.
    """

    def __init__(self, server: FileServer, folder: str | None, archive: str | None = None) -> None:
        self._server = server
        self._folder = folder
        self._archive = archive
        self._made = False

    def files(self, files: Iterable[RemoteFile]) -> None:
        """Put files away; one that does not let itself be put away is told of and stays."""
        for file in files:
            if self._archive is not None and file.folder == self._archive.rstrip("/"):
                continue
            try:
                self._put(file)
            except ResponsysError as error:
                logger.warning("%s stays where it is: %s", file.name, error)

    def _put(self, file: RemoteFile) -> None:
        if self._folder is None:
            self._server.remove(file.path)
            logger.info("Deleted %s, which has been read", file.path)
            return
        if not self._made:
            self._server.make_folder(self._folder)
            self._made = True
        self._server.move(file.path, posixpath.join(self._folder, file.name))
        logger.info("Moved %s, which has been read, to %s", file.path, self._folder)
