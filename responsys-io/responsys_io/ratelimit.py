"""The account's limits per API function, and pacing that keeps to them.

Responsys counts calls per account, function and minute and says its limits itself
(`GET /rest/api/ratelimit`, Oracle's Throttling page).
"""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict, deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

WINDOW_SECONDS = 60.0

_STANDARD_PREFIX = re.compile(r"^/rest/api(?:/v[\d.]+)?(?=/)")
_OTHER_PREFIX = re.compile(r"^/rest(?P<family>/\w+)/v[\d.]+(?=/)")
_PARAMETER = re.compile(r"\{[^}]*\}")
_LIMIT = re.compile(r"[0-9]{1,9}", re.ASCII)
# All calls are in flight and none has ended: look again soon.
_BUSY_PAUSE = 0.05


@dataclass(frozen=True)
class ApiFunction:
    """A function as Responsys counts calls: HTTP verb and path template.

    Args:
        verb: HTTP method in upper case.
        path: Template, for example `/suppData`, with or without the prefix of the standard API; the family
            of another one, for example `asyncApi`, counts. Parameters stand in braces and their names do
            not matter. An `?action=` belongs to it.
    """

    verb: str
    path: str

    def __post_init__(self) -> None:
        path = _OTHER_PREFIX.sub(r"\g<family>", _STANDARD_PREFIX.sub("", self.path))
        path = _PARAMETER.sub("{}", path).rstrip("/")
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "verb", self.verb.upper())

    @property
    def without_action(self) -> ApiFunction:
        """The function of the same verb and path without `?action=`."""
        return ApiFunction(self.verb, self.path.partition("?")[0])


def parse_limits(document: Any) -> dict[ApiFunction, int]:
    """Read the answer of `/rest/api/ratelimit`.

    The documentation leaves open whether the list is bare or wrapped and whether a limit is a number or
    text: each form is taken. Entries that are no limit are passed over.

    Returns:
        Calls per minute by function.
    """
    if isinstance(document, dict):
        document = next((value for value in document.values() if isinstance(value, list)), [])
    limits: dict[ApiFunction, int] = {}
    for entry in document if isinstance(document, list) else []:
        if not isinstance(entry, dict):
            continue
        verb, path, limit = entry.get("verb"), entry.get("resource_path"), str(entry.get("limit", "")).strip()
        if isinstance(verb, str) and isinstance(path, str) and _LIMIT.fullmatch(limit) and int(limit) > 0:
            function = ApiFunction(verb, path)
            # Functions that are named alike are kept to the lower limit.
            limits[function] = min(int(limit), limits.get(function, int(limit)))
    return limits


@dataclass
class _Calls:
    in_flight: int = 0
    ended: deque[float] = field(default_factory=deque)


class Pacer:
    """Lets no more calls of a function through than its limit in any minute. Safe for several threads.

    A call counts from its start until a minute after its end: the server saw it at some moment in between,
    so that however long the network takes, no minute of the server's clock holds more than the limit.

    Args:
        clock: Monotonic seconds.
        sleep: Waits that many seconds.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._limits: dict[ApiFunction, int] = {}
        self._calls: defaultdict[ApiFunction, _Calls] = defaultdict(_Calls)
        self._held_until: dict[ApiFunction | None, float] = {}
        self._lock = threading.Lock()

    def learn(self, limits: Mapping[ApiFunction, int]) -> None:
        """Keep to these limits (calls per minute) from now on."""
        with self._lock:
            self._limits.update(limits)

    def hold(self, seconds: float, function: ApiFunction | None = None) -> None:
        """Let nobody call a function for so long, or any where none is named: Responsys counts for itself."""
        with self._lock:
            held = self._counted(function) if function else None
            until = max(self._clock() + seconds, self._held_until.get(held, 0.0))
            self._held_until[held] = until

    @contextmanager
    def turn(self, function: ApiFunction) -> Iterator[None]:
        """Wait until the function may be called; the call is made inside the block."""
        function = self._counted(function)
        while pause := self._enter(function):
            self._sleep(pause)
        try:
            yield
        finally:
            with self._lock:
                calls = self._calls[function]
                calls.in_flight -= 1
                calls.ended.append(self._clock())

    def _counted(self, function: ApiFunction) -> ApiFunction:
        """Return what a call is counted as.

        The reference does not say whether functions that only `?action=` tells apart have limits of their
        own. Where the account lists one for the action it holds, else that of the path, which all share then.
        """
        plain = function.without_action
        return plain if function not in self._limits and plain in self._limits else function

    def _enter(self, function: ApiFunction) -> float:
        """Take a place and return 0, or return how many seconds to wait."""
        with self._lock:
            calls = self._calls[function]
            now = self._clock()
            held = max(self._held_until.get(name, 0.0) for name in (function, None))
            if held > now:
                return held - now
            while calls.ended and calls.ended[0] + WINDOW_SECONDS <= now:
                calls.ended.popleft()
            limit = self._limits.get(function)
            if limit is None or calls.in_flight + len(calls.ended) < limit:
                calls.in_flight += 1
                return 0.0
            return calls.ended[0] + WINDOW_SECONDS - now if calls.ended else _BUSY_PAUSE
