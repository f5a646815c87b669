"""A delivery by REST through a storm: lost calls, failing servers, throttling, dying tokens, refused rows.

Time runs faster for both sides, so that minutes of waiting pass in a moment; limits and waits are real.
"""

from __future__ import annotations

import io
import json
import random
import re
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from responsys_io.restapi import RestApi
from responsys_io.restretry import Pursuit
from responsys_sandbox.rest import Answer, Drop, Refuse, RevokeTokens
from responsys_sandbox.rest.faults import MAINTENANCE, Faults
from responsys_sandbox.tables import Column, Table
from support.delivery import FOLDER, lines, new_sandbox, record, schema, settings_of, state
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responsys_sandbox.rest.dispatch import Incoming, Reply
    from responsys_sandbox.rest.faults import Action
    from responsys_sandbox.sandbox import Sandbox

PEOPLE = schema("people", email="string", score="integer")
MEMBERS = re.compile(r"/suppData/[^/]+/members$")
ROWS_PER_CALL = 4
LIMIT_PER_MINUTE = 60
SPEED = 60.0
FAILURES = (MAINTENANCE, Answer(500, ""), Answer(502, "<html>Bad Gateway</html>"), Answer(504, ""))
THROTTLES = tuple(Refuse("API_LIMIT_EXCEEDED", status=status) for status in (400, 401, 429))


class FastTime:
    """A clock that runs faster than the real one, and the sleep that belongs to it."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._began = time.monotonic()

    def clock(self) -> float:
        return 1_700_000_400.0 + (time.monotonic() - self._began) * self._speed

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._speed)


class Weather(Faults):
    """What happens to each merge, as a seed decides.

    Of a hundred calls five are lost before they are carried out and five after, five meet a failing server,
    one is throttled; every 500th finds all tokens revoked.
    """

    def __init__(self, seed: int, token_dies_every: int) -> None:
        super().__init__()
        self._chance = random.Random(seed)
        self._deciding = threading.Lock()
        self._token_dies_every = token_dies_every
        self.calls = 0
        self.happened: Counter[str] = Counter()

    def take(self, method: str, path: str) -> Action | None:
        if method != "POST" or not MEMBERS.search(path):
            return None
        with self._deciding:
            self.calls += 1
            name, action = self._decide()
            if name:
                self.happened[name] += 1
            return action

    def _decide(self) -> tuple[str, Action | None]:
        if self.calls % self._token_dies_every == 0:
            return "tokens revoked", RevokeTokens()
        place = self._chance.random()
        weather: tuple[tuple[float, str, tuple[Action, ...]], ...] = (
            (0.05, "lost before", (Drop("before"),)),
            (0.05, "lost after", (Drop("after"), Drop("during"))),
            (0.05, "server failed", FAILURES),
            (0.01, "throttled", THROTTLES),
        )
        for share, name, actions in weather:
            if place < share:
                return name, self._chance.choice(actions)
            place -= share
        return "", None


@dataclass
class Outcome:
    """What became of a delivery.

    Args:
        calls: Merge calls that arrived, those that were answered with a fault among them.
        happened: Faults by kind.
        logins: Log-ins.
        rejected: Rows in the rejects file.
        throttled: Calls that the account's own limit refused.
        most_in_a_minute: The most merge calls that arrived within any minute.
        problems: What must not be.
        seconds: Real ones.
    """

    calls: int
    happened: Counter[str]
    logins: int
    rejected: int
    throttled: int
    most_in_a_minute: int
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@dataclass
class _Watched:
    """Notes what the API carries out, in the order in which it does."""

    merged: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def watch(self, sandbox: Sandbox) -> None:
        answer = sandbox.rest._dispatcher.answer

        def watched(incoming: Incoming, *, end_point: str, now: float) -> Reply:
            reply = answer(incoming, end_point=end_point, now=now)
            if reply.status == 200 and MEMBERS.search(incoming.target):
                merge = json.loads(incoming.body)["recordData"]
                email, score = (merge["fieldNames"].index(name) for name in ("EMAIL", "SCORE"))
                for row in merge["records"]:
                    self.merged[row[email]].append(int(row[score]) if row[score].isdecimal() else -1)
            return reply

        sandbox.rest._dispatcher.answer = watched  # type: ignore[method-assign]


def address(number: int) -> str:
    """Return whose row a number is: some people come again two calls later, most after many; never in one."""
    if number % 8 < 2:
        return f"often{(number // 8 + number % 8) % 7}@example.com"
    return f"p{number % 701}@example.com"


def is_bad(number: int) -> bool:
    """Tell whether a row is one that Responsys refuses: one of a hundred."""
    return number % 100 == 41


def messages(rows: int) -> Iterator[dict[str, Any]]:
    yield PEOPLE
    for number in range(rows):
        yield record("people", email=address(number), score=f"{number}w" if is_bad(number) else number)
        if number % 1_000 == 999:
            yield state(at=number + 1)


def table(rows: int) -> dict[str, int]:
    good = (number for number in range(rows) if not is_bad(number))
    return {address(number): number for number in good}


def deliver_through_storm(
    folder: Path, calls: int, seed: int, *, token_dies_every: int = 500, limit: int = LIMIT_PER_MINUTE
) -> Outcome:
    """Deliver as many rows as make so many calls; compare what has arrived with what was sent.

    Args:
        folder: An empty or missing folder.
        calls: Merge calls that it would take without a fault.
        seed: Decides what goes wrong.
        token_dies_every: After how many merge calls all tokens are revoked.
        limit: Merge calls that a minute allows.
    """
    began = time.monotonic()
    passing = FastTime(SPEED)
    rows = calls * ROWS_PER_CALL
    with new_sandbox(folder) as sandbox:
        sandbox.rest.options.limits["mergeTableMembers"] = limit
        sandbox.rest._clock = passing.clock
        weather = Weather(seed, token_dies_every)
        sandbox.rest.faults = weather
        watched = _Watched()
        watched.watch(sandbox)
        columns = (Column("EMAIL", "STR500"), Column("CAMPAIGN_ID", "STR100"), Column("SCORE", "INTEGER"))
        sandbox.store.create_table(Table(FOLDER, "people", columns, ("EMAIL", "CAMPAIGN_ID")))
        config = {
            **settings_of(sandbox), "campaign_id": "c1", "validate_records": False,
            "batch_size_rows": ROWS_PER_CALL, "max_rejected_rows": rows,
        }  # fmt: skip
        target = TargetResponsys(config=config)
        standard = Pursuit()
        patient = replace(standard.retry, sleep=passing.sleep)
        api = RestApi.from_config(config, pursuit=replace(standard, retry=patient, clock=passing.clock))
        api.session.pacer._sleep = passing.sleep
        api.keep_to_limits()
        target.connections.__dict__["api"] = api
        # Refused rows are tolerated, and in the rejects file.
        target.listen(io.BytesIO(lines(messages(rows))))  # type: ignore[arg-type]  # the reader takes bytes
        stored = {str(row["EMAIL"]): int(row["SCORE"] or -1) for row in sandbox.store.rows(FOLDER, "people")}
        requests = sandbox.store.requests()
        rejects = Path(config["rejects_file"])
        rejected = rejects.read_text(encoding="utf-8").count('"RECORD"') if rejects.exists() else 0
    merges = [call for call in requests if MEMBERS.search(call.path)]
    outcome = Outcome(
        calls=len(merges),
        happened=weather.happened,
        logins=sum(call.path.endswith("/auth/token") for call in requests),
        rejected=rejected,
        throttled=sum(call.error_code == "API_LIMIT_EXCEEDED" for call in merges)
        - weather.happened["throttled"],
        most_in_a_minute=_most_in_a_minute([call.at for call in merges]),
        seconds=time.monotonic() - began,
    )
    outcome.problems += _problems(outcome, stored, watched, rows, limit)
    return outcome


def _problems(
    outcome: Outcome, stored: dict[str, int], watched: _Watched, rows: int, limit: int
) -> Iterator[str]:
    if stored != table(rows):
        yield "the table is not what it has to be"
    for email, scores in watched.merged.items():
        good = [score for score in scores if score >= 0]
        if good != sorted(good):
            yield f"the rows of {email} came in another order: {good}"
    if outcome.rejected != sum(map(is_bad, range(rows))):
        yield f"{outcome.rejected} rows are in the rejects file"
    if outcome.logins > 1 + outcome.happened["tokens revoked"]:
        yield f"{outcome.logins} log-ins for {outcome.happened['tokens revoked']} tokens that have died"
    if outcome.throttled or outcome.most_in_a_minute > limit:
        most, refused = outcome.most_in_a_minute, outcome.throttled
        yield f"{most} calls in a minute that allows {limit}, {refused} were refused"
    faults = sum(outcome.happened.values())
    # A revoked token is noticed by all calls that are under way.
    if outcome.calls - rows // ROWS_PER_CALL > faults + 20 * outcome.happened["tokens revoked"]:
        yield f"{outcome.calls} calls for {rows} rows and {faults} faults"


def _most_in_a_minute(moments: list[float]) -> int:
    """Return how many of the moments lie within the fullest sixty seconds."""
    moments = sorted(moments)
    most = first = 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - 60:
            first += 1
        most = max(most, last - first + 1)
    return most
