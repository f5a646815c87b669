"""How often and how patiently an action is tried again: exponential back-off with full jitter."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


@dataclass(frozen=True)
class Retry:
    """A policy for trying again.

    Args:
        limit: Attempts in all.
        base: Upper bound of the first pause in seconds; it doubles with each further one.
        cap: Upper bound of any pause in seconds.
        sleep: Waits; tests pass their own.
    """

    limit: int = 5
    base: float = 0.5
    cap: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def pause(self, failures: int) -> float:
        """Return how many seconds to wait after so many failures (1 or more)."""
        return random.uniform(0, min(self.cap, self.base * 2 ** (failures - 1)))  # noqa: S311  jitter, no secret

    def run(
        self,
        action: Callable[[], Result],
        lost: tuple[type[Exception], ...],
        on_loss: Callable[[Exception, int], None],
    ) -> Result:
        """Run an action until it succeeds, fails for another reason, or the attempts are used up.

        Args:
            action: What to do.
            lost: Exceptions after which it is worth trying again.
            on_loss: Told of each such exception and the number of failures so far.

        Returns:
            What the action returns.

        Raises:
            Exception: The last exception of a kind in `lost`, or at once one of any other kind.
        """
        failures = 0
        while True:
            try:
                return action()
            except lost as error:
                failures += 1
                on_loss(error, failures)
                if failures >= self.limit:
                    raise
            self.sleep(self.pause(failures))
