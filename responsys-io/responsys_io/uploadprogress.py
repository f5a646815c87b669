"""How far a long upload is, in words."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from responsys_io.durations import duration
from responsys_io.intervals import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

_MEGABYTE = 1e6

logger = logging.getLogger(__name__)


class UploadProgress:
    """Tells from time to time how far a file is on its way.

    Args:
        path: The file.
        size: Its bytes.
        clock: Monotonic seconds; tests pass their own.
    """

    def __init__(self, path: str, size: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._size = path, size
        self._sent = 0
        self._interval = Interval(clock)

    def sent(self, count: int, position: int) -> None:
        """Count bytes, and tell how far it is when it is time to.

        Args:
            count: Bytes that were sent, again after a lost connection or for the first time.
            position: Bytes of the file that are on the server now.
        """
        self._sent += count
        elapsed = self._interval.elapsed()
        if elapsed is None:
            return
        speed = self._sent / elapsed
        logger.info(
            "%s: %d of %d MB sent, %.1f MB/s, about %s left",
            self._path,
            position / _MEGABYTE,
            self._size / _MEGABYTE,
            speed / _MEGABYTE,
            duration((self._size - position) / speed),
        )
