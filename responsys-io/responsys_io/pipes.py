"""Pipes with room, so that who writes need not wait until who reads has its turn."""

from __future__ import annotations

import contextlib
import fcntl

MOST = 1 << 20
"""Bytes: what Linux lets every user ask for."""


def widen(descriptor: int, size: int = MOST) -> None:
    """Give a pipe more room, where the system can; elsewhere, and for all but a pipe, do nothing.

    Linux gives 64 KB at first: of two processes that each work for a while at a time, one waits then.

    Args:
        descriptor: Either end.
        size: How many bytes, at least.
    """
    with contextlib.suppress(AttributeError, OSError):
        if fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ) < size:
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, size)
