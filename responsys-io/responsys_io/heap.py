"""How memory is asked for: from one heap, so that a long run needs no more of it than a short one."""

from __future__ import annotations

import contextlib
import ctypes

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


def use_one_heap() -> None:
    """Let all threads share a heap, where the C library is glibc; to be called before there are any.

    It gives threads heaps of their own, up to eight for each core, and what one has freed is of no use to
    another: with eight connections a tenth more memory is held after some hundred megabytes. Threads
    that take turns at the interpreter gain nothing from several.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
