"""What is changed on the file server besides uploads: folders, moves."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import paramiko


def move(sftp: paramiko.SFTPClient, path: str, target: str) -> None:
    """Rename without replacing what is there; also when the answer to an earlier attempt was lost."""
    try:
        # The plain rename of SFTP version 3 refuses a name that is taken.
        sftp.rename(path, target)
    except FileNotFoundError:
        sftp.stat(target)


def make_folder(sftp: paramiko.SFTPClient, folder: str) -> None:
    """Make a folder, with those above it, where it is missing."""
    if folder in {"", "/"}:
        return
    try:
        sftp.stat(folder)
    except FileNotFoundError:
        make_folder(sftp, posixpath.dirname(folder))
        try:
            sftp.mkdir(folder)
        except OSError:
            # Another run may have made it meanwhile.
            sftp.stat(folder)
