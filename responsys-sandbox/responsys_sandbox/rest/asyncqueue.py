"""The asynchronous API: requests are accepted at once, worked off later and asked for (rest-api.md 3.9)."""

from __future__ import annotations

import secrets
import string
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from responsys_sandbox.asyncstore import QueuedRequest
from responsys_sandbox.rest.call import ASYNC_API, link
from responsys_sandbox.rest.errors import ApiError, invalid
from responsys_sandbox.rest.merging import MAX_RECORDS, too_many
from responsys_sandbox.rest.versions import CURRENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from responsys_sandbox.rest.call import Call

_LETTERS = string.ascii_letters + string.digits


def submit(function: str, call: Call) -> Any:
    """Queue a request; only its form and its number of records are looked at.

    Args:
        function: the name of the function that will do the work.
        call: the call.

    Raises:
        ApiError: it is refused at once.
    """
    _require_enabled(call)
    body = call.json_object()
    data = body.get("recordData")
    records = data.get("records") if isinstance(data, dict) else body.get("ids")
    if isinstance(records, list):
        call.records = len(records)
        if len(records) > MAX_RECORDS:
            raise too_many("RECIPIENT_LIMIT_EXCEEDED")
    size = call.options.async_queue_size
    if size is not None and len(call.store.asynchronous.waiting()) >= size:
        raise ApiError("UNABLE_TO_SUBMIT_ASYNC_REQUEST", "Error in submitting async request")
    request = QueuedRequest(
        id=_new_id(call.now),
        accepted_at=call.now,
        function=function,
        path=call.path,
        names=call.names,
        body=call.body,
        reference=body.get("referenceData"),
    )
    call.store.asynchronous.add(request)
    return {
        "requestId": request.id,
        "apiName": _api_name(function),
        "status": "REQUEST_ACCEPTED",
        "links": [
            call.self_link("POST"),
            link("asyncResponse", f"{ASYNC_API}/requests/{request.id}", "GET"),
        ],
    }


def poll_some(call: Call) -> Any:
    """`GET /requests/{requestId}`: the state of a request, or of a few whose ids commas separate."""
    _require_enabled(call)
    ids = call.names["requestId"].split(",")
    if len(ids) > call.options.async_poll_limit:
        raise invalid(f"At most {call.options.async_poll_limit} request ids are allowed")
    states = [_state(call, request_id) for request_id in ids]
    return states[0] if len(states) == 1 else states


def poll_many(call: Call) -> Any:
    """`POST /requests`: the states of up to 200 requests, in the order in which they are asked for."""
    _require_enabled(call)
    ids = call.json_object().get("requestIds")
    if not isinstance(ids, list) or not ids or not all(isinstance(request_id, str) for request_id in ids):
        raise invalid("requestIds must be a list of texts")
    if len(ids) > MAX_RECORDS:
        raise invalid(f"At most {MAX_RECORDS} request ids are allowed")
    states = [_state(call, request_id) for request_id in ids]
    return {"items": states} if call.options.lists_in_items else states


def work_off(call: Call, work: Mapping[str, Callable[[Call], Any]]) -> None:
    """Do the work of the requests that are due by now, and forget results that are too old.

    Args:
        call: any call; its moment and its account count.
        work: what does the work, by name of the function.
    """
    queue, options = call.store.asynchronous, call.options
    waiting_requests = queue.waiting()
    if options.async_order == "reversed":
        waiting_requests.reverse()
    for request in waiting_requests:
        due = request.accepted_at + options.async_queued + options.async_running
        if due > call.now:
            continue
        waiting = replace(
            call,
            path=request.path,
            version=CURRENT,
            names=request.names,
            query={},
            body=request.body,
            now=due,
            records=0,
        )
        try:
            status, response = "SUCCESS", work[request.function](waiting)
        except ApiError as error:
            status, response = options.async_failed_status, _nested(error)
        queue.finish(request.id, at=due, status=status, response=response)
    queue.purge(call.now - options.async_kept)


def _state(call: Call, request_id: str) -> dict[str, Any]:
    request = call.store.asynchronous.find(request_id)
    if request is None:
        purged = ApiError("RESPONSE_PURGED", "Response Message Purged")
        return _answer(call, request_id, _nested(purged), "UNKNOWN")
    if request.processed_at is None or request.status is None:
        begun = call.now >= request.accepted_at + call.options.async_queued
        pending = ApiError("PROCESSING_REQUEST", "Processing Request")
        state = _answer(
            call, request_id, _nested(pending), "IN_PROGRESS" if begun else "REQUEST_ACCEPTED", request
        )
    else:
        state = _answer(call, request_id, request.response, request.status, request)
    return state if request.reference is None else {**state, "referenceData": request.reference}


def _answer(
    call: Call, request_id: str, response: Any, status: str, request: QueuedRequest | None = None
) -> dict[str, Any]:
    """Return a poll's answer; one that is not done tells neither the function nor the account's zone."""
    zone = call.options.account_time_zone
    done = request is not None and request.processed_at is not None
    return {
        "response": response,
        "requestId": request_id,
        "apiName": _api_name(request.function) if request and done else "",
        "timeZone": zone if done else None,
        "requestTime": _clock_time(request.accepted_at, zone, done=done) if request else "",
        "requestProcessedTime": _clock_time(request.processed_at, zone, done=True)
        if request and request.processed_at is not None
        else "",
        "status": status,
    }


def _clock_time(moment: float, zone: str, *, done: bool) -> str:
    """Return a time in the form that finished or that pending requests have it."""
    local = datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if done:
        return local.isoformat(timespec="milliseconds")
    return f"{local:%Y-%m-%d %H:%M:%S}.0"


def _nested(error: ApiError) -> dict[str, Any]:
    """Return an error as it stands inside an answer, where its details are a text."""
    return error.body() | {"errorDetails": "[]"}


def _new_id(now: float) -> str:
    text = "".join(secrets.choice(_LETTERS) for _ in range(6)) + f"::{int(now)}"
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _api_name(function: str) -> str:
    return function[0].upper() + function[1:]


def _require_enabled(call: Call) -> None:
    if call.options.async_disabled:
        raise ApiError(
            "ASYNC_API_DISABLED_FOR_USER",
            "ASYNC API disabled for user",
            status=call.options.async_disabled_status,
        )
