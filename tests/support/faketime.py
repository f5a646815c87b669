"""Time that passes only when somebody waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class FakeTime:
    """A monotonic clock and the sleep that moves it."""

    now: float = 1000.0
    waits: list[float] = field(default_factory=list)
    while_waiting: Callable[[], object] = lambda: None

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        self.while_waiting()
