"""Sending a file while it is still being written, so that little is left to send when it is complete."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from responsys_io.fileserver import FileServer
from responsys_io.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from responsys_io.login import FileServerLogin

logger = logging.getLogger(__name__)

_BLOCK = 256 * 2**10
# Within the seconds that a run may take to end after a signal.
_PATIENCE = 5.0


class HeadStart:
    """Writes what there is of a file under its upload's temporary name, in a thread and session of its own.

    It may stop anywhere, and does where the server will have no second session or the connection is lost: the
    upload itself compares what is there and sends the rest.

    Args:
        login: Whom to reach and how to enter.
        path: Final POSIX path of the file.
        read: Returns so many bytes of the file from an offset on; called by the thread.
    """

    def __init__(self, login: FileServerLogin, path: str, read: Callable[[int, int], bytes]) -> None:
        self._login, self._path, self._read = login, path, read
        self._size = 0
        self._ended = self._given_up = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="head start", daemon=True)
        self._thread.start()

    def grow(self, size: int) -> None:
        """Tell that the file has so many bytes by now, none of which will change."""
        with self._changed:
            self._size = size
            self._changed.notify()

    def finish(self) -> None:
        """Send no more, and wait until what was sent has been taken."""
        self._end()
        self._thread.join()

    def give_up(self) -> None:
        """Send no more and remove what was sent: the file will not be uploaded."""
        self._given_up = True
        self._end()
        self._thread.join(_PATIENCE)

    def _end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _run(self) -> None:
        try:
            with FileServer(self._login, retry=Retry(limit=1)) as server:
                server.send_ahead(self._path, self._blocks())
                if self._given_up:
                    server.remove_temporary(self._path)
        except Exception as error:  # noqa: BLE001  whatever it is, the upload meets it again and says so
            logger.debug("%s is sent when it is complete: %s", self._path, type(error).__name__)

    def _blocks(self) -> Iterator[bytes]:
        sent = 0
        while True:
            with self._changed:
                while not self._ended and self._size < sent + _BLOCK:
                    self._changed.wait()
                if self._ended:
                    return
            yield self._read(sent, _BLOCK)
            sent += _BLOCK
