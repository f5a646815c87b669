"""From a request to an answer: which function, may it be called, what does it say."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from responsys_sandbox.rest.asyncfunctions import ASYNC_WORK
from responsys_sandbox.rest.asyncqueue import work_off
from responsys_sandbox.rest.call import Call, Function
from responsys_sandbox.rest.errors import ApiError
from responsys_sandbox.rest.functions import FUNCTIONS, LOGIN, RATE_LIMITS
from responsys_sandbox.rest.sessions import Sessions
from responsys_sandbox.rest.throttle import Throttle
from responsys_sandbox.rest.versions import current_paths, version_of

if TYPE_CHECKING:
    from responsys_sandbox.jobrunner import JobRunner
    from responsys_sandbox.rest.options import RestOptions
    from responsys_sandbox.store import Store

_JSON = "application/json;charset=UTF-8"
_HTML = "text/html;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back over HTTP, and what the request log keeps of it."""

    status: int
    body: bytes
    content_type: str = _JSON
    error_code: str | None = None
    records: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A request as HTTP carries it; `target` is path and query as sent."""

    method: str
    target: str
    authorization: str
    body: bytes
    at_login_host: bool


class Dispatcher:
    """Answers requests, whichever server they come through."""

    def __init__(self, store: Store, options: RestOptions, runner: JobRunner | None = None) -> None:
        self.store = store
        self._runner = runner
        self.options = options
        self.sessions = Sessions(store, options)
        self._throttle = Throttle(options)

    def answer(self, incoming: Incoming, *, end_point: str, now: float) -> Reply:
        """Answer a request that came in at `now` (epoch seconds)."""
        path, _, query = incoming.target.partition("?")
        older = self.options.older_versions
        known_here = [
            (function, found.groupdict())
            for current in (current_paths(path) if older else (path,))
            for function, route in _ROUTES
            if (found := route.fullmatch(current))
            and function.offered(self.options)
            and (function.on_login_host or self.options.global_routing or not incoming.at_login_host)
        ]
        parameters = parse_qs(query, keep_blank_values=True)
        action = parameters.get("action", [None])[0]
        of_verb = [(function, names) for function, names in known_here if function.verb == incoming.method]
        # An action that is not known is passed over: the call is then one of the path's plain function.
        wanted = [
            (function, names)
            for asked in (action, None)
            for function, names in of_verb
            if function.action == asked
        ]
        if not wanted:
            return _page(405, "Method Not Allowed") if known_here else _page(404, "Not Found")
        function, names = wanted[0]
        call = Call(
            store=self.store,
            options=self.options,
            sessions=self.sessions,
            functions=FUNCTIONS,
            end_point=end_point,
            path=incoming.target,
            version=version_of(path),
            names={name: unquote(value) for name, value in names.items()},
            query=parameters,
            body=incoming.body,
            token=incoming.authorization,
            at_login_host=incoming.at_login_host,
            now=now,
            runner=self._runner,
        )
        # The recorded token refresh alone came without the charset.
        content_type = "application/json" if function is LOGIN and call.token else _JSON
        work_off(call, ASYNC_WORK)
        try:
            plain = next((each for each, _ in of_verb if each.action is None), function)
            self._admit(function, plain, call)
            value = function.handler(call)
        except ApiError as error:
            return refusal(error, call.records)
        return Reply(function.status, _encoded(value), content_type, records=call.records)

    def _admit(self, function: Function, plain: Function, call: Call) -> None:
        if function.needs_token:
            try:
                self.sessions.check(call.token, call.now)
            except ApiError as error:
                if function is RATE_LIMITS:  # documented for this function alone
                    raise ApiError("UNEXPECTED_EXCEPTION", "Not a valid authentication token") from error
                raise
        self._throttle.admit(function, plain, call.now)


def _route(path: str) -> re.Pattern[str]:
    """Compile a path template; a variable is one path segment."""
    parts = re.split(r"\{(\w+)\}", path)
    return re.compile(
        "".join(f"(?P<{part}>[^/]+)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
    )


_ROUTES = [(function, _route(function.path)) for function in FUNCTIONS]


def _encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def refusal(error: ApiError, records: int = 0) -> Reply:
    """Return what an error is over HTTP."""
    if error.plain_text:
        return Reply(error.status, error.detail.encode(), "text/plain;charset=UTF-8", error.code, records)
    return Reply(error.status, _encoded(error.body()), _JSON, error.code, records)


def _page(status: int, reason: str) -> Reply:
    """Return what the gateway says where no function is."""
    html = f"<html><head><title>{status} {reason}</title></head><body><h1>{reason}</h1></body></html>"
    return Reply(status, html.encode(), _HTML)
