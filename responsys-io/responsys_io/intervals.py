"""When it is time to say how far something is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_EVERY_SECONDS = 30.0


class Interval:
    """Tells, when asked again and again, that half a minute has passed.

    Args:
        clock: Monotonic seconds; tests pass their own.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = self._told = clock()

    def elapsed(self) -> float | None:
        """Return the seconds since the beginning when it is time to say something, None otherwise."""
        now = self._clock()
        if now - self._told < _EVERY_SECONDS:
            return None
        self._told = now
        return now - self._begun
