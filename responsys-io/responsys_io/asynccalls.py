"""The asynchronous API: calls are queued, carried out later, and asked for until they are done.

Responsys takes a call after a look at its form alone and keeps the result for 24 hours. What is wrong with
it as a whole, or with a record, is said only there (Oracle's REST API reference, Async).
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from responsys_io.errors import ResponsysError, TransientError
from responsys_io.recordcalls import MAX_RECORDS
from responsys_io.restanswers import Judged, RefusedError, Verdict, refusal
from responsys_io.restpages import items_of
from responsys_io.restsession import ASYNC_API, Endpoint, encoded
from responsys_io.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from responsys_io.recordcalls import Part, RecordCall
    from responsys_io.restsession import RestSession

logger = logging.getLogger(__name__)

KEPT_SECONDS = 86_400.0
"""How long Responsys keeps a result."""

_POLL = Endpoint("POST", "/requests", "ask for the results of queued calls", prefix=ASYNC_API)
_PENDING = {"PROCESSING_REQUEST"}
_PENDING_STATUSES = {"IN_PROGRESS", "REQUEST_ACCEPTED"}
_LOST = {"RESPONSE_PURGED"}
_OK = 200

Outcome = dict[int, str] | ResponsysError
"""Responsys's words by index in the records for those that were refused, or why nothing of them is known or
was done."""


@dataclass(frozen=True, eq=False)
class Queued:
    """A call, or a part of one, that Responsys has taken.

    Args:
        request_id: What it is asked for by.
        call: What is to be done.
        part: Which of the call's records it carries.
        since: When it was taken, in seconds of the clock.
    """

    request_id: str
    call: RecordCall
    part: Part = field(repr=False)
    since: float


class AsyncCalls:
    """Queues calls and waits for their results.

    Args:
        session: Makes the calls.
        retry: How long to pause before results are asked for, longer from one time to the next while there
            are none. Its limit does not count.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        session: RestSession,
        *,
        retry: Retry | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._retry = retry or Retry(base=1.0, cap=30.0)
        self._clock = clock

    def submit(self, call: RecordCall) -> list[Queued]:
        """Queue a call, in as many parts as it takes.

        Raises:
            RefusedError: RSYS-4009 when it is not taken.
            SettingsError: RSYS-4010 when the user may not use the asynchronous API.
            DataError: RSYS-4011 for a single record that is too large.
            TransientError: As for `RestSession.call`; Responsys's queue may be full.
        """
        return [self._submit(call, part) for part in call.parts()]

    def settled(self, queued: Iterable[Queued]) -> Iterator[tuple[Queued, Outcome]]:
        """Wait for queued calls and yield each with its outcome, as they are done.

        Many are asked for at once. An outcome is an error when the call was refused as a whole (RSYS-4009),
        when its result was gone (RSYS-4201) or had not come after 24 hours (RSYS-4202), and when it cannot
        be attributed to the records (RSYS-4007).

        Raises:
            TransientError: As for `RestSession.call` when results cannot be asked for.
        """
        waiting = {entry.request_id: entry for entry in queued}
        idle = 0
        while waiting:
            idle += 1
            self._retry.sleep(self._retry.pause(idle))
            for entry, outcome in self._asked(list(waiting.values())):
                del waiting[entry.request_id]
                idle = 0
                yield entry, outcome
            logger.debug("%d queued calls are not done", len(waiting))

    def carry_out(self, call: RecordCall) -> dict[int, str]:
        """Queue a call and wait until it is done.

        Returns:
            Responsys's words by index in the records, for those that were refused.

        Raises:
            ResponsysError: As for `submit` and `settled`.
        """
        refused: dict[int, str] = {}
        for _, outcome in self.settled(self.submit(call)):
            if isinstance(outcome, ResponsysError):
                raise outcome
            refused |= outcome
        return dict(sorted(refused.items()))

    def _submit(self, call: RecordCall, part: Part) -> Queued:
        try:
            answer = self._send(call, call.endpoint, part)
        except RefusedError as error:
            # Without an error code it was the gateway: there is nothing under this path.
            if error.error_code or call.otherwise is None:
                raise
            answer = self._send(call, call.otherwise, part)
        return Queued(answer, call, part, self._clock())

    def _send(self, call: RecordCall, endpoint: Endpoint, part: Part) -> str:
        queueing = replace(endpoint, prefix=ASYNC_API)
        answer = self._session.call(queueing, call.names, body=part.body, repeatable=call.repeatable)
        request_id = answer.get("requestId") if isinstance(answer, dict) else None
        if isinstance(request_id, str) and request_id:
            return request_id
        _raise_refusal(queueing, answer)
        raise queueing.unusable()

    def _asked(self, waiting: Sequence[Queued]) -> Iterator[tuple[Queued, Outcome]]:
        """Ask once for all and yield those that are settled."""
        for start in range(0, len(waiting), MAX_RECORDS):
            part = waiting[start : start + MAX_RECORDS]
            states = self._states([entry.request_id for entry in part])
            for entry in part:
                outcome = _outcome(entry, states.get(entry.request_id))
                if outcome is None and self._clock() - entry.since >= KEPT_SECONDS:
                    outcome = _overdue(entry)
                if outcome is not None:
                    yield entry, outcome

    def _states(self, request_ids: list[str]) -> dict[str, dict[str, Any]]:
        answer = self._session.call(_POLL, body=encoded({"requestIds": request_ids}))
        if isinstance(answer, dict) and "requestId" in answer:
            answer = [answer]
        _raise_refusal(_POLL, answer)
        return {str(state.get("requestId")): state for state in items_of(answer, "responses", _POLL)}


def _outcome(entry: Queued, state: dict[str, Any] | None) -> Outcome | None:
    """Return what a state says of a queued call, or None while it is not done."""
    response = state.get("response") if state else None
    if state is None or (response is None and state.get("status") in _PENDING_STATUSES):
        return None
    error_code = response.get("errorCode") if isinstance(response, dict) else None
    if error_code in _PENDING:
        return None
    if error_code in _LOST:
        return TransientError(
            "RSYS-4201",
            f"Responsys no longer has the result of a call about {entry.call.place}.",
            "It is not known what was done; run again, a merge by key does no harm twice.",
        )
    if error_code:
        return refusal(entry.call.endpoint.does, Judged(Verdict.REFUSED, _OK, response))
    try:
        return entry.call.refused(entry.part, response)
    except ResponsysError as error:
        return error


def _overdue(entry: Queued) -> TransientError:
    return TransientError(
        "RSYS-4202",
        f"Responsys has not finished a call about {entry.call.place} within 24 hours.",
        "It is not known what was done, or will be; ask Oracle's support with the time of the call.",
    )


def _raise_refusal(endpoint: Endpoint, answer: Any) -> None:
    """Raise what an answer with status 200 that is an error after all says."""
    if isinstance(answer, dict) and answer.get("errorCode"):
        raise refusal(endpoint.does, Judged(Verdict.REFUSED, _OK, answer))
