"""What a run tells at INFO: which streams it reads, and at its end how much it has read."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from responsys_io.durations import duration

if TYPE_CHECKING:
    import logging

_MOST_NAMED = 12
# The SDK says it of each of the fifty feeds that nobody has asked for.
_SAID_ONCE = "Skipping deselected stream"


class Story:
    """Counts what is read, and puts it into words.

    Args:
        logger: The tap's logger. What the SDK repeats for every stream that is not selected is left out.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._rows: Counter[str] = Counter()
        self._files = self._rejected = 0
        self._begun = time.monotonic()
        logger.addFilter(_not_repeated)

    def begin(self, selected: list[str], streams: int) -> None:
        """Tell which streams are read, of how many."""
        self._logger.info("Reading %d of %d streams: %s", len(selected), streams, _listed(selected))

    def file_read(self, stream: str, rows: int, rejected: int) -> None:
        """Count a file that has been read to its end: the rows that this run has read of it."""
        self._files += 1
        self._rows[stream] += rows
        self._rejected += rejected

    def end(self) -> None:
        """Tell how much was read."""
        took = duration(time.monotonic() - self._begun)
        if not self._files:
            self._logger.info("Done in %s: no new export", took)
            return
        rows = _listed([f"{name} {count:,}" for name, count in self._rows.most_common()])
        self._logger.info(
            "Done in %s: %d files, %s rows, %s of them rejected (%s)",
            took,
            self._files,
            f"{self._rows.total():,}",
            f"{self._rejected:,}",
            rows,
        )


def unread_words(there: int, unread: int, complete: int) -> str:
    """Say how many of a stream's exports are to be read.

    Args:
        there: Exports that lie there and are wanted.
        unread: Those of them that have not been read.
        complete: Those of the unread ones that can be read now.
    """
    waiting = f"; {unread - complete} not complete yet" if unread > complete else ""
    return f"{complete} of {there} exports to read{waiting}"


def _listed(words: list[str]) -> str:
    more = f" and {len(words) - _MOST_NAMED} more" if len(words) > _MOST_NAMED else ""
    return ", ".join(words[:_MOST_NAMED]) + more


def _not_repeated(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(_SAID_ONCE)
