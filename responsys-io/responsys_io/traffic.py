"""What went over the wire, without a word of its content: counts for a run, and each exchange for a log."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from responsys_io.restanswers import judge
from responsys_io.resthttp import LostError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from responsys_io.resthttp import Answer

_OK = range(200, 300)


class Exchanger(Protocol):
    """Makes HTTP exchanges, as `Http` does."""

    def exchange(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send a request and read its answer."""
        ...


@dataclass(frozen=True)
class Request:
    """What may be said of a request.

    Args:
        method: HTTP method.
        path: Path without query; ids of people in it are masked.
        function: Path template of the API function.
        rows: Records that it carries.
        attempt: 1 for the first, more when it is sent again.
    """

    method: str
    path: str
    function: str
    rows: int = 0
    attempt: int = 1


@dataclass(frozen=True)
class Exchange:
    """A request and how it ended.

    Args:
        request: The request.
        started: When it was sent, in UTC.
        seconds: How long it took.
        status: HTTP status, or None when no complete answer came.
        error_code: Responsys's error code, what happened to the connection, or an empty text.
        correlation_id: The answer's X-CorrelationID, or an empty text.
    """

    request: Request
    started: datetime
    seconds: float
    status: int | None
    error_code: str
    correlation_id: str


class Traffic:
    """Counts the exchanges of a session, and tells those who watch of each. Safe for several threads."""

    def __init__(self) -> None:
        self.requests = 0
        self.retries = 0
        self.waited = 0.0
        self._watchers: list[Callable[[Exchange], None]] = []
        self._lock = threading.Lock()

    def watch(self, watcher: Callable[[Exchange], None]) -> None:
        """Tell a watcher of every exchange from now on, in whatever thread it was made."""
        self._watchers.append(watcher)

    def waiting(self, sleep: Callable[[float], None]) -> Callable[[float], None]:
        """Return a sleep whose seconds are counted, those of several threads added up."""

        def counted(seconds: float) -> None:
            with self._lock:
                self.waited += seconds
            sleep(seconds)

        return counted

    def exchange(self, request: Request, send: Callable[[], Answer]) -> Answer:
        """Make an exchange that counts.

        Args:
            request: What may be said of it.
            send: Makes it.

        Raises:
            LostError: No complete answer came.
        """
        started, moment = datetime.now(UTC), time.monotonic()
        try:
            answer = send()
        except LostError as lost:
            self._tell(Exchange(request, started, time.monotonic() - moment, None, lost.reason, ""))
            raise
        seconds = time.monotonic() - moment
        code = "" if answer.status in _OK else judge(answer).error_code
        correlation = answer.headers.get("x-correlationid", "")
        self._tell(Exchange(request, started, seconds, answer.status, code, correlation))
        return answer

    def _tell(self, exchange: Exchange) -> None:
        with self._lock:
            self.requests += 1
            self.retries += exchange.request.attempt > 1
        for watcher in self._watchers:
            watcher(exchange)


class Watched:
    """Exchanges whose paths name nobody, such as logins, counted one by one.

    Args:
        http: Makes the exchanges.
        traffic: Counts them.
    """

    def __init__(self, http: Exchanger, traffic: Traffic) -> None:
        self._http = http
        self._traffic = traffic
        self._failures = 0

    def exchange(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send a request and read its answer, whatever its status.

        Raises:
            LostError: No complete answer came.
        """
        path = urlsplit(url).path
        request = Request(method, path, path, attempt=1 + self._failures)
        self._failures += 1
        answer = self._traffic.exchange(
            request, lambda: self._http.exchange(method, url, headers=headers, body=body)
        )
        if answer.status in _OK:
            self._failures = 0
        return answer
