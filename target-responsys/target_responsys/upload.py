"""A stream's files onto the file server: data, then count, then ready file, each complete or not at all."""

from __future__ import annotations

import io
import logging
import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from responsys_io.errors import ResponsysError
from responsys_io.remoteupload import temporary_name
from target_responsys.settings import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responsys_io.fileserver import FileServer
    from target_responsys.csvspool import Part
    from target_responsys.filenames import FileNames, FileNaming
    from target_responsys.fileresult import FileResult

logger = logging.getLogger(__name__)


def upload(
    server: FileServer,
    part: Part,
    names: FileNames,
    result: FileResult,
    config: Mapping[str, Any],
    *,
    ahead: bool = False,
) -> None:
    """Upload a file and the ones that say that it is complete; note in the result what became of it.

    Args:
        server: The file server.
        part: The file.
        names: Where it and its count and ready file go.
        result: Gets size, checksum, state and reason.
        config: The target's settings.
        ahead: Whether its first bytes may be there already, under its temporary name.

    Raises:
        ResponsysError: See `Upload`; the result has failed then.
    """
    replaces = chosen(config, "existing_file") == "replace"
    try:
        if replaces or server.stat(names.data) is None:
            # Those of an older file of the name would have a job refuse this one, or begin early.
            _remove(server, names.ready, names.count)
        done = server.upload(
            part.content,
            names.data,
            replace=replaces,
            verify=chosen(config, "verify_upload"),
            ahead=ahead,
        )
        result.bytes, result.sha256 = done.size, done.sha256
        if names.count:
            server.upload(io.BytesIO(f"{part.count}\n".encode("ascii")), names.count)
        if names.ready:
            server.upload(io.BytesIO(b""), names.ready)
    except ResponsysError as error:
        result.becomes("failed", str(error))
        raise
    result.becomes("uploaded")
    logger.info("Uploaded %s: %d rows, %d bytes, SHA-256 %s", names.data, part.rows, done.size, done.sha256)


def unused(server: FileServer, naming: FileNaming) -> FileNaming:
    """Return a naming whose first file is neither there nor being uploaded: the given, or a numbered one.

    A second in a name does not tell apart two runs that begin in it, and their files are not the same.

    Args:
        server: The file server.
        naming: How the files would be named.
    """
    free, number = naming, 1
    while any(server.stat(path) for path in (free.of(1).data, temporary_name(free.of(1).data))):
        number += 1
        free = replace(naming, stem=f"{naming.stem}_{number}")
    return free


def remove_surplus(server: FileServer, naming: FileNaming, parts: int) -> None:
    """Remove parts of an earlier run that are numbered beyond those of this one, with what marks them.

    They would be loaded beside the new ones.

    Args:
        server: The file server.
        naming: How the files are named.
        parts: How many there are now.
    """
    folder = posixpath.dirname(naming.stem)
    for names in naming.surplus((file.name for file in server.list(folder)), parts):
        _remove(server, names.ready, names.count, names.data)
        logger.info("Removed %s, a part of an earlier and longer delivery", names.data)


def _remove(server: FileServer, *paths: str | None) -> None:
    for path in paths:
        if path:
            server.remove(path)
