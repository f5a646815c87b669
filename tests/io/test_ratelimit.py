from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.faketime import FakeTime
from support.virtualtime import VirtualTime

from responsys_io.ratelimit import ApiFunction, Pacer, parse_limits

MERGE = ApiFunction("POST", "/folders/{folder}/suppData/{table}/members")
ENTRY = {
    "limit": 400,
    "api": "mergeTableMembers",
    "resource_path": "/folders/{folderName}/suppData/{tableName}/members",
    "verb": "POST",
    "description": "Merge",
}


@pytest.mark.parametrize(
    "document",
    [
        [ENTRY],
        {"items": [ENTRY]},
        {"limits": [ENTRY], "links": []},
        [{**ENTRY, "limit": "400"}],
        [{**ENTRY, "verb": "post"}],
        [{**ENTRY, "resource_path": "/rest/api/v1.3/folders/{f}/suppData/{t}/members"}],
        [None, "x", {}, {**ENTRY, "limit": "many", "verb": "GET"}, ENTRY],
    ],
)
def test_limits_are_read_in_every_documented_form(document: Any) -> None:
    assert parse_limits(document) == {MERGE: 400}


@pytest.mark.parametrize(
    ("limit", "read"),
    [
        (0, {}),
        (1, {MERGE: 1}),
        (" 20 ", {MERGE: 20}),
        (-5, {}),
        ("9" * 9, {MERGE: 999_999_999}),
        ("9" * 10, {}),
    ],
)
def test_a_limit_is_a_number_of_calls(limit: Any, read: dict[ApiFunction, int]) -> None:
    assert parse_limits([{**ENTRY, "limit": limit}]) == read


@pytest.mark.parametrize("left_out", ["verb", "resource_path", "limit"])
def test_an_entry_without_all_its_parts_is_passed_over(left_out: str) -> None:
    rest = {name: value for name, value in ENTRY.items() if name != left_out}
    assert parse_limits([rest, {**ENTRY, left_out: None}]) == {}


def test_functions_of_another_family_have_limits_of_their_own() -> None:
    path = "/rest/asyncApi/v1.3" + MERGE.path
    queued = {**ENTRY, "resource_path": path, "limit": 1000}
    assert parse_limits([ENTRY, queued]) == {MERGE: 400, ApiFunction("POST", path): 1000}


def test_functions_of_one_name_are_kept_to_the_lower_limit() -> None:
    more = {**ENTRY, "limit": 1000}
    assert parse_limits([more, ENTRY]) == parse_limits([ENTRY, more]) == {MERGE: 400}


@pytest.mark.parametrize("document", [None, [], {}, {"x": 1}, "text", 5])
def test_anything_else_holds_no_limits(document: Any) -> None:
    assert parse_limits(document) == {}


def test_functions_of_unknown_limit_are_not_spaced() -> None:
    time = FakeTime()
    pacer = Pacer(time.clock, time.sleep)
    for _ in range(1000):
        with pacer.turn(MERGE):
            pass
    assert time.waits == []


@example(limit=1, calls=[(1.0, 1.0, 40.0), (1.0, 0.0, 0.0)])
@given(
    limit=st.integers(1, 20),
    calls=st.lists(st.tuples(st.floats(0, 5), st.floats(0, 1), st.floats(0, 20)), min_size=1, max_size=120),
)
def test_the_server_never_sees_more_than_the_limit_in_any_minute(
    limit: int, calls: list[tuple[float, float, float]]
) -> None:
    """Each call takes a while, arrives somewhere within it, and is followed by a pause."""
    time = FakeTime()
    pacer = Pacer(time.clock, time.sleep)
    pacer.learn({MERGE: limit})
    arrivals = []
    for duration, arrives_after, pause in calls:
        with pacer.turn(MERGE):
            arrivals.append(time.now + duration * arrives_after)
            time.now += duration
        time.now += pause
    for first, over in zip(arrivals, arrivals[limit:], strict=False):
        assert over - first >= 60 - 1e-6


def test_at_least_nine_tenths_of_the_limit_are_used() -> None:
    time = FakeTime()
    pacer = Pacer(time.clock, time.sleep)
    pacer.learn({MERGE: 60})
    start, done = time.now, 0
    while time.now - start < 600:
        with pacer.turn(MERGE):
            time.now += 0.5
        done += 1
    assert done >= 0.9 * 600


def test_functions_have_limits_of_their_own() -> None:
    time = FakeTime()
    pacer = Pacer(time.clock, time.sleep)
    pacer.learn({MERGE: 1})
    with pacer.turn(MERGE), pacer.turn(ApiFunction("GET", "/suppData")):
        pass
    assert time.waits == []
    with pacer.turn(MERGE):
        pass
    assert sum(time.waits) == pytest.approx(60)


def test_threads_share_a_limit() -> None:
    time = FakeTime()
    lock = threading.Lock()
    inside: list[int] = []
    most = 0

    def sleep(seconds: float) -> None:
        with lock:
            time.sleep(seconds)

    pacer = Pacer(time.clock, sleep)
    pacer.learn({MERGE: 3})

    def work() -> None:
        nonlocal most
        for _ in range(5):
            with pacer.turn(MERGE):
                with lock:
                    inside.append(1)
                    most = max(most, len(inside))
                with lock:
                    inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # 30 calls at 3 a minute.
    assert most <= 3
    assert time.now - 1000 >= 60 * 9


@pytest.mark.parametrize("seconds", [0.2, 1.0, 3.0])
def test_eight_threads_use_a_limit_of_sixty_and_never_exceed_it(seconds: float) -> None:
    time = VirtualTime()
    pacer = Pacer(time.clock, time.sleep)
    pacer.learn({MERGE: 60})
    arrivals: list[float] = []
    end = time.now + 1200

    def work() -> None:
        while True:
            with pacer.turn(MERGE):
                if time.now >= end:
                    return
                # The server sees the call somewhere on its way.
                time.sleep(seconds / 2)
                arrivals.append(time.now)
                time.sleep(seconds / 2)

    time.run(8, work)
    assert all(later - first >= 60 for first, later in zip(arrivals, arrivals[60:], strict=False))
    assert len(arrivals) >= 0.9 * 60 * 20


def test_a_function_is_held_for_all_threads() -> None:
    time = VirtualTime()
    pacer = Pacer(time.clock, time.sleep)
    entered: list[tuple[str, float]] = []
    pacer.hold(60, MERGE)
    pacer.hold(20, MERGE)

    def work() -> None:
        for function in (ApiFunction("GET", "/suppData"), MERGE):
            with pacer.turn(function):
                entered.append((function.verb, time.now - 1000))

    time.run(3, work)
    assert entered == [("GET", 0)] * 3 + [("POST", 60)] * 3


def test_all_functions_are_held() -> None:
    time = FakeTime()
    pacer = Pacer(time.clock, time.sleep)
    pacer.hold(60)
    with pacer.turn(MERGE):
        assert time.now == 1060


DELETION = ApiFunction("POST", "/lists/{list}/members?action=delete")


def test_an_action_without_a_limit_of_its_own_shares_that_of_its_path() -> None:
    time = FakeTime()
    pacer = Pacer(time.clock, time.sleep)
    pacer.learn({ApiFunction("POST", "/lists/{l}/members"): 2})
    for function in (DELETION, DELETION.without_action, DELETION):
        with pacer.turn(function):
            pass
    assert sum(time.waits) == 60


def test_an_action_with_a_limit_of_its_own_is_kept_to_that() -> None:
    time = FakeTime()
    pacer = Pacer(time.clock, time.sleep)
    pacer.learn({DELETION: 1, DELETION.without_action: 1})
    for function in (DELETION, DELETION.without_action):
        with pacer.turn(function):
            pass
    assert time.waits == []
    with pacer.turn(DELETION):
        pass
    assert sum(time.waits) == 60


def test_what_the_clock_begins_with_does_not_matter() -> None:
    time = FakeTime(now=0.0)
    pacer = Pacer(time.clock, time.sleep)
    with pacer.turn(MERGE):
        pass
    assert time.waits == []
    pacer.hold(0.5)
    with pacer.turn(MERGE):
        pass
    assert time.waits == [0.5]


def test_a_call_counts_when_a_hold_and_a_minute_end_right_then() -> None:
    time = FakeTime()
    pacer = Pacer(time.clock, time.sleep)
    pacer.learn({MERGE: 1})
    pacer.hold(5)
    starts = []
    for _ in range(4):
        with pacer.turn(MERGE):
            starts.append(time.now)
    assert starts == [1005, 1065, 1125, 1185]


def test_a_call_that_is_under_way_is_waited_for_and_looked_after_often() -> None:
    time = FakeTime()
    pacer = Pacer(time.clock, time.sleep)
    pacer.learn({MERGE: 1})
    under_way = ExitStack()
    under_way.enter_context(pacer.turn(MERGE))

    def end_later() -> None:
        if time.now > 1000.2:
            under_way.close()

    time.while_waiting = end_later
    with pacer.turn(MERGE):
        pass
    assert max(time.waits[:-1]) <= 0.1
    assert time.now == pytest.approx(1060.2, abs=0.1)


def test_a_call_that_fails_counts_and_makes_room() -> None:
    time = FakeTime()
    pacer = Pacer(time.clock, time.sleep)
    pacer.learn({MERGE: 1})
    with pytest.raises(KeyError), pacer.turn(MERGE):
        raise KeyError
    with pacer.turn(MERGE):
        pass
    assert time.waits == [60]
