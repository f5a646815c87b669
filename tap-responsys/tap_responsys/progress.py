"""How far a long read is, in words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from responsys_io.durations import duration
from responsys_io.intervals import Interval

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

_MEGABYTE = 1e6
# A floor far below any line that is in order: bytes per second.
_SLOW = 100_000


class Progress:
    """Tells from time to time how far the reading of a stream's files is.

    Args:
        stream: Name of the stream.
        sizes: Bytes of each file that is to be read.
        logger: Where to tell.
        clock: Monotonic seconds; tests pass their own.
    """

    def __init__(
        self,
        stream: str,
        sizes: list[int],
        logger: logging.Logger,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._logger = stream, logger
        self._files, self._bytes = len(sizes), sum(sizes)
        self._done_files = self._done_bytes = 0
        self._interval = Interval(clock)
        self._warned = False

    def file_done(self, size: int) -> None:
        """Count a file that has been read, or passed over."""
        self._done_files += 1
        self._done_bytes += size

    def look(self, rows: int, position: int) -> None:
        """Tell how far it is when it is time to, and once that it goes very slowly.

        Args:
            rows: Rows of the current file so far.
            position: Bytes of the current file so far.
        """
        elapsed = self._interval.elapsed()
        if elapsed is None:
            return
        read = self._done_bytes + position
        speed = read / elapsed
        left = max(0, self._bytes - read) / speed if speed else 0
        self._logger.info(
            "%s: file %d of %d, %s rows of it so far, %d of %d MB in all, %.1f MB/s, about %s left",
            self._stream,
            min(self._done_files + 1, self._files),
            self._files,
            f"{rows:,}",
            read / _MEGABYTE,
            self._bytes / _MEGABYTE,
            speed / _MEGABYTE,
            duration(left),
        )
        if speed < _SLOW and left and not self._warned:
            self._warned = True
            self._logger.warning(
                "%s: reads %.1f KB/s only; look at the line to the file server, and at what takes the rows",
                self._stream,
                speed / 1000,
            )
