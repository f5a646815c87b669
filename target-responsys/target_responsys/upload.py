"""A stream's files onto the file server: data, then count, then ready file, each complete or not at all."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

from responsys_io.errors import ResponsysError
from target_responsys.settings import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responsys_io.fileserver import FileServer
    from target_responsys.csvspool import Part
    from target_responsys.filenames import FileNames
    from target_responsys.fileresult import FileResult

logger = logging.getLogger(__name__)


def upload(
    server: FileServer, part: Part, names: FileNames, result: FileResult, config: Mapping[str, Any]
) -> None:
    """Upload a file and the ones that say that it is complete; note in the result what became of it.

    Args:
        server: The file server.
        part: The file.
        names: Where it and its count and ready file go.
        result: Gets size, checksum, state and reason.
        config: The target's settings.

    Raises:
        ResponsysError: See `Upload`; the result has failed then.
    """
    replace = chosen(config, "existing_file") == "replace"
    try:
        if replace:
            # Those of an older file of the name would have a job refuse this one, or begin early.
            for marker in (names.ready, names.count):
                if marker:
                    server.remove(marker)
        done = server.deliver(
            part.content, names.data, replace=replace, verify=chosen(config, "verify_upload")
        )
        result.bytes, result.sha256 = done.size, done.sha256
        if names.count:
            server.deliver(io.BytesIO(f"{part.count}\n".encode("ascii")), names.count, replace=replace)
        if names.ready:
            server.deliver(io.BytesIO(b""), names.ready, replace=replace)
    except ResponsysError as error:
        result.becomes("failed", str(error))
        raise
    result.becomes("uploaded")
    logger.info("Uploaded %s: %d rows, %d bytes, SHA-256 %s", names.data, part.rows, done.size, done.sha256)
