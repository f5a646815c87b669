"""Uploading files while they are written, as far as they are on the disk."""

from __future__ import annotations

import contextlib
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from responsys_io.errors import ResponsysError
from responsys_io.sendahead import SendAhead

if TYPE_CHECKING:
    from collections.abc import Callable

    from responsys_io.fileserver import FileServer
    from responsys_io.sendahead import Source

FIRST_BYTES = 4 * 2**20
"""Size from which on a file is worth a connection before it is known whether it will be published."""
STEP_BYTES = 2**20
PATIENCE = 5.0
"""Seconds that a run which publishes nothing waits for what is being sent."""


class Ahead:
    """Sends the beginnings of files under their temporary names, on a thread of its own.

    Until `finished` or `stop` has returned nobody else may use the file server.

    Args:
        server: The file server; it is asked for when there is something to send.
    """

    def __init__(self, server: Callable[[], FileServer]) -> None:
        self._server = server
        self._files: dict[str, SendAhead] = {}
        self._ends: dict[str, int] = {}
        self._steps: SimpleQueue[tuple[SendAhead, int] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._fault: Exception | None = None

    def send(self, path: str, source: Source, size: int) -> None:
        """Send what a file has more than before, if that is worth it.

        Args:
            path: Where the file goes.
            source: Its bytes; the same for every call.
            size: How many of them there are by now.
        """
        if self._stopped or size - self._ends.get(path, FIRST_BYTES - STEP_BYTES) < STEP_BYTES:
            return
        self._ends[path] = size
        file = self._files.setdefault(path, SendAhead(source, path))
        self._steps.put((file, size))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True, name="responsys-ahead")
            self._thread.start()

    def finished(self, path: str) -> SendAhead | None:
        """Wait until everything has been sent; return what was sent of a file, for its upload.

        Raises:
            ResponsysError: The server cannot be reached, or refused something.
        """
        self._end_thread()
        if self._fault is not None:
            raise self._fault
        file = self._files.get(path)
        if file is not None:
            self._server().finish_ahead(file)
            del self._files[path]
        return file

    def stop(self, patience: float) -> None:
        """Send nothing further; wait so many seconds at most for what is under way."""
        self._stopped = True
        self._end_thread(patience)

    def clean_up(self) -> None:
        """Remove what was sent of files that were not uploaded, if that can be done."""
        for file in self._files.values():
            if file.begun and self._thread is None:
                with contextlib.suppress(ResponsysError):
                    self._server().forget_ahead(file)

    def _end_thread(self, patience: float | None = None) -> None:
        if self._thread is None:
            return
        self._steps.put(None)
        self._thread.join(patience)
        if not self._thread.is_alive():
            self._thread = None

    def _run(self) -> None:
        try:
            while (step := self._steps.get()) is not None and not self._stopped:
                self._server().send_ahead(*step)
        except Exception as fault:  # noqa: BLE001  raised again by `finished`
            self._fault = fault
            self._stopped = True
