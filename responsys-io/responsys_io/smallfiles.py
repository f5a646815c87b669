"""Small files read together: their requests travel at the same time, and distance is paid for once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import paramiko
from paramiko.sftp import (
    CMD_ATTRS,
    CMD_CLOSE,
    CMD_DATA,
    CMD_FSTAT,
    CMD_HANDLE,
    CMD_OPEN,
    CMD_READ,
    CMD_STAT,
    int64,
)

from responsys_io.remotelisting import remote_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responsys_io.files import RemoteFile

SMALL = 128 * 2**10
"""Bytes; what OpenSSH and others serve in one answer."""

_FOR_READING = 1


def fetch(sftp: paramiko.SFTPClient, files: Sequence[RemoteFile]) -> dict[RemoteFile, bytes]:
    """Read small files.

    Args:
        sftp: The session.
        files: The files as they were listed, of up to `SMALL` bytes each.

    Returns:
        The content of those that were whole and, before and after they were read, what was listed.

    Raises:
        paramiko.SSHException, EOFError, TimeoutError: The connection was lost.
    """
    batch = _Batch(sftp)
    opened = {file: batch.ask(CMD_OPEN, file.path, _FOR_READING, paramiko.SFTPAttributes()) for file in files}
    batch.wait()
    asked = {}
    for file, number in opened.items():
        if (handle := batch.text(number, CMD_HANDLE)) is not None:
            asked[file] = (
                batch.ask(CMD_FSTAT, handle),
                batch.ask(CMD_READ, handle, int64(0), SMALL),
                batch.ask(CMD_STAT, file.path),
            )
            batch.ask(CMD_CLOSE, handle)
    batch.wait()
    found = {}
    for file, (before, content, after) in asked.items():
        data = batch.text(content, CMD_DATA)
        if (
            data is not None
            and len(data) == file.size
            and batch.shows(before, file)
            and batch.shows(after, file)
        ):
            found[file] = data
    return found


class _Batch:
    """Requests under way, and their answers by number."""

    def __init__(self, sftp: paramiko.SFTPClient) -> None:
        self._sftp = sftp
        self._waiting: set[int] = set()
        self._answers: dict[int, tuple[int, paramiko.Message]] = {}

    def ask(self, kind: int, *arguments: object) -> int:
        """Send a request and return its number."""
        number: int = self._sftp._async_request(self, kind, *arguments)  # type: ignore[attr-defined]  # noqa: SLF001
        self._waiting.add(number)
        return number

    def wait(self) -> None:
        """Wait for all answers."""
        while self._waiting:
            self._sftp._read_response()  # type: ignore[attr-defined]  # noqa: SLF001

    def text(self, number: int, kind: int) -> bytes | None:
        """Return the bytes of an answer, None for one of another kind."""
        answered, message = self._answers[number]
        return message.get_string() if answered == kind else None

    def shows(self, number: int, file: RemoteFile) -> bool:
        """Tell whether an answer gives the attributes of a file as it was listed."""
        answered, message = self._answers[number]
        if answered != CMD_ATTRS:
            return False
        attributes = paramiko.SFTPAttributes._from_msg(message)  # type: ignore[attr-defined]  # noqa: SLF001
        return remote_file(file.path, attributes) == file

    def _async_response(self, kind: int, message: paramiko.Message, number: int) -> None:
        """Take an answer; paramiko calls this for the object that was given with the request."""
        self._waiting.discard(number)
        self._answers[number] = (kind, message)
