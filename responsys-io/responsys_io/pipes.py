"""Pipes with room, so that who writes need not wait until who reads has its turn."""

from __future__ import annotations

import contextlib
import fcntl

_BYTES = 1 << 20
"""What Linux lets every user ask for."""


def widen(descriptor: int) -> None:
    """Give a pipe room for a megabyte, where the system can; elsewhere, and for all but a pipe, do nothing.

    Linux gives 64 KB at first: of two processes that each work for a while at a time, one waits then.
    """
    with contextlib.suppress(AttributeError, OSError):
        if fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ) < _BYTES:
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _BYTES)
