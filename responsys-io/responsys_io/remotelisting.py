"""Listing a folder of the file server by bytes: paramiko gives up a whole folder for one odd name."""

from __future__ import annotations

import posixpath
import stat
from typing import TYPE_CHECKING

import paramiko
from paramiko.sftp import CMD_CLOSE, CMD_NAME, CMD_OPENDIR, CMD_READDIR, CMD_STATUS

from responsys_io.files import FolderListing, RemoteFile, every_name, is_plain_name, is_readable_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from responsys_io.files import Wanted

# Each answer holds about a hundred names; asking ahead makes distance cost little.
_ASKED_AHEAD = 16


def scan(
    sftp: paramiko.SFTPClient, folder: str, wanted: Wanted = every_name
) -> tuple[FolderListing, list[bytes]]:
    """List a folder; names are sorted out as they come, so that memory goes into what is wanted alone.

    Args:
        sftp: An open session.
        folder: POSIX path, empty for the user's home.
        wanted: Tells by its name whether a file is to be listed.

    Returns:
        The folder's files and folders, and the names that are passed over because they cannot be shown.

    Raises:
        OSError: The server refused; FileNotFoundError when there is no such folder.
        paramiko.SSHException, EOFError, TimeoutError: The connection was lost.
    """
    listed = FolderListing([], [])
    unreadable: list[bytes] = []

    def take(raw_name: bytes, attributes: paramiko.SFTPAttributes) -> None:
        try:
            name = raw_name.decode()
        except UnicodeDecodeError:
            unreadable.append(raw_name)
            return
        if not is_plain_name(name):
            return
        if not is_readable_name(name):
            unreadable.append(raw_name)
            return
        mode = attributes.st_mode or 0
        if stat.S_ISDIR(mode):
            listed.folders.append(name)
        elif stat.S_ISREG(mode):
            listed.take(remote_file(posixpath.join(folder, name), attributes), wanted)

    _read_entries(sftp, folder or ".", take)
    return listed, unreadable


def remote_file(path: str, attributes: paramiko.SFTPAttributes) -> RemoteFile:
    """Return a file with what the server says of it; 0 for what it leaves out."""
    return RemoteFile(path, attributes.st_size or 0, int(attributes.st_mtime or 0))


def _read_entries(
    sftp: paramiko.SFTPClient, folder: str, take: Callable[[bytes, paramiko.SFTPAttributes], None]
) -> None:
    _, message = sftp._request(CMD_OPENDIR, folder)  # type: ignore[attr-defined]  # noqa: SLF001
    handle = message.get_string()
    answers = _Answers(sftp, take)
    while not answers.ended:
        for _ in range(_ASKED_AHEAD):
            answers.ask(handle)
        while answers.waiting:
            sftp._read_response()  # type: ignore[attr-defined]  # noqa: SLF001
    sftp._request(CMD_CLOSE, handle)  # type: ignore[attr-defined]  # noqa: SLF001
    if answers.refusal:
        raise answers.refusal


class _Answers:
    """The answers to read requests on an open folder; what they hold is handed on at once."""

    def __init__(
        self, sftp: paramiko.SFTPClient, take: Callable[[bytes, paramiko.SFTPAttributes], None]
    ) -> None:
        self._sftp = sftp
        self._take = take
        self.waiting = 0
        self.ended = False
        self.refusal: OSError | None = None

    def ask(self, handle: bytes) -> None:
        """Send one request."""
        self._sftp._async_request(self, CMD_READDIR, handle)  # type: ignore[attr-defined]  # noqa: SLF001
        self.waiting += 1

    def _async_response(self, kind: int, message: paramiko.Message, _number: int) -> None:
        """Take an answer; paramiko calls this for the object that was given with the request."""
        self.waiting -= 1
        if kind == CMD_NAME:
            for name, attributes in _names(message):
                self._take(name, attributes)
            return
        self.ended = True
        if kind != CMD_STATUS:
            self.refusal = OSError("unexpected answer to a request for names")
            return
        try:
            self._sftp._convert_status(message)  # type: ignore[attr-defined]  # noqa: SLF001
        except EOFError:
            pass
        except OSError as error:
            self.refusal = error


def _names(message: paramiko.Message) -> Iterator[tuple[bytes, paramiko.SFTPAttributes]]:
    for _ in range(message.get_int()):
        name, _long_name = message.get_string(), message.get_string()
        yield name, paramiko.SFTPAttributes._from_msg(message)  # type: ignore[attr-defined]  # noqa: SLF001
