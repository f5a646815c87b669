"""An event loop in a thread of its own, so that servers run beside code that knows nothing of asyncio."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

_Result = TypeVar("_Result")


class BackgroundLoop:
    """Runs coroutines in another thread while a `with` block lasts; what is left then is cancelled."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._stop = asyncio.Event()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._work, name="responsys-sandbox", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *exc: object) -> None:
        self._runner.get_loop().call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def run(self, work: Coroutine[object, object, _Result]) -> _Result:
        """Run a coroutine over there and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._runner.get_loop()).result()

    def _work(self) -> None:
        with self._runner:
            self._runner.run(self._wait())

    async def _wait(self) -> None:
        self._started.set()
        await self._stop.wait()
