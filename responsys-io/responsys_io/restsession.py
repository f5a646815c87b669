"""A session with the REST API: every call signed in, paced, pursued and judged alike."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlencode

from responsys_io.errors import TransientError
from responsys_io.ratelimit import ApiFunction, Pacer
from responsys_io.restanswers import Verdict, refusal
from responsys_io.restlogin import ApiLogin, Token, Tokens
from responsys_io.restretry import Pursuit
from responsys_io.traffic import Request, Traffic, Watched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from responsys_io.restanswers import Judged
    from responsys_io.resthttp import Answer, Http

logger = logging.getLogger(__name__)

STANDARD_API = "/rest/api/v1.3"
ASYNC_API = "/rest/asyncApi/v1.3"

MOST_TOKENS = 4
"""Tokens that are tried for a call: several can end while it is made, as when one server follows another."""

# What may stand in a log; all else in a path may be the id of a person.
_OBJECT_NAMES = {"folder", "table", "list", "pet", "campaign", "program", "job", "run"}


@dataclass(frozen=True)
class Endpoint:
    """An operation of the API.

    Args:
        verb: HTTP method.
        path: Template below the prefix; the names that fill its braces are percent-encoded.
        does: What it does, to follow "could not".
        prefix: API family and version.
    """

    verb: str
    path: str
    does: str
    prefix: str = STANDARD_API

    @property
    def function(self) -> ApiFunction:
        """The function that Responsys counts calls of this operation under."""
        return ApiFunction(self.verb, self.prefix + self.path)

    def url_path(self, **names: str) -> str:
        """Return the path for objects of these names."""
        return self.prefix + self.path.format_map({key: quote(name, safe="") for key, name in names.items()})

    def logged_path(self, **names: str) -> str:
        """Return the path for a log: with names of objects and without ids, which stay in braces."""
        shown = {
            key: quote(name, safe="") if key in _OBJECT_NAMES else f"{{{key}}}" for key, name in names.items()
        }
        return self.prefix + self.path.format_map(shown)

    def unusable(self) -> TransientError:
        """Return the error for an answer of a form that is not known."""
        return TransientError(
            "RSYS-4005",
            f"Responsys answered the request to {self.does} in a form that is not known.",
            "Run again; if it stays so, please report it.",
        )


def encoded(document: Any) -> bytes:
    """Return a request's body: ASCII-only JSON, the one form that no gateway was reported to spoil."""
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode("ascii")


class RestSession:
    """Makes calls. Nothing is sent before the first one. Safe for several threads.

    Args:
        login: Whom to reach and how to enter.
        http: Makes the exchanges; closed with the session.
        pursuit: How patiently.
    """

    def __init__(self, login: ApiLogin, http: Http, *, pursuit: Pursuit | None = None) -> None:
        self._http = http
        self.traffic = Traffic()
        pursuit = pursuit or Pursuit()
        sleep = self.traffic.waiting(pursuit.retry.sleep)
        self._pursuit = replace(pursuit, retry=replace(pursuit.retry, sleep=sleep))
        self.pacer = Pacer(pursuit.clock, sleep)
        self._tokens = Tokens(login, Watched(http, self.traffic), self.pacer, self._pursuit)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; Responsys's REST API has no sign-off."""
        self._http.close()

    def call(
        self,
        endpoint: Endpoint,
        names: dict[str, str] | None = None,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        repeatable: bool = True,
        rows: int = 0,
    ) -> Any:
        """Make a call and return the decoded JSON of its answer.

        Args:
            endpoint: The operation.
            names: Names of the objects in its path.
            query: Parameters in order; names may repeat.
            body: JSON, see `encoded`.
            repeatable: Whether carrying it out twice does no harm. Only then is a call sent again after its
                connection was lost or the server failed.
            rows: Records that it carries, for the log.

        Raises:
            RefusedError: RSYS-4009 with Responsys's error code.
            SettingsError: Credentials, rights or addresses are wrong.
            TransientError: Responsys cannot be reached, or is not available; RSYS-4016 when it refuses every
                new token.
            UnknownOutcomeError: RSYS-4004 when a call that must not be repeated may have been carried out.
        """
        names = names or {}
        target = endpoint.url_path(**names)
        if query:
            target += "?" + urlencode(query)
        path = endpoint.logged_path(**names)
        attempts = (
            Request(endpoint.verb, path, endpoint.path, rows, attempt=number) for number in count(start=1)
        )
        token = self._tokens.current()
        for refused in count(start=1):
            judged = self._pursue(endpoint, target, body, token, attempts, repeatable=repeatable)
            if judged.verdict is not Verdict.SIGN_IN_AGAIN:
                break
            if refused == MOST_TOKENS:
                raise _no_token_is_taken(endpoint.does, judged)
            logger.info("Responsys no longer takes the token (%s): signing in again", judged.error_code)
            if refused > 1:
                # It was new: what ends tokens is still at work.
                self._pursuit.retry.sleep(self._pursuit.retry.pause(refused))
            token = self._tokens.current(refused=token)
        if judged.verdict is Verdict.DONE:
            return judged.document
        raise refusal(endpoint.does, judged)

    def _pursue(
        self,
        endpoint: Endpoint,
        target: str,
        body: bytes | None,
        token: Token,
        attempts: Iterator[Request],
        *,
        repeatable: bool,
    ) -> Judged:
        return self._pursuit.run(
            lambda: self._send(endpoint, token.end_point + target, body, token, next(attempts)),
            where=endpoint.does,
            host=token.end_point,
            repeatable=repeatable,
            on_limit=lambda verdict, seconds: self._hold(endpoint, verdict, seconds),
        )

    def _hold(self, endpoint: Endpoint, verdict: Verdict, seconds: float) -> None:
        """Spare other threads the refusal that this one got."""
        everything = verdict is Verdict.WAIT_FOR_CAPACITY
        self.pacer.hold(seconds, None if everything else endpoint.function)

    def _send(
        self, endpoint: Endpoint, url: str, body: bytes | None, token: Token, request: Request
    ) -> Answer:
        headers = {"Authorization": token.text}
        if body is not None:
            headers["Content-Type"] = "application/json"
        with self.pacer.turn(endpoint.function):
            return self.traffic.exchange(
                request, lambda: self._http.exchange(endpoint.verb, url, headers=headers, body=body)
            )


def _no_token_is_taken(where: str, judged: Judged) -> TransientError:
    return TransientError(
        "RSYS-4016",
        f"Responsys refused to {where} with {MOST_TOKENS} tokens, new ones of this run: {judged.error_code}.",
        "Run again later; see whether something else signs this user out.",
    )
