"""Time for several threads: it passes only when every one of them waits, and as far as the first wakes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class VirtualTime:
    """A monotonic clock and the sleep that moves it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._changed = threading.Condition()
        self._running = 0
        self._wakes: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._changed:
            wake = self.now + seconds
            self._wakes.append(wake)
            self._pass_time()
            self._changed.wait_for(lambda: self.now >= wake)

    def run(self, threads: int, work: Callable[[], None]) -> None:
        """Run work in so many threads to its end; raise what the first of them raised."""
        raised: list[BaseException] = []

        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001  raised again below
                raised.append(error)
            finally:
                with self._changed:
                    self._running -= 1
                    self._pass_time()

        self._running = threads
        started = [threading.Thread(target=run, daemon=True) for _ in range(threads)]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()
        if raised:
            raise raised[0]

    def _pass_time(self) -> None:
        if self._wakes and len(self._wakes) >= self._running:
            self.now = max(self.now, min(self._wakes))
            self._wakes = [wake for wake in self._wakes if wake > self.now]
            self._changed.notify_all()
