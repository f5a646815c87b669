"""Calls on several threads: nothing is overtaken that shares a key, and nothing is begun after a fault."""

from __future__ import annotations

import threading
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from target_responsys.dispatch import MOST_AHEAD, MOST_OPEN, Dispatcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Never waited out unless something hangs.
SOON = 20


@pytest.fixture
def dispatcher() -> Iterator[Dispatcher]:
    made = Dispatcher(4)
    yield made
    made.close()


def ignore(_: Any) -> None:
    """Take a result that nobody needs."""


class Server:
    """A fake API: calls are held back and let go in an order of the test's own choice."""

    def __init__(self) -> None:
        self.log: list[tuple[str, int]] = []
        self._lock = threading.Lock()

    def call(self, number: int, patience: float) -> Callable[[], int]:
        def work() -> int:
            with self._lock:
                self.log.append(("begun", number))
            threading.Event().wait(patience)
            with self._lock:
                self.log.append(("ended", number))
            return number

        return work


@settings(max_examples=60)
@given(
    threads=st.integers(1, 6),
    calls=st.lists(
        st.tuples(st.sets(st.sampled_from("abcdef"), max_size=4), st.sampled_from([0, 0.001, 0.003])),
        max_size=30,
    ),
)
def test_calls_that_share_a_key_follow_each_other_in_order(
    threads: int, calls: list[tuple[set[str], float]]
) -> None:
    server = Server()
    settled: list[int] = []
    dispatcher = Dispatcher(threads)
    for number, (keys, patience) in enumerate(calls):
        dispatcher.submit(keys, server.call(number, patience), settled.append)
    dispatcher.settle()
    dispatcher.close()
    assert sorted(settled) == list(range(len(calls)))
    place = {event: position for position, event in enumerate(server.log)}
    for later, (keys, _) in enumerate(calls):
        for earlier in range(later):
            if keys & calls[earlier][0]:
                assert place["ended", earlier] < place["begun", later]
    under_way = most = 0
    for event, _ in server.log:
        under_way += 1 if event == "begun" else -1
        most = max(most, under_way)
    assert most <= threads


def test_calls_without_a_common_key_run_side_by_side(dispatcher: Dispatcher) -> None:
    together = threading.Barrier(4)
    for number in range(4):
        dispatcher.submit([number], lambda: together.wait(SOON), ignore)
    dispatcher.settle()


def test_memory_is_bounded_by_calls_under_way(dispatcher: Dispatcher) -> None:
    settled: list[int] = []
    for number in range(40):
        dispatcher.submit([number], Server().call(number, 0.005), settled.append)
        assert number + 1 - len(settled) <= 8
    dispatcher.settle()
    assert len(settled) == 40


@pytest.mark.parametrize(
    ("size", "most"),
    [
        (0, 8),
        (MOST_AHEAD // 8, 8),
        (MOST_AHEAD // 6, 6),
        (MOST_AHEAD // 4 + 1, 4),
        (MOST_OPEN // 4, 4),
        (MOST_OPEN // 2, 2),
        (MOST_OPEN + 1, 1),
    ],
)
def test_large_calls_are_not_made_ready_ahead_and_very_large_ones_go_one_by_one(
    size: int, most: int, dispatcher: Dispatcher
) -> None:
    settled: list[None] = []
    let_go = threading.Semaphore(0)
    open_at_once = 0

    def work() -> None:
        assert let_go.acquire(timeout=SOON)

    for number in range(3 * most):
        if number >= most:
            # There is room for no other one: without this one the submission would hang.
            let_go.release()
        dispatcher.submit([number], work, settled.append, size=size)
        open_at_once = max(open_at_once, number + 1 - len(settled))
    assert open_at_once == most
    for _ in range(3 * most):
        let_go.release()
    dispatcher.settle()


class Rows:
    """What a call carries."""


def test_nothing_of_a_call_is_held_when_it_is_settled(dispatcher: Dispatcher) -> None:
    """Threads that have carried calls out wait for others: all of what they carried would add up."""

    def work(_: Rows) -> Rows:
        return Rows()

    def settle(_: Rows, answered: Rows) -> None:
        held.append(weakref.ref(answered))

    held: list[weakref.ref[Rows]] = []
    for number in range(8):
        sent, kept = Rows(), Rows()
        held += [weakref.ref(sent), weakref.ref(kept)]
        dispatcher.submit([number], partial(work, sent), partial(settle, kept))
    del sent, kept
    dispatcher.settle()
    # Threads may be about to let go of their call still.
    for _ in range(1000):
        if not any(each() for each in held):
            break
        threading.Event().wait(SOON / 1000)
    assert [each() for each in held] == [None] * 24


def test_after_a_fault_nothing_is_begun_and_the_fault_is_raised(dispatcher: Dispatcher) -> None:
    begun: list[int] = []

    def fail() -> None:
        raise ValueError("first")

    dispatcher.submit(["a"], fail, ignore)
    with pytest.raises(ValueError, match="first"):
        for number in range(100):
            dispatcher.submit(["a"], lambda number=number: begun.append(number), ignore)  # type: ignore[misc]
        dispatcher.settle()
    with pytest.raises(ValueError, match="first"):
        dispatcher.submit(["b"], lambda: begun.append(-1), ignore)
    dispatcher.close(patience=SOON)
    assert begun == []


def test_results_are_settled_on_the_thread_that_submits(dispatcher: Dispatcher) -> None:
    threads: list[threading.Thread] = []
    for number in range(20):
        dispatcher.submit(
            [number], threading.current_thread, lambda _: threads.append(threading.current_thread())
        )
    dispatcher.settle()
    assert set(threads) == {threading.current_thread()}
    assert len(threads) == 20


def test_what_ends_in_time_is_settled_after_a_fault(dispatcher: Dispatcher) -> None:
    gate = threading.Event()
    results: list[str] = []

    def last() -> str:
        gate.wait(SOON)
        return "known"

    dispatcher.submit(["slow"], last, results.append)

    def fail() -> None:
        raise ValueError("fatal")

    dispatcher.submit(["a"], fail, ignore)
    with pytest.raises(ValueError, match="fatal"):
        dispatcher.settle()
    assert results == []
    gate.set()
    dispatcher.close(patience=4 * SOON)
    assert results == ["known"]
