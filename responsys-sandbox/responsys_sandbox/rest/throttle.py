"""How often functions may be called (rest-api.md section 2)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from responsys_sandbox.rest.call import API
from responsys_sandbox.rest.errors import ApiError

if TYPE_CHECKING:
    from responsys_sandbox.rest.call import Call, Function
    from responsys_sandbox.rest.options import RestOptions

_MINUTE = 60
_TEN_MINUTES = 600


class Throttle:
    """Counts calls per function in each clock minute, and all calls in each ten minutes."""

    def __init__(self, options: RestOptions) -> None:
        self._options = options
        self._minute = -1
        self._calls: Counter[str] = Counter()
        self._ten_minutes = -1
        self._all_calls = 0

    def admit(self, function: Function, plain: Function, now: float) -> None:
        """Count a call.

        Args:
            function: what is called.
            plain: the function of the same verb and path without an action.
            now: epoch seconds.

        Raises:
            ApiError: the function is blocked, or its limit or the account's capacity is used up.
        """
        options = self._options
        if function.name in options.blocked:
            raise ApiError("API_BLOCKED", f"The {function.name} API function is blocked for this user")
        if now // _TEN_MINUTES != self._ten_minutes:
            self._ten_minutes, self._all_calls = int(now // _TEN_MINUTES), 0
        if now // _MINUTE != self._minute:
            self._minute = int(now // _MINUTE)
            self._calls.clear()
        if options.capacity is not None and self._all_calls >= options.capacity:
            raise ApiError(
                "INTERNAL_CAPACITY_LIMIT_EXCEEDED",
                "You exceeded the internal capacity limit of your account.",
                status=options.capacity_status,
            )
        counted = function if options.limits_by_action else plain
        if self._calls[counted.name] >= limit_of(counted, options):
            raise ApiError(
                "API_LIMIT_EXCEEDED",
                f"You exceeded your allowable limit to call the {function.name} API function. "
                "Please try again in a minute.",
                status=options.limit_status,
                plain_text=options.limit_as_text,
            )
        self._all_calls += 1
        self._calls[counted.name] += 1


def limit_of(function: Function, options: RestOptions) -> int:
    """Return how many calls of the function a minute allows."""
    return options.limits.get(function.name, function.limit)


def rate_limits(call: Call) -> Any:
    """`GET /rest/api/ratelimit`: every function with its limit."""
    entries = []
    for function in call.functions:
        if function.action and not call.options.limits_by_action:
            continue
        limit = limit_of(function, call.options)
        entries.append(
            {
                "limit": str(limit) if call.options.limit_as_number_text else limit,
                "api": function.name,
                "resource_path": function.path.removeprefix(API)
                + (f"?action={function.action}" if function.action else ""),
                "verb": function.verb,
                "description": function.description,
            }
        )
    return {"items": entries} if call.options.limits_in_items else entries
