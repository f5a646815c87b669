"""Waiting for something of Responsys's that has to be looked at again and again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0


@dataclass
class Patience:
    """Pauses that grow, until the time is up.

    Args:
        seconds: How long in all, from now on.
        sleep: Waits so many seconds.
        clock: Returns seconds from some moment on.
    """

    seconds: float
    sleep: Callable[[float], None] = field(repr=False)
    clock: Callable[[], float] = field(repr=False)

    def __post_init__(self) -> None:
        self._deadline = self.clock() + self.seconds
        self._next = _FIRST_PAUSE

    def pause(self) -> bool:
        """Wait a little, longer each time; return False without waiting when the time is up."""
        left = self._deadline - self.clock()
        if left <= 0:
            return False
        self.sleep(min(self._next, left))
        self._next = min(self._next * 2, _LONGEST_PAUSE)
        return True

    def at_most(self, seconds: float) -> Patience:
        """Return what is left of it for another wait, and no more than so many seconds."""
        left = max(0.0, self._deadline - self.clock())
        return Patience(min(left, seconds), self.sleep, self.clock)
