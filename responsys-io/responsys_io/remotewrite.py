"""What is changed on the file server besides uploads: folders, moves."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import paramiko


def move(sftp: paramiko.SFTPClient, path: str, target: str, *, again: bool) -> None:
    """Rename without replacing what is there.

    Args:
        sftp: An open session.
        path: POSIX path of the file.
        target: Its new path.
        again: Whether an earlier attempt may have done so and its answer was lost.

    Raises:
        OSError: The server refused.
    """
    try:
        # The plain rename of SFTP version 3 refuses a name that is taken.
        sftp.rename(path, target)
    except OSError:
        if not again or exists(sftp, path) or not exists(sftp, target):
            raise


def make_folder(sftp: paramiko.SFTPClient, folder: str) -> None:
    """Make a folder, with those above it, where it is missing."""
    if folder in {"", "/"} or exists(sftp, folder):
        return
    make_folder(sftp, posixpath.dirname(folder))
    try:
        sftp.mkdir(folder)
    except OSError:
        # Another run may have made it meanwhile.
        if not exists(sftp, folder):
            raise


def exists(sftp: paramiko.SFTPClient, path: str) -> bool:
    """Tell whether there is anything of a name."""
    try:
        sftp.stat(path)
    except FileNotFoundError:
        return False
    return True
