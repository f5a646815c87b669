"""What is going to happen, in time's order, and the dice that decide it."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from responsys_sandbox.events import Event

    Happening = Callable[[], Iterator[Event]]

_Choice = TypeVar("_Choice")


class Agenda:
    """Happenings by the time at which they take place; each may yield events and put further ones here.

    Args:
        seed: Determines all dice.
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._heap: list[tuple[int, int, Happening]] = []
        self._order = count()
        self.random = Random(seed)  # noqa: S311 - no secret

    def begin_day(self, day: int) -> None:
        """Give the day dice of its own, so that it does not matter when it is lived."""
        self.random = Random(f"{self._seed}/{day}")  # noqa: S311 - no secret

    def at(self, moment: int, happening: Happening) -> None:
        """Put something on the agenda, at a time in epoch seconds."""
        heappush(self._heap, (moment, next(self._order), happening))

    def until(self, end: int) -> Iterator[Event]:
        """Let everything happen up to and including a moment."""
        while self._heap and self._heap[0][0] <= end:
            yield from heappop(self._heap)[2]()

    def chance(self, probability: float) -> bool:
        """Decide something of that probability."""
        return self.random.random() < probability

    def below(self, limit: int) -> int:
        """Draw a whole number from 0 to below the limit."""
        return int(self.random.random() * limit)

    def one_of(self, choices: Sequence[_Choice]) -> _Choice:
        """Draw one of several."""
        return choices[self.below(len(choices))]

    def about(self, mean: float) -> int:
        """Draw how often something of that mean happens in a day."""
        return int(mean * self.random.uniform(0.6, 1.4) + self.random.random())
