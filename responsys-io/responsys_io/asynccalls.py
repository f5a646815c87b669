"""The asynchronous API: calls are queued, carried out later, and asked for until they are done.

Responsys takes a call after a look at its form alone and keeps the result for 24 hours. What is wrong with
it as a whole, or with a record, is said only there (Oracle's REST API reference, Async).
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from responsys_io.asyncresults import Outcome, OverdueError, outcome_of, overdue, raise_refusal, states_of
from responsys_io.errors import ResponsysError, SettingsError
from responsys_io.recordcalls import MAX_BODY_BYTES, MAX_RECORDS
from responsys_io.resthttp import MAX_CONNECTIONS
from responsys_io.restretry import UnknownOutcomeError
from responsys_io.restsession import ASYNC_API, Endpoint, encoded
from responsys_io.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from responsys_io.recordcalls import Part, RecordCall
    from responsys_io.restsession import RestSession

logger = logging.getLogger(__name__)

KEPT_SECONDS = 86_400.0
"""How long Responsys keeps a result."""

# Ids are in Base64 (Oracle's REST API reference, Async).
_NOBODYS = "bm9ib2R5Og"

_POLL = Endpoint("POST", "/requests", "ask for the results of queued calls", prefix=ASYNC_API)


@dataclass(frozen=True, eq=False)
class Queued:
    """A call, or a part of one, that Responsys has taken.

    Args:
        request_id: What it is asked for by; empty for a part that was not taken.
        call: What is to be done.
        part: Which of the call's records it carries; without its body, once it was taken.
        size: Bytes of its body, which its result, an echo of the records, has about as many of.
        since: When it was taken, in seconds of the clock.
        loose: Whether Responsys may have taken it once more, without an id that it could be asked for by.
        failure: Why it was not taken, for a part that follows others.
    """

    request_id: str
    call: RecordCall
    part: Part = field(repr=False)
    size: int
    since: float
    loose: bool = False
    failure: ResponsysError | None = None


class AsyncCalls:
    """Queues calls and waits for their results. Safe for several threads.

    Whoever waits first asks for the results of all calls that are under way, as many at once as an answer can
    hold and 200 at most, and the others wait for that: however many threads there are, there is one loop that
    asks.

    Args:
        session: Makes the calls.
        retry: How long to pause before results are asked for, longer from one time to the next while there
            are none. Its limit does not count.
        max_wait: Seconds from a call's acceptance after which its result is no longer waited for.
        at_once: Calls that may be handed over at the same time.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        session: RestSession,
        *,
        retry: Retry | None = None,
        max_wait: float = KEPT_SECONDS,
        at_once: int = MAX_CONNECTIONS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._retry = retry or Retry(base=1.0, cap=30.0)
        self._max_wait = max_wait
        self._handing_over = threading.Semaphore(at_once)
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: dict[str, Queued] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._asking = False
        self._idle = 1
        self.requests = 0
        self.polls = 0

    def check_permission(self) -> None:
        """Find out whether the user may queue calls, before there is one: ask for a result that nobody has.

        Only a refusal of the user counts. What else an account says of an id that it never gave is not
        documented.

        Raises:
            SettingsError: RSYS-4010 when the user may not use the asynchronous API.
        """
        try:
            self._states([_NOBODYS])
        except SettingsError:
            raise
        except ResponsysError as error:
            logger.debug("Nothing was learnt of the right to queue calls: %s", error)

    def submit(self, call: RecordCall) -> list[Queued]:
        """Queue a call, in as many parts as it takes.

        Returns:
            The parts. When one that follows others is not taken, it is the last one and says why: the
            others are under way.

        Raises:
            RefusedError: RSYS-4009 when it is not taken.
            SettingsError: RSYS-4010 when the user may not use the asynchronous API.
            DataError: RSYS-4011 for a single record that is too large.
            UnknownOutcomeError: RSYS-4004 when a call that is not repeatable may have been taken.
            TransientError: As for `RestSession.call`; Responsys's queue may be full.
        """
        queued: list[Queued] = []
        for part in list(call.parts()):
            try:
                queued.append(self._submit(call, part))
            except ResponsysError as error:
                if not queued:
                    raise
                queued.append(Queued("", call, part, 0, self._clock(), failure=error))
                break
        return queued

    def outcome(self, entry: Queued) -> Outcome:
        """Wait for a queued call, and take its outcome, which is there once.

        Returns:
            The refused records, or an error: RSYS-4009 when the call was refused as a whole, RSYS-4007 when
            its result cannot be attributed to the records; an UnknownOutcomeError when the result is gone
            (RSYS-4201), has not come in time (RSYS-4202, an `OverdueError`) or says nothing (RSYS-4204).

        Raises:
            SettingsError: RSYS-4010 when the user may no longer use the asynchronous API.
            TransientError: As for `RestSession.call` when results cannot be asked for.
        """
        if entry.failure is not None:
            return entry.failure
        while True:
            with self._changed:
                while self._asking and entry.request_id not in self._outcomes:
                    self._changed.wait()
                if (found := self._outcomes.pop(entry.request_id, None)) is not None:
                    return found
                self._asking = True
            try:
                self._ask()
            finally:
                with self._changed:
                    self._asking = False
                    self._changed.notify_all()

    def carry_out(self, call: RecordCall, *, on_loose: Callable[[], object] = lambda: None) -> dict[int, str]:
        """Queue a call and wait until all parts of it are done, also when one of them fails.

        Args:
            call: What is to be done.
            on_loose: Told when Responsys may carry it out at some later moment, or once more.

        Returns:
            Responsys's words by index in the records, for those that were refused.

        Raises:
            ResponsysError: As for `submit` and `outcome`.
        """
        refused: dict[int, str] = {}
        failures: list[ResponsysError] = []
        try:
            queued = self.submit(call)
        except UnknownOutcomeError:
            on_loose()
            raise
        for entry in queued:
            outcome = self.outcome(entry)
            if entry.loose or isinstance(outcome, OverdueError):
                on_loose()
            if isinstance(outcome, ResponsysError):
                failures.append(outcome)
            else:
                refused |= outcome
        if failures:
            raise failures[0]
        return dict(sorted(refused.items()))

    def _submit(self, call: RecordCall, part: Part) -> Queued:
        with self._handing_over:
            request_id, loose = self._send(call, part)
        entry = Queued(request_id, call, replace(part, body=b""), len(part.body), self._clock(), loose)
        with self._changed:
            self._waiting[request_id] = entry
            self._idle = 1
            self.requests += 1
        return entry

    def _send(self, call: RecordCall, part: Part) -> tuple[str, bool]:
        """Hand a part over; return its id, and whether it may have been taken before without one."""
        queueing = replace(call.endpoint, prefix=ASYNC_API)
        loose = False
        try:
            answer = self._session.call(
                queueing, call.names, body=part.body, repeatable=False, rows=len(part.records)
            )
        except UnknownOutcomeError:
            if not call.repeatable:
                raise
            loose = True
            answer = self._session.call(queueing, call.names, body=part.body, rows=len(part.records))
        request_id = answer.get("requestId") if isinstance(answer, dict) else None
        if isinstance(request_id, str) and request_id:
            return request_id, loose
        raise_refusal(queueing, answer)
        raise queueing.unusable()

    def _ask(self) -> None:
        """Ask once for all that is under way, after a pause, and keep what has come of it."""
        self._retry.sleep(self._retry.pause(self._idle))
        with self._changed:
            waiting = list(self._waiting.values())
            self._idle += 1
        for asked in _together(waiting):
            states = self._states([entry.request_id for entry in asked])
            with self._changed:
                for entry in asked:
                    outcome = outcome_of(entry.call, entry.part, states.get(entry.request_id))
                    if outcome is None and self._clock() - entry.since >= self._max_wait:
                        outcome = overdue(entry.call, self._max_wait)
                    if outcome is not None:
                        del self._waiting[entry.request_id]
                        self._outcomes[entry.request_id] = outcome
                        self._idle = 1
                self._changed.notify_all()
        logger.debug("%d queued calls are not done", len(self._waiting))

    def _states(self, request_ids: Sequence[str]) -> dict[str, dict[str, object]]:
        self.polls += 1
        body = encoded({"requestIds": request_ids})
        return states_of(self._session.call(_POLL, body=body), _POLL)


def _together(waiting: Sequence[Queued]) -> Iterator[list[Queued]]:
    """Yield which of the calls to ask for at once: all of them may be done, and one answer has to hold it."""
    asked: list[Queued] = []
    size = 0
    for entry in waiting:
        if asked and (len(asked) == MAX_RECORDS or size + entry.size > MAX_BODY_BYTES):
            yield asked
            asked, size = [], 0
        asked.append(entry)
        size += entry.size
    if asked:
        yield asked
