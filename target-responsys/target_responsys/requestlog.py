"""The log of requests to Responsys, a JSON line each: Oracle keeps its own for a day or two only."""

from __future__ import annotations

import json
import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from responsys_io.errors import SettingsError

if TYPE_CHECKING:
    from responsys_io.traffic import Exchange

logger = logging.getLogger(__name__)


class RequestLog:
    """A file that lines are added to. Safe for several threads.

    Args:
        path: Where it is; made when it is not there, readable for its owner only.
        execution_id: Id of the run, which is in every line.

    Raises:
        SettingsError: RSYS-1023 when it cannot be opened.
    """

    def __init__(self, path: str, execution_id: str) -> None:
        self.path = Path(path).expanduser()
        self._execution_id = execution_id
        self._lock = threading.Lock()
        self._ended = False
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise SettingsError(
                "RSYS-1023",
                f"request_log_file {self.path} cannot be written: {error.strerror}.",
                "Check its folder and its permissions.",
            ) from error

    def write(self, exchange: Exchange) -> None:
        """Add a line; a log that cannot be written any more, on a full disk, does not stop deliveries."""
        line = json.dumps(
            {
                "time": exchange.started.isoformat(timespec="milliseconds"),
                "execution_id": self._execution_id,
                "method": exchange.request.method,
                "path": exchange.request.path,
                "function": exchange.request.function,
                "status": exchange.status,
                "error_code": exchange.error_code or None,
                "rows": exchange.request.rows,
                "duration_ms": round(exchange.seconds * 1000),
                "attempt": exchange.request.attempt,
                "correlation_id": exchange.correlation_id or None,
            }
        )
        with self._lock:
            if self._ended:
                return
            try:
                os.write(self._file, f"{line}\n".encode())
            except OSError as error:
                self._ended = True
                logger.error("request_log_file %s ends here: %s", self.path, error.strerror)  # noqa: TRY400

    def close(self) -> None:
        """Close the file; calls that are still under way leave no line."""
        with self._lock:
            self._ended = True
            os.close(self._file)
