"""How long a REST call is pursued: what is waited for, what is sent again, and when it is given up."""

from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from responsys_io.errors import TransientError
from responsys_io.restanswers import Judged, Verdict, judge
from responsys_io.resthttp import LostError
from responsys_io.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from responsys_io.resthttp import Answer

logger = logging.getLogger(__name__)

MINUTE = 60.0
CAPACITY_WINDOW = 600.0
"""Seconds after which the internal capacity limit is counted anew (Oracle's InternalCapacityLimits page)."""

_UNAVAILABLE = 503
_FAILED_OVER = "UNRECOVERABLE_EXCEPTION"
_QUEUE_FULL = "UNABLE_TO_SUBMIT_ASYNC_REQUEST"
_LONGEST_STATED_WAIT = 300.0


class UnknownOutcomeError(TransientError):
    """A call that must not be repeated may have been carried out, or not."""


@dataclass(frozen=True)
class Pursuit:
    """The patience of a session.

    Args:
        retry: Attempts and pauses after faults; throttling costs no attempt.
        give_up_after: Seconds of waiting in all after which a call fails.
        clock: Monotonic seconds.
    """

    retry: Retry = field(default_factory=lambda: Retry(limit=10, base=0.5, cap=60.0))
    give_up_after: float = 1800.0
    clock: Callable[[], float] = time.monotonic

    def run(
        self,
        send: Callable[[], Answer],
        *,
        where: str,
        host: str,
        repeatable: bool,
        on_limit: Callable[[Verdict, float], None] = lambda *_: None,
    ) -> Judged:
        """Send until there is an answer to act on.

        Args:
            send: Makes one attempt.
            where: What the call is about, for texts.
            host: Where it goes, for texts.
            repeatable: Whether sending it twice does no harm.
            on_limit: Told when a limit is used up: which kind of wait it takes, and how many seconds.

        Returns:
            An answer that is done, refused, or wants a new sign-in.

        Raises:
            TransientError: RSYS-4001 and RSYS-4005 when the attempts or the time are used up.
            UnknownOutcomeError: RSYS-4004 when it is not known whether a call that must not be repeated was
                carried out.
        """
        failures = 0
        deadline = self.clock() + self.give_up_after
        while True:
            stated_wait = 0.0
            try:
                answer = send()
            except LostError as lost:
                if lost.sent and not repeatable:
                    raise _unknown_outcome(where, lost.reason) from lost
                problem = TransientError(
                    "RSYS-4001",
                    f"{host} cannot be reached: {lost.reason}.",
                    "Check api_url, the network, and whether Oracle has to allow this address.",
                )
                verdict = Verdict.TRY_AGAIN
            else:
                judged = judge(answer)
                verdict = judged.verdict
                if not repeatable and _may_have_been_done(judged):
                    raise _unknown_outcome(where, _description(judged))
                if verdict in {Verdict.DONE, Verdict.SIGN_IN_AGAIN, Verdict.REFUSED}:
                    return judged
                problem = TransientError(
                    "RSYS-4005",
                    f"Responsys could not {where}: {_description(judged)}.",
                    "Run again later; maintenance windows can take hours.",
                )
                stated_wait = _stated_wait(answer)
            if verdict is Verdict.TRY_AGAIN:
                failures += 1
            pause = max(self._pause(verdict, failures), stated_wait)
            if failures >= self.retry.limit or self.clock() + pause > deadline:
                raise problem
            if verdict is not Verdict.TRY_AGAIN:
                on_limit(verdict, pause)
            logger.log(
                logging.DEBUG if verdict is Verdict.TRY_AGAIN and failures == 1 else logging.INFO,
                "Waiting %.1f s to %s again: %s",
                pause,
                where,
                problem.problem,
            )
            self.retry.sleep(pause)

    def _pause(self, verdict: Verdict, failures: int) -> float:
        if verdict is Verdict.WAIT_FOR_NEXT_MINUTE:
            return MINUTE + random.uniform(0, 1)  # noqa: S311  jitter, no secret
        if verdict is Verdict.WAIT_FOR_CAPACITY:
            # The window of ten minutes may end at any moment: look once a minute.
            return CAPACITY_WINDOW / 10 + random.uniform(0, 1)  # noqa: S311  jitter, no secret
        return self.retry.pause(failures)


def _may_have_been_done(judged: Judged) -> bool:
    if judged.verdict is Verdict.TRY_AGAIN:
        return judged.status != _UNAVAILABLE and judged.error_code != _QUEUE_FULL
    return judged.error_code == _FAILED_OVER


def _stated_wait(answer: Answer) -> float:
    """Seconds of a Retry-After header, within reason; a date there is not worth trusting a clock for."""
    text = answer.headers.get("retry-after", "").strip()
    return min(float(text), _LONGEST_STATED_WAIT) if text.isdecimal() else 0.0


def _description(judged: Judged) -> str:
    if judged.error_code:
        return f"{judged.error_code} (HTTP {judged.status})"
    return f"HTTP {judged.status} without a usable answer" + (f" ({judged.page})" if judged.page else "")


def _unknown_outcome(where: str, reason: str) -> UnknownOutcomeError:
    return UnknownOutcomeError(
        "RSYS-4004",
        f"It is not known whether Responsys did {where}: {reason}.",
        "It was not sent again, since doing it twice would do harm. See in Responsys whether it was done.",
    )
