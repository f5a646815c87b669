"""Faults on demand: what goes wrong between a client and the API, aimed at chosen requests."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer this, without doing anything."""

    status: int
    body: str
    content_type: str = "text/html;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Refuse:
    """Refuse with an error code of `ERRORS`, in its usual status unless another is given."""

    code: str
    detail: str = ""
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """Break the connection: before the work, after it with no answer, or in the middle of the answer."""

    when: Literal["before", "after", "during"] = "before"


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait, then work as usual."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Truncate:
    """Do the work, and send half of the JSON as if it were all."""


@dataclass(frozen=True, slots=True)
class RevokeTokens:
    """Forget every token, then go on: a call that needs one is refused with INVALID_TOKEN."""


Action = Answer | Refuse | Drop | Delay | Truncate | RevokeTokens

MAINTENANCE = Answer(
    503,
    "<html><head><title>503 Service Temporarily Unavailable</title></head>"
    "<body><h1>Service Temporarily Unavailable</h1></body></html>",
)
"""The page of a maintenance window."""

MAINTENANCE_AS_OK = Answer(200, MAINTENANCE.body)
"""The same page in a status that promises an answer, as caches in between have it."""

EMPTY = Answer(200, "", "application/json;charset=UTF-8")
"""An answer without a body."""

WRONG_TYPE = Answer(200, '"Service Temporarily Unavailable"', "application/json;charset=UTF-8")
"""JSON that is no answer of any function."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """An action for the next `count` requests that match.

    Attributes:
        action: what goes wrong.
        method: regular expression for the whole HTTP method.
        path: regular expression found anywhere in the path as sent (percent-encoded, without query).
        skip: matching requests to let through first.
        count: requests to hit; None for all.
    """

    action: Action
    method: str = ".*"
    path: str = ""
    skip: int = 0
    count: int | None = 1


class Faults:
    """The faults that are waiting; the first that matches is taken. Safe to use from any thread."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Queue a fault."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._waiting.clear()

    def take(self, method: str, path: str) -> Action | None:
        """Return what shall go wrong with this request, and count it."""
        with self._lock:
            for fault in self._waiting:
                if not (re.fullmatch(fault.method, method) and re.search(fault.path, path)):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.count is not None:
                    fault.count -= 1
                    if fault.count <= 0:
                        self._waiting.remove(fault)
                return fault.action
        return None
