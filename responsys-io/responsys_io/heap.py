"""How memory is asked for: from one heap, so that a long run needs no more of it than a short one."""

from __future__ import annotations

import contextlib
import ctypes

# Names of glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_KEPT = 1 << 25


def use_one_heap() -> None:
    """Let all threads share a heap, where the C library is glibc; to be called before there are any.

    It gives threads heaps of their own, up to eight for each core, and what one has freed is of no use to
    another: with eight connections a tenth more memory is held after some hundred megabytes. Threads
    that take turns at the interpreter gain nothing from several.
    """
    _set(_ARENA_MAX, 1)


def keep_freed_memory() -> None:
    """Let up to 32 MB that are free stay with this process, where the C library is glibc.

    Who frees and takes megabytes again and again spends more time on getting them from the system, page by
    page, than on what they are for.
    """
    _set(_MMAP_THRESHOLD, _KEPT)
    _set(_TRIM_THRESHOLD, _KEPT)


def _set(option: int, value: int) -> None:
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(option, value)
