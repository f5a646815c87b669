"""What the answer to a poll says of queued calls (Oracle's REST API reference, Async).

What is not done, gone or failed comes with status 200 and an error inside `response`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_io.errors import ResponsysError
from responsys_io.restanswers import Judged, Verdict, error_code, refusal
from responsys_io.restpages import items_of
from responsys_io.restretry import UnknownOutcomeError

if TYPE_CHECKING:
    from responsys_io.recordcalls import Part, RecordCall
    from responsys_io.restsession import Endpoint

_PENDING = {"PROCESSING_REQUEST"}
_PENDING_STATUSES = {"IN_PROGRESS", "REQUEST_ACCEPTED"}
_LOST = {"RESPONSE_PURGED"}
# The server has failed at some point of the work.
_UNTOLD = {"UNEXPECTED_EXCEPTION", "UNRECOVERABLE_EXCEPTION", "SERVICE_UNAVAILABLE"}
_OK = 200

Outcome = dict[int, str] | ResponsysError
"""Responsys's words by index in the records for those that were refused, or why nothing of them is known or
was done."""


class OverdueError(UnknownOutcomeError):
    """The result of a queued call has not come in time: it may still be carried out at any moment."""


def states_of(answer: Any, endpoint: Endpoint) -> dict[str, dict[str, Any]]:
    """Read the answer to a poll.

    Returns:
        What it says by request id.

    Raises:
        SettingsError: RSYS-4010 when the user may not use the asynchronous API.
        RefusedError: RSYS-4009 for another error in place of the results, or of one of them.
        TransientError: RSYS-4005 for an answer of a form that is not known.
    """
    if isinstance(answer, dict) and "requestId" in answer:
        answer = [answer]
    raise_refusal(endpoint, answer)
    states = items_of(answer, "responses", endpoint)
    for state in states:
        if "requestId" not in state:
            raise_refusal(endpoint, state)
    return {str(state.get("requestId")): state for state in states}


def outcome_of(call: RecordCall, part: Part, state: dict[str, Any] | None) -> Outcome | None:
    """Return what a state says of a queued call, or None while it is not done.

    An outcome that is an error is RSYS-4009 when the call was refused as a whole, RSYS-4007 or RSYS-4005
    when the result cannot be attributed to the records, RSYS-4201 when it is gone and RSYS-4204 when it does
    not tell what was done.
    """
    response = state.get("response") if state else None
    code = error_code(response)
    silent = state is None or (response is None and state.get("status") in _PENDING_STATUSES)
    if silent or code in _PENDING:
        return None
    if code:
        return _failure(call, code, response)
    try:
        return call.refused(part, response)
    except ResponsysError as error:
        return error


def _failure(call: RecordCall, code: str, response: Any) -> ResponsysError:
    if code in _LOST:
        return UnknownOutcomeError(
            "RSYS-4201",
            f"Responsys no longer has the result of a call about {call.place}.",
            "It is not known what was done; run again, a merge by key does no harm twice.",
        )
    if code in _UNTOLD:
        return UnknownOutcomeError(
            "RSYS-4204",
            f"Responsys has failed while it carried out a call about {call.place}: {code}.",
            "It is not known what was done; run again, a merge by key does no harm twice.",
        )
    return refusal(call.endpoint.does, Judged(Verdict.REFUSED, _OK, response))


def overdue(call: RecordCall, seconds: float) -> OverdueError:
    """Return the outcome of a call whose result has not come within so many seconds."""
    return OverdueError(
        "RSYS-4202",
        f"Responsys has not finished a call about {call.place} within {seconds:g} seconds.",
        "It is not known what was done, or will be; ask Oracle's support with the time of the call.",
    )


def raise_refusal(endpoint: Endpoint, answer: Any) -> None:
    """Raise what an answer with status 200 that is an error after all says."""
    if isinstance(answer, dict) and answer.get("errorCode"):
        raise refusal(endpoint.does, Judged(Verdict.REFUSED, _OK, answer))
